"""What goes into a build, what comes out, and the seam between."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bloatcheck.config.model import ImageSpec
from bloatcheck.errors import BuildError
from bloatcheck.oci.provenance import Material


@dataclass(frozen=True, slots=True)
class BuiltImage:
    """An image that is there to be read.

    `reference` is what a reader opens (`docker-daemon:sha256:…`); `dockerfile` is the path relative to the
    repository's root, None for an image that came without one; `build_seconds` is None where nothing was
    built. `materials` are the images that went into the build, where its builder said so.
    """

    spec: ImageSpec
    reference: str
    builder: str
    dockerfile: str | None = None
    build_seconds: float | None = None
    materials: tuple[Material, ...] = ()
    handed_over: Path | None = None
    """A folder that holds nothing but this image, for whoever reads it to `discard`."""

    def discard(self) -> None:
        """Takes away what was only there to be read, if anything was."""
        if self.handed_over:
            shutil.rmtree(self.handed_over, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class FailedBuild:
    """An image that could not be built; the others go on."""

    spec: ImageSpec
    error: BuildError


class Builder(Protocol):
    """Turns a specification into an image that can be read."""

    @property
    def name(self) -> str:
        """For example `docker (BuildKit)`; told to the user."""
        ...

    def build(self, spec: ImageSpec) -> BuiltImage:
        """Builds one image, its output streamed live.

        Raises:
            BuildError: the build failed; holds the failing Dockerfile line and the last output.
        """
        ...
