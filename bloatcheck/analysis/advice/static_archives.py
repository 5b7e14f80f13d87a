"""Static libraries, which only a linker reads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bloatcheck.analysis.advice.edit import removal
from bloatcheck.analysis.advice.model import Facts, File, Proposal
from bloatcheck.analysis.advice.removable import removable
from bloatcheck.analysis.advice.shown import named, shown

_ARCHIVE = re.compile(rb"(?:\A|/)lib[^/]*\.a\Z")
_MOST = 8


def static_archives(facts: Facts) -> Iterator[Proposal]:
    """Those that no package of the system owns: its own come and go with `-dev` packages."""
    files = [
        file
        for file in facts.files
        if file[0].endswith(b".a") and _ARCHIVE.search(file[0]) and not facts.is_systems(file[0])
    ]
    yield from removable(facts, files, _message, _command)


def _message(files: Sequence[File]) -> str:
    return f"Static libraries are in the image, of no use once all is linked: {named(_paths(files))}."


def _paths(files: Sequence[File]) -> list[str]:
    return [shown(path) for path, _, size in sorted(files, key=lambda file: -file[2])]


def _command(files: Sequence[File]) -> str | None:
    return removal(path for path, *_ in files) if len(files) <= _MOST else None
