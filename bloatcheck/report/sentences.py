"""What is wrong with an image, in plain sentences, for a terminal and for annotations.

They hold foreign text: whoever shows them makes them harmless.
"""

from __future__ import annotations

from bloatcheck.analysis.start_problem import StartProblem
from bloatcheck.config.limits import Metric
from bloatcheck.errors import Place
from bloatcheck.policy.dive import DiveVerdict
from bloatcheck.policy.model import Finding
from bloatcheck.report.build_reason import build_reason
from bloatcheck.report.figures import OF_A_THING, broken_limit, count
from bloatcheck.report.model import Failure, ImageReport
from bloatcheck.report.plain import harmless, shorten
from bloatcheck.report.view import blame

_LONGEST_INSTRUCTION = 60
_LONGEST_SUBJECT = 120
_MOST_FINDINGS = 5


def troubles(image: ImageReport, name: str) -> list[str]:
    """What is wrong, one sentence each, the rest counted; `name` is what the image is called here."""
    told = [f"{name} {failed(image.failure)}"] if image.failure else []
    if image.diff and image.diff.incomparable_because:
        told.append(f"{name} {incomparable(image.diff.incomparable_because)}")
    told += [f"{name}, {broken(finding, image)}" for finding in image.findings[:_MOST_FINDINGS]]
    more = len(image.findings) - _MOST_FINDINGS
    if more > 0:
        told.append(f"{name} breaks {count(more, 'more limit')}")
    told += [f"{name}, {dive_rule(verdict)}" for verdict in image.dive if not verdict.passed]
    return told + [f"{name} {wont_start(problem)}" for problem in image.problems[:_MOST_FINDINGS]]


def dive_rule(verdict: DiveVerdict) -> str:
    """`lowest-efficiency (dive): is 0.8123, allowed is at least 0.9`."""
    return f"{verdict.rule} (dive): is {verdict.measured}, allowed is {verdict.allowed}"


def wont_start(problem: StartProblem) -> str:
    """To follow the image's name."""
    return f"won't start: {problem.message}" + (f" {problem.hint}" if problem.hint else "")


def failed(failure: Failure) -> str:
    """`could not be built: Dockerfile:5: …`, to follow the image's name."""
    done = {"build": "built", "read": "read"}.get(failure.stage, "measured")
    place = f"{failure.place}: " if failure.place else ""
    reason = build_reason(failure.output)
    said = f"{reason}; " if reason else ""
    return f"could not be {done}: {place}{said}{failure.told}"


def incomparable(reason: str) -> str:
    """To follow the image's name."""
    return f"can't be compared with its baseline: {reason}"


def broken(finding: Finding, image: ImageReport) -> str:
    """`content-growth: grew by 12.4 MB, …; most of it in Dockerfile:5 RUN … (+12.4 MB)`."""
    return f"{finding.metric.value}: {breach(finding, image)}"


def breach(finding: Finding, image: ImageReport) -> str:
    """The same without the limit's name."""
    subject = ""
    if finding.metric is Metric.LAYER_GROWTH:
        subject = f"{_layer(finding.instruction, finding.place)} "
    elif finding.subject and finding.metric in OF_A_THING:
        subject = f"{shorten(harmless(finding.subject), _LONGEST_SUBJECT)} "
    share = ""
    if finding.metric in OF_A_THING and (finding.place or finding.instruction):
        share = f"; from {_layer(finding.instruction, finding.place)}"
    if blamed := blame(finding, image):
        words, layer = blamed
        share = f"; {words} in {_layer(layer.instruction, layer.place)} ({layer.delta})"
    return f"{subject}{broken_limit(finding)}{share}"


def _layer(instruction: str | None, place: Place | None) -> str:
    what = shorten(harmless(instruction), _LONGEST_INSTRUCTION) if instruction else "a layer without history"
    return f"{place} {what}" if place else what
