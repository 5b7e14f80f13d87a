"""What a registry asks for before it answers (RFC 9110, 11.6.1 `WWW-Authenticate`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_LONGEST = 4096
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - the grammar's word
_PARAMETER = re.compile(rf'\s*({_TOKEN})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|({_TOKEN}))\s*(?:,|$)', re.DOTALL)
_SCHEME = re.compile(rf"\s*({_TOKEN})(?:\s+|,|$)")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way to authenticate: `scheme` and the names of `parameters` in lower case."""

    scheme: str
    parameters: Mapping[str, str] = field(default_factory=dict)


def parse_challenges(header: str) -> tuple[Challenge, ...]:
    """Every challenge of a header, or of several joined by commas; what is malformed is left out."""
    header = header[:_LONGEST]
    found: list[tuple[str, dict[str, str]]] = []
    position = 0
    while position < len(header):
        if found and (match := _PARAMETER.match(header, position)):
            name, quoted, plain = match.groups()
            found[-1][1].setdefault(name.lower(), plain or _ESCAPED.sub(r"\1", quoted or ""))
        elif match := _SCHEME.match(header, position):
            found.append((match[1].lower(), {}))
        else:
            comma = header.find(",", position)
            position = len(header) if comma < 0 else comma + 1
            continue
        position = match.end()
    return tuple(Challenge(scheme, parameters) for scheme, parameters in found)
