"""What is wrong, told beside the Dockerfile lines it comes from.

A CI may show only some of them, and drop the rest without a word.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bloatcheck.ci.model import Annotation, AnnotationLevel
from bloatcheck.errors import Place
from bloatcheck.policy.acceptance import GROWTH
from bloatcheck.policy.model import Finding, Level
from bloatcheck.report.figures import count
from bloatcheck.report.links import file_in_repository
from bloatcheck.report.model import ImageReport, Origin, Report
from bloatcheck.report.plain import harmless, shorten
from bloatcheck.report.sentences import broken, failed, incomparable
from bloatcheck.report.shared_bases import shared_bases
from bloatcheck.report.view import culprit, importance
from bloatcheck.report.why_text import shared_base_sentence

MOST_OF_A_LEVEL = 10
"""Unless a CI shows more, or fewer."""
_LONGEST_NAME = 60
_LONGEST_MESSAGE = 1000


def annotate(report: Report, most: int = MOST_OF_A_LEVEL) -> tuple[Annotation, ...]:
    """The worst errors and warnings, `most` of each, the worst first, and how many more there are.

    A limit that fails the job is an error, unless limits are only told. Everything about one image and one
    line is one annotation. A base image that changed under several images is told in the same words in each.
    """
    images = sorted(report.images, key=importance, reverse=True)
    because: dict[tuple[str, str | None], str] = {
        (diff.name, diff.platform): shared_base_sentence(each)
        for each in shared_bases(report.images)
        for diff in each.diffs
    }
    everything = [
        _in_repository(annotation, report.origin)
        for image in images
        for annotation in _of_image(
            image, because.get((image.name, image.platform)), enforced=report.enforced
        )
    ]
    errors = [each for each in everything if each.level is AnnotationLevel.ERROR]
    warnings = [each for each in everything if each.level is AnnotationLevel.WARNING]
    return (
        *errors[:most],
        *warnings[:most],
        *_more(len(errors) - most, len(warnings) - most),
    )


def _in_repository(annotation: Annotation, origin: Origin) -> Annotation:
    place = annotation.place
    if place is None or not origin.folder:
        return annotation
    return replace(annotation, place=replace(place, file=file_in_repository(origin, place)))


def _of_image(image: ImageReport, base: str | None, *, enforced: bool) -> Iterable[Annotation]:
    name = shorten(harmless(image.name), _LONGEST_NAME)
    if image.failure:
        place = image.failure.place or (Place(image.dockerfile) if image.dockerfile else None)
        title, message = f"{name}: {image.failure.stage} failed", f"{name} {failed(image.failure)}"
        yield _annotation(AnnotationLevel.ERROR, title, [message], place)
    if image.diff and image.diff.incomparable_because and image.incomparable:
        level = _level(image.incomparable, enforced=enforced)
        message = f"{name} {incomparable(image.diff.incomparable_because)}"
        yield _annotation(level, f"{name}: not comparable", [message], None)
    by_place: dict[tuple[Level, Place | None], list[Finding]] = {}
    for finding in image.findings:
        by_place.setdefault((finding.level, finding_place(finding, image)), []).append(finding)
    for (finding_level, place), findings in by_place.items():
        limit = "a limit" if finding_level is Level.FAIL else "a warning limit"
        messages = [f"{name}, {broken(finding, image)}" for finding in findings]
        if base and any(finding.metric in GROWTH for finding in findings):
            messages.append(base)
        yield _annotation(_level(finding_level, enforced=enforced), f"{name} breaks {limit}", messages, place)


def _annotation(
    level: AnnotationLevel, title: str, messages: Sequence[str], place: Place | None
) -> Annotation:
    told = (shorten(harmless(message), _LONGEST_MESSAGE) for message in messages)
    return Annotation(level, harmless(title), "\n".join(told), place)


def _level(level: Level, *, enforced: bool) -> AnnotationLevel:
    return AnnotationLevel.ERROR if enforced and level is Level.FAIL else AnnotationLevel.WARNING


def finding_place(finding: Finding, image: ImageReport) -> Place | None:
    """The finding's own line, else that of the layer that grew most, else the Dockerfile."""
    if finding.place:
        return finding.place
    layer = culprit(image.diff)
    if layer and layer.after and layer.after.place:
        return layer.after.place
    return Place(image.dockerfile) if image.dockerfile else None


def _more(errors: int, warnings: int) -> Iterable[Annotation]:
    told = [(errors, "error"), (warnings, "warning")]
    parts = [count(number, f"more {noun}") for number, noun in told if number > 0]
    if parts:
        message = f"{' and '.join(parts)}: see the job summary."
        yield Annotation(AnnotationLevel.NOTICE, "bloatcheck", message)
