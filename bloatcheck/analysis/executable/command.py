"""What a container of an image starts: ENTRYPOINT and CMD, looked up as the engine does it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass

from bloatcheck.analysis.tree import Tree
from bloatcheck.image.layer_index import Kind
from bloatcheck.oci.image_config import ImageConfig

_ANY_MAY_RUN = 0o111
_USUAL_PATH = b"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""What the engine sets where the image doesn't."""
_LONGEST_VALUE = 128 << 10
"""Bytes; with a longer string in its environment the kernel starts nothing (MAX_ARG_STRLEN)."""
_SHELLS = frozenset((b"sh", b"ash", b"bash", b"dash"))
_INITS = frozenset((b"tini", b"tini-static", b"dumb-init", b"catatonit"))
"""Programs that reap processes, and start what stands behind them."""
_PLAIN = re.compile(rb"\s*(?:exec\s+)?(?P<program>[\w.+-]*/[\w./+-]*)(?:[ \t]+[\w./=:,@%+-]+)*\s*\Z")
"""A shell's command that does nothing but start a program at a path."""
_FILES = (Kind.REGULAR, Kind.HARD_LINK)


@dataclass(frozen=True, slots=True)
class Environment:
    """What an image's configuration says of where programs are. All are as written there."""

    path: bytes = _USUAL_PATH
    library_path: bytes = b""
    working_dir: bytes = b"/"

    @classmethod
    def of(cls, config: ImageConfig) -> Environment:
        """Of an image."""
        values = dict(_bytes(entry).partition(b"=")[::2] for entry in config.env)
        return cls(
            path=values.get(b"PATH", _USUAL_PATH)[:_LONGEST_VALUE],
            library_path=values.get(b"LD_LIBRARY_PATH", b"")[:_LONGEST_VALUE],
            working_dir=posixpath.join(b"/", _bytes(config.working_dir)),
        )

    def absolute(self, path: bytes) -> bytes:
        """As the program sees it that starts in the working directory."""
        return posixpath.join(self.working_dir, path)


def command_of(config: ImageConfig) -> tuple[bytes, ...]:
    """The words that are started; none where a container must be told what to start."""
    return tuple(map(_bytes, (*config.entrypoint, *config.cmd)))


def behind_init(command: Sequence[bytes]) -> Sequence[bytes]:
    """The command that an init starts; empty where the first word is none, or options make it unclear."""
    if posixpath.basename(command[0]) not in _INITS:
        return ()
    rest = command[1:]
    if b"--" in rest:
        return rest[rest.index(b"--") + 1 :]
    return () if rest and rest[0].startswith(b"-") else rest


def program_of_shell(command: Sequence[bytes]) -> bytes | None:
    """The path that `sh -c` starts and does nothing else; None where it can't be told without a shell."""
    if len(command) < 3 or command[1] != b"-c" or posixpath.basename(command[0]) not in _SHELLS:  # noqa: PLR2004 - sh -c command
        return None
    match = _PLAIN.match(command[2])
    return match["program"] if match else None


def look_up(tree: Tree, word: bytes, environment: Environment) -> bytes | None:
    """The path that a word leads to, not resolved: on PATH if it has no slash; None if nothing is there."""
    if b"/" in word:
        return environment.absolute(word)
    first = None
    for folder in environment.path.split(b":"):
        path = environment.absolute(posixpath.join(folder, word))
        found = tree.resolve(path)
        node = tree.get(found) if found else None
        if node is None or node.kind not in _FILES:
            continue
        if node.mode & _ANY_MAY_RUN:
            return path
        first = first or path
    return first


def _bytes(value: str) -> bytes:
    return value.encode("utf-8", "surrogateescape" if not _has_other_surrogates(value) else "replace")


def _has_other_surrogates(value: str) -> bool:
    return bool(re.search("[\ud800-\udc7f\udd00-\udfff]", value))
