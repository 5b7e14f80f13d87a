"""The verdict in one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bloatcheck.config.limits import Metric
from bloatcheck.diff.model import ImageChange, ImageDiff
from bloatcheck.policy.approval import Standing
from bloatcheck.policy.model import Finding, Level, Outcome
from bloatcheck.report.figures import OF_A_THING, broken_limit, change, count
from bloatcheck.report.model import ImageReport, Report
from bloatcheck.report.view import is_quiet
from bloatcheck.units import format_bytes, format_delta


@dataclass(frozen=True, slots=True)
class Headline:
    """A sentence of ours with `{}` where the `names` go, which are foreign text."""

    icon: str
    pattern: str
    names: tuple[str, ...] = ()


def headline(report: Report) -> Headline:
    """The most important thing that the report says."""
    images = report.images
    failed = [image for image in images if image.outcome is Outcome.ERROR]
    broken = [image for image in images if image.outcome is Outcome.FAIL]
    warned = [image for image in images if image.outcome is Outcome.WARN]
    told = "" if report.enforced or not broken else " (told, not enforced)"
    if failed:
        pattern, names = _failed(failed, len(images))
        also = f"; {count(len(broken), 'other image breaks', 'other images break')} a limit" if broken else ""
        return Headline("❌", pattern + also + told, names)
    if broken:
        pattern, names = _over(broken, len(images), "a limit")
        return Headline("❌" if report.enforced else "⚠️", pattern + told, names)
    if warned:
        pattern, names = _over(warned, len(images), "a warning limit")
        return Headline("⚠️", pattern, names)
    pattern, names = _within(images)
    approved = any(use.standing is Standing.APPLIED for image in images for use in image.approvals)
    grew = any(image.diff and image.diff.delta for image in images)
    return Headline("✅", f"{pattern}, as approved" if approved and grew else pattern, names)


def headlined(report: Report) -> Finding | None:
    """The finding whose figures are the headline; None where it tells of something else."""
    for outcome in (Outcome.ERROR, Outcome.FAIL, Outcome.WARN):
        images = [image for image in report.images if image.outcome is outcome]
        if images:
            break
    else:
        return None
    if len(images) > 1 or not images[0].findings:
        return None
    first = images[0].findings[0]
    pattern, _ = _over(images, len(report.images), "")
    return first if broken_limit(first) in pattern else None


def headline_of_return(report: Report) -> Headline | None:
    """What is said instead where something else was said before; None unless all is as large as before."""
    if not report.images or not all(map(is_quiet, report.images)):
        return None
    if len(report.images) > 1:
        return Headline("✅", "Every image is back to its size")
    return Headline("✅", "{} is back to its size", (report.images[0].name,))


_Told = tuple[str, tuple[str, ...]]


def _failed(failed: Sequence[ImageReport], total: int) -> _Told:
    stages = {image.failure.stage for image in failed if image.failure}
    told = {"build": "built", "read": "read", "leg": "measured"}
    what = told.get(stages.pop() if len(stages) == 1 else "", "built or read")
    if len(failed) == 1:
        return f"{{}} could not be {what}", (failed[0].name,)
    return f"{len(failed):,} of {count(total, 'image')} could not be {what}", ()


def _over(images: Sequence[ImageReport], total: int, limit: str) -> _Told:
    if len(images) > 1:
        of_all = f"{len(images):,} of {count(total, 'image')}"
        if all(image.problems and not image.findings for image in images):
            return f"{of_all} won't start", ()
        if not any(image.findings or image.problems or image.dive for image in images):
            return f"{of_all} can't be compared with their baselines", ()
        if not any(image.findings for image in images):
            return f"{of_all} need a look", ()
        or_else = "" if all(image.findings for image in images) else " or can't be compared"
        return f"{of_all} break {limit}{or_else}", ()
    (image,) = images
    first = next(iter(image.findings), None)
    if (first is None or first.level is not Level.FAIL) and not all(rule.passed for rule in image.dive):
        return "{} breaks a rule of .dive-ci", (image.name,)
    if first is None and image.problems:
        return "{} won't start", (image.name,)
    if first is None or (image.incomparable is Level.FAIL and first.level is not Level.FAIL):
        return "{} can't be compared with its baseline", (image.name,)
    if first.subject and first.metric in OF_A_THING:
        return f"In {{}}, {{}} {broken_limit(first)}", (image.name, first.subject)
    return _subject(first) + broken_limit(first), (image.name,)


def _subject(finding: Finding) -> str:
    if finding.metric is not Metric.LAYER_GROWTH:
        return "{} "
    return "A layer of {} " if finding.before is not None else "A new layer of {} "


def _within(images: Sequence[ImageReport]) -> _Told:
    diffs = [image.diff for image in images if image.diff]
    changed = [diff for diff in diffs if diff.delta and not diff.is_noise]
    new = [diff for diff in diffs if diff.change is ImageChange.NEW]
    gone = [diff for diff in diffs if diff.change is ImageChange.GONE]
    if len(changed) + len(new) + len(gone) == 1:
        return _only([*changed, *new, *gone][0])
    parts = []
    if changed:
        total = sum(diff.delta or 0 for diff in changed)
        of = f" of {len(diffs):,}" if len(diffs) > len(changed) else ""
        parts.append(f"{len(changed):,}{of} images changed in size, {format_delta(total)} in all")
    if new:
        parts.append(f"{count(len(new), 'image is', 'images are')} new")
    if gone:
        parts.append(f"{count(len(gone), 'image is', 'images are')} no longer built")
    if parts:
        return "; ".join(parts), ()
    if not diffs:
        return "No image was measured", ()
    return (
        ("{} did not change in size", (diffs[0].name,))
        if len(diffs) == 1
        else ("No image changed in size", ())
    )


def _only(diff: ImageDiff) -> _Told:
    if diff.change is ImageChange.GONE:
        return "{} is no longer built", (diff.name,)
    if diff.after and diff.before is None:
        size, layers = format_bytes(diff.after.content_size), count(len(diff.after.layers), "layer")
        return f"{{}} is new: {size} in {layers}", (diff.name,)
    delta = diff.delta or 0
    how = "grew" if delta > 0 else "shrank"
    before = diff.before.content_size if diff.before else None
    return f"{{}} {how} by {change(delta, before).lstrip('+−')}", (diff.name,)
