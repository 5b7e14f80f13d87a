"""What is wrong with a configuration, in sentences: place, key, offending text, and a correct example."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, get_args, get_origin

import yaml
from pydantic import Tag, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from bloatcheck.config.document import Document
from bloatcheck.config.quote import quote
from bloatcheck.config.section import Section
from bloatcheck.config.yaml_tree import NO_VALUE, Node
from bloatcheck.errors import Place, UsageError

_SHAPES = {
    "model_type": "a mapping of keys to values",
    "dict_type": "a mapping of names to values",
    "list_type": "a list",
}


def explain(error: ValidationError, tree: Node, file: str) -> list[UsageError]:
    """One problem for each thing wrong."""
    return [_problem(details, tree, file) for details in error.errors(include_url=False)]


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant."""
    return next(iter(get_close_matches(word[:100], sorted(known), n=1)), None)


def _problem(details: ErrorDetails, tree: Node, file: str) -> UsageError:
    spot = _find(details["loc"], tree)
    message, hint = _sentence(details, spot)
    where = f"{spot.shown}: " if spot.shown else ""
    return UsageError(f"{where}{message}", hint=hint, place=Place(file, spot.line))


# What is wrong ---------------------------------------------------------------------------------------------


def _sentence(details: ErrorDetails, spot: _Spot) -> tuple[str, str | None]:
    kind, given = details["type"], details["input"]
    if kind == "missing":
        return f"`{spot.key}` is missing", spot.example
    if kind == "extra_forbidden":
        return _unknown_key(str(details["loc"][-1]), spot.owner)
    if given is NO_VALUE:
        return "has no value; give it one, or leave the key out", spot.example
    if kind == "value_error":
        return str(details["ctx"]["error"]), spot.example
    if kind == "enum":
        return _unknown_word(str(given), details["ctx"]["expected"]), spot.example
    if kind == "too_short":
        return "is empty; list something, or leave the key out", spot.example
    if kind == "too_long":
        return f"has more than {details['ctx']['max_length']} entries", None
    return f"must be {_SHAPES.get(kind, 'a single value')}, not {_named(given)}", spot.example


def _unknown_key(key: str, owner: type[Section]) -> tuple[str, str]:
    known = _fields(owner)
    message = f"unknown key {quote(key)}"
    last, field = list(known.items())[-1]
    everything = f"known here: {', '.join(known)}; {_example(last, field)}"
    if key in owner.misplaced:
        return f"{message}: {owner.misplaced[key]}", everything
    meant = nearest(key, known)
    if meant is None:
        return message, everything
    return f"{message}, did you mean {quote(meant)}?", _example(meant, known[meant])


def _unknown_word(word: str, expected: str) -> str:
    meant = nearest(word, re.findall(r"'([^']+)'", expected))
    return f"{quote(word)}, did you mean {quote(meant)}?" if meant else f"{quote(word)} is none of {expected}"


def _named(value: object) -> str:
    if isinstance(value, Mapping):
        return "a mapping"
    return "a list" if isinstance(value, list) else f"the text {quote(str(value))}"


# Where it is -----------------------------------------------------------------------------------------------


@dataclass
class _Spot:
    """How far a location leads, in the file and in the models.

    `shown` and `line` are as the file has it, `owner` is the section whose key it is about, and `field` that
    key's field, None for an unknown key.
    """

    shown: str
    line: int
    owner: type[Section] = Document
    key: str = ""
    field: FieldInfo | None = None

    @property
    def example(self) -> str | None:
        """A correct line for the key."""
        return _example(self.key, self.field) if self.field else None


def _find(location: tuple[str | int, ...], tree: Node) -> _Spot:
    """Follows a location; it may hold pydantic's own parts, `<image>` (a kind) and `[key]`, and may lead on
    from a short form into the keys that it stands for.
    """
    spot, node = _Spot("", tree.line), tree
    sections: list[tuple[str | None, type[Section]]] = [(None, Document)]
    for part in location:
        if isinstance(part, int):
            if isinstance(node.value, tuple):
                node = node.value[part]
                spot.shown, spot.line = f"{spot.shown}[{part}]", node.line
        elif part.startswith("<"):
            sections = [(tag, section) for tag, section in sections if tag == part]
        elif isinstance(node.value, Mapping):
            names_a_field = bool(sections)
            if names_a_field:
                spot.owner = sections[0][1]
                spot.key, spot.field = part, _fields(spot.owner).get(part)
                sections = list(_sections(spot.field.annotation)) if spot.field else []
            if part not in node.value:
                continue  # left out, or a level that a short form stands for
            spot.line, node = node.value[part]
            if names_a_field and not spot.field:
                break  # an unknown key, which the sentence itself names
            spot.shown = f"{spot.shown}.{part}".lstrip(".")
    return spot


def _fields(section: type[Section]) -> dict[str, FieldInfo]:
    return {field.alias or name: field for name, field in section.model_fields.items()}


def _sections(annotation: object, tag: str | None = None) -> Iterator[tuple[str | None, type[Section]]]:
    """The sections that a field may hold, each with its tag in a union."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield tag, annotation
        return
    args = get_args(annotation)
    if get_origin(annotation) is Annotated:
        tag = next((extra.tag for extra in args[1:] if isinstance(extra, Tag)), tag)
        args = args[:1]
    for arg in args:
        yield from _sections(arg, tag)


def _example(key: str, field: FieldInfo) -> str:
    """A correct line of YAML. Every field has an example."""
    example = (field.examples or [""])[0]
    line = yaml.safe_dump({key: example}, default_flow_style=True, width=10_000, sort_keys=False)
    return f"for example `{line.strip()[1:-1]}`"
