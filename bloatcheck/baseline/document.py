"""The baseline as JSON, version 1: small, in a stable order, and pleasant in a diff.

Lines of the Dockerfile are not stored: they move with every edit above them.
"""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from heapq import nlargest
from typing import TYPE_CHECKING, Annotated, Any, Literal, Protocol, TypeVar

from annotated_types import Ge, Le, MaxLen

from bloatcheck.analysis.contents import Contents, FileSize, PackageSize, Share
from bloatcheck.analysis.instruction import one_line
from bloatcheck.analysis.snapshot import Base, Fingerprint, ImageSnapshot, LayerSnapshot
from bloatcheck.baseline.model import BaselineEntry, LayerNoise
from bloatcheck.errors import BaselineError, Place
from bloatcheck.oci.digest import parse_digest
from bloatcheck.untrusted_json import first_problem_only, has_too_many_values

if TYPE_CHECKING:
    from pydantic import TypeAdapter

VERSION = 1
SCHEMA_URL = "https://raw.githubusercontent.com/bloatcheck/bloatcheck/main/docs/baseline.schema.json"
MAX_SIZE = 64 << 20
"""Bytes; 10,000 images of 20 layers take about 50 MB."""
_MOST_SECONDS = 10_000_000
"""Of one build: some months."""

_MOST_PACKAGES = 250
_MOST_FILES = 40
_SMALLEST = 10_000
"""Bytes of a package or file that is worth a line."""
_CONFLICT = re.compile(rb"^(?:<<<<<<< |>>>>>>> )", re.MULTILINE)
_T = TypeVar("_T")
Text = Annotated[str, MaxLen(4096)]
_SIZE = Annotated[int, Ge(0), Le(1 << 62)]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLayer:
    """One layer. Sizes are in bytes."""

    content_size: _SIZE
    uncompressed_size: _SIZE | None = None
    compressed_size: _SIZE | None = None
    diff_id: Text
    instruction: Annotated[str, MaxLen(1 << 20)]


StoredPackage = tuple[Text, Text, Text, _SIZE]
"""Manager, name, version, and the bytes that can be seen in the image."""
StoredFile = tuple[Text, _SIZE]
"""Path and bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredContents:
    """What the image holds: the sums, and the largest packages and own files by name.

    A package or file smaller than its floor, in bytes, may be missing.
    """

    wasted: _SIZE
    shares: Annotated[tuple[Share, ...], MaxLen(100)]
    packages_floor: _SIZE = 0
    files_floor: _SIZE = 0
    base_packages: Annotated[tuple[StoredPackage, ...], MaxLen(1000)] = ()
    packages: Annotated[tuple[StoredPackage, ...], MaxLen(1000)] = ()
    files: Annotated[tuple[StoredFile, ...], MaxLen(1000)] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredNoise:
    """How many bytes the layer of an instruction differs by between two builds of the same files."""

    bytes: _SIZE
    instruction: Annotated[str, MaxLen(1 << 20)]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredImage:
    """One image on one platform, with the commit and the moment it was measured at."""

    name: Text
    platform: Text
    commit: Text | None = None
    measured_at: Text | None = None
    image_id: Text
    measure: Fingerprint
    base: Base | None = None
    inputs_digest: Text | None = None
    build_seconds: Annotated[float, Ge(0), Le(_MOST_SECONDS)] | None = None
    content_size: _SIZE
    layers: Annotated[tuple[StoredLayer, ...], MaxLen(1000)]
    noise: Annotated[tuple[StoredNoise, ...], MaxLen(1000)] | None = None
    contents: StoredContents | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """What tells our files from others, and versions from each other."""

    bloatcheck: object = None
    version: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBaseline:
    """The whole file."""

    bloatcheck: Literal["baseline"]
    version: Literal[1]
    images: tuple[StoredImage, ...]


def to_json(entries: Iterable[BaselineEntry]) -> str:
    """The document: images by name and platform, one layer a line, a newline at the end."""
    ordered = sorted(entries, key=lambda entry: (entry.snapshot.name, entry.snapshot.platform))
    images = ",".join(_image_lines(_stored(entry)) for entry in ordered)
    closing = "\n  ]" if images else "]"
    return f'{{\n  "bloatcheck": "baseline",\n  "version": {VERSION},\n  "images": [{images}{closing}\n}}\n'


def from_json(document: bytes, where: str) -> tuple[BaselineEntry, ...]:
    """Reads a document; fields that it doesn't know are left alone.

    Args:
        document: UTF-8, with a byte order mark or without.
        where: the file's path, for messages.

    Raises:
        BaselineError: damaged, not a baseline, or written by a newer version.
    """
    place = Place(where)
    document = document.removeprefix(BOM_UTF8)
    if len(document) > MAX_SIZE:
        raise BaselineError(f"larger than {MAX_SIZE >> 20} MiB", place=place, hint=_REPLACE)
    if has_too_many_values(document):
        raise BaselineError("damaged: it has more values than any baseline", place=place, hint=_REPLACE)
    _check_kind(document, place)
    stored = _validated(_adapter(), document, place)
    try:
        entries = tuple(_entry(image) for image in stored.images)
    except ValueError as error:
        raise BaselineError(f"damaged: {error}", place=place, hint=_REPLACE) from None
    seen: set[tuple[str, str]] = set()
    for entry in entries:
        key = (entry.snapshot.name, entry.snapshot.platform)
        if key in seen:
            raise BaselineError(f"damaged: {key[0]} on {key[1]} is in it twice", place=place, hint=_REPLACE)
        seen.add(key)
    return entries


def json_schema() -> dict[str, Any]:
    """JSON Schema, draft 2020-12, of the document."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_URL,
        **_adapter().json_schema(),
        "title": "bloatcheck baseline, version 1",
    }


_REPLACE = "restore it from git, or remove it and run: bloatcheck baseline update"


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[StoredBaseline]:
    from pydantic import TypeAdapter  # noqa: PLC0415 - costs more than most commands take

    return TypeAdapter(StoredBaseline)


def _check_kind(document: bytes, place: Place) -> None:
    """Says what a file is that isn't ours, before saying what is wrong with one that is."""
    from pydantic import TypeAdapter  # noqa: PLC0415 - costs more than most commands take

    if _CONFLICT.search(document):
        raise BaselineError(
            "damaged: it holds the marks of a merge conflict",
            place=place,
            hint="take either side, then run: bloatcheck baseline update",
        )
    try:
        kind = _validated(TypeAdapter(_Kind), document, place)
    except _NotAnObjectError:
        kind = _Kind()
    if kind.bloatcheck != "baseline":
        raise BaselineError(
            "this is not a baseline of bloatcheck", place=place, hint="name another path under `baseline:`"
        )
    if not isinstance(kind.version, int) or isinstance(kind.version, bool) or kind.version < 1:
        raise BaselineError("damaged: it has no version", place=place, hint=_REPLACE)
    if kind.version > VERSION:
        raise BaselineError(
            f"written by a newer bloatcheck (version {kind.version} of the file; this one reads {VERSION})",
            place=place,
            hint="use the newer bloatcheck here too",
        )


class _NotAnObjectError(BaselineError):
    """JSON, but a list or a single value."""


def _validated(adapter: TypeAdapter[_T], document: bytes, place: Place) -> _T:
    from pydantic import ValidationError  # noqa: PLC0415 - costs more than most commands take

    try:
        read: _T = first_problem_only(adapter).validate_json(document, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
    else:
        return read
    if first["type"] == "json_invalid":
        line = re.search(r" at line ([0-9]+) column [0-9]+$", first["msg"])
        raise BaselineError(
            "damaged: it is not JSON",
            place=Place(place.file, int(line[1])) if line else place,
            hint=_REPLACE,
        )
    if not first["loc"]:
        raise _NotAnObjectError("damaged: it is no JSON object", place=place, hint=_REPLACE)
    path = ".".join(str(part) for part in first["loc"][:8])
    raise BaselineError(f"damaged: {one_line(path)}: {first['msg'][:200]}", place=place, hint=_REPLACE)


def _stored(entry: BaselineEntry) -> StoredImage:
    snapshot = entry.snapshot
    return StoredImage(
        name=snapshot.name,
        platform=snapshot.platform,
        commit=entry.commit,
        measured_at=entry.measured_at,
        image_id=snapshot.image_id,
        measure=snapshot.measure,
        base=snapshot.base,
        inputs_digest=snapshot.inputs_digest,
        build_seconds=None if snapshot.build_seconds is None else round(snapshot.build_seconds, 1),
        content_size=snapshot.content_size,
        layers=tuple(
            StoredLayer(
                content_size=layer.content_size,
                uncompressed_size=layer.uncompressed_size,
                compressed_size=layer.compressed_size,
                diff_id=layer.diff_id,
                instruction=layer.instruction,
            )
            for layer in snapshot.layers
        ),
        noise=None
        if entry.noise is None
        else tuple(StoredNoise(bytes=each.bytes, instruction=each.instruction) for each in entry.noise),
        contents=_stored_contents(snapshot.contents) if snapshot.contents else None,
    )


def _stored_contents(contents: Contents) -> StoredContents:
    """The largest of it, in an order that changes little: by manager and name, and by path."""
    packages, packages_floor = _largest(contents.packages, _MOST_PACKAGES, contents.packages_floor)
    files, files_floor = _largest(contents.files, _MOST_FILES, contents.files_floor)
    by_base: dict[bool, list[StoredPackage]] = {True: [], False: []}
    for package in packages:
        by_base[package.base].append((package.manager, package.name, package.version, package.size))
    return StoredContents(
        wasted=contents.wasted,
        shares=contents.shares,
        packages_floor=packages_floor,
        files_floor=files_floor,
        base_packages=tuple(sorted(by_base[True])),
        packages=tuple(sorted(by_base[False])),
        files=tuple(sorted((file.path, file.size) for file in files)),
    )


class _Sized(Protocol):
    @property
    def size(self) -> int: ...


_S = TypeVar("_S", bound=_Sized)


def _largest(items: Sequence[_S], most: int, floor: int) -> tuple[Sequence[_S], int]:
    """The largest items, and the size from which on all are there."""
    kept = [item for item in nlargest(most, items, key=lambda item: item.size) if item.size >= _SMALLEST]
    return kept, max(floor, _SMALLEST, kept[-1].size + 1 if len(kept) == most else 0)


def _contents(stored: StoredContents, content_size: int) -> Contents:
    if sum(share.size for share in stored.shares) != content_size:
        raise ValueError("the shares of its contents don't add up to its bytes")
    return Contents(
        shares=stored.shares,
        wasted=stored.wasted,
        packages=tuple(
            PackageSize(
                manager=one_line(manager),
                name=one_line(name),
                version=one_line(version),
                size=size,
                base=base,
            )
            for base, packages in ((True, stored.base_packages), (False, stored.packages))
            for manager, name, version, size in packages
        ),
        packages_floor=stored.packages_floor,
        files=tuple(FileSize(path=one_line(path), size=size) for path, size in stored.files),
        files_floor=stored.files_floor,
    )


def _base(base: Base | None) -> Base | None:
    if base and base.digest:
        parse_digest(base.digest)
    return base


def _entry(image: StoredImage) -> BaselineEntry:
    if not (image.name.isprintable() and image.platform.isprintable() and image.name and image.platform):
        raise ValueError("the name or platform of an image is empty or holds control characters")
    snapshot = ImageSnapshot(
        name=image.name,
        platform=image.platform,
        image_id=parse_digest(image.image_id),
        layers=tuple(
            LayerSnapshot(
                diff_id=parse_digest(layer.diff_id),
                instruction=one_line(layer.instruction),
                content_size=layer.content_size,
                uncompressed_size=layer.uncompressed_size,
                compressed_size=layer.compressed_size,
            )
            for layer in image.layers
        ),
        measure=image.measure,
        base=_base(image.base),
        build_seconds=image.build_seconds,
        inputs_digest=parse_digest(image.inputs_digest) if image.inputs_digest else None,
        contents=_contents(image.contents, image.content_size) if image.contents else None,
    )
    if snapshot.content_size != image.content_size:
        raise ValueError(
            f"{image.name} is said to have {image.content_size} bytes, "
            f"but its layers add up to {snapshot.content_size}"
        )
    return BaselineEntry(
        snapshot=snapshot,
        commit=image.commit,
        measured_at=image.measured_at,
        noise=None
        if image.noise is None
        else tuple(LayerNoise(one_line(each.instruction), each.bytes) for each in image.noise),
    )


def _image_lines(image: StoredImage) -> str:
    fields = _known(asdict(image))
    layers = [_known(layer) for layer in fields.pop("layers", ())]
    noise = fields.pop("noise", None)
    contents = fields.pop("contents", None)
    lines = [f"      {json.dumps(key)}: {_compact(value)}" for key, value in fields.items()]
    lines.append(f'      "layers": {_list(layers, 8)}')
    if noise is not None:
        lines.append(f'      "noise": {_list(noise, 8)}')
    if contents:
        inner = [
            f"        {json.dumps(key)}: {_list(value, 10) if isinstance(value, tuple) else _compact(value)}"
            for key, value in contents.items()
            if value != ()
        ]
        lines.append('      "contents": {\n' + ",\n".join(inner) + "\n      }")
    return "\n    {\n" + ",\n".join(lines) + "\n    }"


def _list(items: Iterable[object], indent: int) -> str:
    """One item a line."""
    body = ",".join(f"\n{' ' * indent}{_compact(item)}" for item in items)
    return f"[{body}\n{' ' * (indent - 2)}]" if body else "[]"


def _known(fields: dict[str, Any]) -> dict[str, Any]:
    known = {key: value for key, value in fields.items() if value is not None}
    return {key: _known(value) if isinstance(value, dict) else value for key, value in known.items()}


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(", ", ": "))
