"""Manuals and documentation, which nobody reads in a container."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bloatcheck.analysis.advice.model import Facts, File, Proposal
from bloatcheck.analysis.advice.removable import below, removable
from bloatcheck.analysis.advice.shown import named, shown

_FOLDERS = tuple(
    prefix + folder
    for prefix in (b"usr/share/", b"usr/local/share/")
    for folder in (b"doc", b"man", b"info", b"gtk-doc")
)
_BEGINNINGS = tuple(folder + b"/" for folder in _FOLDERS)


def docs_shipped(facts: Facts) -> Iterator[Proposal]:
    """Licences stay: `copyright` files are left out. Folders stay too, for packages that count on them."""
    files = [
        file
        for file in facts.files
        if file[0].startswith(_BEGINNINGS) and not file[0].endswith(b"/copyright")
    ]
    yield from removable(facts, files, _message, _command)


def _message(files: Sequence[File]) -> str:
    return f"Documentation and manual pages are in the image, in {named(map(shown, below(files, _FOLDERS)))}."


def _command(files: Sequence[File]) -> str:
    folders = " ".join(map(shown, below(files, _FOLDERS)))
    return f"find {folders} -type f ! -name copyright -exec rm -f {{}} +"
