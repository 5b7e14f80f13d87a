"""Translations into languages that the image doesn't speak."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial

from bloatcheck.analysis.advice.model import Facts, File, Proposal
from bloatcheck.analysis.advice.removable import removable

_LOCALE = re.compile(rb"\Ausr/share/locale/(?P<language>[^/]+)/")
_CODE = re.compile(rb"\A[a-z]{2,3}(?=\Z|[_@.])")


def locales_shipped(facts: Facts) -> Iterator[Proposal]:
    """All but English and the languages that `LANG` and its like name."""
    kept = {"en", *facts.languages} - {"C", "POSIX"}
    files = []
    for file in facts.files if facts.mentions(b"usr/share/locale/") else ():
        found = _LOCALE.match(file[0])
        code = _CODE.match(found["language"]) if found else None
        if code and code[0].decode() not in kept:
            files.append(file)
    yield from removable(facts, files, _message, partial(_command, kept=sorted(kept)))


def _message(files: Sequence[File]) -> str:
    languages = {match["language"] for path, *_ in files if (match := _LOCALE.match(path))}
    return (
        f"Translations into {len(languages)} languages that the image isn't set to are in /usr/share/locale."
    )


def _command(_: Sequence[File], *, kept: Sequence[str]) -> str | None:
    if not all(language.isalpha() and language.isascii() for language in kept):
        return None
    others = " ".join(f"! -name '{language}' ! -name '{language}[_@.]*'" for language in kept)
    return (
        "find /usr/share/locale -mindepth 1 -maxdepth 1 -type d "
        f"-name '[a-z][a-z]*' {others} -exec rm -rf {{}} +"
    )
