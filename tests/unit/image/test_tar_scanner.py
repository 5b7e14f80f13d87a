"""Listing a tar stream: what every kind of record becomes."""

import os
import tarfile
from pathlib import Path

import pytest
from support.capturing import NOTHING
from support.image_builder import END, entry, header, layer, long_name, member, padded, pax

from bloatcheck.errors import ReadError
from bloatcheck.image.contents import Contents
from bloatcheck.image.layer_index import Kind, LayerRecords, Record
from bloatcheck.image.sink import Buffer
from bloatcheck.image.tar_scanner import TarScanner, scan_file


def scan(stream: bytes, *, piece: int = 1 << 16, digests: bool = False) -> LayerRecords:
    scanner = TarScanner("layer under test", contents=Contents(NOTHING) if digests else None)
    for start in range(0, len(stream), piece):
        scanner.feed(stream[start : start + piece])
    scanner.close()
    return scanner.records()


def paths(stream: bytes) -> list[bytes]:
    return scan(stream).path_list()


def test_every_kind_of_record_is_listed_with_what_the_archive_says_of_it() -> None:
    stream = layer(
        member("usr", type=tarfile.DIRTYPE, mode=0o755),
        member("usr/tool", b"12345", mode=0o4755, uid=1000, gid=2000),
        member("usr/again", type=tarfile.LNKTYPE, link="usr/tool"),
        member("usr/short", type=tarfile.SYMTYPE, link="../tool", mode=0o777),
        member("dev/null", type=tarfile.CHRTYPE),
        member("dev/disk", type=tarfile.BLKTYPE),
        member("run/pipe", type=tarfile.FIFOTYPE),
    )

    assert list(scan(stream)) == [
        Record(b"usr", Kind.DIRECTORY, 0, 0o755, 0, 0, b"", None),
        Record(b"usr/tool", Kind.REGULAR, 5, 0o4755, 1000, 2000, b"", None),
        Record(b"usr/again", Kind.HARD_LINK, 0, 0o644, 0, 0, b"usr/tool", None),
        Record(b"usr/short", Kind.SYMLINK, 0, 0o777, 0, 0, b"../tool", None),
        Record(b"dev/null", Kind.CHARACTER_DEVICE, 0, 0o644, 0, 0, b"", None),
        Record(b"dev/disk", Kind.BLOCK_DEVICE, 0, 0o644, 0, 0, b"", None),
        Record(b"run/pipe", Kind.FIFO, 0, 0o644, 0, 0, b"", None),
    ]


def test_content_size_is_the_sum_of_regular_files_and_of_nothing_else() -> None:
    stream = layer(
        member("a", b"x" * 1000),
        member("b", b"x" * 24),
        member("l", type=tarfile.SYMTYPE, link="a" * 50),
        member("h", type=tarfile.LNKTYPE, link="a"),
    )

    assert scan(stream).content_size == 1024


def test_a_path_given_twice_is_two_records() -> None:
    assert scan(layer(member("a", b"1"), member("a", b"22"))).content_size == 3


@pytest.mark.parametrize(
    ("written", "clean"),
    [
        (b"./usr/bin/x", b"usr/bin/x"),
        (b"/usr/bin/x", b"usr/bin/x"),
        (b"usr//bin/./x", b"usr/bin/x"),
        (b"usr/lib/../bin/x", b"usr/bin/x"),
        (b"././x", b"x"),
        (b".hidden", b".hidden"),
        (b"..data/x", b"..data/x"),
        (b"a.", b"a."),
        (b"\xff\xfe/\xe4", b"\xff\xfe/\xe4"),
        (b"with\nnewline", b"with\nnewline"),
    ],
)
def test_paths_are_relative_to_the_root_and_otherwise_kept_byte_for_byte(
    written: bytes, clean: bytes
) -> None:
    other = entry(b"other")

    assert paths(other + entry(written) + other) == [b"other", clean, b"other"]


@pytest.mark.parametrize("written", [b"./", b".", b"/"])
def test_the_root_itself_is_the_empty_path(written: bytes) -> None:
    assert paths(header(written, flag=b"5") + entry(b"a")) == [b"", b"a"]


@pytest.mark.parametrize("written", [b"../x", b"/..", b"a/../../x", b"..", b"./../x"])
def test_a_path_outside_the_root_is_refused_by_name(written: bytes) -> None:
    with pytest.raises(ReadError, match=r"layer under test.*outside the root"):
        scan(entry(b"fine") + entry(written))


def test_a_hard_link_out_of_the_root_is_refused() -> None:
    with pytest.raises(ReadError, match=r"'\.\./\.\./etc/shadow' lies outside the root"):
        scan(header(b"x", flag=b"1", link=b"../../etc/shadow"))


def test_a_symbolic_link_may_point_anywhere_for_it_is_followed_inside_the_container() -> None:
    assert scan(header(b"x", flag=b"2", link=b"../../../etc")).link_targets == b"../../../etc\0"


def test_whiteouts_are_told_by_their_names() -> None:
    stream = (
        entry(b"etc/.wh.passwd")
        + entry(b"var/.wh..wh..opq")
        + entry(b".wh..wh.plnk")
        + header(b"etc/.wh.link", flag=b"2", link=b"nowhere")
        + header(b"etc/kept", flag=b"2", link=b"target")
        + entry(b"etc/not.wh.this")
    )

    records = scan(stream)

    assert [Kind(kind) for kind in records.kinds] == [
        Kind.WHITEOUT,
        Kind.OPAQUE,
        Kind.OTHER,
        Kind.WHITEOUT,
        Kind.SYMLINK,
        Kind.REGULAR,
    ]
    assert records.link_targets == b"target\0"


def test_long_names_come_from_a_prefix_gnu_records_or_extended_headers() -> None:
    name = b"/".join([b"directory"] * 12) + b"/file"
    by_prefix = header(name[60:], prefix=name[:59])

    for stream in (
        by_prefix,
        long_name(name) + entry(name[:100]),
        pax({b"path": name}) + entry(name[:100]),
        long_name(name) + pax({b"path": b"other"}) + entry(b"third"),
    ):
        assert paths(stream + entry(b"next")) == [name, b"next"]


def test_a_prefix_counts_in_posix_archives_only() -> None:
    assert paths(header(b"name", prefix=b"01234567", magic=b"ustar  \0")) == [b"name"]


def test_long_link_targets_come_from_gnu_records_or_extended_headers() -> None:
    target = b"t" * 300

    for stream in (long_name(target, flag=b"K"), pax({b"linkpath": target})):
        assert scan(stream + header(b"l", flag=b"2", link=b"t")).link_targets == target + b"\0"


def test_an_extended_header_can_give_size_and_owner() -> None:
    stream = pax({b"size": b"5", b"uid": b"3000000", b"gid": b"4000000"}) + header(b"a") + padded(b"12345")

    (record,) = scan(stream)

    assert (record.size, record.uid, record.gid) == (5, 3_000_000, 4_000_000)


def test_an_empty_value_in_an_extended_header_says_nothing() -> None:
    assert paths(pax({b"path": b""}) + entry(b"a")) == [b"a"]


def test_a_second_extended_header_replaces_the_first() -> None:
    assert paths(pax({b"path": b"one"}) + pax({b"mtime": b"1"}) + entry(b"a")) == [b"a"]


def test_a_global_header_holds_for_all_that_follows_unless_overruled() -> None:
    stream = (
        entry(b"before")
        + pax({b"uid": b"7", b"comment": b"by a test"}, flag=b"g")
        + entry(b"a")
        + pax({b"uid": b"8"})
        + entry(b"b")
        + entry(b"c")
    )

    assert list(scan(stream).uids) == [0, 7, 8, 7]


def test_sizes_in_base_256_are_read() -> None:
    size = b"\x80" + (5).to_bytes(11, "big")

    assert scan(header(b"a", size=size) + padded(b"12345")).content_size == 5


def test_a_negative_owner_is_the_kernels_32_bits_of_it() -> None:
    nobody = b"\xff" * 7 + b"\xfe"

    assert list(scan(header(b"a", uid=nobody)).uids) == [0xFFFFFFFE]


def test_a_checksum_of_signed_bytes_is_accepted_as_old_tars_wrote_it() -> None:
    block = header(b"\xe4\xf6\xfc")
    signed = sum(byte - 256 * (byte > 127) for byte in block[:148] + b" " * 8 + block[156:])

    assert paths(header(b"\xe4\xf6\xfc", checksum=b"%06o\0 " % signed)) == [b"\xe4\xf6\xfc"]


def test_an_old_archives_directory_is_a_file_with_a_slash() -> None:
    records = scan(header(b"a/", flag=b"\0", size=5, magic=b"") + header(b"b", flag=b"\0", magic=b""))

    assert list(records.kinds) == [Kind.DIRECTORY, Kind.REGULAR]


@pytest.mark.parametrize("flag", [b"1", b"2", b"3", b"4", b"5", b"6"])
def test_a_size_on_what_has_no_content_is_not_followed_by_content(flag: bytes) -> None:
    records = scan(header(b"a", flag=flag, size=4096, link=b"x") + entry(b"b", b"1"))

    assert (records.path_list(), list(records.sizes)) == ([b"a", b"b"], [0, 1])


def test_an_unknown_type_is_passed_over_with_its_content_and_not_counted() -> None:
    records = scan(entry(b"volume", b"x" * 700, flag=b"V") + entry(b"b", b"1"))

    assert (list(records.kinds), records.content_size) == ([Kind.OTHER, Kind.REGULAR], 1)


class TestSparseFiles:
    """They count with their holes, as everything that reads them sees them."""

    def test_the_old_gnu_format_gives_the_real_size_in_the_header(self) -> None:
        first = header(
            b"s", flag=b"S", size=512, magic=b"ustar  \0", overwrite=(482, b"\0" + b"%011o\0" % 1_000_000)
        )

        assert scan(first + bytes(512) + entry(b"b", b"1")).content_size == 1_000_001

    def test_its_map_may_go_on_in_further_blocks(self) -> None:
        first = header(
            b"s", flag=b"S", size=512, magic=b"ustar  \0", overwrite=(482, b"\1" + b"%011o\0" % 1_000_000)
        )
        more, last = bytes(504) + b"\1" + bytes(7), bytes(512)

        assert scan(first + more + last + bytes(512) + entry(b"b", b"1")).path_list() == [b"s", b"b"]

    @pytest.mark.parametrize(
        "records",
        [
            {b"GNU.sparse.size": b"1000000", b"GNU.sparse.numblocks": b"1"},
            {b"GNU.sparse.size": b"1000000", b"GNU.sparse.map": b"0,5", b"GNU.sparse.name": b"s"},
            {
                b"GNU.sparse.major": b"1",
                b"GNU.sparse.minor": b"0",
                b"GNU.sparse.name": b"s",
                b"GNU.sparse.realsize": b"1000000",
            },
        ],
        ids=["0.0", "0.1", "1.0"],
    )
    def test_the_pax_formats_give_it_in_an_extended_header(self, records: dict[bytes, bytes]) -> None:
        scanned = scan(pax(records) + entry(b"s", b"12345") + entry(b"b", b"1"))

        assert (scanned.path_list(), list(scanned.sizes)) == ([b"s", b"b"], [1_000_000, 1])


class TestTheEnd:
    def test_an_empty_stream_has_no_records(self) -> None:
        assert len(scan(b"")) == 0

    def test_a_stream_may_end_without_end_blocks(self) -> None:
        assert paths(entry(b"a", b"1")) == [b"a"]

    def test_one_zero_block_is_the_end_and_what_follows_is_ignored(self) -> None:
        assert paths(entry(b"a") + bytes(512) + entry(b"b") + b"not even a header") == [b"a"]

    @pytest.mark.parametrize("missing", [1, 511, 512, 513, 1023])
    def test_a_stream_that_ends_inside_a_file_is_refused_by_name(self, missing: int) -> None:
        stream = entry(b"first", b"x" * 100) + entry(b"cut", b"x" * 1000)

        with pytest.raises(ReadError, match=r"layer under test: the stream ends too early.*'cut'"):
            scan(stream[:-missing])

    def test_a_stream_that_ends_inside_a_header_is_refused(self) -> None:
        with pytest.raises(ReadError, match="ends too early"):
            scan(entry(b"a") + header(b"b")[:300])

    @pytest.mark.parametrize("end", [b"", END])
    def test_a_stream_that_ends_after_an_extended_header_is_refused(self, end: bytes) -> None:
        with pytest.raises(ReadError, match="layer under test"):
            scan(pax({b"path": b"x"}) + end)


def test_digests_are_of_the_contents_and_only_files_have_one() -> None:
    stream = layer(member("a", b"same"), member("d", type=tarfile.DIRTYPE), member("b", b"same"), member("c"))

    a, d, b, c = (record.digest for record in scan(stream, digests=True))

    assert a == b != c
    assert a
    assert a.hex().startswith("0967115f2813a3541eaef77de9d9d577")
    assert d == bytes(16)


class Kept:
    def __init__(self) -> None:
        self.content = b""
        self.complete = False

    def feed(self, data: Buffer, /) -> None:
        self.content += bytes(data)

    def close(self) -> None:
        self.complete = True


@pytest.mark.parametrize("piece", [1, 3, 512, 700, 1 << 20])
def test_wanted_contents_are_handed_over_whole_and_others_skipped(piece: int) -> None:
    stream = layer(
        member("no", b"n" * 3000), member("yes", b"y" * 2000), member("empty"), member("no2", b"n")
    )
    kept: dict[bytes, Kept] = {}

    def on_payload(path: bytes, size: int, offset: int) -> Kept | None:
        assert stream[offset : offset + size] == {b"no": b"n" * 3000, b"yes": b"y" * 2000}.get(
            path, b"n" * size
        )
        return kept.setdefault(path, Kept()) if path in (b"yes", b"empty") else None

    scanner = TarScanner("outer", on_payload=on_payload)
    for start in range(0, len(stream), piece):
        scanner.feed(memoryview(stream)[start : start + piece])
    scanner.close()

    assert {path: (sink.content, sink.complete) for path, sink in kept.items()} == {
        b"yes": (b"y" * 2000, True),
        b"empty": (b"", True),
    }


def test_an_archive_within_an_archive_is_listed_in_the_same_pass() -> None:
    inner = TarScanner("inner")
    outer = TarScanner(
        "outer", on_payload=lambda path, _size, _offset: inner if path == b"l/layer.tar" else None
    )

    outer.feed(layer(member("l/layer.tar", layer(member("etc/x", b"123"))), member("other", b"1")))
    outer.close()

    assert inner.records().path_list() == [b"etc/x"]


def test_a_file_is_listed_without_reading_the_contents(tmp_path: Path) -> None:
    """The contents are a hole of a terabyte: whoever reads it doesn't come back in time."""
    size = 1 << 40
    path = tmp_path / "archive.tar"
    with path.open("wb") as file:
        file.write(b"before" + header(b"big", size=b"\x80" + size.to_bytes(11, "big")))
        file.seek(size, os.SEEK_CUR)
        file.write(entry(b"after") + END)
    with path.open("rb") as file:
        records = scan_file(file.fileno(), 6, path.stat().st_size - 6, label="archive")

    assert (records.path_list(), records.content_size) == ([b"big", b"after"], size)


def test_a_file_that_is_shorter_than_it_was_said_to_be_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "archive.tar"
    path.write_bytes(entry(b"a", b"x" * 5000)[:2000])

    with path.open("rb") as file, pytest.raises(ReadError, match="archive: the file is shorter"):
        scan_file(file.fileno(), 0, 5632, label="archive")
