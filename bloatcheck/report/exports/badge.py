"""What shields.io draws a badge from: https://shields.io/badges/endpoint-badge"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from bloatcheck.diff.model import ImageChange
from bloatcheck.policy.model import Outcome
from bloatcheck.report.model import ImageReport, Report
from bloatcheck.report.plain import harmless, shorten
from bloatcheck.units import count, format_bytes

_LONGEST_LABEL = 40


@dataclass(frozen=True, slots=True)
class Badge:
    """What stands left and right on the badge, harmless and short, and the verdict behind its colour."""

    label: str
    message: str
    outcome: Outcome


def badge(report: Report) -> Badge:
    """The size of the one image under its name, or of all there are now together."""
    images = [image for image in report.images if not _is_gone(image)]
    sizes = [image.diff.after.content_size for image in images if image.diff and image.diff.after]
    if len(images) == 1:
        label = shorten(harmless(images[0].name), _LONGEST_LABEL)
        return Badge(label, format_bytes(sizes[0]) if sizes else "unknown", images[0].outcome)
    if not sizes or len(sizes) < len(images):
        return Badge("image size", "unknown", report.outcome)
    return Badge("image size", f"{format_bytes(sum(sizes))} in {count(len(sizes), 'image')}", report.outcome)


def render(report: Report) -> str:
    """The endpoint's answer. An image that was not measured is an error, which no parameter recolours."""
    drawn = badge(report)
    answer = {
        "schemaVersion": 1,
        "label": drawn.label,
        "message": drawn.message,
        "color": _COLOURS[drawn.outcome],
        **({"isError": True} if drawn.outcome is Outcome.ERROR else {}),
    }
    return json.dumps(answer, ensure_ascii=False, indent=2) + "\n"


def _is_gone(image: ImageReport) -> bool:
    return image.diff is not None and image.diff.change is ImageChange.GONE


_COLOURS: Mapping[Outcome, str] = {
    Outcome.PASS: "success",
    Outcome.WARN: "yellow",
    Outcome.FAIL: "critical",
    Outcome.ERROR: "inactive",
}
"""Words that shields.io knows."""
