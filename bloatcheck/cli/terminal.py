"""What may reach a terminal: text in colour, and nothing that moves, hides, renames or answers."""

from __future__ import annotations

import re

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""C0 (but tab and newline), C1, line and paragraph separators, bidi overrides, lone surrogates."""

INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u2065\u206a-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Unicode's Default_Ignorable_Code_Point, which people can't see and some comparisons skip."""

_RESET = "\x1b[0m"
_COLOUR = re.compile(r"\x1b\[[0-9;:]*m")
_SEQUENCE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
_UNFINISHED = re.compile(r"\x1b(?:\[[0-?]*[ -/]*)?\Z")
_LONGEST_SEQUENCE = 64
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]|\x1b(?!\[[0-9;:]*m)")
_MISLEADING = re.compile(r"[\x80-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def harmless(text: str) -> str:
    """One line without control, bidi or invisible characters: hostile text can't move the cursor or hide."""
    return CONTROL.sub("\N{REPLACEMENT CHARACTER}", INVISIBLE.sub("", text.replace("\n", " ")))


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
