"""Layers made to break their reader: a clear error that names the layer, in bounded time and memory."""

import random
import re
import time
import tracemalloc
from collections.abc import Iterator

import pytest
from support.image_builder import END, entry, header, long_name, padded, pax, pax_payload

from bloatcheck.errors import ExitCode, ReadError
from bloatcheck.image import tar_scanner
from bloatcheck.image.layer_index import LayerRecords
from bloatcheck.image.tar_scanner import TarScanner

LABEL = "layer sha256:0123 of evil.tar"


def scan(*pieces: bytes) -> LayerRecords:
    scanner = TarScanner(LABEL)
    for piece in pieces:
        scanner.feed(piece)
    scanner.close()
    return scanner.records()


def refused(*pieces: bytes) -> str:
    with pytest.raises(ReadError, match=re.escape(LABEL)) as caught:
        scan(*pieces)
    assert caught.value.exit_code is ExitCode.UNREADABLE
    return caught.value.message


@pytest.fixture
def few_megabytes() -> Iterator[None]:
    tracemalloc.start()
    yield
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 32 << 20


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (b"\xff" * 12, "a size of -1 bytes"),
        (b"\xff" + bytes(11), "a size of -"),
        (b"\x80" + b"\xff" * 11, "a size of 309485009821345068724781055 bytes"),
        (b"-0000000005\0", "not an octal number"),
        (b"0000000009\0", "invalid literal|octal"),
        (b"0o000000005\0", "not an octal number"),
        (b"1_0\0", "not an octal number"),
        (b"zzzzzzzzzzz\0", "not an octal number"),
    ],
)
def test_sizes_that_lie_are_refused(size: bytes, said: str) -> None:
    assert re.search(said, refused(entry(b"fine"), header(b"liar", size=size), END))


@pytest.mark.parametrize("size", [b"77777777777\0", b"\x80\0\0\0\x7f" + b"\xff" * 7])
def test_a_huge_size_costs_nothing_and_is_refused_for_what_is_missing(size: bytes) -> None:
    assert "ends too early" in refused(header(b"big", size=size), END)


@pytest.mark.parametrize("owner", [b"\x80\0\0\1\0\0\0\0", b"\xff\0\0\0\0\0\0\0", b"nobody\0\0"])
def test_owners_that_no_kernel_knows_are_refused(owner: bytes) -> None:
    refused(header(b"a", uid=owner))


@pytest.mark.usefixtures("few_megabytes")
def test_extended_headers_have_a_limit() -> None:
    assert "an extended header of 1048577 bytes" in refused(header(b"x", flag=b"x", size=(1 << 20) + 1))
    assert "an extended header of" in refused(header(b"L", flag=b"L", size=b"77777777777\0"))


@pytest.mark.usefixtures("few_megabytes")
def test_any_number_of_extended_headers_in_a_row_takes_constant_memory() -> None:
    step = pax({b"path": b"p" * 20_000}) + long_name(b"n" * 20_000)

    assert len(scan(*[step] * 300, entry(b"a"))) == 1


@pytest.mark.parametrize(
    "payload",
    [
        b"no length",
        b"5 a=b\n",
        b"999999999999999999999999999999 path=x\n",
        b"99 path=x\n",
        b"0 path=x\n",
        b"-9 path=x\n",
        b"9 pathxx\n",
        b"10 path=xx",
        pax_payload({b"path": b"a\0b"}),
        pax_payload({b"size": b"-1"}),
        pax_payload({b"size": b"9" * 30}),
        pax_payload({b"size": b"0x10"}),
        pax_payload({b"GNU.sparse.realsize": b"9" * 20}),
        pax_payload({b"uid": b"4294967296"}),
    ],
)
def test_malformed_extended_headers_are_refused(payload: bytes) -> None:
    refused(header(b"x", flag=b"x", size=len(payload)) + padded(payload), entry(b"a"), END)


def test_a_wrong_checksum_is_refused_with_its_place() -> None:
    message = refused(entry(b"fine", b"x"), header(b"forged", checksum=b"000000\0 "))

    assert "at byte 1024, after 'fine'" in message


@pytest.mark.parametrize("seed", range(20))
def test_random_bytes_are_refused(seed: int) -> None:
    refused(random.Random(seed).randbytes(5000))  # noqa: S311 - no secret


@pytest.mark.usefixtures("few_megabytes")
def test_endless_maps_of_sparse_files_take_constant_memory() -> None:
    first = header(b"s", flag=b"S", magic=b"ustar  \0", overwrite=(482, b"\1" + b"%011o\0" % 1_000_000))
    more = (bytes(504) + b"\1" + bytes(7)) * 100

    refused(first, *[more] * 500)


def test_more_records_than_any_image_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tar_scanner, "MAX_RECORDS", 1000)
    block = header(b"a")

    assert "more than 1000 records" in refused(*[block * 100] * 20)


def test_more_path_bytes_than_any_image_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tar_scanner, "MAX_TEXT", 1 << 20)

    assert "bytes of paths" in refused(*[pax({b"path": b"p" * 900_000}) + entry(b"a")] * 5)


def test_a_million_empty_records_take_seconds_and_little_memory() -> None:
    block = header(b"an/empty/file") * 10_000
    scanner = TarScanner(LABEL)
    started = time.monotonic()
    for _ in range(100):
        scanner.feed(block)
    scanner.close()

    assert len(scanner.records()) == 1_000_000
    assert time.monotonic() - started < 30


def test_ever_new_owners_dont_grow_the_scanners_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tar_scanner, "_CACHED_FIELDS", 100)
    blocks = [header(b"a", uid=number, gid=number // 3) for number in range(5000)]
    scanner = TarScanner(LABEL)
    tracemalloc.start()
    for block in blocks:
        scanner.feed(block)
    grown = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()

    assert grown < 5000 * 50


def test_names_with_control_characters_arrive_in_errors_escaped() -> None:
    message = refused(entry(b"\x1b[31m\n::error::", b"x"), header(b"b", checksum=b"000000\0 "))

    assert "\x1b" not in message
    assert "\n" not in message


def test_an_archive_fed_byte_by_byte_takes_the_time_of_its_length() -> None:
    stream = pax({b"path": b"p" * 200_000}) + entry(b"a")
    scanner = TarScanner(LABEL)
    started = time.monotonic()
    for position in range(len(stream)):
        scanner.feed(stream[position : position + 1])
    scanner.close()

    assert scanner.records().path_list() == [b"p" * 200_000]
    assert time.monotonic() - started < 10
