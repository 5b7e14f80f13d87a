"""Executables: what they need to start, whether the image has it, and what they are made of."""

from bloatcheck.analysis.executable.facts import (
    EXTRACT,
    VERSION,
    ExecutableFacts,
    extract_executable,
    facts_at,
    wants_executable,
)
from bloatcheck.analysis.executable.start import (
    CheckedExecutables,
    captures,
    check_executable,
    check_executables,
    check_start,
)

__all__ = [
    "EXTRACT",
    "VERSION",
    "CheckedExecutables",
    "ExecutableFacts",
    "captures",
    "check_executable",
    "check_executables",
    "check_start",
    "extract_executable",
    "facts_at",
    "wants_executable",
]
