"""Members of ZIP archives are those that Python's own zipfile finds, and no damage raises."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloatcheck.analysis.packages.zip_directory import content, members, read_directory

MEMBERS = {"a.MF": b"manifest" * 1000, "dir/b.MF": b"", "c.class": b"x", "d.MF": bytes(range(256))}


def archive(
    contents: Mapping[str, bytes] = MEMBERS, *, method: int = zipfile.ZIP_DEFLATED, comment: bytes = b""
) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as written:
        written.comment = comment
        for name, data in contents.items():
            written.writestr(name, data)
    return stream.getvalue()


def read(archived: bytes, *endings: bytes) -> dict[str, bytes]:
    file = io.BytesIO(archived)
    directory = read_directory(file, len(archived))
    if directory is None:
        return {}
    return {
        member.name.decode("utf-8", "replace"): content(file, member, 1 << 20)
        for member in members(directory, endings or (b"",))
    }


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("comment", [b"", b"PK", b"x" * 65535])
def test_members_have_their_contents(method: int, comment: bytes) -> None:
    assert read(archive(method=method, comment=comment)) == MEMBERS


def test_only_those_that_are_looked_for_are_told() -> None:
    assert set(read(archive(), b".MF")) == {"a.MF", "dir/b.MF", "d.MF"}


def test_a_script_in_front_moves_everything() -> None:
    assert read(b"#!/bin/sh\nexec java -jar $0\n" + archive()) == MEMBERS


def test_more_members_than_two_bytes_can_count() -> None:
    many = {f"{number}.class": b"" for number in range(70_000)}
    assert len(read(archive(many, method=zipfile.ZIP_STORED), b"69999.class")) == 1


def test_the_beginning_of_a_large_member_is_all_that_is_unpacked() -> None:
    archived = archive({"bomb": bytes(100_000_000)})
    file = io.BytesIO(archived)
    directory = read_directory(file, len(archived))
    assert directory
    (bomb,) = members(directory, (b"",))
    assert len(content(file, bomb, 1000)) == 1000


def test_rare_compression_and_encryption_are_passed_over() -> None:
    assert read(archive({"a": b"content"}, method=zipfile.ZIP_BZIP2)) == {"a": b""}
    encrypted = bytearray(archive({"a": b"content"}))
    at = encrypted.index(b"PK\x01\x02")
    encrypted[at + 8] |= 1
    assert read(bytes(encrypted)) == {"a": b""}


@given(st.dictionaries(st.text("ab/.", min_size=1, max_size=8), st.binary(max_size=300), max_size=6))
def test_zipfile_finds_the_same(contents: dict[str, bytes]) -> None:
    archived = archive(contents)
    with zipfile.ZipFile(io.BytesIO(archived)) as opened:
        assert read(archived) == {name: opened.read(name) for name in opened.namelist()}


SOUND = archive()


@given(
    st.lists(st.tuples(st.integers(0, len(SOUND) - 1), st.integers(0, 255)), max_size=8), st.integers(0, 200)
)
def test_no_damage_raises(damage: list[tuple[int, int]], missing: int) -> None:
    damaged = bytearray(SOUND)
    for at, byte in damage:
        damaged[at] = byte
    del damaged[len(damaged) - missing :]
    read(bytes(damaged))


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_no_end_of_an_archive_raises(before: bytes, end: bytes) -> None:
    read(before + b"PK\x05\x06" + end)
    read(before + b"PK\x06\x06" + end + b"PK\x06\x07" + end + b"PK\x05\x06" + b"\xff" * 18)


def test_damaged_deflate_is_an_empty_content() -> None:
    packed = zlib.compress(b"content")[2:-4]
    archived = archive({"a": b"content"})
    assert read(archived.replace(packed[:4], b"\xff\xff\xff\xff")) == {"a": b""}
