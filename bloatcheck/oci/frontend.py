"""Which frontend reads a Dockerfile: the builder's own, or an image that its first lines name.

https://docs.docker.com/build/buildkit/frontend/
"""

from __future__ import annotations

import re

ARGUMENT = "BUILDKIT_SYNTAX"
"""The build argument that names the frontend, whatever the Dockerfile says."""

_SYNTAX = re.compile(r"#\s*syntax\s*=\s*(\S.*)", re.IGNORECASE)
_DIRECTIVE = re.compile(r"#\s*[a-z][a-z0-9]*\s*=", re.IGNORECASE)
_DOCKERS_OWN = re.compile(
    r"(?:docker\.io/)?docker/dockerfile(?:-upstream)?(?::[\w.-]+)?(?:@sha256:[0-9a-f]{64})?"
)


class ForeignFrontendError(ValueError):
    """An image reads the file that may take any language."""


def frontend_of(text: str) -> str | None:
    """The image that reads the Dockerfile, one of Docker's; None for the builder's own.

    BuildKit looks for it behind `#!` too, after `//`, and in JSON.

    Raises:
        ForeignFrontendError: an image that may read anything.
    """
    lines = text.removeprefix("\ufeff").split("\n")
    for line in lines[1:] if lines[0].startswith("#!") else lines:
        if line.startswith(("//", "{")):
            raise ForeignFrontendError("its first line may choose another language")
        if not _DIRECTIVE.match(line.strip()):
            return None
        if match := _SYNTAX.fullmatch(line.strip()):
            if not _DOCKERS_OWN.fullmatch(match[1]):
                raise ForeignFrontendError(f"its language is that of another frontend, {match[1][:200]}")
            return match[1]
    return None
