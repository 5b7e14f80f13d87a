"""The baseline in the configuration file: a path, or a mapping."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, model_validator

from bloatcheck.config.checkout import Checkout
from bloatcheck.config.fields import BaselinePath, BranchName, Days, PercentText, PublishedText, SizeText
from bloatcheck.config.limits_section import GrowthThreshold, short_growth
from bloatcheck.config.model import BaselineSource, Renewal
from bloatcheck.config.section import Section


def _contained(path: str, info: ValidationInfo) -> str:
    return info.context.contained(path) if isinstance(info.context, Checkout) else path


def _each_once(sources: list[BaselineSource]) -> list[BaselineSource]:
    if len(set(sources)) < len(sources):
        raise ValueError("names a source twice")
    return sources


class BaselineSection(Section):
    """Where the baseline is kept, read and renewed."""

    path: Annotated[BaselinePath, AfterValidator(_contained)] = Field(
        default=".bloatcheck-baseline.json",
        description="The baseline's file, from the repository's root. With a slash at its end it is a folder "
        "that holds one file per image.",
        examples=[".bloatcheck-baseline.json"],
    )
    sources: Annotated[list[BaselineSource], AfterValidator(_each_once)] = Field(
        default=[BaselineSource.FILE],
        min_length=1,
        max_length=len(BaselineSource),
        description="Where it is read, the first that has an image: the repository's `file`, the `branch`, "
        "the `artifact` of the default branch's last run, the `registry`, or a `build` of the commit.",
        examples=[["file", "build"]],
    )
    branch: BranchName = Field(
        default="bloatcheck-baseline",
        description="The branch of its own for `sources: [branch]` and `renew: branch`.",
        examples=["bloatcheck-baseline"],
    )
    registry: PublishedText | None = Field(
        default=None,
        description="The published image, for `sources: [registry]`; `{image}` stands for an image's name.",
        examples=["ghcr.io/acme/{image}:main"],
    )
    renew: Renewal = Field(
        default=Renewal.NEVER,
        description="How a run on the default branch renews it: by a `commit`, on the `branch`, by leaving "
        "an `artifact`, or `never`.",
        examples=["commit"],
    )
    tolerance: (
        Annotated[
            GrowthThreshold,
            BeforeValidator(short_growth, json_schema_input_type=SizeText | PercentText | GrowthThreshold),
        ]
        | None
    ) = Field(
        default=None,
        description="How far an image's size moves before `renew: commit`, or `bloatcheck baseline update` "
        "without `--image`, renews its entry. Default: 100 kB and 0.5%.",
        examples=[{"bytes": "100 kB", "percent": "0.5%", "when": "all"}],
    )
    max_age: Days | None = Field(
        default=None,
        description="An entry that was measured longer ago is stale: only absolute limits are judged.",
        examples=["90d"],
    )

    @model_validator(mode="after")
    def _says_where_images_are_published(self) -> BaselineSection:
        if BaselineSource.REGISTRY in self.sources and self.registry is None:
            raise ValueError("has the source `registry`, but no `registry` that says where images are")
        return self


def _short(value: object) -> object:
    """A path alone is `{path: …}`."""
    return {"path": value} if isinstance(value, str) else value


BaselineForms = Annotated[
    BaselineSection, BeforeValidator(_short, json_schema_input_type=BaselinePath | BaselineSection)
]
