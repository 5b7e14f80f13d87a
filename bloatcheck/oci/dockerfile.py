"""Dockerfiles, as BuildKit reads their lines: instructions with the lines they stand on.

The grammar is that of https://docs.docker.com/reference/dockerfile/ ("Format", "Parser directives",
"Here-documents"). Nothing is expanded or run, and what a builder would refuse is passed over: whoever asks
for line numbers wants those of the rest.
"""

from __future__ import annotations

import errno
import json
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

MAX_LENGTH = 1024 * 1024
"""The longest text that is parsed, in characters. BuildKit itself refuses a line of 64 KiB."""

SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""What Go takes for white space; Python's own idea of it is wider."""

_FLAG_SPACE = "\t\n\v\f\r "
_GAP = re.compile(r"[\t\v\f\r ]+")
_DIRECTIVE = re.compile(r"#\s*(?P<name>[A-Za-z][A-Za-z0-9]*)\s*=\s*(?P<value>\S.*)")
_DIRECTIVES = {"syntax", "escape", "check"}
_WITH_JSON = {"ADD", "CMD", "COPY", "ENTRYPOINT", "RUN", "SHELL", "VOLUME"}
_WITH_HEREDOCS = {"ADD", "COPY", "RUN"}
_SURROGATE = re.compile("[\ud800-\udfff]")
_IGNORE = re.compile(
    r"(?:^|\s)#+[ \t]*bloatcheck[ \t]+ignore[ \t]*=[ \t]*(?P<ids>[\w-]+(?:[ \t]*,[ \t]*[\w-]+)*)",
    re.ASCII | re.MULTILINE,
)

_SHELL_PIECE = re.compile(
    rf"""(?P<gap>[{SPACE}]+)
    | '(?P<single>[^']*)'
    | "(?P<double>(?:[^"\\]|\\.)*)"
    | \\(?P<escaped>.?)
    | (?P<plain><<[\t\r ]*|<|[^'"\\<{SPACE}]+)""",
    re.VERBOSE | re.DOTALL,
)
_HEREDOC = re.compile(r"[0-9]*<<(?P<dash>-?)[\t\n\f\r ]*(?P<name>[^<]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Heredoc:
    """A here-document. `body` is as written; with `strip_tabs` (`<<-`) its leading tabs don't count."""

    name: str
    body: str
    strip_tabs: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """One instruction.

    `keyword` is in capitals. `text` is the instruction on one line: continuations joined, comments between
    them left out, without the bodies of here-documents; `raw` is what stands in the file. `arguments` is what
    follows keyword and `flags`; flags are without their quotes. `json` holds the items of the JSON form.
    `line` and `end_line` count from 1. `stage` counts from 0 and is None before the first FROM; `stage_name`
    is in small letters. `trigger` is the instruction that ONBUILD keeps for later. `ignores` are the words of
    `# bloatcheck ignore=word,word` comments within the instruction, or in the comments right above it.
    """

    keyword: str
    text: str
    raw: str
    arguments: str
    line: int
    end_line: int
    flags: tuple[str, ...] = ()
    json: tuple[str, ...] | None = None
    heredocs: tuple[Heredoc, ...] = ()
    stage: int | None = None
    stage_name: str | None = None
    trigger: Instruction | None = None
    ignores: frozenset[str] = frozenset()

    @property
    def words(self) -> tuple[str, ...]:
        """The items of the JSON form, or the arguments split at white space with their quotes left on."""
        return _words(self.arguments) if self.json is None else self.json


def parse_dockerfile(text: str) -> tuple[Instruction, ...]:
    """The instructions of a Dockerfile, in order.

    A here-document that isn't closed ends the parsing: what follows can't be told from its body.

    Raises:
        ValueError: longer than `MAX_LENGTH`.
    """
    if len(text) > MAX_LENGTH:
        raise ValueError(f"the Dockerfile has {len(text):,} characters; at most {MAX_LENGTH:,} are read")
    return tuple(_Parser(text).instructions())


def read_dockerfile(path: Path) -> str:
    """The text of a Dockerfile, lines as they end there; bytes that are no UTF-8 are replaced.

    Raises:
        OSError: it can't be read, or is no file: a pipe or a terminal, by a link, is not waited for.
        ValueError: longer than `MAX_LENGTH`.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "it is no file")
        with open(handle, encoding="utf-8", errors="replace", newline="", closefd=False) as file:
            text = file.read(MAX_LENGTH + 1)
    finally:
        os.close(handle)
    if len(text) > MAX_LENGTH:
        raise ValueError(f"has more than {MAX_LENGTH:,} characters")
    return text


class _Parts(NamedTuple):
    """A logical line, taken apart."""

    text: str
    keyword: str
    flags: tuple[str, ...]
    arguments: str
    json: tuple[str, ...] | None


class _Parser:
    """The physical lines, a place in them, and what earlier lines decide about later ones."""

    def __init__(self, text: str) -> None:
        text = _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text).removeprefix("\ufeff")
        self._lines: list[str] = re.findall(r"[^\n]*\n|[^\n]+", text)
        self._position = 0
        self._escape = "\\"
        self._stage: int | None = None
        self._stage_name: str | None = None
        self._comments: list[str] = []

    def instructions(self) -> Iterator[Instruction]:
        self._read_directives()
        while self._position < len(self._lines):
            start = self._position
            parts = _take_apart(self._logical_line(), self._escape)
            if not parts.keyword:
                self._remember(self._lines[start])
                continue
            kept = _take_apart(parts.arguments, self._escape) if parts.keyword == "ONBUILD" else None
            heredocs = self._heredocs(kept or parts)
            if heredocs is None:
                return
            if parts.keyword == "FROM":
                self._stage = 0 if self._stage is None else self._stage + 1
                self._stage_name = _stage_name(_words(parts.arguments))
            trigger = self._instruction(kept, start, heredocs) if kept and kept.keyword else None
            yield self._instruction(parts, start, heredocs, trigger)
            self._comments.clear()

    def _instruction(
        self, parts: _Parts, start: int, heredocs: tuple[Heredoc, ...], trigger: Instruction | None = None
    ) -> Instruction:
        raw = "".join(self._lines[start : self._position])
        return Instruction(
            keyword=parts.keyword,
            text=parts.text,
            raw=raw,
            arguments=parts.arguments,
            line=start + 1,
            end_line=self._position,
            flags=parts.flags,
            json=parts.json,
            heredocs=heredocs,
            stage=self._stage,
            stage_name=self._stage_name,
            trigger=trigger,
            ignores=_ignored(*self._comments, raw),
        )

    def _remember(self, line: str) -> None:
        """Keeps a comment for the instruction right below it; an empty line comes between."""
        if line.lstrip(SPACE).startswith("#"):
            self._comments.append(line)
        else:
            self._comments.clear()

    def _read_directives(self) -> None:
        for line in self._lines:
            match = _DIRECTIVE.fullmatch(line.strip(SPACE))
            if match is None or match["name"].lower() not in _DIRECTIVES:
                return
            if match["name"].lower() == "escape" and match["value"] in {"\\", "`"}:
                self._escape = match["value"]
            self._position += 1

    def _logical_line(self) -> str:
        """The next line with its continuations; empty for a comment and for an empty line."""
        line = self._take_line().lstrip(SPACE)
        if line.startswith("#"):
            return ""
        line, continues = _without_continuation(line, self._escape)
        joined = [line]
        while continues and self._position < len(self._lines):
            line = self._take_line()
            content = line.lstrip(SPACE)
            if content and not content.startswith("#"):
                line, continues = _without_continuation(line, self._escape)
                joined.append(line)
        return "".join(joined).strip(SPACE)

    def _take_line(self) -> str:
        line = self._lines[self._position].rstrip("\r\n")
        self._position += 1
        return line

    def _heredocs(self, parts: _Parts) -> tuple[Heredoc, ...] | None:
        """The here-documents that an instruction begins; None when one isn't closed."""
        if parts.keyword not in _WITH_HEREDOCS or parts.json is not None or "<<" not in parts.text:
            return ()
        heredocs = []
        for name, strip_tabs in _heredoc_names(parts.text):
            body = self._heredoc_body(name, strip_tabs=strip_tabs)
            if body is None:
                return None
            heredocs.append(Heredoc(name=name, body=body, strip_tabs=strip_tabs))
        return tuple(heredocs)

    def _heredoc_body(self, name: str, *, strip_tabs: bool) -> str | None:
        start = self._position
        while self._position < len(self._lines):
            line = self._take_line()
            if (line.lstrip("\t") if strip_tabs else line) == name:
                return "".join(self._lines[start : self._position - 1])
        return None


def _ignored(*texts: str) -> frozenset[str]:
    return frozenset(
        word.strip()
        for text in texts
        if "bloatcheck" in text
        for match in _IGNORE.finditer(text)
        for word in match["ids"].split(",")
    )


def _without_continuation(line: str, escape: str) -> tuple[str, bool]:
    """The line without the escape character at its end, and whether there was one.

    An escaped escape character continues nothing, and three in a row count as an escaped one, as in BuildKit.
    """
    content = line.rstrip(" \t")
    if content.endswith(escape) and not content.endswith(escape * 2):
        return content[:-1], True
    return line, False


def _take_apart(text: str, escape: str) -> _Parts:
    keyword, _, rest = _GAP.sub(" ", text, count=1).partition(" ") if text else ("", "", "")
    keyword = keyword.upper()
    flags, rest = _split_flags(rest, escape)
    arguments = rest.strip(SPACE)
    items = _json_items(arguments) if keyword in _WITH_JSON else None
    return _Parts(text, keyword, flags, arguments, items)


def _split_flags(text: str, escape: str) -> tuple[tuple[str, ...], str]:
    """The leading words that begin with `--`, unquoted, and what follows them. A bare `--` ends them."""
    flags: list[str] = []
    position = 0
    while True:
        while position < len(text) and text[position] in _FLAG_SPACE:
            position += 1
        if not text.startswith("--", position):
            return tuple(flags), text[position:]
        flag, position = _read_flag(text, position, escape)
        if flag == "--":
            return tuple(flags), text[position:]
        flags.append(flag)


def _read_flag(text: str, position: int, escape: str) -> tuple[str, int]:
    """One flag and the place after it."""
    flag: list[str] = []
    quote = ""
    while position < len(text):
        character = text[position]
        position += 1
        if character == escape:
            flag.append(text[position : position + 1])
            position += 1
        elif quote:
            if character == quote:
                quote = ""
            else:
                flag.append(character)
        elif character in "'\"":
            quote = character
        elif character in _FLAG_SPACE:
            break
        else:
            flag.append(character)
    return "".join(flag), position


def _json_items(arguments: str) -> tuple[str, ...] | None:
    """The items of a JSON array of strings; None for anything else."""
    if not arguments.startswith("["):
        return None
    try:
        items = json.loads(arguments)
    except (ValueError, RecursionError):
        return None
    if not all(isinstance(item, str) for item in items):
        return None
    return tuple(_SURROGATE.sub("\N{REPLACEMENT CHARACTER}", item) for item in items)


def _words(arguments: str) -> tuple[str, ...]:
    return tuple(word for word in _GAP.split(arguments) if word)


def _stage_name(words: tuple[str, ...]) -> str | None:
    """`FROM image AS name`."""
    match words:
        case (_, keyword, name) if keyword.upper() == "AS":
            return name.lower()
    return None


def _heredoc_names(text: str) -> Iterator[tuple[str, bool]]:
    """Name and `<<-` of each here-document that a line begins."""
    for word in _shell_words(text):
        match = _HEREDOC.fullmatch(word)
        name = _unquote(match["name"]) if match else None
        if match and name:
            yield name, bool(match["dash"])


def _shell_words(text: str) -> list[str]:
    """The line's words as a shell splits them, quotes left on. None at all where a quote isn't closed."""
    words: list[str] = []
    pieces: list[str] = []
    position = 0
    while position < len(text):
        match = _SHELL_PIECE.match(text, position)
        if match is None:
            return []
        position = match.end()
        if match["gap"] is None:
            pieces.append(match[0])
        elif pieces:
            words.append("".join(pieces))
            pieces = []
    return [*words, "".join(pieces)] if pieces else words


def _unquote(word: str) -> str | None:
    """A word without its quotes; None if it is more than one."""
    name: list[str] = []
    for match in _SHELL_PIECE.finditer(word):
        if match["gap"] is not None:
            return None
        if match["double"] is not None:
            name.append(re.sub(r'\\(["$\\])', r"\1", match["double"]))
        else:
            name.append(match["single"] or match["escaped"] or match["plain"] or "")
    return "".join(name)
