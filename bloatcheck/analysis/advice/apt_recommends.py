"""Packages that came because another one recommends them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from bloatcheck.analysis.advice.edit import run_with, with_words
from bloatcheck.analysis.advice.model import Facts, File, Proposal, by_layer
from bloatcheck.analysis.advice.shown import named

_INSTALL = re.compile(
    r"\b(?:apt-get|apt)(?:\s+(?:(?:-o|-t|-c)\s*\S+|-{1,2}[\w=:./-]+))*\s+install\b(?!\s+--no-install-recommends)"
)
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
    for layer, mine in sorted(by_layer(files).items()):
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


def _largest(facts: Facts, files: list[File]) -> list[str]:
    sizes: Counter[str] = Counter()
    for path, _, size in files:
        owner = facts.owners.get(path)
        if owner:
            sizes[owner.name] += size
    return [name for name, _ in sizes.most_common()]
