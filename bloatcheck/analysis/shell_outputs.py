"""Which files a shell's command line writes, as far as its words tell. Much stays open: nothing is run."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bloatcheck.analysis.recipe import expand
from bloatcheck.oci.dockerfile import Instruction

_LONGEST = 64 * 1024
"""Characters; BuildKit builds no longer instruction."""
_MAX_RELATIVE = 50
"""Paths; each is compared with every file."""
_TOKEN = re.compile(r"""[;&|()\n`]+|>+|[^\s;&|()<>'"`=,]+""")
_ENDS_COMMAND = frozenset(";&|()\n`")
_OUTPUT_OPTIONS = {"-o", "-O", "-out", "--out", "--outfile", "--output", "--output-document"}
_COPYING = {"cp", "install", "ln", "mv", "rsync"}
_WRITES_NOTHING_NEW = [
    "[",
    "cat",
    "chmod",
    "chown",
    "echo",
    "exec",
    "export",
    "file",
    "find",
    "grep",
    "head",
    "ldd",
    "ls",
    "mkdir",
    "printf",
    "readelf",
    "rm",
    "rmdir",
    "set",
    "sha256sum",
    "sleep",
    "stat",
    "strip",
    "tail",
    "test",
    "true",
    "upx",
]
"""Whatever their words are. Redirections still count."""


@dataclass(frozen=True, slots=True)
class Outputs:
    """Absolute paths that a command line names.

    `written` are surely written, by the word before them (`-o`, `>`) or the command (`cp`). `mentioned` are
    words of commands that may write them. `relative` are written too, into a directory that isn't known.
    """

    written: set[str] = field(default_factory=set)
    mentioned: set[str] = field(default_factory=set)
    relative: set[str] = field(default_factory=set)


def outputs_of(run: Instruction, *, directory: str | None, variables: Mapping[str, str]) -> Outputs:
    """What a RUN writes. `directory` is the one it runs in, None if that isn't known."""
    outputs = Outputs()
    for command in _commands(run):
        where = _Where(directory, variables)
        words = [word for word in command if word]
        name = posixpath.basename(words[0]) if words else ""
        arguments = _redirected(words[1:], where, outputs)
        if name == "cd":
            directory = where.resolve(arguments[0]) if arguments else None
            outputs.mentioned.update({directory} if directory else ())
        elif name in _COPYING:
            _copied([word for word in arguments if not word.startswith("-")], where, outputs)
        elif name not in _WRITES_NOTHING_NEW:
            paths = (where.resolve(word) for word in arguments if not word.startswith("-"))
            outputs.mentioned.update(path for path in paths if path)
    return outputs


@dataclass(frozen=True, slots=True)
class _Where:
    directory: str | None
    variables: Mapping[str, str]

    def resolve(self, word: str) -> str | None:
        """The word as an absolute path; None where that isn't known."""
        expanded = expand(word, self.variables)
        if not expanded or expanded.startswith("~"):
            return None
        if not expanded.startswith("/") and self.directory is None:
            return None
        return absolute(expanded, self.directory or "/")

    def write(self, word: str, outputs: Outputs) -> None:
        path = self.resolve(word)
        if path:
            outputs.written.add(path)
        elif self.directory is None and len(outputs.relative) < _MAX_RELATIVE:
            outputs.relative.add(posixpath.normpath(expand(word, self.variables) or word).lstrip("/"))


def absolute(path: str, directory: str) -> str:
    """A path within a directory, without `.` and `..`, with exactly one slash before it."""
    return "/" + posixpath.normpath(posixpath.join(directory, path)).lstrip("/").removeprefix(".")


def _commands(run: Instruction) -> Iterator[list[str]]:
    if run.json is not None:
        yield list(run.json)
        return
    text = "\n".join([run.arguments, *(heredoc.body for heredoc in run.heredocs)])
    command: list[str] = []
    for match in _TOKEN.finditer(text) if len(text) <= _LONGEST else ():
        if match[0][0] in _ENDS_COMMAND:
            yield command
            command = []
        else:
            command.append(match[0])
    yield command


def _redirected(words: Sequence[str], where: _Where, outputs: Outputs) -> list[str]:
    """Notes what `>` and `-o` write; returns the other words."""
    others = []
    before = ""
    for word in words:
        if before.startswith(">") or before in _OUTPUT_OPTIONS:
            where.write(word, outputs)
        elif not word.startswith(">"):
            others.append(word)
        before = word
    return others


def _copied(words: Sequence[str], where: _Where, outputs: Outputs) -> None:
    if len(words) < 2:  # noqa: PLR2004 - a source and a destination
        return
    *sources, destination = words
    where.write(destination, outputs)
    for source in sources:
        where.write(f"{destination}/{posixpath.basename(source)}", outputs)
