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
_ROUND = 3
_NARROW = frozenset(" .,:;'|!()[]/fijlrtI-")
_BROAD = frozenset("mwMW@%&")
_WIDTHS = (4.2, 6.9, 10.2)
"""Of narrow, usual and broad letters at 11 pixels; `textLength` makes up for another font."""
_LEFT = "#444444"
_COLOURS: Mapping[Outcome, str] = {
    Outcome.PASS: "#2e7d32",
    Outcome.WARN: "#8a5a00",
    Outcome.FAIL: "#c62828",
    Outcome.ERROR: "#616161",
}
"""White stands on each of them with a contrast of at least 4.5 to 1 (WCAG AA)."""


def render(report: Report) -> str:
    """The picture, 20 pixels high. It has no ids, so that several can stand on one page."""
    drawn = badge(report)
    left, right = _width(drawn.label) + 2 * _PADDING, _width(drawn.message) + 2 * _PADDING
    told = f"{drawn.label}: {drawn.message} ({drawn.outcome.value})"
    size = {"width": str(left + right), "height": str(_HEIGHT)}
    svg = Element("svg", {"xmlns": "http://www.w3.org/2000/svg", **size, "role": "img", "aria-label": told})
    SubElement(svg, "title").text = told
    SubElement(svg, "rect", {**size, "rx": str(_ROUND), "fill": _COLOURS[drawn.outcome]})
    corner = f"a{_ROUND} {_ROUND} 0 0 1 {{}}"
    upper, lower = corner.format(f"{_ROUND} -{_ROUND}"), corner.format(f"-{_ROUND} -{_ROUND}")
    outline = f"M{left} 0v{_HEIGHT}H{_ROUND}{lower}V{_ROUND}{upper}z"
    SubElement(svg, "path", d=outline, fill=_LEFT)
    style = {"fill": "#ffffff", "font-family": "Verdana,DejaVu Sans,sans-serif", "font-size": "11"}
    words = SubElement(svg, "g", style)
    for text, start in ((drawn.label, 0), (drawn.message, left)):
        place = {"x": str(start + _PADDING), "y": str(_BASELINE), "textLength": str(_width(text))}
        SubElement(words, "text", place).text = text
    indent(svg)
    return tostring(svg, encoding="unicode") + "\n"


def _width(text: str) -> int:
    """Pixels, estimated."""
    narrow, usual, broad = _WIDTHS
    return round(
        sum(
            narrow if letter in _NARROW else broad if letter in _BROAD else usual * display_width(letter)
            for letter in text
        )
    )
