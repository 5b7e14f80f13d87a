"""Lines that a CI's runner would act on, and how they are kept from it, wherever they are printed."""

from __future__ import annotations


def disarm(line: str) -> str:
    """The line, changed visibly where any CI's runner would take it for a command.

    What GitHub's runner takes for one is told by its source, ActionCommand.cs: `::` after any white space,
    and `##[name]` in any place.
    """
    line = line.replace("##[", "## [")
    return f"> {line}" if line.lstrip().startswith("::") else line
