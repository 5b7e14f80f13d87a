"""The configuration after checking: frozen, defaults filled in, paths relative to the repository's root."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from bloatcheck.config.limits import Limit
from bloatcheck.errors import Place
from bloatcheck.oci.platform import Platform


@dataclass(frozen=True, slots=True)
class BuildSpec:
    """How to build an image. Paths are relative to the repository's root."""

    dockerfile: str
    context: str = "."
    target: str | None = None
    args: Mapping[str, str | None] = field(default_factory=dict)
    """None is taken from the environment by the builder, as `docker build --build-arg NAME` does."""
    secrets: tuple[str, ...] = ()
    """As `docker build --secret` takes them: `id=ca,src=/etc/ssl/certs/ca-certificates.crt`."""


@dataclass(frozen=True, slots=True)
class PrebuiltSpec:
    """An image that an earlier step made: a reference, or an entry of a bake or build-push metadata file.

    `dockerfile` is what it was built from, where the user says so; relative to the repository's root.
    """

    reference: str | None = None
    metadata_file: str | None = None
    metadata_target: str | None = None
    dockerfile: str | None = None


@dataclass(frozen=True, slots=True)
class ImageSpec:
    """One image of the configuration. Exactly one of `build` and `prebuilt` is set.

    `limits` are the limits in force for this image: its own, and the general ones where it has none.
    `place` is where the configuration lists it; None when it was found without a configuration.
    """

    name: str
    build: BuildSpec | None = None
    prebuilt: PrebuiltSpec | None = None
    platform: Platform | None = None
    tags: tuple[str, ...] = ()
    limits: tuple[Limit, ...] = ()
    place: Place | None = None


class CommentMode(str, Enum):
    """When a pull-request comment is created. An existing one is always edited."""

    AUTO = "auto"
    """For a broken limit, a new image, or a change that passes `min_change`."""
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class CommentPolicy:
    """Who comments, and when it is worth one."""

    mode: CommentMode = CommentMode.AUTO
    min_change_bytes: int = 100_000
    min_change_percent: float = 0.5
    author: str | None = None
    """The login whose comments are ours; None for the Actions bot, or the token's own user."""
    key: str | None = None
    """Tells apart several comments in one pull request; None for workflow path and configuration path."""


class OnIncomparable(str, Enum):
    """What a baseline measured in another way leads to."""

    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Config:
    """The whole configuration. `path` is None when there is no file and the defaults rule."""

    root: Path
    images: tuple[ImageSpec, ...]
    baseline: str = ".bloatcheck-baseline.json"
    comment: CommentPolicy = field(default_factory=CommentPolicy)
    enforce: bool = True
    on_incomparable: OnIncomparable = OnIncomparable.WARN
    path: str | None = None
