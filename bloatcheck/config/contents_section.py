"""What may not be in an image, and which advice nobody wants."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from bloatcheck.config.fields import PathPattern
from bloatcheck.config.section import Section
from bloatcheck.errors import DOCUMENTATION

MAX_PATTERNS = 200
_Id = Annotated[str, Field(pattern=r"^[a-z][a-z-]{0,38}$")]
_Patterns = Annotated[list[PathPattern], Field(max_length=MAX_PATTERNS)]
_PATH_PATTERN = (
    "Patterns of paths, as `.gitignore` writes them: one with a slash begins at the image's root, another "
    "is a name anywhere."
)


class ForbiddenSection(Section):
    """What fails the job where it is in an image."""

    paths: _Patterns = Field(
        default_factory=list, description=_PATH_PATTERN, examples=[[".git", "id_rsa", "/root/.aws/**"]]
    )
    packages: _Patterns = Field(
        default_factory=list,
        description="Shell patterns of package names, or of `manager:name`.",
        examples=[["gcc*", "npm:left-pad"]],
    )


class AdviceSection(Section):
    """Which advice is left out."""

    ignore: Annotated[list[_Id], Field(max_length=100)] = Field(
        default_factory=list,
        description=f"Ids of advice that isn't told; {DOCUMENTATION}/advice.md lists them.",
        examples=[["docs-shipped"]],
    )
    ignore_paths: _Patterns = Field(
        default_factory=list,
        description=f"Files that no advice is about. {_PATH_PATTERN}",
        examples=[["/usr/share/doc/**"]],
    )
