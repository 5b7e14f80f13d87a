"""Printing where the reader may go away."""

from __future__ import annotations

import os
import sys


def tell(text: str) -> None:
    """Prints at once. A reader who has seen enough (`| head`) loses the rest, and changes no exit code."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        silence_stdout()


def silence_stdout() -> None:
    """Lets what is still printed go nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
