"""Compiled Python beside its source."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bloatcheck.analysis.advice.edit import quoted
from bloatcheck.analysis.advice.model import Facts, File, Proposal, from_context
from bloatcheck.analysis.advice.removable import removable
from bloatcheck.analysis.advice.shown import named, shown

_COMPILED = re.compile(rb"(?:\A|/)__pycache__/[^/]+\.pyc\Z")
_ROOT = re.compile(rb"\A(?:.*?/)?(?:lib(?:64)?/python[\d.]*|site-packages|dist-packages)(?=/)")
_MOST_ROOTS = 5


def pycache(facts: Facts) -> Iterator[Proposal]:
    """What a RUN compiled. What came from the build context is `context-junk`."""
    files = [
        file
        for file in facts.files
        if b"__pycache__/" in file[0]
        and _COMPILED.search(file[0])
        and not from_context(facts.instructions_of(file[1]))
    ]
    yield from removable(facts, files, _message, _command)


def _roots(files: Sequence[File]) -> list[bytes]:
    return sorted(
        {
            match[0] if (match := _ROOT.match(path)) else path.partition(b"/__pycache__/")[0]
            for path, *_ in files
        }
    )


def _message(files: Sequence[File]) -> str:
    return (
        f"Compiled Python is in the image beside its source, in {named(map(shown, _roots(files)))}; "
        "without it programs start a little more slowly."
    )


def _command(files: Sequence[File]) -> str | None:
    roots = [quoted(root) for root in _roots(files)]
    if None in roots or len(roots) > _MOST_ROOTS:
        return None
    return f"find {' '.join(map(str, roots))} -type d -name __pycache__ -prune -exec rm -rf {{}} +"
