"""How sizes went on over time: `history.jsonl`, one line per image and commit, in the order they came."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from bloatcheck.analysis.snapshot import Bytes
from bloatcheck.baseline.model import BaselineEntry

if TYPE_CHECKING:
    from pydantic import TypeAdapter

HISTORY_FILE = "history.jsonl"
MOST_LINES = 200_000
"""Lines that the file holds; older ones are in the branch's own history."""
_MOST_CHARACTERS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One image at one commit. `date` is when the commit was made, RFC 3339. Sizes are in bytes."""

    commit: str
    date: str
    image: str
    platform: str
    content_size: Bytes
    compressed_size: Bytes | None = None

    @classmethod
    def of(cls, entry: BaselineEntry, *, commit: str, date: str) -> Point:
        """The point that an entry makes."""
        snapshot = entry.snapshot
        return cls(
            commit=commit,
            date=date,
            image=snapshot.name,
            platform=snapshot.platform,
            content_size=snapshot.content_size,
            compressed_size=snapshot.compressed_size,
        )

    @property
    def key(self) -> tuple[str, str, str]:
        """What there is one point of."""
        return self.commit, self.image, self.platform

    def line(self) -> str:
        """As it stands in the file, with a newline."""
        fields = {
            "commit": self.commit,
            "date": self.date,
            "image": self.image,
            "platform": self.platform,
            "content_size": self.content_size,
            "compressed_size": self.compressed_size,
        }
        known = {name: value for name, value in fields.items() if value is not None}
        return json.dumps(known, ensure_ascii=False, separators=(", ", ": ")) + "\n"


def points_of(history: bytes) -> tuple[Point, ...]:
    """The file's points, oldest first. Lines that are none are left out."""
    return tuple(point for line in history.splitlines() if (point := _point(line)))


def appended(history: bytes, points: Iterable[Point]) -> bytes:
    """The file with these points at its end, but for those that it has; when it is full, the oldest go."""
    known = {point.key for point in points_of(history)}
    ordered = sorted(points, key=lambda point: point.key)
    lines = history.splitlines(keepends=True)
    if lines and not lines[-1].endswith(b"\n"):
        lines[-1] += b"\n"
    lines += [point.line().encode() for point in ordered if point.key not in known]
    return b"".join(lines[-MOST_LINES:])


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[Point]:
    from pydantic import TypeAdapter  # noqa: PLC0415 - costs more than most commands take

    return TypeAdapter(Point)


def _point(line: bytes) -> Point | None:
    if len(line) > _MOST_CHARACTERS:
        return None
    try:
        point = _adapter().validate_json(line, strict=True)
    except ValueError:
        return None
    texts = (point.date, point.image, point.platform)
    fits = all(text.isprintable() for text in texts) and re.fullmatch("[0-9a-f]{40,64}", point.commit)
    return point if fits else None
