"""Platforms (OCI image-spec, image-index.md, "platform")."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ARCHITECTURE_NAMES = {
    "x86_64": "amd64",
    "x86-64": "amd64",
    "aarch64": "arm64",
    "armhf": "arm",
    "armel": "arm",
    "i386": "386",
    "i686": "386",
}
_DEFAULT_VARIANTS = {("arm64", "v8"), ("amd64", "v1")}
_PART = re.compile(r"[A-Za-z0-9_.-]{1,64}")


@dataclass(frozen=True, slots=True, order=True)
class Platform:
    """An operating system and a machine, in Go's names: `linux/amd64`, `linux/arm/v7`."""

    os: str
    architecture: str
    variant: str | None = None

    @classmethod
    def of(cls, os: str, architecture: str, variant: str | None = None) -> Platform:
        """Normalised as containerd does: `x86_64` is `amd64`; arm64's only variant `v8` is left out."""
        os, architecture = os.lower(), architecture.lower()
        architecture = _ARCHITECTURE_NAMES.get(architecture, architecture)
        variant = variant.lower() if variant else None
        if (architecture, variant) in _DEFAULT_VARIANTS:
            variant = None
        return cls(os, architecture, variant)

    @classmethod
    def parse(cls, text: str) -> Platform:
        """Reads `os/architecture[/variant]`.

        Raises:
            ValueError: another shape.
        """
        parts = text.split("/")
        if len(parts) not in (2, 3) or not all(_PART.fullmatch(part) for part in parts):
            raise ValueError(
                f"not a platform: {text[:100]!r}; write os/architecture, for example linux/amd64"
            )
        return cls.of(*parts)

    def answers(self, wanted: Platform) -> bool:
        """Whether an image of this platform is one of the wanted: any variant is, where none is named."""
        return self == wanted or (
            wanted.variant is None and (self.os, self.architecture) == (wanted.os, wanted.architecture)
        )

    def __str__(self) -> str:
        """The form `parse` reads."""
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)
