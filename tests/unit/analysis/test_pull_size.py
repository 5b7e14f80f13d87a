"""What a pull downloads: exact where a manifest says it, else estimated once."""

from __future__ import annotations

import gzip
import io
import os
import random
import zlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.image_builder import (
    ImageUnderTest,
    classic_archive_files,
    files,
    layout_of,
    sha256,
    write_archive,
)

from bloatcheck.analysis.layer_cache import LayerCache
from bloatcheck.analysis.pull_size import (
    BLOCK,
    ESTIMATOR,
    EXACT,
    VERSION,
    LayerPullSize,
    PullSize,
    PullSizeSink,
    corrected_size,
    digit_share,
    read_pull_size,
)
from bloatcheck.analysis.pull_size_cache import PullSizeCache
from bloatcheck.errors import ReadError
from bloatcheck.image.docker_daemon.saved_archive import Tap, read_saved_archive
from bloatcheck.image.files_image import FilesImage
from bloatcheck.image.model import LayerDescriptor
from bloatcheck.image.open import open_image
from bloatcheck.image.sink import Counter, Sink
from bloatcheck.oci.digest import Digest

WORDS = [f"word{number * 7919}" for number in range(500)]
TEXT = " ".join(random.Random(7).choices(WORDS, k=150_000)).encode()  # noqa: S311 - test data
NOISE = random.Random(7).randbytes(3 * BLOCK // 2)  # noqa: S311 - test data
ONE, TWO, THREE = files(text=TEXT), files(noise=NOISE), files(few=b"few")

LENGTHS = st.integers(1, BLOCK)
SHARES = st.floats(0, 1)


def estimate(
    content: bytes, *, piece: int = 1 << 30, pool: ThreadPoolExecutor | None = None
) -> LayerPullSize:
    sink = PullSizeSink("layer", pool)
    for start in range(0, len(content), piece):
        sink.feed(content[start : start + piece])
    sink.close()
    return sink.result()


@given(LENGTHS, st.data(), SHARES)
def test_what_compresses_worse_is_never_corrected_to_less(
    length: int, data: st.DataObject, digits: float
) -> None:
    low, high = sorted(data.draw(st.tuples(st.integers(0, length), st.integers(0, length))))
    assert corrected_size(low, length, digits) <= corrected_size(high, length, digits) + 1e-6


@given(LENGTHS, st.data(), SHARES)
def test_a_correction_takes_less_than_half_away_and_adds_nothing(
    length: int, data: st.DataObject, digits: float
) -> None:
    compressed = data.draw(st.integers(0, 2 * length))
    assert compressed / 2 <= corrected_size(compressed, length, digits) <= compressed + 1e-6


@given(LENGTHS, st.data(), SHARES)
def test_digits_leave_less_to_correct(length: int, data: st.DataObject, digits: float) -> None:
    compressed = data.draw(st.integers(0, length))
    assert corrected_size(compressed, length, digits) >= corrected_size(compressed, length) - 1e-6


def test_nothing_takes_nothing() -> None:
    assert corrected_size(0, 0) == digit_share(b"") == 0
    assert estimate(b"") == LayerPullSize(18, estimated=True)


def test_digits_are_counted() -> None:
    assert digit_share(b"a1b2") == 0.5


@pytest.mark.parametrize("piece", [511, 64 << 10, BLOCK, BLOCK + 1, 5 * BLOCK])
def test_the_pieces_that_a_layer_comes_in_change_nothing(piece: int) -> None:
    assert estimate(ONE, piece=piece) == estimate(ONE)


def test_threads_change_nothing() -> None:
    with ThreadPoolExecutor(2) as pool:
        assert estimate(ONE + TWO, piece=100_000, pool=pool) == estimate(ONE + TWO)


def test_noise_stays_as_large_as_it_is() -> None:
    assert estimate(TWO).size == pytest.approx(len(NOISE), rel=0.01)


def test_text_is_near_what_a_slow_compressor_makes_of_it() -> None:
    assert estimate(ONE).size == pytest.approx(len(zlib.compress(ONE, 6)), rel=0.13)


@pytest.mark.parametrize("piece", [1, 1000, 1 << 30])
def test_what_is_compressed_already_is_only_counted(piece: int) -> None:
    blob = gzip.compress(THREE, mtime=0)
    assert estimate(blob, piece=piece) == LayerPullSize(len(blob), estimated=False)


def test_a_compression_that_nobody_reads_is_refused() -> None:
    with pytest.raises(ReadError, match=r"^layer: it is compressed with bzip2, which is not supported$"):
        estimate(b"BZh9" + bytes(100))


def test_a_layer_that_never_came_has_no_size() -> None:
    with pytest.raises(ReadError, match="it is missing"):
        PullSizeSink("layer").result()


def test_one_estimate_makes_the_sum_an_estimate() -> None:
    exact, about = LayerPullSize(3, estimated=False), LayerPullSize(4, estimated=True)
    both = PullSize((exact, about))
    assert (both.size, both.estimated, both.compressor) == (7, True, ESTIMATOR)
    assert (PullSize((exact,)).estimated, PullSize((exact,)).compressor) == (False, EXACT)


@pytest.fixture
def fed(monkeypatch: pytest.MonkeyPatch) -> list[set[Digest]]:
    """The layers of each pass over files."""
    passes: list[set[Digest]] = []
    feed_layers = FilesImage.feed_layers

    def counted(image: FilesImage, sinks: Mapping[Digest, Sink]) -> None:
        passes.append(set(sinks))
        feed_layers(image, sinks)

    monkeypatch.setattr(FilesImage, "feed_layers", counted)
    return passes


def pull_size(reference: str, cache: Path) -> PullSize:
    with closing(open_image(reference)) as image:
        return read_pull_size(
            image, layers=LayerCache(cache), estimates=PullSizeCache(cache, version=VERSION)
        )


def saved(folder: Path, *layers: bytes) -> str:
    path = folder / f"{len(layers)}.tar"
    write_archive(path, classic_archive_files(ImageUnderTest(layers=layers)))
    return f"docker-archive:{path}"


def test_an_archive_is_estimated_once(tmp_path: Path, fed: list[set[Digest]]) -> None:
    reference = saved(tmp_path, ONE, TWO)
    first = pull_size(reference, tmp_path / "cache")
    assert first == PullSize((estimate(ONE), estimate(TWO)))
    assert pull_size(reference, tmp_path / "cache") == first
    assert fed == [{sha256(ONE), sha256(TWO)}]


def test_in_a_compressed_archive_only_unknown_layers_are_compressed(
    tmp_path: Path, fed: list[set[Digest]]
) -> None:
    """Its layers are proven, and so known in whatever archive they lie."""
    for layers in ((ONE, TWO), (ONE, TWO, THREE)):
        path = Path(saved(tmp_path, *layers).partition(":")[2])
        path.write_bytes(gzip.compress(path.read_bytes(), 1))
        pull_size(f"docker-archive:{path}", tmp_path / "cache")
    assert fed == [{sha256(ONE), sha256(TWO)}, {sha256(THREE)}]


def test_an_unproven_layer_is_known_in_its_own_archive_only(tmp_path: Path, fed: list[set[Digest]]) -> None:
    pull_size(saved(tmp_path, ONE), tmp_path / "cache")
    pull_size(saved(tmp_path, ONE, TWO), tmp_path / "cache")
    assert fed == [{sha256(ONE)}, {sha256(ONE), sha256(TWO)}]


@pytest.mark.parametrize("compression", ["+gzip", "+zstd"])
def test_what_a_manifest_says_is_exact_and_read_nowhere(
    tmp_path: Path, fed: list[set[Digest]], compression: str
) -> None:
    layout_of(ImageUnderTest(layers=[ONE, THREE]), compression=compression).write(tmp_path / "layout")
    size = pull_size(f"oci:{tmp_path}/layout", tmp_path / "cache")
    with closing(open_image(f"oci:{tmp_path}/layout")) as image:
        assert [layer.size for layer in size.layers] == [layer.compressed_size for layer in image.layers]
    assert (size.compressor, fed) == (EXACT, [])


def test_a_plain_layer_of_a_layout_is_one_that_a_push_compresses(tmp_path: Path) -> None:
    layout_of(ImageUnderTest(layers=[ONE])).write(tmp_path / "layout")
    assert pull_size(f"oci:{tmp_path}/layout", tmp_path / "cache") == PullSize((estimate(ONE),))


LAYER = LayerDescriptor(sha256(ONE), identity="these bytes")


def test_an_estimate_is_kept_for_its_version_only(tmp_path: Path) -> None:
    PullSizeCache(tmp_path, version=1).put(LAYER, 123, proven=True)
    assert PullSizeCache(tmp_path, version=1).get(LayerDescriptor(LAYER.diff_id)) == 123
    assert PullSizeCache(tmp_path, version=2).get(LAYER) is None


def test_an_unproven_estimate_is_kept_for_the_very_bytes(tmp_path: Path) -> None:
    cache = PullSizeCache(tmp_path, version=1)
    cache.put(LAYER, 123, proven=False)
    assert cache.get(LAYER) == 123
    assert cache.get(LayerDescriptor(LAYER.diff_id)) is None
    cache.put(LayerDescriptor(sha256(TWO)), 5, proven=False)
    assert cache.get(LayerDescriptor(sha256(TWO))) is None


@pytest.mark.parametrize("content", [b"", b"-1\n", b"1.5", b"9" * 16, b"9" * 5000, b"\xff", b"12\n\n"])
def test_what_is_no_size_is_as_good_as_nothing(tmp_path: Path, content: bytes) -> None:
    cache = PullSizeCache(tmp_path, version=1)
    cache.put(LAYER, 123, proven=True)
    [entry] = (tmp_path / "pull-sizes-1").iterdir()
    entry.write_bytes(content)
    assert cache.get(LAYER) is None


def test_the_oldest_estimates_go(tmp_path: Path) -> None:
    cache = PullSizeCache(tmp_path, version=1, max_entries=10)
    layers = [LayerDescriptor(sha256(b"%d" % number)) for number in range(11)]
    for number, layer in enumerate(layers):
        cache.put(layer, number + 1, proven=True)
        [newest] = (tmp_path / "pull-sizes-1").glob(f"*{layer.diff_id.partition(':')[2]}*")
        os.utime(newest, (number, number))
    cache.trim()
    assert [cache.get(layer) for layer in layers] == [None, None, *range(3, 12)]


def test_without_a_folder_nothing_is_kept() -> None:
    cache = PullSizeCache(None, version=1)
    cache.put(LAYER, 123, proven=True)
    cache.trim()
    assert cache.get(LAYER) is None


def test_an_engines_stream_passes_over_known_lengths(tmp_path: Path) -> None:
    reference = saved(tmp_path, ONE, TWO)
    counters: dict[str, Counter] = {}

    def make(path: str) -> Counter:
        return counters.setdefault(path, Counter())

    stream = io.BytesIO(Path(reference.partition(":")[2]).read_bytes())
    archive = read_saved_archive(
        stream, label="api", unwanted=frozenset(), tap=Tap(make, frozenset([len(ONE)]))
    )
    paths = dict(archive.layer_paths())
    assert {path: counter.size for path, counter in counters.items()} == {paths[sha256(TWO)]: len(TWO)}
    assert archive.layer(paths[sha256(ONE)]) is None
