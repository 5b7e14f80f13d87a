"""What of a program's output may reach a terminal: text in colour, and nothing that moves or answers."""

from __future__ import annotations

import re

_RESET = "\x1b[0m"
_COLOUR = re.compile(r"\x1b\[[0-9;:]*m")
_SEQUENCE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
_UNFINISHED = re.compile(r"\x1b(?:\[[0-?]*[ -/]*)?\Z")
_LONGEST_SEQUENCE = 64
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]|\x1b(?!\[[0-9;:]*m)")
_MISLEADING = re.compile(r"[\x80-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


class ColourFilter:
    """Passes a program's output on piece by piece: text, tabs, line ends and colours.

    Other control sequences (cursor movement, window titles, the clipboard, questions that the terminal
    answers into somebody's shell) are taken out, also when a sequence is cut between two pieces.
    """

    def __init__(self) -> None:
        self._held = ""
        self._coloured = False

    def feed(self, text: str) -> str:
        """The harmless part of the next piece. An unfinished sequence waits for the piece that ends it."""
        text = self._held + text
        self._held = ""
        if (unfinished := _UNFINISHED.search(text)) and len(unfinished[0]) < _LONGEST_SEQUENCE:
            self._held = unfinished[0]
            text = text[: unfinished.start()]
        if "\x1b" in text:
            text = _SEQUENCE.sub(self._colour_only, text)
        return _MISLEADING.sub("\N{REPLACEMENT CHARACTER}", _FORBIDDEN.sub("", text))

    def close(self) -> str:
        """What sets the terminal back to its own colour, if anything changed it."""
        self._held = ""
        reset = _RESET if self._coloured else ""
        self._coloured = False
        return reset

    def _colour_only(self, sequence: re.Match[str]) -> str:
        if not _COLOUR.fullmatch(sequence[0]):
            return ""
        self._coloured = sequence[0] not in {_RESET, "\x1b[m"}
        return sequence[0]
