"""What there is to say about a report, each on the line that it is about; for formats that show lines."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bloatcheck.errors import Place
from bloatcheck.policy.model import Level
from bloatcheck.report.annotations import finding_place
from bloatcheck.report.exports.rules import Rule, advice_rule, metric_rule, other_rule
from bloatcheck.report.links import file_in_repository
from bloatcheck.report.model import ImageReport, Origin, Report
from bloatcheck.report.plain import harmless, shorten
from bloatcheck.report.sentences import broken, dive_rule, failed, incomparable, wont_start
from bloatcheck.report.view import DEFAULT_CONFIG, importance
from bloatcheck.units import format_bytes

_LONGEST_NAME = 60
_LONGEST_LINE = 1000
_MOST_LINES = 50
"""Images that one result names; a base image may be under hundreds."""
LAST_LINE = 2**31 - 1
"""What every reader's line numbers hold."""
_ORDER = ("error", "warning", "note")


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to say. `about` is what stays of it when numbers and lines move."""

    rule: Rule
    level: str
    place: Place | None
    message: str
    about: str


def grouped(report: Report, most: int) -> list[list[Remark]]:
    """What several images have of one rule on one line is one; `most` of them, the worst first."""
    images = sorted(report.images, key=importance, reverse=True)
    groups: dict[tuple[str, Place | None], list[Remark]] = {}
    for remark in (each for image in images for each in _remarks(image, enforced=report.enforced)):
        groups.setdefault((remark.rule.id, remark.place), []).append(remark)
    return sorted(groups.values(), key=lambda remarks: min(map(rank, remarks)))[:most]


def place_in(report: Report, place: Place | None) -> Place:
    """The place from the repository's top; the configuration for what has none, or none that lies in it."""
    path = _path(report.origin, place) if place else None
    if path is None or place is None:
        place = Place(report.config or DEFAULT_CONFIG)
        path = _path(report.origin, place) or DEFAULT_CONFIG
    return Place(path, min(max(place.line or 1, 1), LAST_LINE), place.end_line)


def rank(remark: Remark) -> int:
    """How bad it is, 0 the worst."""
    return _ORDER.index(remark.level)


def _remarks(image: ImageReport, *, enforced: bool) -> Iterator[Remark]:
    name = shorten(harmless(image.name), _LONGEST_NAME)
    dockerfile = Place(image.dockerfile) if image.dockerfile else None
    if image.failure:
        place, message = image.failure.place or dockerfile, f"{name} {failed(image.failure)}"
        yield Remark(other_rule("not-measured"), "error", place, message, image.failure.stage)
    if image.incomparable and image.diff and image.diff.incomparable_because:
        message = f"{name} {incomparable(image.diff.incomparable_because)}"
        level = _level(image.incomparable, enforced=enforced)
        yield Remark(other_rule("not-comparable"), level, dockerfile, message, "")
    for finding in image.findings:
        yield Remark(
            metric_rule(finding.metric),
            _level(finding.level, enforced=enforced),
            finding_place(finding, image),
            f"{name}, {broken(finding, image)}",
            finding.subject or finding.instruction or "",
        )
    for verdict in image.dive:
        if not verdict.passed:
            level = _level(Level.FAIL, enforced=enforced)
            yield Remark(other_rule("dive"), level, dockerfile, f"{name}, {dive_rule(verdict)}", verdict.rule)
    for problem in image.problems:
        message = f"{name} {wont_start(problem)}"
        yield Remark(other_rule("wont-start"), "warning", dockerfile, message, f"{problem.id} {problem.path}")
    for advice in image.advice:
        rule = advice_rule(advice.id)
        if rule is None:
            continue
        saves = "" if advice.saves is None else f" ({_about(about=advice.about)}{format_bytes(advice.saves)})"
        yield Remark(rule, "note", advice.place or dockerfile, f"{name}: {advice.message}{saves}", "")


def _about(*, about: bool) -> str:
    return "saves about " if about else "saves "


def _level(level: Level, *, enforced: bool) -> str:
    return "error" if enforced and level is Level.FAIL else "warning"


def text(remarks: Sequence[Remark]) -> str:
    """One line each. `[label](target)` would be a link, wherever it comes from."""
    lines = [shorten(harmless(remark.message), _LONGEST_LINE) for remark in remarks[:_MOST_LINES]]
    if len(remarks) > _MOST_LINES:
        lines.append(f"and {len(remarks) - _MOST_LINES:,} more")
    return "\n".join(lines).replace("](", "] (")


def fingerprint(remarks: Sequence[Remark]) -> str:
    """What stays of them when numbers and lines move."""
    file = remarks[0].place.file if remarks[0].place else ""
    parts = [remarks[0].rule.id, file, *sorted({remark.about for remark in remarks})]
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()


def _path(origin: Origin, place: Place) -> str | None:
    """From the repository's top; None for what doesn't lie in it."""
    path = file_in_repository(origin, place)
    outside = path.startswith("/") or ".." in path.split("/")
    return None if outside or not path else path
