"""How an image's size went on, as a chart that GitHub and GitLab draw from mermaid's text.

Nothing foreign is in the text: numbers, hexadecimal digits and words of ours.
https://mermaid.js.org/syntax/xyChart.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bloatcheck.config.limits import Metric
from bloatcheck.report.figures import change, count
from bloatcheck.report.model import ImageReport, PastSize
from bloatcheck.units import format_bytes

FEWEST_POINTS = 4
"""Fewer say nothing that the table doesn't."""
MOST_POINTS = 12
_THIS = "now"
_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_SHORT = 7
_MARGIN = 0.15
"""Of the range that is shown, above and below."""
_FAR = 3
"""A limit that many ranges away would make a flat line of the sizes."""
_UNITS = {"GB": 10**9, "MB": 10**6, "kB": 10**3, "B": 1}
_STYLE = (
    '%%{init: {"xyChart": {"width": 720, "height": 260, "xAxis": {"labelFontSize": 11}}, '
    '"themeVariables": {"xyChart": {"backgroundColor": "transparent", '
    '"plotColorPalette": "#218bff, #e5534b"}}}}%%'
)
"""Colours that can be told from both themes' backgrounds."""


@dataclass(frozen=True, slots=True)
class Trend:
    """The lines of the chart's text, and what it shows in words: all of them ours."""

    summary: str
    chart: tuple[str, ...]
    caption: str


def trend(image: ImageReport) -> Trend | None:
    """The sizes before and that of this run; None where there are too few, or all are the same."""
    if image.diff is None or image.diff.after is None:
        return None
    now = image.diff.after.content_size
    past = _known(image.history)
    sizes = [point.size for point in past]
    if len(past) + 1 < FEWEST_POINTS or len({*sizes, now}) == 1:
        return None
    shown = _thinned(past)
    limit = _limit(image)
    since = f" since {past[0].date[:10]}" if _DATE.match(past[0].date) else ""
    drawn, chart = _chart([(point.commit[:_SHORT], point.size) for point in shown] + [(_THIS, now)], limit)
    left_out = len(past) - len(shown)
    parts = [
        "The last point is this run",
        *([f"the red line is the limit, {format_bytes(limit)}"] if limit is not None and drawn else []),
        *([f"the limit of {format_bytes(limit)} lies beyond"] if limit is not None and not drawn else []),
        *([f"{count(left_out, 'commit')} between not shown"] if left_out else []),
    ]
    return Trend(
        f"{change(now - sizes[0], sizes[0])} over {count(len(past), 'commit')}{since}",
        chart,
        "; ".join(parts) + ".",
    )


def _known(history: Sequence[PastSize]) -> list[PastSize]:
    """Each commit once, by what the chart calls it; names must differ, and may be only digits."""
    known = {point.commit[:_SHORT]: point for point in history if _COMMIT.fullmatch(point.commit)}
    return list(known.values())


def _thinned(past: Sequence[PastSize]) -> Sequence[PastSize]:
    """At most as many as there is room for, evenly, the oldest and the newest among them."""
    most = MOST_POINTS - 1
    if len(past) <= most:
        return past
    return [past[round(index * (len(past) - 1) / (most - 1))] for index in range(most)]


def _limit(image: ImageReport) -> int | None:
    """The strictest absolute limit that fails."""
    failing = [limit.fail for limit in image.limits if limit.metric is Metric.CONTENT and limit.fail]
    return min((threshold.bytes for threshold in failing if threshold.bytes is not None), default=None)


def _chart(points: Sequence[tuple[str, int]], limit: int | None) -> tuple[bool, tuple[str, ...]]:
    """Whether the limit is in the picture, and the picture."""
    sizes = [size for _, size in points]
    lowest, highest = min(sizes), max(sizes)
    span = highest - lowest
    drawn = limit is not None and lowest - _FAR * span <= limit <= highest + _FAR * span
    if limit is not None and drawn:
        lowest, highest = min(lowest, limit), max(highest, limit)
    unit = next(name for name, size in _UNITS.items() if highest >= size or name == "B")
    margin = (highest - lowest) * _MARGIN
    labels = ", ".join(f'"{label}"' for label, _ in points)
    lines = [
        _STYLE,
        "xychart-beta",
        f"    x-axis [{labels}]",
        f'    y-axis "{unit}" {_number(max(0, lowest - margin), unit)} --> {_number(highest + margin, unit)}',
        f"    line [{', '.join(_number(size, unit) for size in sizes)}]",
    ]
    if limit is not None and drawn:
        lines.append(f"    line [{', '.join([_number(limit, unit)] * len(points))}]")
    return drawn, tuple(lines)


def _number(size: float, unit: str) -> str:
    return f"{size / _UNITS[unit]:.3f}".rstrip("0").rstrip(".")
