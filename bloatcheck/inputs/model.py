"""What a build reads, as values."""

from __future__ import annotations

from dataclasses import dataclass

from bloatcheck.oci.digest import Digest

VERSION = 1
"""Of what goes into a digest, and how (docs/inputs.md). Digests of two versions are never equal."""


@dataclass(frozen=True, slots=True, order=True)
class InputFile:
    """A file that a build reads, or a link on the way to it.

    `path` is from the repository's root. `mode` is as git has it (`100644`, `100755`, `120000`), `digest`
    that of the content, or of where the link leads.
    """

    path: str
    mode: str
    digest: str


@dataclass(frozen=True, slots=True, order=True)
class BaseImage:
    """An image that a build begins with or copies from, and what it is at this moment."""

    name: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """All that a build reads. Exactly one of `digest` and `unresolved`, why it can't be told, is set.

    `sources` say in short what `files` say in full, from the repository's root: the Dockerfile, its ignore
    file, and what COPY, ADD and bind mounts name, variables expanded, or the patterns of the configuration.
    `needs` are the numbers of the images of the configuration that it stands on, as far as that can be told,
    else of those that it may stand on. `begins` are the lines of the Dockerfile's FROMs.
    """

    digest: Digest | None = None
    unresolved: str | None = None
    sources: tuple[str, ...] = ()
    files: tuple[InputFile, ...] = ()
    bases: tuple[BaseImage, ...] = ()
    needs: frozenset[int] = frozenset()
    begins: frozenset[int] = frozenset()


class UnresolvedError(Exception):
    """Why what a build reads can't be told, as a phrase for people; so it is built."""
