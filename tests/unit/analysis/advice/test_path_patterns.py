"""Patterns of paths within an image."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloatcheck.analysis.advice.paths import PathPatterns


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("/etc/passwd", "etc/passwd"),
        ("etc/passwd", "etc/passwd"),
        ("etc", "etc/passwd"),
        ("/usr/share/doc/**", "usr/share/doc/git/a"),
        ("/usr/share/doc", "usr/share/doc/git/a"),
        ("*.pem", "srv/deep/key.pem"),
        (".git/", "srv/.git/HEAD"),
        ("**/node_modules", "srv/node_modules/a"),
        ("**/node_modules", "node_modules/a"),
        ("/srv/**/b", "srv/b"),
        ("/srv/**/b", "srv/a/a/b"),
        ("/srv/?.[ch]", "srv/a.c"),
        ("[!a-c].txt", "d.txt"),
        ("a+b", "srv/a+b"),
        ("**", "a"),
        ("[b-a]", "srv/a"),
        ("[a-]b", "-b"),
        ("/**", "a/b"),
        ("/srv/**/a/**/b", "srv/x/a/y/z/b/c"),
        ("a*b*c*d", "axbxbxcxd"),
        ("*a*", "srv/bar"),
        ("/srv/**/*.py", "srv/a/b.c/d.py"),
    ],
)
def test_a_pattern_chooses(pattern: str, path: str) -> None:
    assert path.encode() in PathPatterns([pattern])


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("/etc/passwd", "srv/etc/passwd"),
        ("/etc/pass", "etc/passwd"),
        ("/srv/*", "usr/srv/a"),
        ("/usr/*/git", "usr/share/doc/git"),
        ("*.pem", "srv/pem"),
        ("/srv/?.c", "srv/ab.c"),
        ("[!a-c].txt", "a.txt"),
        ("a.b", "axb"),
        ("/srv/**", "srv"),
        ("/srv/**/a/**/b", "srv/x/a/y/z/c"),
        ("a*b", "srv/axbx"),
        ("a*b*c", "axc"),
    ],
)
def test_a_pattern_passes_over(pattern: str, path: str) -> None:
    assert path.encode() not in PathPatterns([pattern])


def test_no_pattern_chooses_nothing() -> None:
    assert b"a" not in PathPatterns([])


@given(st.text("abz*?[]!/.\\^-(é", max_size=20), st.text("ab/.", max_size=20))
def test_any_text_is_a_pattern(pattern: str, path: str) -> None:
    assert isinstance(path.encode() in PathPatterns([pattern, "x"]), bool)


@given(st.text("ab/", min_size=1, max_size=9))
def test_a_plain_path_chooses_itself(path: str) -> None:
    clean = re.sub("/+", "/", path).strip("/")
    if clean:
        assert clean.encode() in PathPatterns(["/" + clean])


@pytest.mark.parametrize(
    "pattern", ["*a" * 60 + "b", "/**/a" * 60 + "/b", "/" + "/".join(["*a*a*"] * 30) + "/b"]
)
def test_no_pattern_takes_long(pattern: str) -> None:
    patterns = PathPatterns([pattern])
    start = time.process_time()
    for path in (b"a" * 4000, b"a/" * 2000 + b"c", b"aa/" * 1300 + b"c"):
        assert path not in patterns
    assert time.process_time() - start < 1
