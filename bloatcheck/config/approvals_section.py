"""The approvals of the configuration file, and the other ways of approving."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator

from bloatcheck.config.approvals import can_be_approved
from bloatcheck.config.fields import CommandText, Day, LabelText, Name, PlatformText, Sentence, Size, SizeText
from bloatcheck.config.limits import Metric
from bloatcheck.config.limits_section import with_unit
from bloatcheck.config.section import Section


def _approvable(metric: Metric) -> Metric:
    if not can_be_approved(metric):
        raise ValueError(f"{metric.value!r} has no size that a ceiling could be of; change the limit instead")
    return metric


def _sized(value: object) -> object:
    return with_unit(value) if isinstance(value, str) else value


class ApprovalEntry(Section):
    """A ceiling under which a broken limit is accepted."""

    misplaced: ClassVar[Mapping[str, str]] = {
        "name": "the image's name stands behind `image` here",
        "reason": "it is called `because`",
    }

    image: Name = Field(description="The image's name.", examples=["api"])
    up_to: Annotated[Size, BeforeValidator(_sized, json_schema_input_type=SizeText)] = Field(
        description="The ceiling: what the image's content may weigh.", examples=["240 MB"]
    )
    until: Day | None = Field(
        default=None,
        description="The last day that it holds, in UTC. Default: no end.",
        examples=["2027-01-31"],
    )
    because: Sentence = Field(
        description="Why; told wherever the approval is.", examples=["the new codecs need ffmpeg"]
    )
    by: Sentence | None = Field(default=None, description="Who approves.", examples=["Ada Lovelace"])
    metric: Annotated[Metric, AfterValidator(_approvable)] | None = Field(
        default=None,
        description="The one metric that it is for. Default: everything that is measured against something "
        "before. An absolute limit is approved only by its name.",
        examples=["content-growth"],
    )
    platform: PlatformText | None = Field(
        default=None, description="The one platform that it is for. Default: all.", examples=["linux/amd64"]
    )


class ApproveBySection(Section):
    """How a pull request is approved without a commit, by people who may write to the repository."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    label: LabelText | None = Field(
        default=None,
        description="A label that approves the growth of every image, as it was built, until the next push.",
        examples=["bloatcheck-approved"],
    )
    command: CommandText | None = Field(
        default=None,
        description="The words that a comment begins with which approves one image up to a size, until the "
        "next push.",
        examples=["/bloatcheck approve"],
    )

    @model_validator(mode="after")
    def _names_a_way(self) -> ApproveBySection:
        if not self.model_fields_set:
            raise ValueError("has neither `label` nor `command`")
        return self
