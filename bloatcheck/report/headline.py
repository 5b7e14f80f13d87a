"""The verdict in one sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bloatcheck.config.limits import Metric
from bloatcheck.diff.model import ImageChange, ImageDiff
from bloatcheck.policy.approval import Standing
from bloatcheck.policy.model import Finding, Level, Outcome
from bloatcheck.report.figures import OF_A_THING, broken_in_brief, broken_limit, change, count
from bloatcheck.report.model import ImageReport, Report
from bloatcheck.report.view import importance, is_quiet
from bloatcheck.units import format_bytes, format_delta

_MOST_FIGURES = 2
_MOST_NAMES = 3
"""Images that a headline names, with figures and without."""


@dataclass(frozen=True, slots=True)
class Headline:
    """A sentence of ours with `{}` where the `names` go, which are foreign text."""

    icon: str
    pattern: str
    names: tuple[str, ...] = ()


def headline(report: Report) -> Headline:
    """The most important thing that the report says, named and in figures: a list of mails shows no more."""
    images = _named_apart(sorted(report.images, key=importance, reverse=True))
    failed = [image for image in images if image.outcome is Outcome.ERROR]
    leading = _leading(images)
    stuck = [image for image in images if image.problems]
    fails = any(image.outcome is Outcome.FAIL for image in leading)
    parts = []
    if failed:
        parts.append(_failed(failed, len(images)))
        if fails:
            parts.append(_others(leading))
    elif leading:
        parts.append(_over(leading, len(images), "a limit" if fails else "a warning limit"))
    if stuck and not failed and leading == stuck and len(leading) == 1:
        parts.append(("the image won't start", ()))
    elif stuck:
        parts.append(_stuck(stuck, None if parts else len(images)))
    if not parts:
        pattern, names = _within(report.images)
        approved = any(use.standing is Standing.APPLIED for image in images for use in image.approvals)
        grew = any(image.diff and image.diff.delta for image in images)
        return Headline("✅", f"{pattern}, as approved" if approved and grew else pattern, names)
    pattern, names = _joined(parts, "; ")
    told = " (told, not enforced)" if fails and not report.enforced else ""
    icon = "❌" if failed or (fails and report.enforced) else "⚠️"
    return Headline(icon, f"{pattern[0].upper()}{pattern[1:]}{told}", names)


def headlined(report: Report) -> Finding | None:
    """The finding whose figures are the headline; None where it tells of something else."""
    leading = _leading(report.images)
    if len(leading) != 1 or any(image.failure for image in report.images) or not leading[0].findings:
        return None
    first = leading[0].findings[0]
    return first if broken_limit(first) in _said(leading[0])[0] else None


def headline_of_return(report: Report) -> Headline | None:
    """What is said instead where something else was said before; None unless all is as large as before."""
    if not report.images or not all(map(is_quiet, report.images)):
        return None
    if len(report.images) > 1:
        return Headline("✅", "Every image is back to its size")
    return Headline("✅", "{} is back to its size", (report.images[0].name,))


_Told = tuple[str, tuple[str, ...]]


def _named_apart(images: Sequence[ImageReport]) -> Sequence[ImageReport]:
    """Those of one name, which are for several platforms, with their platforms in it."""
    names = Counter(image.name for image in images)
    return [
        replace(image, name=f"{image.name} ({image.platform})") if names[image.name] > 1 else image
        for image in images
    ]


def _leading(images: Iterable[ImageReport]) -> Sequence[ImageReport]:
    """Those that break a limit or can't be compared; where some fail the job for it, these."""
    wrong = [image for image in images if image.findings or image.incomparable or _breaks_dive(image)]
    failing = [image for image in wrong if image.outcome is Outcome.FAIL]
    return failing or [image for image in wrong if image.outcome is Outcome.WARN]


def _breaks_dive(image: ImageReport) -> bool:
    return not all(rule.passed for rule in image.dive)


def _failed(failed: Sequence[ImageReport], total: int) -> _Told:
    stages = {image.failure.stage for image in failed if image.failure}
    told = {"build": "built", "read": "read", "leg": "measured"}
    what = told.get(stages.pop() if len(stages) == 1 else "", "built or read")
    if len(failed) == 1:
        return f"{{}} could not be {what}", (failed[0].name,)
    return _listed(f"{len(failed):,} of {count(total, 'image')} could not be {what}: ", failed)


def _over(images: Sequence[ImageReport], total: int, limit: str) -> _Told:
    if len(images) == 1:
        return _said(images[0])
    of_all = f"{len(images):,} of {count(total, 'image')}"
    breaking = [bool(image.findings) or _breaks_dive(image) for image in images]
    if not any(breaking):
        return _listed(f"{of_all} can't be compared with their baselines: ", images)
    or_else = "" if all(breaking) else " or can't be compared"
    return _worst(f"{of_all} break {limit}{or_else}: ", images)


def _others(images: Sequence[ImageReport]) -> _Told:
    """Beside those that failed."""
    before = f"{count(len(images), 'other image breaks', 'other images break')} a limit: "
    return _worst(before, images, most=1)


def _stuck(images: Sequence[ImageReport], total: int | None) -> _Told:
    """Those that won't start; with the `total` where the headline is of nothing else."""
    if len(images) == 1:
        return "{} won't start", (images[0].name,)
    of_all = f"{len(images):,} of {count(total, 'image')}" if total else count(len(images), "image")
    return _listed(f"{of_all} won't start: ", images)


def _listed(before: str, images: Sequence[ImageReport]) -> _Told:
    """The first few by their names, the rest counted."""
    return _bounded(before, [("{}", (image.name,)) for image in images], _MOST_NAMES, ", ")


def _worst(before: str, images: Sequence[ImageReport], most: int = _MOST_FIGURES) -> _Told:
    """The worst with their figures, the rest counted."""
    return _bounded(before, [_said(image, briefly=True) for image in images], most, "; ")


def _bounded(before: str, parts: Sequence[_Told], most: int, separator: str) -> _Told:
    more = len(parts) - most
    rest: Sequence[_Told] = [(f"{more:,} more", ())] if more > 0 else []
    pattern, names = _joined([*parts[:most], *rest], separator)
    return before + pattern, names


def _joined(parts: Sequence[_Told], separator: str) -> _Told:
    return separator.join(pattern for pattern, _ in parts), tuple(
        name for _, names in parts for name in names
    )


def _said(image: ImageReport, *, briefly: bool = False) -> _Told:
    """What is wrong with one image first of all."""
    first = next(iter(image.findings), None)
    if (first is None or first.level is not Level.FAIL) and _breaks_dive(image):
        return "{} breaks a rule of .dive-ci", (image.name,)
    if first is None or (image.incomparable is Level.FAIL and first.level is not Level.FAIL):
        return f"{{}} can't be compared{'' if briefly else ' with its baseline'}", (image.name,)
    how = broken_in_brief(first) if briefly else broken_limit(first)
    if first.subject and first.metric in OF_A_THING:
        return f"in {{}}, {{}} {how}", (image.name, first.subject)
    return _subject(first) + how, (image.name,)


def _subject(finding: Finding) -> str:
    if finding.metric is not Metric.LAYER_GROWTH:
        return "{} "
    return "a layer of {} " if finding.before is not None else "a new layer of {} "


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
