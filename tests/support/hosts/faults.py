"""What a code host that is having a bad day does.

A fault is tried against each request; the first that fits and has times left takes effect.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

WRITES = "POST|PUT|PATCH|DELETE"
ALWAYS = 1_000_000


@dataclass(frozen=True)
class Request:
    """As it came in. `target` is path and query; header names are lower-case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """An answer. One that is not lawful breaks the host's description on purpose."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    lawful: bool = True


@dataclass(frozen=True)
class Cut:
    """The connection is reset; `after` the request was carried out, or before."""

    after: bool = False


@dataclass(frozen=True)
class Wait:
    """The request waits before it is carried out."""

    seconds: float


@dataclass(frozen=True)
class Drip:
    """The answer comes a byte at a time."""

    seconds_per_byte: float


@dataclass(frozen=True)
class Meet:
    """Requests wait for each other, so that they are under way at the same moment."""

    barrier: threading.Barrier


Effect = Reply | Cut | Wait | Drip | Meet


@dataclass
class Fault:
    """An effect on requests whose method and path fit, `times` times."""

    effect: Effect
    method: str = ".*"
    path: str = ".*"
    times: int = ALWAYS
    only_if: Callable[[Request], bool] = lambda _: True
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def takes(self, request: Request) -> bool:
        """Whether it takes effect now; uses up one time."""
        with self._lock:
            fits = (
                self.times > 0
                and re.fullmatch(self.method, request.method) is not None
                and re.fullmatch(self.path, request.target.partition("?")[0]) is not None
                and self.only_if(request)
            )
            self.times -= fits
            return fits


def told(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    """An answer in JSON."""
    return Reply(status, json.dumps(value).encode(), headers or {})
