"""Running a program with its output read live."""

from __future__ import annotations

import codecs
import os
import selectors
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

_CHUNK_SIZE = 65536
_POLL_SECONDS = 0.5
_GRACE_SECONDS = 5.0


class StoppedError(Exception):
    """It was told to stop before the program ended by itself."""


def start(
    command: Sequence[str], *, directory: Path, environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """Starts `command` for `follow`, without standard input and with both of its streams in one pipe.

    It gets a session of its own, so that it can be ended together with all that it started.

    Raises:
        OSError: the program can't be started.
        ValueError: an argument can't be passed to a program (it holds a NUL character).
    """
    return subprocess.Popen(
        command,
        cwd=directory,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        bufsize=0,
        start_new_session=True,
    )


def follow(
    process: subprocess.Popen[bytes], receive: Callable[[str], None], stop: threading.Event | None = None
) -> int:
    """Hands over what the program prints, in the pieces they come in, until it ends.

    Whatever interrupts this, Ctrl-C among it, ends the program; so does another thread that sets `stop`.
    Output that isn't UTF-8 has replacement characters.

    Returns:
        The exit code; negative for the signal that ended the program.

    Raises:
        StoppedError: it was told to stop.
    """
    try:
        _read(process, receive, stop or threading.Event())
        return process.wait()
    finally:
        _end(process)


def _read(process: subprocess.Popen[bytes], receive: Callable[[str], None], stop: threading.Event) -> None:
    """Reads to the end of the stream, or to the end of the process if a child of it keeps the stream open."""
    if process.stdout is None:
        return
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    descriptor = process.stdout.fileno()
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        data = b"?"
        while data:
            if stop.is_set():
                raise StoppedError
            if selector.select(_POLL_SECONDS):
                data = os.read(descriptor, _CHUNK_SIZE)
            elif process.poll() is None:
                continue
            else:
                data = b""
            if text := decoder.decode(data, final=not data):
                receive(text)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.stdout is not None:
        process.stdout.close()
    if process.poll() is not None:
        return
    _signal(process, signal.SIGTERM)
    try:
        process.wait(_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        _signal(process, signal.SIGKILL)
        process.wait()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
