"""Holds back what a build says until it is over, so that it stands together."""

from __future__ import annotations

import codecs
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from bloatcheck.errors import Place
from bloatcheck.log import Log

MOST_KEPT = 32 << 20
"""Bytes of one build's output; more than GitHub shows of a step."""
_IN_MEMORY = 1 << 20
_PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class _Said:
    """One call. `length` bytes of output lie in the file."""

    how: str
    text: str = ""
    place: Place | None = None
    length: int = 0


@dataclass
class HeldLog:
    """Satisfies `bloatcheck.log.Log`. Output lies in a file once it is large, and is cut at `MOST_KEPT`."""

    _said: list[_Said] = field(default_factory=list, init=False)
    _kept: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        """Makes room."""
        self._spool = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed with this

    def close(self) -> None:
        """Gives the room back."""
        self._spool.close()

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        """Held back."""
        self._said.append(_Said("group", title))
        try:
            yield
        finally:
            self._said.append(_Said("end"))

    def output(self, text: str) -> None:
        """Held back."""
        data = text.encode(errors="replace")[: MOST_KEPT - self._kept]
        if not data:
            return
        self._spool.write(data)
        self._kept += len(data)
        length = len(data)
        if self._said and self._said[-1].how == "output":
            length += self._said.pop().length
        self._said.append(_Said("output", length=length))
        if self._kept == MOST_KEPT:
            self.info(f"the rest of this build's output is left out, after {MOST_KEPT >> 20} MiB")

    def info(self, message: str) -> None:
        """Held back."""
        self._said.append(_Said("info", message))

    def detail(self, message: str) -> None:
        """Held back."""
        self._said.append(_Said("detail", message))

    def warning(self, message: str, *, place: Place | None = None) -> None:
        """Held back."""
        self._said.append(_Said("warning", message, place))

    def status(self, message: str | None) -> None:
        """Nothing: it is over when the rest is told."""

    def let_go(self, log: Log, *, terse: bool = False) -> None:
        """Says it all, once; groups and their output only where it isn't to be terse."""
        with ExitStack() as groups:
            self._spool.seek(0)
            for said in self._said:
                if said.how == "group" and not terse:
                    groups.enter_context(log.group(said.text))
                elif said.how == "end":
                    groups.close()
                elif said.how == "output" and not terse:
                    _output(log, self._spool, said.length)
                elif said.how == "info":
                    log.info(said.text)
                elif said.how == "detail":
                    log.detail(said.text)
                elif said.how == "warning":
                    log.warning(said.text, place=said.place)


def _output(log: Log, spool: tempfile.SpooledTemporaryFile[bytes], length: int) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    while length:
        data = spool.read(min(length, _PIECE))
        length -= len(data)
        log.output(decoder.decode(data, final=not length))
