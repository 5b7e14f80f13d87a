"""YAML as a tree of texts that know their lines (YAML 1.2, chapter 3).

Scalars are never interpreted: `1.10` stays `1.10` and `no` stays `no`; what a text means is known by who
asks for it. Anchors and aliases work, within bounds; tags, merge keys and several documents are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

import yaml

from bloatcheck.config.quote import quote
from bloatcheck.errors import ConfigError, Place, UsageError

MAX_DEPTH = 16
"""Levels of nesting; a configuration needs seven."""
MAX_NODES = 50_000
"""Values, each alias counted as all that it stands for; five hundred images need ten thousand."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's parser where PyYAML was built with it. Only its events are used, so depth costs it no stack."""

_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What YAML calls non-printable (section 5.1); escapes in double quotes could still bring it in."""
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_UNFINISHED = "indent alike, close quotes and brackets; a list item is `- name: api`, an entry `name: api`"
_NULL = {"", "~", "null", "Null", "NULL"}


class NoValue(Enum):
    """What stands behind a key that has no value, or a plain `~` or `null`."""

    NO_VALUE = "no value"


NO_VALUE = NoValue.NO_VALUE


@dataclass(frozen=True, slots=True)
class Node:
    """A value and its line, counted from 1. Mapping entries come with the line of their key.

    `weight` and `height` count the values and levels that it stands for, aliases expanded.
    """

    line: int
    value: str | NoValue | Sequence[Node] | Mapping[str, tuple[int, Node]]
    weight: int = 1
    height: int = 1


Plain = str | NoValue | list["Plain"] | dict[str, "Plain"]


def plain(node: Node) -> Plain:
    """The values alone, without lines."""
    if isinstance(node.value, str | NoValue):
        return node.value
    if isinstance(node.value, Mapping):
        return {key: plain(child) for key, (_, child) in node.value.items()}
    return [plain(child) for child in node.value]


def read_tree(text: str, file: str) -> tuple[Node | None, tuple[UsageError, ...]]:
    """Reads one document; None when it holds nothing.

    Problems that leave the rest readable (a key given twice) are returned beside the tree.

    Raises:
        ConfigError: the text is no YAML, or more than the bounds allow; holds one problem.
    """
    forbidden = _FORBIDDEN.search(text)
    if forbidden:
        line = text.count("\n", 0, forbidden.start()) + 1
        raise _refusal(file, line, f"the file holds {quote(forbidden[0])}, which YAML does not allow")
    composer = _Composer(file, yaml.parse(text, Loader=_LOADER))
    try:
        tree = composer.document()
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error, text, file) from error
    except yaml.YAMLError as error:
        raise _refusal(file, None, f"not YAML: {quote(str(error))}") from error
    return tree, tuple(composer.problems)


@dataclass
class _Composer:
    file: str
    events: Iterator[yaml.Event]
    problems: list[UsageError] = field(default_factory=list)
    anchors: dict[str, Node | None] = field(default_factory=dict)
    """None while the anchored value is still being read."""
    nodes: int = 0

    def document(self) -> Node | None:
        """The only document."""
        self._next()  # the stream's start
        if isinstance(self._next(), yaml.StreamEndEvent):
            return None
        tree = self._node(self._next(), depth=1)
        self._next()  # the document's end
        after = self._next()
        if not isinstance(after, yaml.StreamEndEvent):
            raise self._refused(after, "a second YAML document begins here; one file holds one configuration")
        return tree

    def _next(self) -> yaml.Event:
        return next(self.events)

    def _node(self, event: yaml.Event, depth: int) -> Node:
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, depth)
        if depth > MAX_DEPTH:
            raise self._refused(event, f"nested deeper than {MAX_DEPTH} levels")
        if not isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent):
            raise self._refused(event, "a value is missing")
        if event.tag:
            raise self._refused(event, f"the YAML tag {quote(event.tag)} is not supported; leave it out")
        self._count(event, 1)
        if event.anchor:
            self.anchors[event.anchor] = None
        node = self._value(event, depth)
        if event.anchor:
            self.anchors[event.anchor] = node
        return node

    def _value(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent, depth: int) -> Node:
        if isinstance(event, yaml.ScalarEvent):
            return Node(_line(event), self._scalar(event))
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(event, depth)
        return self._sequence(event, depth)

    def _scalar(self, event: yaml.ScalarEvent) -> str | NoValue:
        if event.implicit[0] and event.value in _NULL:
            return NO_VALUE
        return self._harmless(event)

    def _harmless(self, event: yaml.ScalarEvent) -> str:
        value = event.value
        if _CONTROL.search(value):
            self._problem(event, f"{quote(value)} holds a control character", "leave it out")
        return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", value)

    def _alias(self, event: yaml.AliasEvent, depth: int) -> Node:
        name = event.anchor or ""
        node = self.anchors.get(name)
        if node is None:
            reason = "stands inside what it names" if name in self.anchors else "names no anchor before it"
            raise self._refused(event, f"the alias {quote('*' + name)} {reason}")
        if depth + node.height - 1 > MAX_DEPTH:
            raise self._refused(event, f"nested deeper than {MAX_DEPTH} levels")
        self._count(event, node.weight)
        return node

    def _sequence(self, start: yaml.Event, depth: int) -> Node:
        items = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            items.append(self._node(event, depth + 1))
        return _collection(start, tuple(items), items)

    def _mapping(self, start: yaml.Event, depth: int) -> Node:
        entries: dict[str, tuple[int, Node]] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            key = self._key(event, depth)
            value = self._node(self._next(), depth + 1)
            if key is None:
                continue
            if key in entries:
                self._problem(
                    event,
                    f"{quote(key)} is given a second time; the first is on line {entries[key][0]}",
                    "leave one of them",
                )
                continue
            entries[key] = (_line(event), value)
        return _collection(start, entries, [node for _, node in entries.values()])

    def _key(self, event: yaml.Event, depth: int) -> str | None:
        if isinstance(event, yaml.ScalarEvent) and not event.tag:
            if event.anchor:
                self.anchors[event.anchor] = Node(_line(event), event.value)
            self._count(event, 1)
            return self._harmless(event)
        node = self._node(event, depth + 1)
        if isinstance(node.value, str):
            return node.value
        self._problem(event, "a key is a single word here, not a mapping or a list", "write `key: value`")
        return None

    def _count(self, event: yaml.Event, nodes: int) -> None:
        self.nodes += nodes
        if self.nodes > MAX_NODES:
            raise self._refused(event, f"more than {MAX_NODES:,} values, aliases expanded")

    def _problem(self, event: yaml.Event, message: str, hint: str) -> None:
        self.problems.append(UsageError(message, hint=hint, place=Place(self.file, _line(event))))

    def _refused(self, event: yaml.Event, message: str) -> ConfigError:
        return _refusal(self.file, _line(event), message)


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _collection(
    start: yaml.Event, value: Sequence[Node] | Mapping[str, tuple[int, Node]], children: Sequence[Node]
) -> Node:
    return Node(
        _line(start),
        value,
        weight=1 + sum(child.weight for child in children),
        height=1 + max((child.height for child in children), default=0),
    )


def _refusal(file: str, line: int | None, message: str, hint: str | None = None) -> ConfigError:
    return ConfigError((UsageError(message, hint=hint, place=Place(file, line)),))


def _syntax_error(error: yaml.MarkedYAMLError, text: str, file: str) -> ConfigError:
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return _refusal(file, None, f"not YAML: {error.problem}")
    lines = text.splitlines()
    reason = ", ".join(part for part in (error.context, error.problem) if part)
    if mark.line >= len(lines):  # the end of the text is on a line of its own, which people don't see
        return _refusal(file, max(1, len(lines)), f"not YAML: {reason}, at the end of the file", _UNFINISHED)
    if "\t" in lines[mark.line][: mark.column + 1]:
        hint = "indent with spaces; YAML allows no tab there"
    elif "not allowed" in reason or "cannot start" in reason:
        hint = 'quote a value that holds `: ` or begins with a sign of YAML, for example `target: "@base"`'
    else:
        hint = _UNFINISHED
    shown = quote(lines[mark.line].strip())
    return _refusal(file, mark.line + 1, f"not YAML, column {mark.column + 1}: {reason}, at {shown}", hint)
