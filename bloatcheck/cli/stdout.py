"""Printing where the reader may go away, or take what it reads for commands."""

from __future__ import annotations

import os
import sys

from bloatcheck.report.workflow_commands import disarm


def tell(text: str) -> None:
    """Prints text for people, of which no line is a workflow command."""
    _print("\n".join(map(disarm, text.split("\n"))) if _read_by_runner() else text)


def tell_json(document: str) -> None:
    """Prints JSON: the same values, in characters that are no workflow command."""
    # Two of these signs stand in strings only.
    _print(document.replace("##[", "#\\u0023[") if _read_by_runner() else document)


def tell_command(line: str) -> None:
    """Prints a workflow command of ours."""
    _print(line)


def silence_stdout() -> None:
    """Lets what is still printed go nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _read_by_runner() -> bool:
    return os.environ.get("GITHUB_ACTIONS") == "true"


def _print(text: str) -> None:
    """At once. A reader who has seen enough (`| head`) loses the rest, and changes no exit code."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        silence_stdout()
