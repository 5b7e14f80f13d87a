"""Whether a stream gets colour: what people ask for by environment, and else whether it is a terminal.

https://no-color.org, https://force-color.org and https://bixense.com/clicolors. Where they contradict each
other no colour wins: it is what somebody may need.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TextIO

from bloatcheck.report.paint import Paint, painted, unpainted


def is_coloured(stream: TextIO, environment: Mapping[str, str] = os.environ) -> bool:
    """By `NO_COLOR`, then `FORCE_COLOR` or `CLICOLOR_FORCE`, then `CLICOLOR` and `TERM`, then the stream."""
    if environment.get("NO_COLOR"):
        return False
    if any(environment.get(name, "") not in {"", "0"} for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return True
    if environment.get("CLICOLOR") == "0" or environment.get("FORCE_COLOR") == "0":
        return False
    return is_live(stream, environment)


def is_live(stream: TextIO, environment: Mapping[str, str] = os.environ) -> bool:
    """Whether somebody looks at it, on a terminal that can draw over a line."""
    return environment.get("TERM", "dumb") != "dumb" and stream.isatty()


def paint_for(stream: TextIO) -> Paint:
    """How to paint what goes to this stream."""
    return painted if is_coloured(stream) else unpainted
