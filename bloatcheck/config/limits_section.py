"""The limits of the configuration file, in their short and long forms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from bloatcheck.config.fields import LayerCount, LayerCountNumber, Percent, PercentText, Size, SizeText
from bloatcheck.config.limits import Metric, When
from bloatcheck.config.quote import quote
from bloatcheck.config.section import Section

NO_LIMIT = "none"


def with_unit(text: str) -> str:
    """The size, unless it is a bare number, which could be anything."""
    if re.fullmatch(r"\s*[0-9][0-9_.]*\s*", text):
        raise ValueError(f"{quote(text)} has no unit; write {text.strip()} MB, or {text.strip()} B")
    return text


def _short_size(value: object) -> object:
    if not isinstance(value, str):
        return value
    if "%" in value:
        raise ValueError(f"{quote(value)} is a percentage, and of what; `content-growth` has one before")
    return {"bytes": with_unit(value)}


def short_growth(value: object) -> object:
    """`10 MB` and `5%` are `{bytes: 10 MB}` and `{percent: 5%}`."""
    if not isinstance(value, str):
        return value
    return {"percent": value} if "%" in value else {"bytes": with_unit(value)}


class SizeThreshold(Section):
    """Passed when the size is greater."""

    misplaced: ClassVar[Mapping[str, str]] = {
        "percent": "a percentage is of the size before; it belongs to `content-growth`"
    }

    bytes: Size = Field(description="The largest size that passes.", examples=["250 MB"])


class GrowthThreshold(Section):
    """Passed when the growth is greater."""

    misplaced: ClassVar[Mapping[str, str]] = {
        "noise": "it can be left out of `content-growth`, `packages-growth` and `own-growth`"
    }

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": ["bytes"]}, {"required": ["percent"]}]}
    )

    bytes: Size | None = Field(
        default=None, description="The largest growth that passes, as a size.", examples=["10 MB"]
    )
    percent: Percent | None = Field(
        default=None,
        description="The largest growth that passes, in percent of the same thing before. "
        "What is new has no before, and is judged by `bytes` alone.",
        examples=["5%"],
    )
    when: When = Field(
        default=When.ANY,
        description="Whether `bytes` and `percent` must both be passed (`all`), or one is enough (`any`).",
        examples=["all"],
    )

    @model_validator(mode="after")
    def _measures_something(self) -> GrowthThreshold:
        if self.bytes is None and self.percent is None:
            raise ValueError("has neither `bytes` nor `percent`")
        return self


class ContentsThreshold(GrowthThreshold):
    """Passed when the growth of what an image holds is greater."""

    misplaced: ClassVar[Mapping[str, str]] = {}

    noise: bool = Field(
        default=True,
        description="Whether files count that come and go by themselves: caches, logs, compiled Python, "
        "package databases.",
        examples=[False],
    )


SizeThresholdForms = Annotated[
    SizeThreshold, BeforeValidator(_short_size, json_schema_input_type=SizeText | SizeThreshold)
]
GrowthThresholdForms = Annotated[
    GrowthThreshold,
    BeforeValidator(short_growth, json_schema_input_type=SizeText | PercentText | GrowthThreshold),
]

ContentsThresholdForms = Annotated[
    ContentsThreshold,
    BeforeValidator(short_growth, json_schema_input_type=SizeText | PercentText | ContentsThreshold),
]

_UNDER_A_LEVEL = "a threshold stands under `warn` or `fail`"


class MetricLimit(Section):
    """What all metrics' limits have in common: a level to warn at, and one to fail at.

    `threshold_keys` are those of a threshold that may stand without a level.
    """

    threshold_keys: ClassVar[frozenset[str]] = frozenset()

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    misplaced: ClassVar[Mapping[str, str]] = {
        "bytes": _UNDER_A_LEVEL,
        "percent": _UNDER_A_LEVEL,
        "when": _UNDER_A_LEVEL,
    }

    @classmethod
    def read(cls, value: object) -> object:
        """The short forms: a threshold alone is one to fail at; `none` lifts the general limit."""
        if value == NO_LIMIT:
            return cls.model_construct()
        if isinstance(value, str) or (isinstance(value, dict) and cls._is_threshold(value)):
            return {"fail": value}
        if value == {}:
            raise ValueError("has neither `warn` nor `fail`")
        return value

    @classmethod
    def _is_threshold(cls, value: dict[str, object]) -> bool:
        return bool(cls.threshold_keys & value.keys()) and not cls.model_fields.keys() & value.keys()


_WARN = "Said in the report; does not fail the job."
_FAIL = "Fails the job."


class SizeLimit(MetricLimit):
    """Thresholds for a size."""

    threshold_keys: ClassVar[frozenset[str]] = frozenset({"bytes", "percent"})

    warn: SizeThresholdForms | None = Field(default=None, description=_WARN, examples=["200 MB"])
    fail: SizeThresholdForms | None = Field(default=None, description=_FAIL, examples=["250 MB"])

    @model_validator(mode="after")
    def _warns_before_it_fails(self) -> SizeLimit:
        if self.warn and self.fail:
            _check_order(self.warn.bytes, self.fail.bytes)
        return self


class GrowthLimit(MetricLimit):
    """Thresholds for a growth."""

    threshold_keys: ClassVar[frozenset[str]] = frozenset({"bytes", "percent", "when"})

    warn: GrowthThresholdForms | None = Field(default=None, description=_WARN, examples=["1%"])
    fail: GrowthThresholdForms | None = Field(
        default=None, description=_FAIL, examples=[{"bytes": "10 MB", "percent": "5%", "when": "all"}]
    )

    @model_validator(mode="after")
    def _warns_before_it_fails(self) -> GrowthLimit:
        # With both measures in play, either order can make sense.
        if self.warn and self.fail:
            if self.warn.percent is None and self.fail.percent is None:
                _check_order(self.warn.bytes, self.fail.bytes)
            if self.warn.bytes is None and self.fail.bytes is None:
                _check_order(self.warn.percent, self.fail.percent)
        return self


class ContentsLimit(GrowthLimit):
    """Thresholds for a growth of which noise can be left out."""

    warn: ContentsThresholdForms | None = Field(default=None, description=_WARN, examples=["1%"])
    fail: ContentsThresholdForms | None = Field(
        default=None,
        description=_FAIL,
        examples=[{"bytes": "10 MB", "percent": "5%", "when": "all"}, {"bytes": "10 MB", "noise": False}],
    )


class LayerCountLimit(MetricLimit):
    """Thresholds for a number of layers."""

    warn: LayerCount | None = Field(default=None, description=_WARN, examples=[15])
    fail: LayerCount | None = Field(default=None, description=_FAIL, examples=[20])

    @model_validator(mode="after")
    def _warns_before_it_fails(self) -> LayerCountLimit:
        _check_order(self.warn, self.fail)
        return self


def _check_order(warn: float | None, fail: float | None) -> None:
    if warn is not None and fail is not None and warn >= fail:
        raise ValueError("warns where it already fails; `warn` is below `fail`")


_SizeLimitForms = Annotated[
    SizeLimit,
    BeforeValidator(
        SizeLimit.read, json_schema_input_type=Literal["none"] | SizeText | SizeThreshold | SizeLimit
    ),
]
_GrowthLimitForms = Annotated[
    GrowthLimit,
    BeforeValidator(
        GrowthLimit.read,
        json_schema_input_type=Literal["none"] | SizeText | PercentText | GrowthThreshold | GrowthLimit,
    ),
]
_ContentsLimitForms = Annotated[
    ContentsLimit,
    BeforeValidator(
        ContentsLimit.read,
        json_schema_input_type=Literal["none"] | SizeText | PercentText | ContentsThreshold | ContentsLimit,
    ),
]
_LayerCountLimitForms = Annotated[
    LayerCountLimit,
    BeforeValidator(
        LayerCountLimit.read, json_schema_input_type=Literal["none"] | LayerCountNumber | LayerCountLimit
    ),
]


class Limits(Section):
    """Limits by metric. A metric without one never fails."""

    content: _SizeLimitForms | None = Field(
        default=None,
        description="The image's size: the bytes of the files in all its layers, uncompressed.",
        examples=["250 MB"],
    )
    content_growth: _ContentsLimitForms | None = Field(
        default=None,
        description="How much larger the image is than in the baseline.",
        examples=["10 MB", {"bytes": "10 MB", "percent": "5%", "when": "all"}, {"warn": "1%", "fail": "5%"}],
    )
    layer_growth: _GrowthLimitForms | None = Field(
        default=None,
        description="How much larger a layer is than the one it replaces; a new layer counts whole.",
        examples=["5 MB"],
    )
    layers: _LayerCountLimitForms | None = Field(
        default=None,
        description="How many layers the image has. Instructions that make none (`ENV`, `CMD`) don't count.",
        examples=[20],
    )
    wasted: _SizeLimitForms | None = Field(
        default=None,
        description="Bytes that are in the layers and can't be seen in the image: overwritten or deleted by "
        "a later layer. The copy that is still visible doesn't count.",
        examples=["5 MB"],
    )
    wasted_growth: _GrowthLimitForms | None = Field(
        default=None, description="How many more bytes are wasted than in the baseline.", examples=["1 MB"]
    )
    base_growth: _GrowthLimitForms | None = Field(
        default=None,
        description="How much larger the base image's part is than in the baseline.",
        examples=[{"warn": "5%"}],
    )
    packages_growth: _ContentsLimitForms | None = Field(
        default=None,
        description="How much larger all packages above the base image are, of all managers together.",
        examples=["20 MB"],
    )
    own_growth: _ContentsLimitForms | None = Field(
        default=None,
        description="How much larger the image's own files are: neither the base image's nor a package's.",
        examples=["5 MB"],
    )
    package_growth: _GrowthLimitForms | None = Field(
        default=None,
        description="How much larger a single package is than in the baseline; a new package counts whole.",
        examples=["10 MB"],
    )

    def written(self) -> Mapping[Metric, SizeLimit | GrowthLimit | LayerCountLimit]:
        """The limits that are given, by metric, in the metrics' order."""
        given = {metric: getattr(self, metric.value.replace("-", "_"), None) for metric in Metric}
        return {metric: limit for metric, limit in given.items() if limit is not None}
