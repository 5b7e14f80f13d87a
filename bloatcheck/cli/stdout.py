"""Printing where the reader may go away, or take what it reads for commands."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from bloatcheck.ci.commands import disarm, disarm_json


def tell(text: str) -> None:
    """Prints text for people, of which no line is a command of a CI's."""
    shown = "\n".join(map(disarm, text.split("\n"))) if _read_by_runner() else text
    put(sys.stdout, shown if shown.endswith("\n") else f"{shown}\n")


def tell_json(document: str) -> None:
    """Prints JSON: the same values, in characters that are no command of a CI's."""
    shown = disarm_json(document) if _read_by_runner() else document
    put(sys.stdout, f"{shown}\n")


def tell_command(line: str) -> None:
    """Prints a line of ours that the CI acts on."""
    put(sys.stdout, f"{line}\n")


def silence_stdout() -> None:
    """Lets what is still printed go nowhere."""
    _silence(sys.stdout)


def put(stream: TextIO, text: str) -> None:
    """Writes at once. A reader who has seen enough (`| head`) loses the rest, and changes no exit code."""
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        _silence(stream)


def _silence(stream: TextIO) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _read_by_runner() -> bool:
    from bloatcheck.ci.registry import detect_anyway

    return detect_anyway(os.environ).reads_log
