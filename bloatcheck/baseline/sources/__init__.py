"""The sources of baselines, one a file, and the chain of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bloatcheck.baseline.git import OutOfReachError
from bloatcheck.baseline.model import Baseline, BaselineEntry
from bloatcheck.baseline.sources import artifact, branch, build, file, registry
from bloatcheck.baseline.sources.model import Question, Source
from bloatcheck.baseline.staleness import judged_by_age
from bloatcheck.config.model import BaselineSource, ImageSpec
from bloatcheck.oci.platform import Platform

SOURCES: Mapping[BaselineSource, Source] = {
    BaselineSource.FILE: file.read,
    BaselineSource.BRANCH: branch.read,
    BaselineSource.ARTIFACT: artifact.read,
    BaselineSource.REGISTRY: registry.read,
    BaselineSource.BUILD: build.read,
}
"""Every source."""


def find_baseline(question: Question) -> Baseline:
    """The baseline: for each image of the first source that has it, in the order of the configuration.

    Where a source had to be passed over, a note says why. Entries of images that are no longer configured
    come from the first source that has anything.

    Raises:
        OutOfReachError: no source could be asked at all.
        BaselineError: the repository's file is damaged, foreign or newer.
    """
    parts: list[Baseline] = []
    notes: list[str] = []
    unreached: list[OutOfReachError] = []
    missing = question.images
    for source in question.settings.sources:
        try:
            found = SOURCES[source](replace(question, images=missing))
        except OutOfReachError as error:
            unreached.append(error)
            notes.append(f"Not compared with the source `{source.value}`: {error.message}.")
            continue
        notes += found.notes
        if not found.entries:
            continue
        wanted = _by_name(missing)
        entries = tuple(entry for entry in found.entries if not parts or _meant(entry, wanted))
        if entries:
            parts.append(replace(found, entries=entries))
        had = {id(image) for entry in entries for image in _meant(entry, wanted)}
        missing = tuple(image for image in missing if id(image) not in had)
        if not missing:
            break
    if unreached and len(unreached) == len(question.settings.sources):
        raise unreached[0]
    return judged_by_age(_joined(parts, notes), max_age=question.settings.max_age, now=question.now)


def changed_entries(on_disk: Baseline, question: Question, found: Baseline) -> Baseline:
    """Of the file as it lies on disk, the entries that the change itself brings.

    Whatever is `found` to compare with. None where the file can't be read at the commit: what may have been
    there all along accepts nothing.
    """
    if question.choice.commit is None:
        return Baseline()
    if question.settings.sources != (BaselineSource.FILE,):
        try:
            found = file.read(question)
        except OutOfReachError:
            return Baseline()
    known = {entry.key: replace(entry, stale_because=None) for entry in found.entries}
    return replace(
        on_disk, entries=tuple(entry for entry in on_disk.entries if known.get(entry.key) != entry)
    )


def _by_name(images: Sequence[ImageSpec]) -> Mapping[str, list[ImageSpec]]:
    found: dict[str, list[ImageSpec]] = {}
    for image in images:
        found.setdefault(image.name, []).append(image)
    return found


def _meant(entry: BaselineEntry, wanted: Mapping[str, list[ImageSpec]]) -> list[ImageSpec]:
    """The images that an entry is of; each of several platforms has an entry of its own."""
    name, platform = entry.key
    return [
        image
        for image in wanted.get(name, ())
        if not image.platforms or image.platform is None or _is(platform, image.platform)
    ]


def _is(platform: str, wanted: Platform) -> bool:
    try:
        return Platform.parse(platform).answers(wanted)
    except ValueError:
        return False


def _joined(parts: list[Baseline], notes: list[str]) -> Baseline:
    if not parts:
        return Baseline(notes=tuple(notes))
    origins = [part.origin or "" for part in parts]
    later = [
        f"{origin} (for {', '.join(dict.fromkeys(entry.snapshot.name for entry in part.entries))})"
        for origin, part in zip(origins[1:], parts[1:], strict=True)
    ]
    return Baseline(
        entries=tuple(entry for part in parts for entry in part.entries),
        origin="; ".join([origins[0], *later]),
        commit=parts[0].commit,
        notes=tuple(notes),
    )
