"""The commands that link programs, and what has to be said to them for a small result."""

from __future__ import annotations

import re

_COMMAND = r"(?:\A|\bRUN\s+|[;&|(\n]\s*|\s[A-Z][A-Z0-9_]*=\S*\s+)"
LINKERS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(_COMMAND + r"(?:[\w.-]+-)?(?:gcc|g\+\+|cc|c\+\+|clang|clang\+\+)(?=\s)"), "-s"),
    (re.compile(r"\bgo\s+(?:build|install)(?=\s)(?![^;&|]{0,999}-ldflags)"), "-ldflags='-s -w'"),
    (re.compile(r"\bcargo\s+(?:build|install)(?=\s|\Z)"), "--config profile.release.strip=true"),
)
"""Pattern of the command, and the words that go behind it."""
