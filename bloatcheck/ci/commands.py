"""Lines that a CI's runner would act on, and how they are kept from it, wherever they are printed."""

from __future__ import annotations

import re

_IN_ANY_PLACE = re.compile(r"##(?=(?:vso)?\[)", re.IGNORECASE)


def disarm_json(document: str) -> str:
    """JSON of the same values, of which no line is a command: two of these signs stand in strings only."""
    return _IN_ANY_PLACE.sub(r"#\\u0023", document)


def disarm(line: str) -> str:
    """The line, changed visibly where any CI's runner would take it for a command.

    What GitHub's runner takes for one is told by its source, ActionCommand.cs: `::` after any white space,
    and `##[name]` in any place. That of Azure Pipelines, Command.cs, takes `##vso[area.event]` in any place.
    """
    line = _IN_ANY_PLACE.sub("## ", line)
    return f"> {line}" if line.lstrip().startswith("::") else line
