"""What a package manager or another tool said before it ended a build: the line people scroll up for."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bloatcheck.report.plain import harmless_lines, shorten

_LONGEST = 200
_PREFIX = re.compile(r"^(?:#\d+ )?(?:\d+\.\d+ )?\s*")
"""What BuildKit puts before each line of a step: `#8 1.402 `."""

_SAID = (
    re.compile(r"E: (?P<reason>\S.*)"),  # apt, dpkg
    re.compile(r"ERROR: (?P<reason>(?:Could not|No matching|Cannot|Invalid|Failed building) .*)"),  # pip
    re.compile(r"(?P<reason>[\w.+/@:~=<>-]{1,100} \(no such package\)):"),  # apk
    re.compile(r"(?:Error: Unable to find a match|No match for argument): (?P<reason>\S.*)"),  # dnf
    re.compile(r"npm (?:ERR!|error) (?!code |A complete log)(?P<reason>[A-Z0-9]\S* .*)"),
    re.compile(r"(?P<reason>(?:/bin/)?(?:ba)?sh: (?:line )?\d*:? ?\S+: (?:not found|.*command not found))"),
    re.compile(r"(?P<reason>(?:fatal|error(?:\[E\d+\])?): \S.*)"),  # git, compilers, cargo
    re.compile(r"(?P<reason>(?:make(?:\[\d+\])?: \*\*\*|go:|curl: \(\d+\)) \S.*)"),
)
"""From the one that says most to the one that says least."""


def build_reason(output: Sequence[str]) -> str:
    """The tool's own reason, on one harmless line; empty where the output has none that is known."""
    lines = [_PREFIX.sub("", line) for line in harmless_lines(output)]
    for pattern in _SAID:
        for line in lines:
            if match := pattern.match(line):
                return shorten(match["reason"].strip(), _LONGEST)
    return ""
