"""Byte sizes and percents, parsed and printed in one place.

Sizes are printed in decimal units with three or four significant digits, as Docker prints them.
"""

from __future__ import annotations

import re
from decimal import Decimal

_DECIMAL = ("B", "kB", "MB", "GB", "TB", "PB")
_FACTORS = {
    "b": 1,
    "": 1,
    **{prefix + "b": 1000**power for power, prefix in enumerate("kmgtp", start=1)},
    **{prefix: 1000**power for power, prefix in enumerate("kmgtp", start=1)},
    **{prefix + "ib": 1024**power for power, prefix in enumerate("kmgtp", start=1)},
}
_SIZE = re.compile(r"(?P<number>\d{1,15}(?:\.\d{1,6})?)\s*(?P<unit>[A-Za-z]{0,3})", re.ASCII)
_PERCENT = re.compile(r"(?P<number>\d{1,9}(?:\.\d{1,6})?)\s*%", re.ASCII)


def parse_bytes(text: str) -> int:
    """Reads `10 MB`, `1.5GiB`, `512kB` or `1000` (bytes).

    Raises:
        ValueError: another shape, an unknown unit, or a part of a byte.
    """
    match = _SIZE.fullmatch(text.strip().replace("_", ""))
    factor = _FACTORS.get(match["unit"].lower()) if match else None
    if match is None or factor is None:
        raise ValueError(f"not a size: {text[:100]!r}; write bytes or a unit, for example 10 MB or 512 KiB")
    size = Decimal(match["number"]) * factor
    if size != size.to_integral_value():
        raise ValueError(f"not a whole number of bytes: {text[:100]!r}")
    return int(size)


def parse_percent(text: str) -> float:
    """Reads `5%` or `0.5 %`.

    Raises:
        ValueError: another shape.
    """
    match = _PERCENT.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"not a percentage: {text[:100]!r}; for example 5%")
    return float(match["number"])


def format_bytes(size: int) -> str:
    """`1.23 kB`, `77.8 MB`, `512 B`: three significant digits, rounded half up; a minus sign below 0."""
    sign, value = ("−", -size) if size < 0 else ("", size)
    if value < 1000:  # noqa: PLR2004 - a kilobyte
        return f"{sign}{value} B"
    power = min((len(str(value)) - 1) // 3, len(_DECIMAL) - 1)
    text = _three_digits(Decimal(value) / 1000**power)
    if text == "1000" and power + 1 < len(_DECIMAL):
        power, text = power + 1, "1.00"
    return f"{sign}{text} {_DECIMAL[power]}"


def _three_digits(value: Decimal) -> str:
    # Rounding can add a digit before the point: 9.995 is 10.0, not 10.00.
    for places in (2, 1):
        text = _rounded(value, places)
        if len(text) == len("1.23"):
            return text
    return _rounded(value, 0)


def _rounded(value: Decimal, places: int) -> str:
    return str(value.quantize(Decimal(1).scaleb(-places), rounding="ROUND_HALF_UP"))


def format_delta(size: int) -> str:
    """`+1.23 MB`, `−512 B`, `±0 B`."""
    if size == 0:
        return "±0 B"
    return f"+{format_bytes(size)}" if size > 0 else format_bytes(size)


def format_percent(percent: float) -> str:
    """`+4.2 %`, `−0.03 %`, `±0 %`: one decimal from 0.1 on, else two significant digits."""
    if percent == 0:
        return "±0 %"
    sign, value = ("+", percent) if percent > 0 else ("−", -percent)
    for places in (1, 2, 3):
        if value >= 10**-places:
            return f"{sign}{value:.{places}f} %"
    return f"{sign}<0.001 %"


def format_exact(size: int) -> str:
    """`1,234,567 B`: for when two rounded sizes would print alike."""
    return f"{size:,} B"


def count(number: int, noun: str, plural: str | None = None) -> str:
    """`1 layer`, `2 layers`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def format_duration(seconds: float) -> str:
    """`8 s`, `2 min 5 s`, `1 h 2 min`: for people who wait."""
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        minutes, rest = divmod(whole, _MINUTE)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, rest = divmod(whole // _MINUTE, 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"


_MINUTE = 60
_HOUR = 3600
