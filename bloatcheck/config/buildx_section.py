"""How buildx builds."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo, WithJsonSchema

from bloatcheck.config import grammar
from bloatcheck.config.model import BuilderChoice
from bloatcheck.config.section import Section

_MOST_CACHES = 20

_Cache = Annotated[
    str,
    AfterValidator(grammar.build_cache),
    WithJsonSchema({"type": "string", "pattern": r"\S", "maxLength": grammar.MAX_TEXT}),
]
_BuilderName = Annotated[
    str,
    AfterValidator(lambda text: grammar.matching(grammar.BUILDER, text, what="name of a builder")),
    WithJsonSchema({"type": "string", "pattern": f"^{grammar.BUILDER}$", "maxLength": grammar.MAX_TEXT}),
]


class BuildxSection(Section):
    """Buildx's builder instance and caches."""

    builder: _BuilderName | None = Field(
        default=None,
        description="The builder instance, as `docker buildx ls` lists it. Default: the one in use.",
        examples=["ci"],
    )
    cache_from: list[_Cache] = Field(
        default_factory=list,
        max_length=_MOST_CACHES,
        description="Caches to take from, as `docker buildx build --cache-from` takes them.",
        examples=[["type=gha", "type=registry,ref=ghcr.io/acme/cache"]],
    )
    cache_to: list[_Cache] = Field(
        default_factory=list,
        max_length=_MOST_CACHES,
        description="Caches to write, as `docker buildx build --cache-to` takes them.",
        examples=[["type=gha,mode=max"]],
    )


def for_buildx(section: BuildxSection | None, info: ValidationInfo) -> BuildxSection | None:
    """Its settings are of no use to another builder."""
    builder = info.data.get("builder")
    if section and builder not in (None, BuilderChoice.AUTO, BuilderChoice.BUILDX, BuilderChoice.BAKE):
        raise ValueError(
            f"`builder` is {builder.value}, which has no use for it; take `builder: buildx` or `bake`"
        )
    return section
