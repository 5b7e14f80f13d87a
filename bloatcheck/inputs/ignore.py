"""Which files of a context a builder leaves out: `.dockerignore`, by the rules of moby's `patternmatcher`.

The rules are those of https://docs.docker.com/build/concepts/context/#dockerignore-files: Go's
`filepath.Match` for each name, `**` for any number of folders, the last pattern that fits decides, and what
lies below a folder that fits goes with it.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

from bloatcheck.inputs.model import UnresolvedError
from bloatcheck.oci.dockerfile import SPACE

MAX_LENGTH = 250_000
"""Characters: of patterns alone, they take two seconds to understand."""
MAX_PATTERNS = 5_000
MOST_COMPARED = 20_000_000
"""Patterns with paths, for one ignore file: some ten seconds."""
_MOST_STARS = 3
"""In one name of a pattern."""
_USUAL_DEPTH = 16
_STAR = "[^/]*"


@dataclass(frozen=True, slots=True)
class _Pattern:
    """One line. `fixed` are the names before the first one that is no plain name."""

    expression: re.Pattern[str]
    takes_back: bool
    fixed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IgnoreFile:
    """The patterns of one ignore file, in order. What is decided is remembered."""

    patterns: tuple[_Pattern, ...] = ()
    _known: dict[str, bool] = field(default_factory=dict, compare=False, repr=False)
    _fitting: dict[str, int] = field(default_factory=lambda: {"": 0}, compare=False, repr=False)
    """By folder, a bit for each pattern that fits it or one above it."""
    _compared: Iterator[int] = field(default_factory=count, compare=False, repr=False)

    def ignores(self, path: str) -> bool:
        """Whether the builder leaves out the file or folder at a clean path from the context's root.

        Raises:
            UnresolvedError: there are too many patterns and paths to tell.
        """
        known = self._known.get(path)
        if known is None:
            known = self._known[path] = self._decide(path)
        return known

    def prunes(self, folder: str) -> bool:
        """Whether the folder is left out with all that is in it: nothing below it is taken back."""
        names = folder.split("/")
        return self.ignores(folder) and not any(
            pattern.takes_back and _may_be_below(pattern.fixed, names) for pattern in self.patterns
        )

    def _decide(self, path: str) -> bool:
        above = self._fits(posixpath.dirname(path))
        ignored = False
        for number, pattern in enumerate(self.patterns):
            # One that takes back says nothing of what isn't left out, and the other way round.
            if pattern.takes_back == ignored and (above >> number & 1 or self._fits_one(pattern, path)):
                ignored = not pattern.takes_back
        return ignored

    def _fits(self, folder: str) -> int:
        missing = []
        while folder not in self._fitting:
            missing.append(folder)
            folder = posixpath.dirname(folder)
        fitting = self._fitting[folder]
        for each in reversed(missing):
            for number, pattern in enumerate(self.patterns):
                if not fitting >> number & 1 and self._fits_one(pattern, each):
                    fitting |= 1 << number
            self._fitting[each] = fitting
        return fitting

    def _fits_one(self, pattern: _Pattern, path: str) -> bool:
        # A pattern begins anew at each folder, if it has `**`; a few thousand of them is as far as paths go.
        for _ in range(1 + path.count("/") // _USUAL_DEPTH):
            if next(self._compared) >= MOST_COMPARED:
                raise UnresolvedError("its ignore file has too many patterns for so many files")
        return pattern.expression.fullmatch(path) is not None


def parse_ignore_file(text: str) -> IgnoreFile:
    """Reads an ignore file.

    Raises:
        ValueError: a pattern that builders refuse too, or more of them than anyone writes.
    """
    if len(text) > MAX_LENGTH:
        raise ValueError(f"it has {len(text):,} characters; {MAX_LENGTH:,} are read at most")
    if "\N{REPLACEMENT CHARACTER}" in text:
        raise ValueError("it is not written in UTF-8")
    lines = text.removeprefix("\ufeff").split("\n")
    patterns = [pattern for line in lines if (pattern := _pattern(line)) is not None]
    if len(patterns) > MAX_PATTERNS:
        raise ValueError(f"it has {len(patterns):,} patterns; {MAX_PATTERNS:,} are read at most")
    return IgnoreFile(tuple(patterns))


def name_pattern(name: str) -> re.Pattern[str]:
    """One name as Go's `filepath.Match` reads it, without `**`.

    Raises:
        ValueError: it can't be read.
    """
    if _stars(name) > _MOST_STARS:
        raise ValueError(f"{name[:100]} has too many stars")
    run = _Run(count())
    at = 0
    while at < len(name):
        part, at = _piece(name, at)
        run.add(part)
    try:
        return re.compile(run.written, re.DOTALL)
    except re.error as error:
        raise ValueError(f"its pattern {name[:100]!r} can't be understood: {error}") from None


def _pattern(line: str) -> _Pattern | None:
    if line.startswith("#") or not (text := line.strip(SPACE)):
        return None
    takes_back = text.startswith("!")
    text = text[1:].strip(SPACE) if takes_back else text
    if not text:
        raise ValueError("it has a pattern that is only `!`")
    text = posixpath.normpath(text)
    # Of two leading slashes normpath leaves both.
    text = text.lstrip("/") or "/"
    names = text.split("/")
    fixed = next((at for at, name in enumerate(names) if set("*?[\\") & set(name)), len(names))
    return _Pattern(_compiled(text), takes_back, tuple(names[:fixed]))


def _may_be_below(fixed: Sequence[str], folder: Sequence[str]) -> bool:
    return all(one == other for one, other in zip(fixed, folder, strict=False))


def _compiled(text: str) -> re.Pattern[str]:
    """The pattern as moby translates it, its peculiarities with it: `**x` fits `ax` at any depth.

    Between two `**` the first fit is taken for good, which loses nothing where a slash stands before the
    second: it can pass over whatever a later fit would have left to it. So no path takes long.
    """
    if max(map(_stars, text.split("/"))) > _MOST_STARS:
        raise ValueError(f"its pattern {text[:100]!r} has too many stars in one name")
    if text.startswith("**") and not set("*?[]\\") & set(text[2:]):
        rest = text[2:]
        whole = rf"(?:.*{re.escape(rest)}|{re.escape(rest.removeprefix('/'))})" if rest else ".*"
        return re.compile(whole, re.DOTALL)
    first, *runs = _runs(text)
    written = [first]
    for number, run in enumerate(runs[:-1]):
        if not run.endswith("/"):
            raise ValueError(f"its pattern {text[:100]!r} has `**` within a name, and another one before")
        written.append(f"(?=(?P<g{number}>(?:[^/]*/)*?{run}))(?P=g{number})")
    if runs:
        written.append(f"(?:.*/)?{runs[-1]}")
    try:
        return re.compile("".join(written), re.DOTALL)
    except re.error as error:
        raise ValueError(f"its pattern {text[:100]!r} can't be understood: {error}") from None


def _stars(name: str) -> int:
    return len(re.findall(r"\*+", name))


def _runs(text: str) -> list[str]:
    """What stands before, between and after the `**` of a pattern, as regular expressions."""
    groups = count()
    runs = [_Run(groups)]
    at = 0
    while at < len(text):
        if text.startswith("**", at):
            at += 3 if text.startswith("**/", at) else 2
            # Several in a row say the same as one.
            while text.startswith("**/", at):
                at += 3
            if at == len(text):
                runs[-1].add(".*")
            else:
                runs.append(_Run(groups))
            continue
        part, at = _piece(text, at)
        runs[-1].add(part)
    return [run.written for run in runs]


class _Run:
    """A regular expression of names between slashes, put together from pieces.

    Whatever stands between two stars of a name is taken at its first place for good, so that no name takes
    long. It loses nothing: the star behind it can pass over what a later place would have left to it, but for
    the slash that a set may stand for.
    """

    def __init__(self, groups: Iterator[int]) -> None:
        self._groups = groups
        self._whole = ""
        self._chunks = [""]
        self._set_of_slash = ""

    def add(self, piece: str) -> None:
        if piece == _STAR:
            self._chunks.append("")
            return
        self._chunks[-1] += piece
        if piece.startswith("[") and _may_be_slash(piece):
            self._set_of_slash = piece
        if piece == "/":
            self._whole, self._chunks, self._set_of_slash = self.written, [""], ""

    @property
    def written(self) -> str:
        first, *more = self._chunks
        if not more:
            return self._whole + first
        *middle, last = more
        if middle and self._set_of_slash:
            raise ValueError("a pattern of it has several stars, and a set that may be a slash, in one name")
        between = "".join(
            f"(?=(?P<n{number}>[^/]*?{chunk}))(?P=n{number})"
            for chunk, number in zip(filter(None, middle), self._groups, strict=False)
        )
        return f"{self._whole}{first}{between}{_STAR}{last}"


def _may_be_slash(piece: str) -> bool:
    try:
        return re.fullmatch(piece, "/") is not None
    except re.error:
        # refused as a whole
        return False


def _piece(text: str, at: int) -> tuple[str, int]:
    """A piece of the pattern as a regular expression, and where the next one begins."""
    character = text[at]
    if character == "*":
        return _STAR, at + 1
    if character == "?":
        return "[^/]", at + 1
    if character == "\\" and at + 1 < len(text):
        return re.escape(text[at + 1]), at + 2
    if character == "[" and (end := _end_of_set(text, at)):
        return _set(text[at + 1 : end]), end + 1
    if character == "[":
        raise ValueError(f"its pattern {text[:100]!r} has a `[` without its `]`")
    return re.escape(character), at + 1


def _end_of_set(text: str, at: int) -> int:
    """Where the `]` of a set is; 0 without one."""
    first = at + (2 if text.startswith("[^", at) else 1)
    position = first
    while position < len(text):
        if text[position] == "\\":
            position += 1
        elif text[position] == "]" and position > first:
            return position
        position += 1
    return 0


def _set(inner: str) -> str:
    negated = inner.startswith("^")
    body = inner[1:] if negated else inner
    written = "".join(character if character in "-\\" else re.escape(character) for character in body)
    return f"[{'^' if negated else ''}{written}]"
