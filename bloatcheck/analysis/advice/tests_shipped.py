"""The tests of installed libraries."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bloatcheck.analysis.advice.edit import quoted
from bloatcheck.analysis.advice.model import Facts, File, Proposal
from bloatcheck.analysis.advice.removable import removable
from bloatcheck.analysis.advice.shown import named, shown

_PYTHON = re.compile(rb"\A(?P<root>(?:.*?/)?(?:site|dist)-packages)/(?:[^/]+/)*?tests/")
_STANDARD_LIBRARY = re.compile(rb"\A(?P<root>(?:.*?/)?lib/python[\d.]+/test)/")
_NODE = re.compile(
    rb"\A(?P<root>(?:.*?/)?node_modules)/(?:@[^/]+/)?[^/@]+/"
    rb"(?:(?!node_modules/)[^/]+/|node_modules/(?:@[^/]+/)?[^/@]+/)*?(?:tests?|__tests__)/"
)
_FIND_IN_MODULES = (
    "find {} -mindepth 2 -type d ! -path '*/node_modules/test' ! -path '*/node_modules/tests' "
    "'(' -name test -o -name tests -o -name __tests__ ')' -prune -exec rm -rf {{}} +"
)
_REMOVALS = (
    (_PYTHON, "find {} -type d -name tests -prune -exec rm -rf {{}} +"),
    (_STANDARD_LIBRARY, "rm -rf {}"),
    (_NODE, _FIND_IN_MODULES),
)
_MOST_ROOTS = 5


def tests_shipped(facts: Facts) -> Iterator[Proposal]:
    """Those of Python's and Node's libraries, unless the system's package manager put them there."""
    files = [
        file
        for file in facts.files
        if b"test" in file[0]
        and any(pattern.match(file[0]) for pattern, _ in _REMOVALS)
        and not facts.is_systems(file[0])
    ]
    yield from removable(facts, files, _message, _command)


def _roots(files: Sequence[File], pattern: re.Pattern[bytes]) -> list[bytes]:
    return sorted({match["root"] for path, *_ in files if (match := pattern.match(path))})


def _message(files: Sequence[File]) -> str:
    roots = [root for pattern, _ in _REMOVALS for root in _roots(files, pattern)]
    return f"The tests of libraries are installed with them, below {named(map(shown, roots))}."


def _command(files: Sequence[File]) -> str | None:
    commands = []
    for pattern, command in _REMOVALS:
        roots = [quoted(root) for root in _roots(files, pattern)]
        if None in roots or len(roots) > _MOST_ROOTS:
            return None
        if roots:
            commands.append(command.format(" ".join(map(str, roots))))
    return " && ".join(commands)
