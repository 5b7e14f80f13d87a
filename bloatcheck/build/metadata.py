"""What a build wrote about its images: `--metadata-file` of `docker buildx bake` and `docker buildx build`.

https://docs.docker.com/reference/cli/docker/buildx/build/#metadata-file
docker/build-push-action's and docker/bake-action's `metadata` output is the same JSON.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bloatcheck.errors import BuildError, Place
from bloatcheck.oci.digest import Digest, parse_digest
from bloatcheck.oci.provenance import Material, materials_of

MAX_METADATA_LENGTH = 8 * 1024 * 1024
"""Bytes. Provenance in the metadata makes tens of kilobytes a target."""

_DIGEST = "containerimage.digest"
_CONFIG_DIGEST = "containerimage.config.digest"
_NAME = "image.name"
_PROVENANCE = "buildx.build.provenance"
_IMAGE_KEYS = {_DIGEST, _CONFIG_DIGEST, _NAME, "containerimage.descriptor"}
_REPOSITORY = re.compile(r"[a-z0-9][A-Za-z0-9._-]*(?::\d{1,5})?(?:/[a-z0-9][a-z0-9._-]*)*")
_UNNAMED = "moby-dangling"
"""What BuildKit calls an image without a tag on the containerd store."""

_SHOWN_TARGETS = 20


@dataclass(frozen=True, slots=True)
class BuildMetadata:
    """One image. `repository` is the first name it was given, without its tag; None for an unnamed one.

    `materials` are the images that its build used, where the builder wrote provenance.
    """

    digest: Digest | None
    config_digest: Digest | None
    repository: str | None
    materials: tuple[Material, ...] = ()


def read_build_metadata(
    path: Path, target: str | None, *, shown_as: str, place: Place | None
) -> BuildMetadata:
    """The entry of `target`, or the only one.

    Raises:
        BuildError: no such file, not such a file, or no such target; the nearest is named.
    """
    document = _read(path, shown_as, place)
    entry = document if _IMAGE_KEYS & document.keys() else _entry(document, target, shown_as, place)
    try:
        metadata = BuildMetadata(
            digest=_digest(entry, _DIGEST),
            config_digest=_digest(entry, _CONFIG_DIGEST),
            repository=_repository(entry),
            materials=_materials(entry),
        )
    except ValueError as error:
        raise BuildError(f"metadata file {shown_as}: {error}", place=place) from error
    if metadata.digest is None and metadata.config_digest is None:
        raise BuildError(
            f"metadata file {shown_as} has no digest of an image",
            hint="the build must load or push its image (`--load`, `--push`); one without output has none",
            place=place,
        )
    return metadata


def _read(path: Path, shown_as: str, place: Place | None) -> Mapping[str, object]:
    hint = "write it with `--metadata-file`, or save the `metadata` output of the build step to a file"
    try:
        if not path.is_file():
            raise BuildError(f"there is no metadata file {shown_as}", hint=hint, place=place)
        with path.open("rb") as file:
            text = file.read(MAX_METADATA_LENGTH + 1)
    except (OSError, ValueError) as error:
        raise BuildError(f"metadata file {shown_as} can't be read: {error}", place=place) from error
    if len(text) > MAX_METADATA_LENGTH:
        raise BuildError(
            f"metadata file {shown_as} is longer than {MAX_METADATA_LENGTH:,} B", hint=hint, place=place
        )
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BuildError(f"metadata file {shown_as} is not JSON: {error}", hint=hint, place=place) from error
    if not isinstance(document, dict):
        raise BuildError(f"metadata file {shown_as} is not a JSON object", hint=hint, place=place)
    return document


def _entry(
    document: Mapping[str, object], target: str | None, shown_as: str, place: Place | None
) -> Mapping[str, object]:
    """A bake file's entry. Values that aren't objects with an image (such as warnings) are no targets."""
    targets = {
        name: value
        for name, value in document.items()
        if isinstance(value, dict) and not name.startswith("buildx.")
    }
    names = ", ".join(sorted(targets)[:_SHOWN_TARGETS]) or "none"
    if target is None:
        if len(targets) == 1:
            return next(iter(targets.values()))
        raise BuildError(
            f"metadata file {shown_as} has {len(targets)} targets: say which one",
            hint=f"its targets are: {names}",
            place=place,
        )
    if target in targets:
        return targets[target]
    nearest = difflib.get_close_matches(target, targets, n=1)
    raise BuildError(
        f"metadata file {shown_as} has no target {target[:200]!r}",
        hint=f"did you mean {nearest[0]!r}?" if nearest else f"its targets are: {names}",
        place=place,
    )


def _digest(entry: Mapping[str, object], key: str) -> Digest | None:
    value = entry.get(key)
    try:
        return None if value is None else parse_digest(value)
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from error


def _materials(entry: Mapping[str, object]) -> tuple[Material, ...]:
    """With several platforms, buildx writes each one's provenance under a key of its own."""
    return tuple(
        material
        for key, value in entry.items()
        if key == _PROVENANCE or key.startswith(f"{_PROVENANCE}/")
        for material in materials_of(value)
    )


def _repository(entry: Mapping[str, object]) -> str | None:
    names = entry.get(_NAME)
    if not names:
        return None
    first = str(names).partition(",")[0].strip()
    name = first.partition("@")[0]
    if name == _UNNAMED:
        return None
    head, slash, last = name.rpartition("/")
    name = f"{head}{slash}{last.partition(':')[0]}"
    if len(name) > 255 or not _REPOSITORY.fullmatch(name):  # noqa: PLR2004 - the longest name a reference may have
        raise ValueError(f"{_NAME}: not the name of an image: {first[:100]!r}")
    return name
