"""SARIF 2.1.0, which code scanning reads: what is wrong, and what would help, on the Dockerfile's lines.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning

GitHub knows an alert again by its rule and by a hash of the line, which its upload makes itself: a
`primaryLocationLineHash` of ours would only be warned about. Two results of one rule on one line would be one
alert there, with the text of one of them. So they are one result here, with the text of both.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from bloatcheck.errors import Place
from bloatcheck.policy.model import Level
from bloatcheck.report.annotations import finding_place
from bloatcheck.report.exports.rules import Rule, advice_rule, metric_rule, other_rule
from bloatcheck.report.links import file_in_repository, repository_url
from bloatcheck.report.model import ImageReport, Origin, Report
from bloatcheck.report.plain import harmless, shorten
from bloatcheck.report.sentences import broken, dive_rule, failed, incomparable, wont_start
from bloatcheck.report.view import DEFAULT_CONFIG, importance
from bloatcheck.units import format_bytes

MOST_RESULTS = 5_000
"""As many as GitHub shows of a run; it refuses more than 25,000."""

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_INFORMATION = "https://github.com/bloatcheck/bloatcheck"
_LONGEST_NAME = 60
_LONGEST_LINE = 1000
_MOST_LINES = 50
"""Images that one result names; a base image may be under hundreds."""
_TOP = "%SRCROOT%"
"""By this name GitHub knows the repository's top."""
_LAST_LINE = 2**31 - 1
"""What every reader's line numbers hold."""
_LONGEST_KEY = 300
_ORDER = ("error", "warning", "note")


@dataclass(frozen=True, slots=True)
class _Remark:
    """One thing to say. `about` is what stays of it when numbers and lines move."""

    rule: Rule
    level: str
    place: Place | None
    message: str
    about: str


def render(report: Report) -> str:
    """The document, the worst results first."""
    images = sorted(report.images, key=importance, reverse=True)
    groups: dict[tuple[str, Place | None], list[_Remark]] = {}
    for remark in (each for image in images for each in _remarks(image, enforced=report.enforced)):
        groups.setdefault((remark.rule.id, remark.place), []).append(remark)
    told = sorted(groups.values(), key=lambda remarks: min(map(_rank, remarks)))[:MOST_RESULTS]
    rules = {remarks[0].rule.id: remarks[0].rule for remarks in told}
    numbers = {name: number for number, name in enumerate(rules)}
    name, _, version = report.tool.partition(" ")
    run: dict[str, object] = {
        "tool": {
            "driver": {
                "name": harmless(name) or "bloatcheck",
                **({"version": harmless(version)} if harmless(version) else {}),
                "informationUri": _INFORMATION,
                "rules": [_rule(rule) for rule in rules.values()],
            }
        },
        # What stands before the last slash is GitHub's category: a later upload replaces its alerts.
        "automationDetails": {"id": f"bloatcheck/{shorten(harmless(report.key), _LONGEST_KEY)}/"},
        "columnKind": "unicodeCodePoints",
        "results": [_result(remarks, report, numbers) for remarks in told],
    }
    if provenance := _provenance(report.origin):
        run["versionControlProvenance"] = [provenance]
    document = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _rank(remark: _Remark) -> int:
    return _ORDER.index(remark.level)


def _remarks(image: ImageReport, *, enforced: bool) -> Iterator[_Remark]:
    name = shorten(harmless(image.name), _LONGEST_NAME)
    dockerfile = Place(image.dockerfile) if image.dockerfile else None
    if image.failure:
        place, message = image.failure.place or dockerfile, f"{name} {failed(image.failure)}"
        yield _Remark(other_rule("not-measured"), "error", place, message, image.failure.stage)
    if image.incomparable and image.diff and image.diff.incomparable_because:
        message = f"{name} {incomparable(image.diff.incomparable_because)}"
        level = _level(image.incomparable, enforced=enforced)
        yield _Remark(other_rule("not-comparable"), level, dockerfile, message, "")
    for finding in image.findings:
        yield _Remark(
            metric_rule(finding.metric),
            _level(finding.level, enforced=enforced),
            finding_place(finding, image),
            f"{name}, {broken(finding, image)}",
            finding.subject or finding.instruction or "",
        )
    for verdict in image.dive:
        if not verdict.passed:
            level = _level(Level.FAIL, enforced=enforced)
            yield _Remark(
                other_rule("dive"), level, dockerfile, f"{name}, {dive_rule(verdict)}", verdict.rule
            )
    for problem in image.problems:
        message = f"{name} {wont_start(problem)}"
        yield _Remark(
            other_rule("wont-start"), "warning", dockerfile, message, f"{problem.id} {problem.path}"
        )
    for advice in image.advice:
        rule = advice_rule(advice.id)
        if rule is None:
            continue
        saves = "" if advice.saves is None else f" ({_about(about=advice.about)}{format_bytes(advice.saves)})"
        yield _Remark(rule, "note", advice.place or dockerfile, f"{name}: {advice.message}{saves}", "")


def _about(*, about: bool) -> str:
    return "saves about " if about else "saves "


def _level(level: Level, *, enforced: bool) -> str:
    return "error" if enforced and level is Level.FAIL else "warning"


def _rule(rule: Rule) -> dict[str, object]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.summary},
        "helpUri": rule.url,
        "help": {"text": f"{rule.summary} See {rule.url}", "markdown": f"{rule.summary} [More]({rule.url})"},
        "defaultConfiguration": {"level": "note" if rule.is_advice else "warning"},
        "properties": {"tags": ["container", "size"]},
    }


def _result(remarks: Sequence[_Remark], report: Report, numbers: dict[str, int]) -> dict[str, object]:
    first = min(remarks, key=_rank)
    return {
        "ruleId": first.rule.id,
        "ruleIndex": numbers[first.rule.id],
        "level": first.level,
        "message": {"text": _text(remarks)},
        "locations": [_location(first.place, report)],
        "partialFingerprints": {"bloatcheck/v1": _fingerprint(remarks)},
    }


def _text(remarks: Sequence[_Remark]) -> str:
    """One line each. `[label](target)` would be a link, wherever it comes from."""
    lines = [shorten(harmless(remark.message), _LONGEST_LINE) for remark in remarks[:_MOST_LINES]]
    if len(remarks) > _MOST_LINES:
        lines.append(f"and {len(remarks) - _MOST_LINES:,} more")
    return "\n".join(lines).replace("](", "] (")


def _fingerprint(remarks: Sequence[_Remark]) -> str:
    file = remarks[0].place.file if remarks[0].place else ""
    parts = [remarks[0].rule.id, file, *sorted({remark.about for remark in remarks})]
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()


def _location(place: Place | None, report: Report) -> dict[str, object]:
    """Where the line is; the configuration for what has no place, since GitHub drops what has none."""
    path = _path(report.origin, place) if place else None
    if path is None or place is None:
        place = Place(report.config or DEFAULT_CONFIG)
        path = _path(report.origin, place) or DEFAULT_CONFIG
    start = min(max(place.line or 1, 1), _LAST_LINE)
    region = {"startLine": start}
    if place.end_line and start < place.end_line <= _LAST_LINE:
        region["endLine"] = place.end_line
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(path, safe="/", errors="replace"), "uriBaseId": _TOP},
            "region": region,
        }
    }


def _path(origin: Origin, place: Place) -> str | None:
    """From the repository's top; None for what doesn't lie in it."""
    path = file_in_repository(origin, place)
    outside = path.startswith("/") or ".." in path.split("/")
    return None if outside or not path else path


def _provenance(origin: Origin) -> dict[str, object] | None:
    repository = repository_url(origin)
    if repository is None:
        return None
    commit = {"revisionId": harmless(origin.commit)} if origin.commit else {}
    return {"repositoryUri": repository, **commit, "mappedTo": {"uriBaseId": _TOP}}
