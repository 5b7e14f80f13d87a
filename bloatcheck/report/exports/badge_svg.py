"""A badge as SVG: no script, no font to load, no other address; it says in words what it shows."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from bloatcheck.policy.model import Outcome
from bloatcheck.report.exports.badge import badge
from bloatcheck.report.model import Report
from bloatcheck.report.plain import display_width

_HEIGHT = 20
_BASELINE = 14
_PADDING = 6
_COLUMN = 6.6
"""How wide a letter is at 11 pixels, on average and generously; `textLength` makes the text fit exactly."""
_LEFT = "#444444"
_COLOURS: Mapping[Outcome, str] = {
    Outcome.PASS: "#2e7d32",
    Outcome.WARN: "#8a5a00",
    Outcome.FAIL: "#c62828",
    Outcome.ERROR: "#616161",
}
"""White stands on each of them with a contrast of at least 4.5 to 1 (WCAG AA)."""


def render(report: Report) -> str:
    """The picture, 20 pixels high."""
    drawn = badge(report)
    left, right = _width(drawn.label), _width(drawn.message)
    told = f"{drawn.label}: {drawn.message} ({drawn.outcome.value})"
    svg = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "width": str(left + right),
            "height": str(_HEIGHT),
            "role": "img",
            "aria-label": told,
        },
    )
    SubElement(svg, "title").text = told
    clip = SubElement(svg, "clipPath", id="round")
    SubElement(clip, "rect", width=str(left + right), height=str(_HEIGHT), rx="3")
    boxes = SubElement(svg, "g", {"clip-path": "url(#round)"})
    SubElement(boxes, "rect", width=str(left), height=str(_HEIGHT), fill=_LEFT)
    colour = _COLOURS[drawn.outcome]
    SubElement(boxes, "rect", x=str(left), width=str(right), height=str(_HEIGHT), fill=colour)
    style = {"fill": "#ffffff", "font-family": "Verdana,DejaVu Sans,sans-serif", "font-size": "11"}
    words = SubElement(svg, "g", style)
    _write(words, drawn.label, _PADDING, left)
    _write(words, drawn.message, left + _PADDING, right)
    indent(svg)
    return tostring(svg, encoding="unicode") + "\n"


def _width(text: str) -> int:
    return round(display_width(text) * _COLUMN) + 2 * _PADDING


def _write(parent: Element, text: str, x: int, box: int) -> None:
    SubElement(parent, "text", x=str(x), y=str(_BASELINE), textLength=str(box - 2 * _PADDING)).text = text
