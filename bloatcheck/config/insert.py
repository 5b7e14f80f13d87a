"""Adds an approval to a configuration as it is written, and changes nothing else in it.

A YAML library that keeps comments would still write the whole file anew: with its own indentation, its own
quotes, its own line breaks. So the text is cut at one place and the entry put in. Whether that was right is
not believed but read: the new text must hold the old values and the one that is new.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import yaml

from bloatcheck.config.yaml_tree import Plain, plain, read_tree
from bloatcheck.errors import ConfigError

_KEY = "approvals"
_STEP = "  "
_PLAIN = re.compile(r"[\w](?:[\w ./-]*[\w.])?")
"""What stands between brackets as it stands between lines."""


def with_approval(text: str, entry: Mapping[str, str]) -> str:
    """The text with one more approval at the end of the list.

    Args:
        text: a configuration in order.
        entry: keys of an approval and their values as the file is to have them.

    Raises:
        ValueError: there is no place that the entry fits into; it has to be put in by hand.
    """
    newline = "\r\n" if 2 * text.count("\r\n") > text.count("\n") else "\n"
    lines = [_pair(key, value) for key, value in entry.items()]
    old = _values(text)
    listed = old.get(_KEY)
    wanted = {**old, _KEY: [*(listed if isinstance(listed, list) else ()), dict(entry)]}
    for changed in _candidates(text, lines):
        candidate = changed.replace("\0", newline)
        try:
            if _values(candidate) == wanted:
                return candidate
        except ConfigError:
            continue
    raise ValueError("the file is written in a way that nothing can be put into without writing it anew")


def as_block(entry: Mapping[str, str]) -> str:
    """The entry as it would stand in a file, to be put in by hand."""
    lines = [_pair(key, value) for key, value in entry.items()]
    return _block(lines, f"{_KEY}:\0", _STEP).replace("\0", "\n")


def _values(text: str) -> dict[str, Plain]:
    tree, problems = read_tree(text, "")
    values = plain(tree) if tree else None
    if problems or not isinstance(values, dict):
        raise ConfigError(problems)
    return values


def _pair(key: str, value: str) -> str:
    """`key: value`, in quotes where YAML needs them. A day is no text to YAML 1.1, but one to us."""
    shown = value
    if key != "until":
        dumped = yaml.safe_dump({"x": value}, allow_unicode=True, width=10**6)
        shown = dumped.rstrip("\n").removeprefix("x: ")
    return f"{key}: {shown}"


def _block(lines: list[str], before: str, indent: str) -> str:
    """The entry as an item of a block sequence; NUL stands for the file's own line end."""
    first, *others = lines
    return before + "\0".join([f"{indent}- {first}", *(f"{indent}  {line}" for line in others)]) + "\0"


def _candidates(text: str, lines: list[str]) -> Iterator[str]:
    """The texts that could be meant, the best first."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        return
    for key, value in root.value:
        if key.value == _KEY:
            yield from _into(text, value, lines, " " * key.start_mark.column)
            return
    indent = " " * root.start_mark.column
    at = root.end_mark.index
    gap = "" if not text[:at].strip() else "\0" if text[:at].endswith("\n") else "\0\0"
    yield text[:at] + gap + _block(lines, f"{indent}{_KEY}:\0", indent + _STEP) + text[at:]


def _into(text: str, value: yaml.Node, lines: list[str], indent: str) -> Iterator[str]:
    start, end = value.start_mark.index, value.end_mark.index
    if isinstance(value, yaml.SequenceNode) and value.value and not value.flow_style:
        own = " " * value.start_mark.column
        # Comments and blank lines behind the last item belong to what follows, but in a text of many lines.
        for at in (_end_of_content(text, end), end):
            gap = "" if text[:at].endswith("\n") else "\0"
            yield text[:at] + _block(lines, gap, own) + text[at:]
    elif isinstance(value, yaml.SequenceNode) and value.value:
        flow = f"{{{', '.join(map(_in_flow, lines))}}}"
        body, closing = text[: end - 1].rstrip(), text[end - 1 :]
        yield f"{body}, {flow}{closing}"
        yield f"{body} {flow}{closing}"
    else:
        rest = text[end:]
        line, line_end, below = rest.partition("\n")
        comment = line.rstrip("\r")
        yield (
            text[:start].rstrip(" ") + comment + _block(lines, "\0", indent + _STEP) + below * bool(line_end)
        )


def _in_flow(line: str) -> str:
    key, _, value = line.partition(": ")
    needs_none = _PLAIN.fullmatch(value) or value[:1] in "'\""
    return line if needs_none else f"{key}: {_quoted(value)}"


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _end_of_content(text: str, end: int) -> int:
    """Before the blank and comment lines that end at `end`."""
    at = end
    while at > 0:
        line_start = text.rfind("\n", 0, at - 1) + 1
        line = text[line_start:at].strip()
        if line and not line.startswith("#"):
            break
        at = line_start
    return at
