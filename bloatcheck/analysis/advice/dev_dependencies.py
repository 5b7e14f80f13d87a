"""Packages of Node that only those need who develop the program."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from bloatcheck.analysis.advice.edit import command_of, run_with, with_words
from bloatcheck.analysis.advice.model import Facts, Proposal, by_layer
from bloatcheck.analysis.advice.shown import named
from bloatcheck.oci.dockerfile import Instruction

_INSTALL = (
    (
        re.compile(
            r"\bnpm\s+(?:ci|clean-install|install|i)\b(?![^;&|]{0,999}(?:\s-g\b|--omit|--production))"
        ),
        "--omit=dev",
    ),
    (
        re.compile(r"\byarn(?:\s+install)?(?=\s+--|\s*\Z|\s*(?:&&|;))(?![^;&|]{0,999}--production)"),
        "--production",
    ),
    (re.compile(r"\bpnpm\s+(?:install|i)\b(?![^;&|]{0,999}(?:--prod|\s-P\b))"), "--prod"),
)
_BUILDS = re.compile(
    r"\bnpx\s|\b(?:npm|pnpm)\s+(?:run|exec|test|t)\b|\bpnpm\s+build\b"
    r"|\byarn\s+(?!install\b|config\b|cache\b|global\b|--)\w"
)


def dev_dependencies(facts: Facts) -> Iterator[Proposal]:
    """One proposal for each layer. Where something is built with them afterwards, a stage is the way."""
    packages = [package for package in facts.packages if package.manager == "npm" and package.development]
    files = facts.files_of(packages) if packages else []
    for layer, mine in sorted(by_layer(files).items()):
        instructions = facts.instructions_of(layer)
        install = next(
            ((run, *how) for how in _INSTALL if (run := run_with(instructions, how[0])) is not None), None
        )
        builds = install is not None and _builds(facts, install[0])
        sizes: Counter[str] = Counter()
        for path, _, size in mine:
            sizes[facts.owners[path].name] += size
        yield Proposal(
            message="Packages are installed that only development needs: "
            f"{named(name for name, _ in sizes.most_common())}."
            + (" Build in a stage of its own, and install again for the last one." if builds else ""),
            freed=facts.freed(mine),
            layer=layer,
            instructions=[install[0]] if install else instructions,
            replacement=with_words(*install) if install and not builds else None,
        )


def _builds(facts: Facts, install: Instruction) -> bool:
    return any(
        each.keyword == "RUN"
        and each.stage == install.stage
        and each.line >= install.line
        and _BUILDS.search(command_of(each))
        for each in facts.dockerfile
    )
