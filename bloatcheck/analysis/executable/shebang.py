"""The first line of a script, read as Linux reads it (fs/binfmt_script.c)."""

from __future__ import annotations

from dataclasses import dataclass

MARK = b"#!"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BUFFER = 256
"""Bytes that the kernel looks at; 128 before Linux 5.1."""


@dataclass(frozen=True, slots=True)
class Shebang:
    """What starts a script: the interpreter's path, and all that stands behind it as one argument.

    `interpreter` is empty where the kernel takes none from the line: nothing stands there, or its path is
    longer than it reads. `after_mark`: a byte order mark stands before it, so that the kernel doesn't see
    it.
    """

    interpreter: bytes
    argument: bytes | None = None
    after_mark: bool = False


def read_shebang(beginning: bytes) -> Shebang | None:
    """Of a file that begins so (256 bytes are enough); None where it has no such line."""
    after_mark = beginning.startswith(BYTE_ORDER_MARK + MARK)
    if after_mark:
        beginning = beginning[len(BYTE_ORDER_MARK) :]
    if not beginning.startswith(MARK):
        return None
    # a short file is followed by zeros in the kernel's buffer
    buffer = beginning[:_BUFFER].ljust(_BUFFER, b"\0")
    line, end, _ = buffer[len(MARK) :].partition(b"\n")
    if not end:
        line = line[:-1]
        if not line.lstrip(b" \t") or not any(byte in line.lstrip(b" \t") for byte in b" \t\0"):
            return Shebang(b"", None, after_mark)
    # what stands before the line's end is trimmed; before a zero, which ends a file without one, it isn't
    line = line.rstrip(b" \t").partition(b"\0")[0].lstrip(b" \t")
    at = min((found for mark in (b" ", b"\t") if (found := line.find(mark)) >= 0), default=len(line))
    return Shebang(line[:at], line[at:].lstrip(b" \t") or None, after_mark)
