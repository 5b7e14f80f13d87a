"""Manuals and documentation, which nobody reads in a container."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bloatcheck.analysis.advice.model import Facts, File, Proposal
from bloatcheck.analysis.advice.removable import removable
from bloatcheck.analysis.advice.shown import named, shown

_DOCUMENTATION = re.compile(rb"\Ausr/(?:local/)?share/(?:doc|man|info|gtk-doc)(?=/)")


def docs_shipped(facts: Facts) -> Iterator[Proposal]:
    """Licences stay: `copyright` files are left out. Folders stay too, for packages that count on them."""
    files = [
        file
        for file in facts.files
        if file[0].startswith(b"usr/")
        and _DOCUMENTATION.match(file[0])
        and not file[0].endswith(b"/copyright")
    ]
    yield from removable(facts, files, _message, _command)


def _message(files: Sequence[File]) -> str:
    return f"Documentation and manual pages are in the image, in {named(_folders(files))}."


def _folders(files: Sequence[File]) -> list[str]:
    return sorted({shown(match[0]) for path, *_ in files if (match := _DOCUMENTATION.match(path))})


def _command(files: Sequence[File]) -> str:
    return f"find {' '.join(_folders(files))} -type f ! -name copyright -exec rm -f {{}} +"
