"""Downloads a blob in pieces, and goes on where a connection broke."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from http import HTTPStatus

import requests

from bloatcheck.errors import ReadError
from bloatcheck.image.registry.transport import NETWORK_ERRORS, PIECE, Patience, ended_after

_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,19})-[0-9]{1,19}/(?:[0-9]{1,19}|\*)")


class BlobDownload:
    """One blob.

    Each window of time must bring its bytes, and only so many connections may break for so many bytes:
    however a peer drips, the time that it can take is bounded by the size.

    Args:
        open_range: the answer that carries the blob from an offset on (status 206), or whole (200).
        size: its length in bytes, from its descriptor.
        label: its name for messages.
        patience: see there.
    """

    def __init__(
        self, open_range: Callable[[int], requests.Response], *, size: int, label: str, patience: Patience
    ) -> None:
        self._open_range = open_range
        self._size = size
        self._label = label
        self._patience = patience
        self._offset = 0
        self._breaks = 0
        self._break_limit_renewed_at = 0

    def pieces(self) -> Iterator[bytes]:
        """Its bytes in order, exactly `size`.

        Raises:
            ReadError: it has another length, or the registry stalls, breaks off too often, or gives up.
        """
        while self._offset < self._size:
            with closing(self._open_range(self._offset)) as response:
                cause: Exception | None = None
                try:
                    for piece in self._connected(response):
                        self._offset += len(piece)
                        yield piece
                except NETWORK_ERRORS as error:
                    cause = error
            if self._offset < self._size:
                self._broke_off(cause)

    def _connected(self, response: requests.Response) -> Iterator[bytes]:
        """The pieces of one answer that are new."""
        to_skip = self._beginning(response)
        for piece in self._paced(response, self._size - self._offset + to_skip):
            fresh = piece[to_skip:]
            to_skip -= len(piece) - len(fresh)
            if fresh:
                yield fresh

    def _beginning(self, response: requests.Response) -> int:
        """How many bytes of the answer are known already; checks the length that it announces."""
        to_skip = self._offset
        if response.status_code == HTTPStatus.PARTIAL_CONTENT:
            match = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", "").strip())
            to_skip = self._offset - int(match[1]) if match else -1
            if to_skip < 0:
                raise self._damaged("comes in another range than was asked for")
        announced = response.headers.get("Content-Length", "")
        rest = self._size - self._offset + to_skip
        if re.fullmatch(r"[0-9]{1,19}", announced) and int(announced) != rest:
            actual = self._size + int(announced) - rest
            raise self._damaged(f"is {actual} bytes long in the registry, not {self._size}")
        return to_skip

    def _paced(self, response: requests.Response, length: int) -> Iterator[bytes]:
        """`length` bytes of the body, fewer if it ends before, as long as every window brings its share.

        The connection is shut down from outside where a window doesn't end by itself, for a read may
        hang in the middle of a chunk's header.
        """
        window = self._patience.window
        while length:
            started, got, share = time.monotonic(), 0, min(length, int(self._patience.slowest * window))
            with ended_after(response, window + self._patience.silence):
                while length and time.monotonic() - started < window:
                    try:
                        piece = response.raw.read1(min(PIECE, length), decode_content=False)
                    except NETWORK_ERRORS:
                        if time.monotonic() - started < window:
                            raise
                        break
                    if not piece:
                        if time.monotonic() - started < window:
                            return
                        break
                    got += len(piece)
                    length -= len(piece)
                    yield piece
            if got < share:
                raise self._stalled(got, time.monotonic() - started)
        if "Content-Length" in response.headers:
            response.raw.read1(1, decode_content=False)  # sees the end, so that the connection is used again

    def _broke_off(self, cause: Exception | None) -> None:
        if self._offset - self._break_limit_renewed_at >= self._patience.bytes_between_breaks:
            self._break_limit_renewed_at, self._breaks = self._offset, 0
        self._breaks += 1
        if self._breaks >= self._patience.attempts:
            why = f" ({type(cause).__name__})" if cause else ""
            raise ReadError(
                f"{self._label} broke off {self._breaks} times, at last after {self._offset} of "
                f"{self._size} bytes{why}",
                hint="try again later",
            )
        time.sleep(min(self._patience.first_wait * 2 ** (self._breaks - 1), self._patience.longest_wait))

    def _stalled(self, got: int, seconds: float) -> ReadError:
        return ReadError(
            f"{self._label} stalls: {got} bytes in {seconds:.0f} s, after {self._offset} of {self._size}",
            hint="try again later",
        )

    def _damaged(self, what: str) -> ReadError:
        return ReadError(f"{self._label} {what}", hint="it is damaged in the registry or on the way")
