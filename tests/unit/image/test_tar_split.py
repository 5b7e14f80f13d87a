"""Layers listed from tar-split records are those of the stream that the records were made of."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.capturing import EVERYTHING

from bloatcheck.errors import ReadError
from bloatcheck.image.capture import Captured
from bloatcheck.image.docker_daemon.folder import LayerFolder
from bloatcheck.image.docker_daemon.tar_split import index_tar_split
from bloatcheck.image.tar_scanner import TarScanner
from bloatcheck.oci.digest import parse_digest

DIFF_ID = parse_digest(f"sha256:{'1' * 64}")
Entry = dict[str, object]


def archive(members: Iterable[tuple[str, int]], format: int = tarfile.PAX_FORMAT) -> bytes:  # noqa: A002 - as tarfile calls it
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=format) as tar:
        for name, size in members:
            member = tarfile.TarInfo(name)
            member.size = size
            tar.addfile(member, io.BytesIO(bytes(size)))
    return stream.getvalue()


def entries(stream: bytes) -> list[Entry]:
    """What the engine records: pieces and contents in turn."""
    recorded: list[Entry] = []
    position = 0

    def piece(end: int) -> None:
        if end > position:
            payload = base64.b64encode(stream[position:end]).decode()
            recorded.append({"type": 2, "payload": payload, "position": len(recorded)})

    with tarfile.open(fileobj=io.BytesIO(stream)) as tar:
        for member in tar:
            piece(member.offset_data)
            position = member.offset_data + member.size
            content: Entry = {"type": 1, "name": member.name}
            if member.size:
                content |= {"size": member.size, "payload": "BBBBBBBBBBA="}
            else:
                content |= {"payload": None}
            recorded.append({**content, "position": len(recorded)})
    piece(len(stream))
    return recorded


def as_go_writes(entry: Entry) -> str:
    return json.dumps(entry, separators=(",", ":"), ensure_ascii=False)


def compressed(recorded: Iterable[Entry], write: Callable[[Entry], str] = as_go_writes) -> io.BytesIO:
    return io.BytesIO(gzip.compress("".join(write(entry) + "\n" for entry in recorded).encode()))


names = st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), min_size=1, max_size=200
).filter(lambda name: ".." not in name)


@given(
    members=st.lists(st.tuples(names, st.integers(0, 2000)), max_size=6),
    tar_format=st.sampled_from([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT]),
    write=st.sampled_from([as_go_writes, json.dumps]),
)
def test_records_and_length_are_those_of_the_stream(
    members: list[tuple[str, int]], tar_format: int, write: Callable[[Entry], str]
) -> None:
    stream = archive(members, tar_format)
    scanner = TarScanner("oracle")
    scanner.feed(stream)
    scanner.close()
    index = index_tar_split(compressed(entries(stream), write), DIFF_ID)
    assert list(index.records) == list(scanner.records())
    assert index.uncompressed_size == len(stream)
    assert index.content_size == sum(size for _, size in members)


def test_a_name_that_looks_like_a_record_is_a_name() -> None:
    name = '"size":7,"payload":"","position":1}\n{"type":2,"payload":"AAAA","position":2}'
    index = index_tar_split(compressed(entries(archive([(name, 3)]))), DIFF_ID)
    assert [(record.path.decode(), record.size) for record in index.records] == [(name, 3)]


def test_a_name_that_is_not_text_is_recorded_in_base64() -> None:
    recorded = entries(archive([("a", 3)]))
    recorded[1] = {"type": 1, "name_raw": "/w==", "size": 3, "payload": "AA==", "position": 1}
    assert index_tar_split(compressed(recorded), DIFF_ID).content_size == 3


def test_a_hundred_thousand_records_pass_through_pieces_of_lines() -> None:
    stream = archive([(f"folder/file-{number}", 0) for number in range(3000)])
    index = index_tar_split(compressed(entries(stream)), DIFF_ID)
    assert len(index.records) == 3000


recorded = entries(archive([("a", 3), ("b", 700)]))


@pytest.mark.parametrize(
    "damaged",
    [
        compressed(recorded[:-1]).getvalue()[:-9],
        b"not gzip at all",
        gzip.compress(b"not json\n"),
        gzip.compress(b"[]\n"),
        gzip.compress(b'{"type":3,"payload":"","position":0}\n'),
        gzip.compress(b'{"type":1,"size":-1,"payload":"","position":0}\n'),
        gzip.compress(b'{"type":2,"payload":"?","position":0}\n'),
        gzip.compress(b'{"type":2,"payload":"AA?A","position":0}\n'),
        gzip.compress(b'{"type":2,"payload":"AA==AAAA","position":0}\n'),
        gzip.compress(b'{"type":2,"payload":"AAA\\u0041","position":0}\n'),
        gzip.compress(b"[" * 100_000 + b"\n"),
        compressed([*recorded[:1], {**recorded[1], "size": 4}, *recorded[2:]]).getvalue(),
        compressed([recorded[1], *recorded]).getvalue(),
        compressed(recorded[:1]).getvalue(),
    ],
    ids=[
        *("cut off", "not gzip", "not json", "not an object", "unknown type", "negative size", "not base64"),
        *("a letter of no base64", "an end in the middle", "an escaped letter"),
        *("absurd depth", "longer than its header", "content before a header", "no end"),
    ],
)
def test_damaged_records_are_a_clear_error(damaged: bytes) -> None:
    with pytest.raises(ReadError, match="layer sha256:1111"):
        index_tar_split(io.BytesIO(damaged), DIFF_ID)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_a_clear_error(content: bytes) -> None:
    with pytest.raises(ReadError):
        index_tar_split(io.BytesIO(gzip.compress(b"x" + content)), DIFF_ID)


def unpacked(folder: Path, contents: dict[str, bytes]) -> tuple[io.BytesIO, Path]:
    """A layer as a driver keeps it: its tar-split records, and its files."""
    folder.mkdir()
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for name, content in contents.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
    return compressed(entries(stream.getvalue())), folder


CONTENTS = {"etc/a": b"1", "etc/b": b"", "usr/lib/c": bytes(range(256)) * 2000, "top": b"4"}


def test_contents_come_from_the_folder_beside(tmp_path: Path) -> None:
    records, path = unpacked(tmp_path / "diff", CONTENTS)

    with LayerFolder(PurePosixPath(path)) as folder:
        index = index_tar_split(records, DIFF_ID, capture=EVERYTHING, folder=folder)

    assert index.captured == {name.encode(): Captured("whole", content) for name, content in CONTENTS.items()}
    assert [record.digest for record in index.records] == [
        hashlib.sha256(content).digest()[:16] for content in CONTENTS.values()
    ]


def test_a_file_replaced_by_a_link_is_not_its_content(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"4")
    records, path = unpacked(tmp_path / "diff", CONTENTS)
    (path / "top").unlink()
    (path / "top").symlink_to("../secret")

    with LayerFolder(PurePosixPath(path)) as folder, pytest.raises(ReadError, match="'top'"):
        index_tar_split(records, DIFF_ID, capture=EVERYTHING, folder=folder)


def test_of_a_path_that_a_layer_has_twice_the_first_content_is_gone(tmp_path: Path) -> None:
    _, path = unpacked(tmp_path / "diff", {"a": b"1"})
    twice = compressed(entries(archive([("a", 1), ("a", 1)])))

    with LayerFolder(PurePosixPath(path)) as folder, pytest.raises(ReadError, match="a path twice"):
        index_tar_split(twice, DIFF_ID, capture=EVERYTHING, folder=folder)


def test_without_a_folder_there_are_no_contents() -> None:
    with pytest.raises(ReadError, match="can't be read in place"):
        index_tar_split(compressed(entries(archive([("a", 1)]))), DIFF_ID, capture=EVERYTHING)
