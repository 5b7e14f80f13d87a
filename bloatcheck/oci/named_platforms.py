"""Which images are listed for which platforms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bloatcheck.oci.platform import Platform


@dataclass(frozen=True, slots=True)
class NamedPlatforms:
    """The platforms of each image, by its name; none of one that is listed for whatever its builder's is."""

    by_name: Mapping[str, frozenset[Platform]]

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, Iterable[Platform]]]) -> NamedPlatforms:
        """From names and platforms; a name may come again."""
        found: dict[str, frozenset[Platform]] = {}
        for name, platforms in pairs:
            found[name] = found.get(name, frozenset()) | frozenset(platforms)
        return cls(found)

    def has(self, name: str, platform: str) -> bool:
        """Whether this image is listed for this platform, or for any at all."""
        if name not in self.by_name:
            return False
        return not self.by_name[name] or self.names_platform(name, platform)

    def names_platform(self, name: str, platform: str) -> bool:
        """Whether it is this platform, among others, that the image is listed for."""
        try:
            actual = Platform.parse(platform)
        except ValueError:
            return False
        return any(actual.answers(wanted) for wanted in self.by_name.get(name, ()))

    def tells_apart(self, name: str) -> bool:
        """Whether the image is listed for several, each of which is compared with nothing but itself."""
        return len(self.by_name.get(name, ())) > 1

    def drops(self, name: str, platform: str) -> bool:
        """Whether the image is listed, and for other platforms than this one."""
        return bool(self.by_name.get(name)) and not self.names_platform(name, platform)
