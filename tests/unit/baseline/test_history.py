"""The history's lines, which a branch of the repository holds and anybody with a push may have touched."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.snapshots import entry, layer, snapshot

from bloatcheck.baseline import history
from bloatcheck.baseline.history import Point, appended, points_of

COMMIT = "1a2b3c4d" * 5


def point(image: str = "api", size: int = 5, commit: str = COMMIT) -> Point:
    return Point(
        commit=commit, date="2026-01-31T12:00:00Z", image=image, platform="linux/amd64", content_size=size
    )


def test_a_line_is_one_image_at_one_commit() -> None:
    made = Point.of(entry(snapshot("api", layer(1, 5))), commit=COMMIT, date="2026-01-31T12:00:00Z")
    assert made == point()
    assert made.line() == (
        f'{{"commit": "{COMMIT}", "date": "2026-01-31T12:00:00Z", "image": "api", '
        '"platform": "linux/amd64", "content_size": 5}\n'
    )


def test_lines_are_only_appended_and_never_twice() -> None:
    first = appended(b"", [point("web"), point("api")])
    assert [one.image for one in points_of(first)] == ["api", "web"]
    again = appended(first, [point("api", 9), point("api", 6, "f" * 40)])
    assert again.startswith(first)
    assert [one.content_size for one in points_of(again)] == [5, 5, 6]


def test_a_last_line_without_an_end_gets_one() -> None:
    cut = point("web").line().encode().rstrip()
    assert [one.image for one in points_of(appended(cut, [point("api")]))] == ["web", "api"]


def test_when_it_is_full_the_oldest_lines_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "MOST_LINES", 2)
    full = appended(b"", [point("a"), point("b")])
    assert [one.image for one in points_of(appended(full, [point("c")]))] == ["b", "c"]


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 900,
        b'{"commit": 1}',
        b" " * 2000 + point().line().encode(),
        point(commit="main").line().encode(),
        point("a\x1b[2J").line().encode(),
        point(size=-1).line().encode(),
        json.dumps({**json.loads(point().line()), "content_size": "5"}).encode(),
        json.dumps({**json.loads(point().line()), "content_size": True}).encode(),
    ],
)
def test_a_line_that_is_none_is_left_out(line: bytes) -> None:
    assert points_of(line + b"\n" + point().line().encode()) == (point(),)


def test_fields_of_a_later_version_are_left_alone() -> None:
    line = json.dumps({**json.loads(point().line()), "wasted": 1}).encode()
    assert points_of(line) == (point(),)


@given(st.binary(max_size=300))
def test_any_bytes_are_points_or_nothing(content: bytes) -> None:
    for one in points_of(appended(content, [point()])):
        assert one.content_size >= 0
