"""The single values of the configuration file: how their text is read, and how an editor is told about it."""

from __future__ import annotations

import re
from collections.abc import Callable
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


def _flag(text: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise ValueError(f"{quote(text)} is neither true nor false")
    return text.lower() == "true"


def _version(text: str) -> int:
    if text.strip() != str(VERSION):
        raise ValueError(f"{quote(text)} is no version that this bloatcheck reads; it reads {VERSION}")
    return VERSION


def _platform(text: str) -> str:
    if "," in text:
        raise ValueError(
            f"{quote(text)} is several platforms; list the image once for each, with its own name"
        )
    return str(Platform.parse(grammar.one_line(text)))


def _text(pattern: str, longest: int = grammar.MAX_TEXT) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": pattern, "maxLength": longest})


SizeText = Annotated[
    str, Field(pattern=r"^\s*[0-9][0-9_]*(\.[0-9]{1,6})?\s*([kKmMgGtTpP]([iI]?[bB])?|[bB])\s*$")
]
PercentText = Annotated[str, Field(pattern=r"^\s*[0-9]{1,6}(\.[0-9]{1,6})?\s*%\s*$")]
LayerCountNumber = Annotated[int, Field(ge=0, le=MAX_LAYERS)]

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
Flag = Annotated[bool, BeforeValidator(_read(_flag), json_schema_input_type=bool)]
Version = Annotated[int, BeforeValidator(_read(_version), json_schema_input_type=Literal[VERSION])]
Name = Annotated[str, AfterValidator(grammar.image_name), _text(f"^{grammar.IMAGE_NAME}$", grammar.MAX_NAME)]
RepositoryPath = Annotated[str, AfterValidator(grammar.repository_path), _text("^[^/~-]")]
BaselinePath = Annotated[str, AfterValidator(grammar.baseline_path), _text("^[^/~-]")]
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
