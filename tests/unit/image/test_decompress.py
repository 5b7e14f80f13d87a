"""Layers expand whatever they are compressed with, in constant memory, or are refused by name."""

import gzip
import random
import time
import tracemalloc
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloatcheck.errors import ReadError
from bloatcheck.image import decompress
from bloatcheck.image.decompress import Compression, Decompressor, sniff
from bloatcheck.image.sink import Buffer, Counter
from bloatcheck.image.zstd import zstd

COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "none": lambda content: content,
    "gzip": gzip.compress,
    "zstd": zstd.compress,
}
CONTENT = random.Random(7).randbytes(70_000) + bytes(500_000)  # noqa: S311 - no secret


class Kept:
    def __init__(self) -> None:
        self.content = bytearray()
        self.closed = False

    def feed(self, data: Buffer, /) -> None:
        self.content += data

    def close(self) -> None:
        self.closed = True


def expand(blob: bytes, piece: int = 1 << 20) -> bytes:
    kept = Kept()
    decompressor = Decompressor(kept, label="layer sha256:0123")
    for start in range(0, len(blob), piece):
        decompressor.feed(memoryview(blob)[start : start + piece])
    decompressor.close()
    assert kept.closed
    return bytes(kept.content)


@pytest.mark.parametrize("name", COMPRESS)
@pytest.mark.parametrize("piece", [1, 5, 4096, 1 << 20])
def test_blobs_expand_to_what_was_compressed(name: str, piece: int) -> None:
    assert expand(COMPRESS[name](CONTENT), piece) == CONTENT


@pytest.mark.parametrize("name", COMPRESS)
def test_an_empty_layer_is_empty(name: str) -> None:
    assert expand(COMPRESS[name](b"")) == b""


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=20), st.integers(1, 400))
def test_many_gzip_members_or_zstd_frames_are_one_layer(parts: list[bytes], piece: int) -> None:
    for name in ("gzip", "zstd"):
        assert expand(b"".join(COMPRESS[name](part) for part in parts), piece) == b"".join(parts)


def test_zstd_frames_to_be_skipped_are_skipped() -> None:
    skippable = b"\x50\x2a\x4d\x18" + (4).to_bytes(4, "little") + b"toc!"

    assert expand(skippable + zstd.compress(CONTENT) + skippable) == CONTENT


def test_zero_bytes_may_pad_a_gzip_file() -> None:
    assert expand(gzip.compress(CONTENT) + bytes(1000), 300) == CONTENT


@pytest.mark.parametrize("name", ["gzip", "zstd"])
@pytest.mark.parametrize("cut", [1, 8, 1000, -5])
def test_a_cut_off_blob_is_refused_by_name(name: str, cut: int) -> None:
    blob = COMPRESS[name](CONTENT)
    with pytest.raises(ReadError, match="layer sha256:0123: it was cut off"):
        expand(blob[:-cut] if cut > 0 else blob[: 6 - cut])


@pytest.mark.parametrize("name", ["gzip", "zstd"])
def test_what_follows_the_compressed_data_is_refused(name: str) -> None:
    with pytest.raises(ReadError, match="layer sha256:0123"):
        expand(COMPRESS[name](CONTENT) + b"something else entirely")


@pytest.mark.parametrize(("name", "place"), [("gzip", 5000), ("gzip", 12), ("zstd", 8)])
def test_damaged_data_is_refused_by_name(name: str, place: int) -> None:
    blob = bytearray(COMPRESS[name](CONTENT))
    blob[place : place + 20] = b"\xff" * 20
    with pytest.raises(ReadError, match=f"layer sha256:0123: its {name} data is damaged"):
        expand(bytes(blob))


@pytest.mark.parametrize(
    ("beginning", "name"), [(b"BZh91AY", "bzip2"), (b"\xfd7zXZ\0", "xz"), (b"\x04\x22\x4d\x18", "lz4")]
)
def test_compressions_that_are_not_supported_are_named(beginning: bytes, name: str) -> None:
    with pytest.raises(ReadError, match=f"compressed with {name}, which is not supported"):
        expand(beginning + bytes(100))


def test_the_first_bytes_tell_the_compression() -> None:
    assert sniff(gzip.compress(b"")[:6]) is Compression.GZIP
    assert sniff(zstd.compress(b"")[:6]) is Compression.ZSTD
    assert sniff(b"usr/") is Compression.NONE
    assert sniff(b"") is Compression.NONE


def zeros(length: int, name: str) -> bytes:
    if name == "zstd":
        frames = zstd.ZstdCompressor(1)
        return b"".join([frames.compress(bytes(1 << 20)) for _ in range(length >> 20)] + [frames.flush()])
    members = zlib.compressobj(9, wbits=31)
    return b"".join([members.compress(bytes(1 << 20)) for _ in range(length >> 20)] + [members.flush()])


@pytest.mark.parametrize("name", ["gzip", "zstd"])
def test_zeros_expand_in_constant_memory(name: str) -> None:
    blob = zeros(256 << 20, name)
    counter = Counter()
    tracemalloc.start()
    decompressor = Decompressor(counter, label="zeros")
    decompressor.feed(blob)
    decompressor.close()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert counter.size == 256 << 20
    assert peak < 8 << 20


@pytest.mark.parametrize("name", ["gzip", "zstd"])
def test_a_bomb_is_refused_once_it_expands_absurdly(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decompress, "FREE_EXPANDED", 8 << 20)
    with pytest.raises(ReadError, match=r"layer sha256:0123: \d+ bytes of it expand to \d+ and more"):
        expand(zeros(32 << 20, name))


def test_no_layer_expands_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decompress, "FREE_EXPANDED", 1000)
    monkeypatch.setattr(decompress, "MAX_EXPANDED", 60_000)
    noise = random.Random(7).randbytes(100_000)  # noqa: S311 - no secret
    with pytest.raises(ReadError, match="expand to"):
        expand(gzip.compress(noise))


def test_members_without_content_cost_time_by_their_number_alone() -> None:
    blob = gzip.compress(b"", mtime=0) * 50_000
    started = time.monotonic()

    assert expand(blob) == b""
    assert time.monotonic() - started < 5


def test_more_members_than_any_layer_has_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decompress, "MAX_MEMBERS", 100)
    with pytest.raises(ReadError, match="more than 100 gzip members"):
        expand(gzip.compress(b"x") * 101)


def test_a_zstd_window_that_would_fill_the_memory_is_refused() -> None:
    huge_window = b"\x28\xb5\x2f\xfd" + bytes([0, (31 - 10) << 3]) + b"\x01\0\0"
    with pytest.raises(ReadError, match="its zstd data is damaged"):
        expand(huge_window)
