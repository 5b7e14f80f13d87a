"""JUnit's XML, which every CI system shows: one suite per image, one case per limit.

There is no standard; what Jenkins, GitLab and dorny/test-reporter read is what Maven's Surefire writes.
https://maven.apache.org/surefire/maven-surefire-plugin/xsd/surefire-test-report.xsd

A case fails where the job does. What only warns, or is only told, passes and says so in its output.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from bloatcheck.diff.model import ImageChange
from bloatcheck.policy.approval import Standing
from bloatcheck.policy.model import Finding, Level
from bloatcheck.report.model import ImageReport, Report
from bloatcheck.report.plain import harmless, harmless_lines, shorten
from bloatcheck.report.sentences import broken, dive_rule, failed, incomparable, wont_start

_LONGEST_NAME = 200
_LONGEST_MESSAGE = 1000
_MOST_OUTPUT_LINES = 100


@dataclass(frozen=True, slots=True)
class _Case:
    """One case: which failed with these words, could not be tried, or was not; what it said besides."""

    name: str
    failure: str = ""
    error: str = ""
    skipped: str = ""
    output: str = ""


def render(report: Report) -> str:
    """The document."""
    root = Element("testsuites", name="bloatcheck")
    sums = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    for image in report.images:
        cases = list(_cases(image, enforced=report.enforced))
        suite = _suite(root, image, cases, report.created_at)
        for name in sums:
            sums[name] += int(suite.get(name, "0"))
    for name, number in sums.items():
        root.set(name, str(number))
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _suite(root: Element, image: ImageReport, cases: list[_Case], created_at: str) -> Element:
    name = _name(f"{image.name} ({image.platform})" if image.platform else image.name)
    suite = SubElement(
        root,
        "testsuite",
        name=name,
        tests=str(len(cases)),
        failures=str(sum(bool(case.failure) for case in cases)),
        errors=str(sum(bool(case.error) for case in cases)),
        skipped=str(sum(bool(case.skipped) for case in cases)),
        timestamp=shorten(harmless(created_at), _LONGEST_NAME).removesuffix("Z"),
    )
    built = image.diff.after.build_seconds if image.diff and image.diff.after else None
    for case in cases:
        seconds = built if built is not None and case.name == "measured" else 0
        told = SubElement(
            suite, "testcase", name=_name(case.name), classname=f"bloatcheck.{name}", time=f"{seconds:.3f}"
        )
        for tag, text in (("failure", case.failure), ("error", case.error)):
            if text:
                message = shorten(text.partition("\n")[0], _LONGEST_MESSAGE)
                SubElement(told, tag, message=message, type=case.name).text = text
        if case.skipped:
            SubElement(told, "skipped", message=case.skipped)
        if case.output:
            SubElement(told, "system-out").text = case.output
    return suite


def _cases(image: ImageReport, *, enforced: bool) -> Iterator[_Case]:
    yield _measured(image)
    if image.incomparable and image.diff and image.diff.incomparable_because:
        text = _line(f"{image.name} {incomparable(image.diff.incomparable_because)}")
        yield _judged("comparable", [(image.incomparable, text)], enforced=enforced)
    findings: dict[str, list[Finding]] = {limit.metric.value: [] for limit in image.limits}
    for finding in image.findings:
        findings.setdefault(finding.metric.value, []).append(finding)
    accepted = dict(_accepted(image))
    for metric in accepted:
        findings.setdefault(metric, [])
    for metric, found in findings.items():
        told = [(each.level, _line(broken(each, image))) for each in found]
        yield _judged(metric, told, enforced=enforced, also=accepted.get(metric, ""))
    for verdict in image.dive:
        rule = [] if verdict.passed else [(Level.FAIL, _line(dive_rule(verdict)))]
        yield _judged(f"dive {verdict.rule}", rule, enforced=enforced)
    if image.problems:
        problems = [(Level.WARN, _line(f"{image.name} {wont_start(each)}")) for each in image.problems]
        yield _judged("starts", problems, enforced=enforced)


def _measured(image: ImageReport) -> _Case:
    if image.failure is None:
        gone = image.diff is not None and image.diff.change is ImageChange.GONE
        return _Case("measured", skipped="no longer built" if gone else "")
    output = harmless_lines(image.failure.output[-_MOST_OUTPUT_LINES:])
    return _Case("measured", error="\n".join((_line(f"{image.name} {failed(image.failure)}"), *output)))


def _judged(name: str, told: Iterable[tuple[Level, str]], *, enforced: bool, also: str = "") -> _Case:
    """Fails with what fails the job; what only warns, or is accepted, is output."""
    told = list(told)
    fatal = [text for level, text in told if enforced and level is Level.FAIL]
    rest = [f"warning: {text}" for level, text in told if not (enforced and level is Level.FAIL)]
    return _Case(name, failure="\n".join(fatal), output="\n".join(filter(None, (*rest, also))))


def _accepted(image: ImageReport) -> Iterator[tuple[str, str]]:
    """Metric -> what was accepted of it."""
    approved = [
        finding for use in image.approvals if use.standing is Standing.APPLIED for finding in use.findings
    ]
    found: dict[str, list[str]] = {}
    for finding in (*image.accepted, *approved):
        found.setdefault(finding.metric.value, []).append(f"accepted: {_line(broken(finding, image))}")
    for metric, lines in found.items():
        yield metric, "\n".join(lines)


def _name(text: str) -> str:
    return shorten(harmless(text), _LONGEST_NAME)


def _line(text: str) -> str:
    return shorten(harmless(text), _LONGEST_MESSAGE)
