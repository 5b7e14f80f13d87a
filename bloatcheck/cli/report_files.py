"""Finding report files that another job left: in folders, bounded, and never through a link."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bloatcheck.errors import ReadError, UsageError

if TYPE_CHECKING:
    from bloatcheck.log import Log
    from bloatcheck.report.html.model import Sight, Sights
    from bloatcheck.report.model import Report

REPORT_FILE = "report.json"
FILES_FILE = "files.json"
MOST_FILES = 2000
MOST_BYTES = 512 * 1024 * 1024
"""Of all reports together. One alone may have 64 MiB."""


def find_reports(places: Sequence[str]) -> tuple[Path, ...]:
    """The reports in these places, in the order of places and names; empty where there are none.

    A place is a report's file, a folder with `report.json` in it, or a folder of such folders, as
    actions/download-artifact leaves one of each artifact.

    Raises:
        UsageError: more files than any matrix has legs.
    """
    found = dict.fromkeys(path for place in places for path in _in_place(Path(place)))
    if len(found) > MOST_FILES:
        raise UsageError(f"there are {len(found):,} reports, and {MOST_FILES:,} are read at most")
    return tuple(found)


def read_reports(paths: Iterable[Path]) -> Iterator[tuple[Path, bytes]]:
    """Each report's bytes.

    Raises:
        ReadError: not a regular file, not readable, or too large; one alone, or all together.
    """
    from bloatcheck.report.document import LARGEST_DOCUMENT

    total = 0
    for path in paths:
        content = _content(path, LARGEST_DOCUMENT)
        total += len(content)
        if total > MOST_BYTES:
            raise ReadError(f"the reports have more than {MOST_BYTES:,} bytes together")
        yield path, content


def read_sights(reports: Iterable[tuple[Path, Report]], *, images: int, log: Log) -> Sights:
    """What runs left beside these reports for the HTML report's map, of so many images in all.

    A file that can't be used is told of, and its images are drawn from their report.
    """
    from bloatcheck.analysis.folders import smaller
    from bloatcheck.report.document import LARGEST_DOCUMENT
    from bloatcheck.report.html.handover import sights_from_json
    from bloatcheck.report.html.page import items_for

    most = items_for(images)
    found: dict[tuple[str, str], Sight] = {}
    total = 0
    for path, report in reports:
        beside = path.parent / FILES_FILE
        if not os.path.lexists(beside):
            continue
        try:
            content = _content(beside, min(LARGEST_DOCUMENT, MOST_BYTES - total))
            total += len(content)
            seen = sights_from_json(content, report)
        except ReadError as error:
            log.warning(f"{error.message}; the map shows what the report has")
            continue
        for key, sight in seen.items():
            found[key] = replace(
                sight,
                before=sight.before and smaller(sight.before, most=most),
                after=sight.after and smaller(sight.after, most=most),
            )
    return found


def _in_place(place: Path) -> Iterator[Path]:
    if not place.is_dir():
        if os.path.lexists(place):
            yield place
        return
    if os.path.lexists(place / REPORT_FILE):
        yield place / REPORT_FILE
        return
    try:
        with os.scandir(place) as entries:
            names = sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
    except OSError as error:
        raise ReadError(f"the folder {place} can't be read: {error.strerror or error}") from error
    for name in names:
        if os.path.lexists(place / name / REPORT_FILE):
            yield place / name / REPORT_FILE


def _content(path: Path, longest: int) -> bytes:
    """A link would let whoever made the artifact choose a file of this machine; a pipe would never end."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise ReadError(f"the report {path} is no regular file")
            content = file.read(longest + 1)
    except OSError as error:
        linked = path.is_symlink()
        why = "it is a symbolic link" if linked else error.strerror or str(error)
        raise ReadError(
            f"the report {path} can't be read: {why}",
            hint="name a report.json that bloatcheck wrote, or the folder it is in",
        ) from error
    if len(content) > longest:
        raise ReadError(f"the report {path} is larger than {longest:,} bytes")
    return content
