"""Ruby's gems: `specifications/NAME-VERSION.gemspec`, and the folders of that name beside it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from bloatcheck.analysis.packages.dependencies import Wishes, reasons
from bloatcheck.analysis.packages.installed_files import InstalledFiles
from bloatcheck.analysis.packages.model import MAX_PACKAGES, InstalledPackage
from bloatcheck.analysis.packages.text import label
from bloatcheck.analysis.tree import Tree

_ENDING = b".gemspec"
_PLACES = (b"/specifications", b"/specifications/default")
_MAX_SPECIFICATION = 1 << 20
_STUB = re.compile(rb"^# stub: (\S+) (\S+) ", re.MULTILINE)
"""RubyGems writes name and version in a comment at the top, so that it needn't run the rest."""
_FIELD = {
    field: re.compile(rb"^\s{0,8}\w{1,20}\.%s = ['\"]([^'\"\n]{1,256})['\"]" % field, re.MULTILINE)
    for field in (b"name", b"version")
}
_DEPENDENCY = re.compile(
    rb"\.add_(?:runtime_)?dependency\(? ?(?:%q<([^>\n]{1,256})>|['\"]([^'\"\n]{1,256})['\"])"
)
_VERSION = re.compile(rb"-(?=[0-9])")
_MOST_NEEDS = 2_000


@dataclass(frozen=True, slots=True)
class _Gem:
    """`home` is the folder of all gems, `full_name` is NAME-VERSION or NAME-VERSION-PLATFORM."""

    specification: bytes
    home: bytes
    full_name: bytes
    content: bytes

    def field(self, field: bytes, number: int) -> str:
        stub = _STUB.search(self.content[:4096])
        written = _FIELD[field].search(self.content)
        named = _VERSION.split(self.full_name, maxsplit=1)
        return (
            label(stub[number + 1] if stub else b"")
            or label(written[1] if written else b"")
            or label(named[number] if number < len(named) else b"")
        )


class Gem:
    """Reads the specifications of installed gems."""

    name = "gem"
    beginnings = ()
    endings = (_ENDING,)

    def captures(self, path: bytes, size: int) -> bool:
        """The specifications of what is installed, not those that gems carry along."""
        return (
            size <= _MAX_SPECIFICATION
            and path.endswith(_ENDING)
            and path.rpartition(b"/")[0].endswith(_PLACES)
        )

    def installed(
        self, tree: Tree, databases: Sequence[bytes], files: InstalledFiles
    ) -> Iterable[InstalledPackage]:
        """Every gem, those that came with Ruby too."""
        gems = list(islice(_gems(tree, databases), MAX_PACKAGES))
        names = [gem.field(b"name", 0) for gem in gems]
        wishes = [
            Wishes(name, depends=[label(found[1] or found[2]) for found in _needs(gem.content)])
            for gem, name in zip(gems, names, strict=True)
        ]
        compiled = {home: _compiled(tree, home) for home in {gem.home for gem in gems}}
        for gem, name, reason in zip(gems, names, reasons(wishes), strict=True):
            archive = b"%s/cache/%s.gem" % (gem.home, gem.full_name)
            yield InstalledPackage(
                manager=self.name,
                name=name,
                version=gem.field(b"version", 1),
                files=files.find((gem.specification, archive)),
                folders=(*_folders(tree, gem), *compiled[gem.home].get(gem.full_name, ())),
                needed_by=reason.needed_by,
            )


def _gems(tree: Tree, databases: Sequence[bytes]) -> Iterator[_Gem]:
    for path in databases:
        captured = tree.captured(path)
        above, _, file = path.rpartition(b"/")
        home = above.removesuffix(b"/default").rpartition(b"/")[0]
        yield _Gem(path, home, file[: -len(_ENDING)], captured.content if captured else b"")


def _needs(content: bytes) -> Iterator[re.Match[bytes]]:
    return islice(_DEPENDENCY.finditer(content), _MOST_NEEDS)


def _folders(tree: Tree, gem: _Gem) -> Iterator[bytes]:
    """Its code and its documentation."""
    for kind in (b"gems", b"doc"):
        folder = b"%s/%s/%s" % (gem.home, kind, gem.full_name)
        if tree.is_folder(folder):
            yield folder


def _compiled(tree: Tree, home: bytes) -> Mapping[bytes, Sequence[bytes]]:
    """What was compiled of each gem, for every platform and every Ruby."""
    found: dict[bytes, list[bytes]] = {}
    extensions = home + b"/extensions"
    for platform in tree.children(extensions):
        for ruby in tree.children(extensions + b"/" + platform):
            at = b"/".join((extensions, platform, ruby))
            for full_name in tree.children(at):
                folder = at + b"/" + full_name
                if tree.is_folder(folder):
                    found.setdefault(full_name, []).append(folder)
    return found
