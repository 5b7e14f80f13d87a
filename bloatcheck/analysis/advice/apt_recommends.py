"""Packages that came because another one recommends them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from bloatcheck.analysis.advice.edit import run_with, with_words
from bloatcheck.analysis.advice.model import Facts, File, Proposal, by_layer
from bloatcheck.analysis.advice.shown import named

_INSTALL = re.compile(
    r"\b(?:apt-get|apt)(?:\s+-(?:[otc]\s+[^\s-]\S*|[\w=:./-]+))*\s+install\b(?!\s+--no-install-recommends)"
)
_DEBCONF = {b"var/cache/debconf/templates.dat-old", b"var/cache/debconf/config.dat-old"}
_MADE_BY: Mapping[str, bytes] = {
    "ca-certificates": b"etc/ssl/certs/",
    "fontconfig-config": b"var/cache/fontconfig/",
    "shared-mime-info": b"usr/share/mime/",
}
"""Files that a package makes when it is configured, so that no list has them."""


def apt_recommends(facts: Facts) -> Iterator[Proposal]:
    """One proposal for each layer; what is recommended by something below it stays there."""
    packages = [
        package for package in facts.packages if package.manager == "deb" and package.only_recommended
    ]
    if not packages:
        return
    made = tuple(_MADE_BY[package.name] for package in packages if package.name in _MADE_BY)
    files = facts.files_of(packages)
    files += [
        file for file in facts.files if made and file[0].startswith(made) and file[0] not in facts.owners
    ]
    for layer, mine in sorted(by_layer([*files, *_backups(facts)]).items()):
        instructions = facts.instructions_of(layer)
        run = run_with(instructions, _INSTALL)
        yield Proposal(
            message="apt installed packages that are only recommended by those you asked for: "
            f"{named(_largest(facts, mine))}; name the ones that you need.",
            freed=facts.freed(mine),
            layer=layer,
            instructions=[run] if run else instructions,
            replacement=with_words(run, _INSTALL, "--no-install-recommends"),
        )


def _backups(facts: Facts) -> list[File]:
    """The older state of debconf's database, in layers where only these packages have questions to ask."""
    found = [file for file in facts.files if file[0] in _DEBCONF]
    layers = {layer for _, layer, _ in found}
    for package in facts.packages:
        for path in package.database:
            if layers and not package.only_recommended and path.endswith(b".templates"):
                node = facts.tree.get(path)
                layers.discard(node.layer if node else -1)
    return [file for file in found if file[1] in layers]


def _largest(facts: Facts, files: list[File]) -> list[str]:
    sizes: Counter[str] = Counter()
    for path, _, size in files:
        owner = facts.owners.get(path)
        if owner:
            sizes[owner.name] += size
    return [name for name, _ in sizes.most_common()]
