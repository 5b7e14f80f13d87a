"""What is kept of contents is the same however they come, and never more than the bounds."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import tarfile
import tempfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.capturing import EVERYTHING, NOTHING, Capturing, whole
from support.image_builder import entry, header, layer, member

from bloatcheck.errors import ReadError
from bloatcheck.image import contents as contents_module
from bloatcheck.image.capture import Capture, Captured, OnlyIf
from bloatcheck.image.contents import Contents, ContentsInPlace, layer_index
from bloatcheck.image.layer_index import LayerIndex
from bloatcheck.image.tar_scanner import TarScanner
from bloatcheck.oci.digest import Digest

DIFF_ID = Digest(f"sha256:{'1' * 64}")
LARGE = bytes(range(256)) * 3000
"""More than is read at once."""


def listed(stream: bytes, capture: Capture, *, piece: int = 1 << 16) -> LayerIndex:
    """Fed in pieces."""
    contents = Contents(capture)
    scanner = TarScanner("layer", contents=contents)
    for start in range(0, len(stream), piece):
        scanner.feed(stream[start : start + piece])
    scanner.close()
    return layer_index(DIFF_ID, scanner.records(), contents, uncompressed_size=None, verified=True)


class Shelf:
    """A file for each content."""

    def __init__(self, folder: Path, contents: Mapping[bytes, bytes]) -> None:
        self._folder = folder
        self._file = -1
        for path, content in contents.items():
            (folder / path.hex()).write_bytes(content)

    def find(self, path: bytes, size: int) -> int:
        """See `Place`."""
        self.close()
        self._file = os.open(self._folder / path.hex(), os.O_RDONLY)
        assert os.fstat(self._file).st_size == size
        return self._file

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def listed_in_place(stream: bytes, capture: Capture) -> LayerIndex:
    """Listed from the headers alone, contents read from files."""
    expected = listed(stream, EVERYTHING)
    with tempfile.TemporaryDirectory() as folder, closing(Shelf(Path(folder), kept(expected))) as shelf:
        contents = ContentsInPlace(capture, shelf)
        scanner = TarScanner("layer", contents=contents)
        position = 0
        while position < len(stream) and not scanner.done:
            scanner.feed(stream[position : position + 512])
            position += 512 + scanner.skip
            scanner.jump(scanner.skip)
        scanner.close()
        return layer_index(DIFF_ID, scanner.records(), contents, uncompressed_size=None, verified=True)


def kept(index: LayerIndex) -> Mapping[bytes, bytes]:
    assert index.captured is not None
    return {path: captured.content for path, captured in index.captured.items()}


@given(
    members=st.dictionaries(st.sampled_from("abcdefgh"), st.binary(max_size=2000), max_size=5),
    piece=st.sampled_from([1, 7, 512, 700, 1 << 16]),
)
def test_contents_and_digests_are_those_of_the_files(members: dict[str, bytes], piece: int) -> None:
    stream = layer(*(member(name, content) for name, content in members.items()))

    index = listed(stream, EVERYTHING, piece=piece)

    assert kept(index) == {name.encode(): content for name, content in members.items()}
    assert [record.digest for record in index.records] == [
        hashlib.sha256(content).digest()[:16] for content in members.values()
    ]
    assert listed_in_place(stream, EVERYTHING) == index


def test_who_keeps_nothing_has_digests_all_the_same() -> None:
    index = listed(layer(member("a", b"content")), NOTHING)

    assert index.captured == {}
    assert [record.digest for record in index.records] == [hashlib.sha256(b"content").digest()[:16]]


def test_a_large_file_is_read_where_it_lies() -> None:
    stream = layer(member("large", LARGE), member("after", b"x"))

    assert (
        kept(listed_in_place(stream, EVERYTHING))
        == kept(listed(stream, EVERYTHING))
        == {
            b"large": LARGE,
            b"after": b"x",
        }
    )


def test_every_regular_file_is_asked_for_by_its_clean_path_size_and_mode() -> None:
    capture = Capturing(lambda _path: None)

    listed(
        layer(
            member("./usr//bin/../bin/tool", b"12345", mode=0o4755),
            member("./folder", type=tarfile.DIRTYPE),
            member("./link", type=tarfile.SYMTYPE, link="usr"),
            member("./hard", type=tarfile.LNKTYPE, link="./usr/bin/tool"),
            member("./empty"),
        ),
        capture,
    )

    assert capture.asked == [(b"usr/bin/tool", 5, 0o4755), (b"empty", 0, 0o644)]


def test_of_a_path_that_a_layer_has_twice_the_last_one_counts() -> None:
    stream = layer(
        member("twice", b"first"),
        member("twice", b"second"),
        member("./later a link", b"first"),
        member("later a link", type=tarfile.SYMTYPE, link="x"),
    )

    assert kept(listed(stream, EVERYTHING)) == {b"twice": b"second"}


def test_nothing_is_kept_of_a_sparse_file_nor_of_a_marker() -> None:
    sparse = entry(b"sparse", b"data", flag=b"S")

    index = listed(entry(b"sparse", b"first") + entry(b"d/.wh.gone", b"odd") + sparse, EVERYTHING)

    assert [record.path for record in index.records] == [b"sparse", b"d/.wh.gone", b"sparse"]
    assert kept(index) == {}


@pytest.mark.parametrize("piece", [1, 2, 1 << 16])
def test_only_contents_that_begin_as_they_must_are_looked_into(piece: int) -> None:
    looked_into = []

    def look(file: BinaryIO, size: int) -> Captured:
        looked_into.append(size)
        return whole(file, size)

    capture = Capturing(lambda _path: OnlyIf((b"\x7fELF", b"#!"), look))
    stream = layer(
        member("program", b"\x7fELF" + LARGE),
        member("script", b"#!/bin/sh"),
        member("short", b"#"),
        member("text", b"text" * 100),
        member("empty"),
    )

    assert set(kept(listed(stream, capture, piece=piece))) == {b"program", b"script"}
    assert looked_into == [len(LARGE) + 4, 9]
    assert set(kept(listed_in_place(stream, capture))) == {b"program", b"script"}


def test_a_long_content_waits_in_a_temporary_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents_module, "MAX_IN_MEMORY", 1000)
    seen: list[type] = []

    def look(file: BinaryIO, size: int) -> Captured:
        seen.append(type(file))
        return whole(file, size)

    index = listed(layer(member("a", LARGE), member("b", b"x")), Capturing(lambda _path: look), piece=700)

    assert kept(index) == {b"a": LARGE, b"b": b"x"}
    assert seen[0] is not io.BytesIO
    assert seen[1] is io.BytesIO


@pytest.mark.parametrize("fault", ["longer than what is gathered", "no room on the disk"])
def test_a_content_too_long_to_wait_is_left_out_and_said_so(
    monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    if fault == "no room on the disk":

        def full(**_: object) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(tempfile, "TemporaryFile", full)
        monkeypatch.setattr(contents_module, "MAX_IN_MEMORY", 1000)
    else:
        monkeypatch.setattr(contents_module, "MAX_GATHERED", 1000)
    stream = layer(member("a", LARGE), member("b", b"x"))

    index = listed(stream, EVERYTHING)

    assert (kept(index), index.left_out) == ({b"b": b"x"}, 1)
    assert index.records.digests == listed(stream, NOTHING).records.digests
    elf_only = Capturing(lambda _path: OnlyIf((b"\x7fELF",), whole))
    assert listed(stream, elf_only).left_out == 0


def test_of_too_much_the_largest_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents_module, "MAX_KEPT", 10_000)
    sizes = {"a": 4000, "b": 6000, "c": 3000, "d": 100, "e": 9000}

    index = listed(layer(*(member(name, bytes(size)) for name, size in sizes.items())), EVERYTHING)

    assert set(kept(index)) == {b"a", b"c", b"d"}
    assert index.left_out == 2


def test_many_tiny_contents_are_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents_module, "MAX_KEPT", 10_000)

    index = listed(b"".join(entry(b"%d" % number, b"x") for number in range(500)), EVERYTHING)

    assert len(kept(index)) < 50
    assert len(kept(index)) + index.left_out == 500


def test_a_size_that_lies_is_an_error_and_takes_no_memory() -> None:
    lying = header(b"huge", size=1 << 32)

    with pytest.raises(ReadError, match="too early"):
        listed(lying + bytes(5000), EVERYTHING)


def test_a_path_outside_the_root_isnt_asked_for() -> None:
    capture = Capturing()

    with pytest.raises(ReadError, match="outside the root"):
        listed(layer(member("../../etc/shadow", b"x")), capture)
    assert capture.asked == []


def test_a_file_that_became_shorter_is_an_error(tmp_path: Path) -> None:
    class Shortened(Shelf):
        def find(self, path: bytes, size: int) -> int:
            file = super().find(path, size)
            os.truncate(tmp_path / path.hex(), size // 2)
            return file

    for content in (b"short", LARGE):
        with closing(Shortened(tmp_path, {b"a": content})) as shelf:
            contents = ContentsInPlace(EVERYTHING, shelf)
            with pytest.raises(ReadError, match="shorter"):
                contents.take(b"a", len(content), 0o644, 0)
