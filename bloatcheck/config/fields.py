"""The single values of the configuration file: how their text is read, and how an editor is told about it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from bloatcheck.config import grammar
from bloatcheck.config.quote import quote
from bloatcheck.config.yaml_tree import NO_VALUE
from bloatcheck.oci.platform import Platform
from bloatcheck.units import parse_bytes, parse_percent

VERSION = 1
MAX_SIZE = 10**15
MAX_PERCENT = 100_000
MAX_DAYS = 3_650
MAX_JOBS = 64
MAX_LAYERS = 1_000
"""Far more than the 127 that engines take."""


def _read(parse: Callable[[str], object]) -> Callable[[object], object]:
    """Texts are parsed; mappings, lists and missing values are left to the type's own complaint."""
    return lambda value: parse(value) if isinstance(value, str) else value


def _not_negative(text: str) -> str:
    if text.lstrip().startswith(("-", "−")):
        raise ValueError(f"{quote(text)} is negative; a limit is 0 or more")
    return text


def _size(text: str) -> int:
    size = parse_bytes(_not_negative(text))
    if size > MAX_SIZE:
        raise ValueError(f"{quote(text)} is larger than any image; the most is 1 PB")
    return size


def _percent(text: str) -> float:
    text = _not_negative(text)
    percent = parse_percent(text if "%" in text else f"{text}%")
    if percent > MAX_PERCENT:
        raise ValueError(f"{quote(text)} is beyond any use; the most is {MAX_PERCENT}%")
    return percent


def _layer_count(text: str) -> int:
    if not re.fullmatch(r"\s*[0-9]{1,9}\s*", _not_negative(text)):
        raise ValueError(f"{quote(text)} is no number of layers")
    if int(text) > MAX_LAYERS:
        raise ValueError(f"{quote(text)} is more layers than any engine takes; the most is {MAX_LAYERS}")
    return int(text)


def _jobs(text: str) -> int:
    if not re.fullmatch(r"\s*[0-9]{1,4}\s*", _not_negative(text)) or not 1 <= int(text) <= MAX_JOBS:
        raise ValueError(f"{quote(text)} is no number of builds at once; write 1 to {MAX_JOBS}")
    return int(text)


def _days(text: str) -> int:
    match = re.fullmatch(r"\s*([0-9]{1,6})\s*([dw])\s*", text)
    if not match or not int(match[1]):
        raise ValueError(f"{quote(text)} is no time; write days or weeks, for example 90d or 12w")
    days = int(match[1]) * {"d": 1, "w": 7}[match[2]]
    if days > MAX_DAYS:
        raise ValueError(f"{quote(text)} is beyond any use; the most is {MAX_DAYS}d")
    return days


def _published(text: str) -> str:
    """A reference with `{image}` for an image's name, with or without `docker://`."""
    reference = grammar.one_line(text).removeprefix("docker://")
    grammar.published_image(reference.replace("{image}", "image"), text)
    return reference


def _flag(text: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise ValueError(f"{quote(text)} is neither true nor false")
    return text.lower() == "true"


def _version(text: str) -> int:
    if text.strip() != str(VERSION):
        raise ValueError(f"{quote(text)} is no version that this bloatcheck reads; it reads {VERSION}")
    return VERSION


def _day(text: str) -> date:
    text = text.strip()
    # Newer interpreters would take other forms of ISO 8601 too.
    if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError(f"{quote(text)} is no day; write year-month-day")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{quote(text)} is no day: {error}") from error


def _platform(text: str) -> str:
    if "," in text:
        raise ValueError(f"{quote(text)} is several platforms; list them under `platforms`")
    return str(Platform.parse(grammar.one_line(text)))


def _text(pattern: str, longest: int = grammar.MAX_TEXT) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "maxLength": longest})


SizeText = Annotated[
    str, Field(pattern=r"^\s*[0-9][0-9_]*(\.[0-9]{1,6})?\s*([kKmMgGtTpP]([iI]?[bB])?|[bB])\s*$")
]
PercentText = Annotated[str, Field(pattern=r"^\s*[0-9]{1,6}(\.[0-9]{1,6})?\s*%\s*$")]
LayerCountNumber = Annotated[int, Field(ge=0, le=MAX_LAYERS)]

Jobs = Annotated[
    int, BeforeValidator(_read(_jobs), json_schema_input_type=Annotated[int, Field(ge=1, le=MAX_JOBS)])
]
Size = Annotated[
    int,
    BeforeValidator(_read(_size), json_schema_input_type=Annotated[int, Field(ge=0, le=MAX_SIZE)] | SizeText),
]
Percent = Annotated[
    float,
    BeforeValidator(
        _read(_percent), json_schema_input_type=Annotated[float, Field(ge=0, le=MAX_PERCENT)] | PercentText
    ),
]
LayerCount = Annotated[int, BeforeValidator(_read(_layer_count), json_schema_input_type=LayerCountNumber)]
Days = Annotated[
    int,
    BeforeValidator(
        _read(_days), json_schema_input_type=Annotated[str, Field(pattern=r"^\s*[0-9]{1,6}\s*[dw]\s*$")]
    ),
]
Flag = Annotated[bool, BeforeValidator(_read(_flag), json_schema_input_type=bool)]
Version = Annotated[int, BeforeValidator(_read(_version), json_schema_input_type=Literal[VERSION])]
Name = Annotated[str, AfterValidator(grammar.image_name), _text(f"^{grammar.IMAGE_NAME}$", grammar.MAX_NAME)]
RepositoryPath = Annotated[str, AfterValidator(grammar.repository_path), _text("^[^/~-]")]
BaselinePath = Annotated[str, AfterValidator(grammar.baseline_path), _text("^[^/~-]")]
BranchName = Annotated[str, AfterValidator(grammar.branch_name), _text(r"^[A-Za-z0-9_][A-Za-z0-9._/+-]*$")]
PublishedText = Annotated[str, AfterValidator(_published), _text(r"^\S+$")]
Target = Annotated[
    str,
    AfterValidator(partial(grammar.matching, grammar.TARGET, what="build stage")),
    WithJsonSchema({"type": ["string", "integer"], "pattern": f"^{grammar.TARGET}$"}),
]
_ArgumentName = Annotated[
    str, AfterValidator(partial(grammar.matching, grammar.ARGUMENT_NAME, what="name of a build argument"))
]
_ArgumentValue = Annotated[str | None, BeforeValidator(lambda value: None if value is NO_VALUE else value)]
Arguments = Annotated[
    dict[_ArgumentName, _ArgumentValue],
    WithJsonSchema(
        {
            "type": "object",
            "patternProperties": {
                f"^{grammar.ARGUMENT_NAME}$": {"type": ["string", "number", "boolean", "null"]}
            },
            "additionalProperties": False,
        }
    ),
]
Secret = Annotated[str, AfterValidator(grammar.build_secret), _text(r"(^|,)\s*[iI][dD]\s*=")]
PlatformText = Annotated[str, AfterValidator(_platform), _text(r"^[\w.-]+/[\w.-]+(/[\w.-]+)?$")]
ReferenceText = Annotated[str, AfterValidator(grammar.image_reference), _text(grammar.REFERENCE)]
TagText = Annotated[str, AfterValidator(grammar.image_tag), _text(grammar.TAG)]
Day = Annotated[
    date,
    BeforeValidator(
        _read(_day), json_schema_input_type=Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    ),
]
Sentence = Annotated[str, AfterValidator(grammar.one_line), _text(r"\S")]
PathPattern = Annotated[str, AfterValidator(grammar.pattern), _text(r"\S", grammar.MAX_PATTERN)]
LabelText = Annotated[str, AfterValidator(grammar.label), _text(r"\S", grammar.MAX_LABEL)]
CommandText = Annotated[
    str,
    AfterValidator(partial(grammar.matching, grammar.COMMAND, what="command; it begins with a slash")),
    _text(f"^{grammar.COMMAND}$"),
]
SinceText = Annotated[
    str,
    AfterValidator(
        partial(grammar.matching, grammar.SINCE, what="reference: `last-release`, or days, as in `30d`")
    ),
    _text(f"^{grammar.SINCE}$"),
]
Login = Annotated[
    str,
    AfterValidator(partial(grammar.matching, grammar.LOGIN, what="login")),
    _text(f"^{grammar.LOGIN}$"),
]
CommentKey = Annotated[
    str,
    AfterValidator(
        partial(grammar.matching, grammar.COMMENT_KEY, what="comment key (letters, digits, . _ / -)")
    ),
    _text(f"^{grammar.COMMENT_KEY}$"),
]
