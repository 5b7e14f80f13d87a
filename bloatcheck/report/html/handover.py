"""What the HTML report shows beside the report, as a file beside `report.json`.

A leg of a matrix leaves it for `merge`, and a run for `report`, so that their maps are as fine as its own. It
is read with suspicion: what doesn't fit the layers of the report is not shown.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, NamedTuple

from annotated_types import Ge, Le, MaxLen
from pydantic import TypeAdapter, ValidationError

from bloatcheck.analysis.folders import MOST_ITEMS, Folders, Item, PackageId
from bloatcheck.analysis.snapshot import ImageSnapshot
from bloatcheck.diff.model import ImageDiff
from bloatcheck.errors import ReadError
from bloatcheck.report.html.model import Moment, Sight, Sights
from bloatcheck.report.model import Report
from bloatcheck.untrusted_json import first_problem_only, has_too_many_values

VERSION = "1.0"
_DEEPEST = 32
_MOST_PACKAGES = 100_000
_MOST_MOMENTS = 10_000
_LONGEST_DOCKERFILE = 4 * 1024 * 1024
_SURROGATE = re.compile("[\ud800-\udfff]")

_Bytes = Annotated[int, Ge(0), Le(10**18)]
_Position = Annotated[int, Ge(-1), Le(10**6)]
_Word = Annotated[str, MaxLen(1000)]
_Path = Annotated[str, MaxLen(10_000)]


class _Entry(NamedTuple):
    """An item; `folder` is a position in the side's folders."""

    folder: _Position
    name: _Word
    layer: _Position
    package: _Position
    size: _Bytes
    files: _Position


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    folders: Annotated[tuple[_Path, ...], MaxLen(3 * MOST_ITEMS)]
    packages: Annotated[tuple[PackageId, ...], MaxLen(_MOST_PACKAGES)]
    items: Annotated[tuple[_Entry, ...], MaxLen(3 * MOST_ITEMS)]
    floor: _Bytes = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Image:
    """One image; of an `unchanged` one what it was before is what it is after, and told once."""

    name: _Path
    platform: _Word
    before: _Side | None = None
    after: _Side | None = None
    unchanged: bool = False
    dockerfile: Annotated[str, MaxLen(_LONGEST_DOCKERFILE)] | None = None
    history: Annotated[tuple[Moment, ...], MaxLen(_MOST_MOMENTS)] = ()
    limit: _Bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Document:
    version: Annotated[str, MaxLen(20)]
    images: tuple[_Image, ...]


_DOCUMENT = TypeAdapter(_Document)
_READING = first_problem_only(_DOCUMENT)


def sights_to_json(sights: Sights) -> str:
    """All of it, without what can't be told in Unicode."""
    images = [
        _Image(
            name=name,
            platform=platform,
            before=None if sight.before == sight.after else _packed(sight.before),
            after=_packed(sight.after),
            unchanged=sight.before == sight.after,
            dockerfile=sight.dockerfile[:_LONGEST_DOCKERFILE] if sight.dockerfile is not None else None,
            history=sight.history[-_MOST_MOMENTS:],
            limit=sight.limit,
        )
        for (name, platform), sight in sights.items()
    ]
    told = _DOCUMENT.dump_python(_Document(version=VERSION, images=tuple(images)))
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)


def sights_from_json(content: bytes, report: Report) -> dict[tuple[str, str], Sight]:
    """What fits the images of this report; whatever doesn't is as if it had not been told.

    Raises:
        ReadError: no such file, or one of another major version.
    """
    if has_too_many_values(content):
        raise ReadError("a list of files with more values than bloatcheck writes")
    try:
        document: _Document = _READING.validate_json(content, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(map(str, first["loc"][:6]))
        raise ReadError(f"not a list of files that bloatcheck wrote: {place}") from None
    if not document.version.startswith("1."):
        raise ReadError(f"a list of files of version {document.version[:20]}, and this bloatcheck reads 1.x")
    diffs = {(image.name, image.platform): image.diff for image in report.images if image.diff}
    return {
        (image.name, image.platform): _sight(image, diff)
        for image in document.images
        if (diff := diffs.get((image.name, image.platform)))
    }


def _packed(folders: Folders | None) -> _Side | None:
    if folders is None:
        return None
    numbers: dict[str, int] = {}
    items = tuple(_Entry(numbers.setdefault(item.folder, len(numbers)), *item[1:]) for item in folders.items)
    return _Side(folders=tuple(numbers), packages=folders.packages, items=items, floor=folders.floor)


def _sight(image: _Image, diff: ImageDiff) -> Sight:
    return Sight(
        before=_folders(image.after if image.unchanged else image.before, diff.before),
        after=_folders(image.after, diff.after),
        dockerfile=image.dockerfile,
        history=image.history,
        limit=image.limit,
    )


def _folders(side: _Side | None, snapshot: ImageSnapshot | None) -> Folders | None:
    """None where the files are not those of the image: no layer can show more than it holds."""
    if side is None or snapshot is None or any(path.count("/") > _DEEPEST for path in side.folders):
        return None
    items = tuple(_items(side))
    seen: Counter[int] = Counter()
    for item in items:
        seen[item.layer] += item.size
    sizes = [layer.content_size for layer in snapshot.layers]
    if len(items) < len(side.items) or any(not _holds(sizes, *each) for each in seen.items()):
        return None
    return Folders(items, side.packages, side.floor)


def _holds(sizes: Sequence[int], layer: int, size: int) -> bool:
    return 0 <= layer < len(sizes) and size <= sizes[layer]


def _items(side: _Side) -> Iterator[Item]:
    """Those that point at something."""
    for entry in side.items:
        if 0 <= entry.folder < len(side.folders) and entry.package < len(side.packages) and entry.files > 0:
            yield Item(side.folders[entry.folder], *entry[1:])
