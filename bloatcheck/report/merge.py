"""The reports of a matrix's legs, made into the one that a single run would have written."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from bloatcheck.diff.model import ImageChange, ImageDiff
from bloatcheck.errors import UsageError
from bloatcheck.oci.platform import Platform
from bloatcheck.report.figures import count
from bloatcheck.report.model import Failure, ImageReport, Report

MISSING_STAGE = "leg"
"""The stage at which an image failed whose leg handed in no report."""

_MOST_NAMED = 10
_ATTEMPT = re.compile(r"/attempts/([0-9]{1,9})$")
_GLOB = re.compile(r"[*?[]")
_HINT = (
    "Look at that leg of the matrix: did it start, and does it upload its report folder even when it fails "
    "(if: always())?"
)


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg's report. `where` is the file it was read from, for messages."""

    where: str
    report: Report

    @property
    def age(self) -> tuple[str, int]:
        """Sorts older legs before newer ones."""
        return self.report.created_at, self.attempt

    @property
    def attempt(self) -> int:
        """Which attempt of the run wrote it, counted from 1; 0 where that is not known."""
        match = _ATTEMPT.search(self.report.origin.run_url or "")
        return int(match[1]) if match else 0


@dataclass(frozen=True, slots=True)
class Expected:
    """An image that some leg must have reported: a name or a shell pattern, on any platform or on one."""

    pattern: str
    platform: str | None = None

    @classmethod
    def parse(cls, text: str) -> Expected:
        """`api`, `api-*` or `api@linux/arm64`.

        Raises:
            UsageError: it names nothing.
        """
        pattern, _, platform = text.strip().partition("@")
        if not pattern:
            raise UsageError(
                f"{text[:100]!r} names no image", hint="for example --expect api --expect 'web-*'"
            )
        return cls(pattern, platform or None)

    def fits(self, image: ImageReport) -> bool:
        """An image that failed before its platform was known fits any."""
        if image.diff and image.diff.change is ImageChange.GONE:
            return False
        anywhere = self.platform is None or _is_on(image, self.platform)
        return anywhere and fnmatchcase(image.name, self.pattern)


def merge_reports(
    legs: Sequence[Leg],
    *,
    expected: Iterable[Expected] = (),
    least: int = 0,
    enforced: bool,
    unbuilt: Report | None = None,
    needed_because: Mapping[str, str] | None = None,
) -> Report:
    """One report with every leg's images, the newest where one was reported twice.

    An expected image that nobody reported becomes one that failed, so that it is told and leads to its exit
    code; so does a number of legs below `least`. Of an image that is reported for one of several platforms,
    the others are expected, too, unless `expected` says for which.

    Args:
        legs: of the same change, in the order in which their images are to stand; at least one, but where
            there is something `unbuilt`.
        expected: images that must be there.
        least: how many legs there must be.
        enforced: whether broken limits fail the job. The legs were told not to.
        unbuilt: a report of the images that no leg has, for they did not have to be built.
        needed_because: by name, why an image had to be.

    Raises:
        UsageError: the legs are not of one change, or of several comments.
    """
    _check_agreement(legs)
    images, repeated = _newest(legs)
    images += unbuilt.images if unbuilt else ()
    wanted = tuple(expected)
    missing = [(each.pattern, each.platform) for each in _nobody_fits(wanted, images)]
    missing += _missing_platforms(images, [each.pattern for each in wanted if each.platform])
    because = needed_because or {}
    images += [_missing(*each, _not_handed_in(because.get(each[0]))) for each in dict.fromkeys(missing)]
    if len(legs) < least:
        told = f"only {count(len(legs), 'report')} of {least} came in"
        images.append(_missing("the other legs", None, told))
    heard = legs if legs or unbuilt is None else [Leg("", unbuilt)]
    first, newest = heard[0].report, max(heard, key=lambda leg: leg.age).report
    bases = {leg.report.origin.base_commit for leg in heard}
    return replace(
        newest,
        images=tuple(images),
        origin=replace(newest.origin, base_commit=bases.pop() if len(bases) == 1 else None),
        baseline=first.baseline,
        notes=(*_notes(heard), *_repetitions(repeated)),
        changes=tuple(dict.fromkeys(change for leg in heard for change in leg.report.changes)),
        enforced=enforced,
    )


def _not_handed_in(needed_because: str | None) -> str:
    built = f", and it had to be built: {needed_because}" if needed_because else ""
    return f"no report of it was handed in{built}"


def with_gone(report: Report, gone: Iterable[ImageDiff]) -> Report:
    """The report with images that are there no longer: a leg that checks some images can't tell."""
    told = {(image.name, image.platform) for image in report.images}
    rows = tuple(
        ImageReport(name=diff.name, platform=diff.platform, diff=diff)
        for diff in gone
        if not {(diff.name, diff.platform), (diff.name, None)} & told
    )
    return replace(report, images=(*report.images, *rows))


def _check_agreement(legs: Sequence[Leg]) -> None:
    for leg in legs[1:]:
        first = legs[0]
        for what, value in _MUST_AGREE.items():
            if value(leg.report) != value(first.report):
                one, other = _shown(value(first.report)), _shown(value(leg.report))
                raise UsageError(
                    f"the reports are not of one change: their {what} differs, "
                    f"{one} in {first.where}, {other} in {leg.where}",
                    hint="merge the reports of one run only, in a folder that holds no older ones",
                )


_MUST_AGREE: dict[str, Callable[[Report], object]] = {
    "repository": lambda report: report.origin.repository,
    "commit": lambda report: report.origin.commit,
    "pull request": lambda report: report.origin.pull_request,
    "folder": lambda report: report.origin.folder,
    "comment key": lambda report: report.key,
}


def _shown(value: object) -> str:
    return "none" if value is None else repr(value)[:100]


# Images ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Row:
    leg: Leg
    image: ImageReport

    @property
    def is_gone(self) -> bool:
        return self.image.diff is not None and self.image.diff.change is ImageChange.GONE

    def is_of(self, other: _Row) -> bool:
        """Whether both are about one image on one platform.

        An image that failed may not know its platform. Then only another attempt of the run can have been
        about the same one: within one attempt every leg has its own.
        """
        if self.image.platform == other.image.platform:
            return True
        unknown = self.image.platform is None or other.image.platform is None
        return unknown and self.leg.attempt != other.leg.attempt

    def agrees_with(self, other: _Row) -> bool:
        """Whether legs of one attempt found the same: what others stand on is built in each of their legs."""
        return self.leg.attempt == other.leg.attempt and self._size == other._size

    @property
    def _size(self) -> int | None:
        after = self.image.diff.after if self.image.diff else None
        return after.content_size if after else None

    def beats(self, other: _Row) -> bool:
        """A leg that builds an image knows more of it than one that doesn't; else the newer counts."""
        if self.is_gone != other.is_gone:
            return other.is_gone
        return self.leg.age >= other.leg.age


def _newest(legs: Sequence[Leg]) -> tuple[list[ImageReport], list[str]]:
    """The images to keep, and the names of those that were reported more than once."""
    kept: dict[str, list[_Row]] = {}
    repeated: dict[str, None] = {}
    for leg in legs:
        for image in leg.report.images:
            row = _Row(leg, image)
            rivals = kept.setdefault(image.name, [])
            same = next((at for at, rival in enumerate(rivals) if row.is_of(rival)), None)
            if same is None:
                rivals.append(row)
                continue
            if not row.is_gone and not rivals[same].is_gone and not row.agrees_with(rivals[same]):
                repeated[image.name] = None
            if row.beats(rivals[same]):
                rivals[same] = row
    return [row.image for rivals in kept.values() for row in rivals], list(repeated)


def _missing_platforms(images: Sequence[ImageReport], but: Collection[str]) -> Iterator[tuple[str, str]]:
    """Of images that are listed for several platforms those that nobody reported, but for some patterns'."""
    reported: dict[str, list[ImageReport]] = {}
    for image in images:
        reported.setdefault(image.name, []).append(image)
    listed = dict.fromkeys((image.name, platform) for image in images for platform in image.platforms)
    for name, platform in listed:
        if not any(_is_on(image, platform) for image in reported[name]) and not any(
            fnmatchcase(name, pattern) for pattern in but
        ):
            yield name, platform


def _is_on(image: ImageReport, platform: str) -> bool:
    if image.platform in (None, platform):
        return True
    try:
        return Platform.parse(str(image.platform)).answers(Platform.parse(platform))
    except ValueError:
        return False


def _nobody_fits(expected: Iterable[Expected], images: Sequence[ImageReport]) -> Iterable[Expected]:
    """A name that is no pattern is looked up: of a thousand of each a million comparisons take long."""
    by_name: dict[str, list[ImageReport]] = {}
    for image in images:
        by_name.setdefault(image.name, []).append(image)
    for each in expected:
        named = images if _GLOB.search(each.pattern) else by_name.get(each.pattern, ())
        if not any(map(each.fits, named)):
            yield each


def _missing(name: str, platform: str | None, message: str) -> ImageReport:
    return ImageReport(
        name=name, platform=platform, failure=Failure(stage=MISSING_STAGE, message=message, hint=_HINT)
    )


# Notes -----------------------------------------------------------------------------------------------------


def _notes(legs: Sequence[Leg]) -> Iterable[str]:
    yield from dict.fromkeys(note for leg in legs for note in leg.report.notes)
    baselines = list(dict.fromkeys(leg.report.baseline or "none" for leg in legs))
    if len(baselines) > 1:
        more = len(baselines) - _MOST_NAMED
        told = "; ".join(baselines[:_MOST_NAMED]) + (f"; and {more} more" if more > 0 else "")
        yield f"The legs were compared with different baselines: {told}."


def _repetitions(names: Sequence[str]) -> Iterable[str]:
    if names:
        more = len(names) - _MOST_NAMED
        told = ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
        yield f"Reported more than once, of which the newest report counts: {told}."
