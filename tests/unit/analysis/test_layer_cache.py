"""No layer is read twice, and nothing damaged is ever trusted."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tarfile
import time
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.capturing import EVERYTHING, NOTHING, Capturing
from support.image_builder import (
    ImageUnderTest,
    classic_archive_files,
    entry,
    files,
    layer,
    layout_of,
    member,
    sha256,
    write_archive,
)
from support.recording_log import RecordingLog

from bloatcheck.analysis import layer_cache as layer_cache_module
from bloatcheck.analysis.layer_cache import LayerCache, default_folder, index_image, index_images
from bloatcheck.analysis.layer_codec import (
    decode_contents,
    decode_layer,
    encode_contents,
    encode_layer,
)
from bloatcheck.errors import ReadError
from bloatcheck.image import contents as contents_module
from bloatcheck.image.capture import Capture, Captured
from bloatcheck.image.contents import Contents, layer_index
from bloatcheck.image.files_image import FilesImage
from bloatcheck.image.layer_index import LayerIndex
from bloatcheck.image.model import LayerDescriptor
from bloatcheck.image.open import open_image
from bloatcheck.image.tar_scanner import TarScanner
from bloatcheck.oci.digest import Digest

ONE, TWO, THREE = files(a=b"1"), files(b=b"22"), files(c=b"333")
RICH = layer(
    member("bin/tool", b"x" * 100, mode=0o4755, uid=4_000_000_000, gid=7),
    member("bin/sh", type=tarfile.SYMTYPE, link="tool"),
    member("bin/hard", type=tarfile.LNKTYPE, link="bin/tool"),
    member("etc/.wh.gone"),
    member("latin-\udce4"),
)


class Reads(FilesImage):
    """Counts what is asked of it."""

    asked: list[list[Digest]]

    @classmethod
    def of(cls, image: FilesImage) -> Reads:
        image.__class__ = cls
        assert isinstance(image, Reads)
        image.asked = []
        return image

    def index_layers(
        self, diff_ids: Collection[Digest], capture: Capture | None = None
    ) -> Iterator[LayerIndex]:
        self.asked.append(sorted(diff_ids))
        return super().index_layers(diff_ids, capture)


def opened(reference: str) -> Reads:
    image = open_image(reference)
    assert isinstance(image, FilesImage)
    return Reads.of(image)


def layout(folder: Path, *layers: bytes, compression: str = "+gzip") -> Reads:
    return opened(f"oci:{layout_of(ImageUnderTest(layers), compression=compression).write(folder)}")


def index_of(stream: bytes, *, capture: Capture | None = None, verified: bool = True) -> LayerIndex:
    contents = Contents(capture) if capture else None
    scanner = TarScanner("layer", contents=contents)
    scanner.feed(stream)
    scanner.close()
    return layer_index(
        sha256(stream), scanner.records(), contents, uncompressed_size=len(stream), verified=verified
    )


@pytest.fixture
def cache(tmp_path: Path) -> LayerCache:
    return LayerCache(tmp_path / "cache")


def entries(cache: LayerCache) -> list[Path]:
    assert cache.folder
    return sorted(path for path in cache.folder.rglob("*") if path.is_file())


def test_layers_come_base_first_whatever_order_they_are_read_in(tmp_path: Path, cache: LayerCache) -> None:
    image = layout(tmp_path / "i", ONE, TWO, THREE, ONE)

    assert [x.content_size for x in index_image(image, cache)] == [1, 2, 3, 1]


def test_a_known_layer_is_never_read_again(tmp_path: Path, cache: LayerCache) -> None:
    first = index_image(layout(tmp_path / "a", ONE, TWO), cache)
    again = layout(tmp_path / "b", ONE, TWO)

    assert index_image(again, LayerCache(cache.folder)) == first
    assert again.asked == []


def test_only_the_new_layer_on_a_known_base_is_read(tmp_path: Path, cache: LayerCache) -> None:
    index_image(layout(tmp_path / "a", ONE, TWO), cache)
    image = layout(tmp_path / "b", ONE, TWO, THREE)

    index_image(image, cache)
    assert image.asked == [[sha256(THREE)]]


@pytest.mark.parametrize("kept", [True, False])
def test_what_two_images_share_is_read_once(tmp_path: Path, cache: LayerCache, kept: bool) -> None:  # noqa: FBT001 - a case
    base, head = layout(tmp_path / "a", ONE, TWO), layout(tmp_path / "b", ONE, THREE)

    indexes = index_images([base, head], cache if kept else LayerCache(None))

    assert [[x.content_size for x in of_image] for of_image in indexes] == [[1, 2], [1, 3]]
    assert [sorted(base.asked[0]), head.asked] == [sorted([sha256(ONE), sha256(TWO)]), [[sha256(THREE)]]]


def test_an_unproven_layer_is_known_by_the_file_it_lies_in(tmp_path: Path, cache: LayerCache) -> None:
    """An archive that lies about a layer must not poison what is known of the true one."""
    liar = tmp_path / "liar.tar"
    contents = classic_archive_files(ImageUnderTest([ONE]))
    (path,) = (name for name in contents if name.endswith("layer.tar"))
    write_archive(liar, {**contents, path: TWO})

    assert [x.content_size for x in index_image(opened(f"docker-archive:{liar}"), cache)] == [2]
    again = opened(f"docker-archive:{liar}")
    assert [x.content_size for x in index_image(again, cache)] == [2]
    assert again.asked == []

    honest = layout(tmp_path / "honest", ONE)
    assert [x.content_size for x in index_image(honest, cache)] == [1]
    assert honest.asked == [[sha256(ONE)]]


def test_an_unproven_layer_is_read_again_once_its_file_has_changed(tmp_path: Path, cache: LayerCache) -> None:
    archive = write_archive(tmp_path / "a.tar", classic_archive_files(ImageUnderTest([ONE])))
    index_image(opened(f"docker-archive:{archive}"), cache)
    os.utime(archive, (1, 1))

    image = opened(f"docker-archive:{archive}")
    index_image(image, cache)
    assert image.asked == [[sha256(ONE)]]


def test_a_layer_that_the_reader_never_lists_is_an_error(tmp_path: Path, cache: LayerCache) -> None:
    class Silent(Reads):
        def index_layers(
            self, diff_ids: Collection[Digest], capture: Capture | None = None
        ) -> Iterator[LayerIndex]:
            del diff_ids, capture
            return iter(())

    image = Silent.of(layout(tmp_path / "i", ONE))

    with pytest.raises(ReadError, match="was not listed"):
        index_image(image, cache)


@pytest.mark.parametrize("stream", [RICH, ONE, b""])
def test_an_index_survives_the_disk(stream: bytes) -> None:
    index = index_of(stream)

    assert decode_layer(encode_layer(index, identity=None), index.diff_id, identity=None) == index


@pytest.mark.parametrize("stream", [RICH, ONE, b""])
@pytest.mark.parametrize("capture", [EVERYTHING, NOTHING], ids=["everything", "nothing"])
def test_so_do_contents_beside_it(stream: bytes, capture: Capturing) -> None:
    index = replace(index_of(stream, capture=capture), left_out=3)
    records = decode_layer(encode_layer(index, identity="a file"), index.diff_id, identity="a file")
    contents = encode_contents(index, "1", identity="a file")

    assert records == index_of(stream)
    assert decode_contents(contents, records, "1", identity="a file") == index
    for version, identity in (("2", "a file"), ("1", None)):
        with pytest.raises(ValueError, match="another layer's"):
            decode_contents(contents, records, version, identity=identity)


def test_indexes_are_small() -> None:
    stream = b"".join(entry(b"usr/share/doc/package-%d/copyright" % number) for number in range(5000))

    assert len(encode_layer(index_of(stream), identity=None)) < 5000 * 8


INDEX = index_of(RICH)
ENCODED = encode_layer(index_of(RICH), identity=None)
ENCODED_CONTENTS = encode_contents(index_of(RICH, capture=EVERYTHING), "1", identity=None)


@given(st.data())
def test_no_damage_goes_unnoticed(data: st.DataObject) -> None:
    entry, decode = data.draw(
        st.sampled_from(
            (
                (ENCODED, lambda content: decode_layer(content, sha256(RICH), identity=None)),
                (ENCODED_CONTENTS, lambda content: decode_contents(content, INDEX, "1", identity=None)),
            )
        )
    )
    damaged = bytearray(entry)
    position = data.draw(st.integers(0, len(damaged) - 1))
    kind = data.draw(st.sampled_from(("change", "cut", "add")))
    if kind == "change":
        damaged[position] ^= data.draw(st.integers(1, 255))
    elif kind == "cut":
        del damaged[position:]
    else:
        damaged[position:position] = data.draw(st.binary(min_size=1, max_size=9))

    with pytest.raises(ValueError, match=r"."):
        decode(bytes(damaged))


@given(st.binary(max_size=500))
def test_even_a_right_checksum_doesnt_make_nonsense_an_index(content: bytes) -> None:
    magic = ENCODED[: ENCODED.index(b"\n") + 1]

    with pytest.raises((ValueError, KeyError, TypeError)):
        decode_layer(magic + hashlib.sha256(content).digest() + content, sha256(RICH), identity=None)
    magic = ENCODED_CONTENTS[: ENCODED_CONTENTS.index(b"\n") + 1]
    with pytest.raises((ValueError, KeyError, TypeError)):
        decode_contents(magic + hashlib.sha256(content).digest() + content, INDEX, "1", identity=None)


def test_another_layers_entry_is_refused() -> None:
    with pytest.raises(ValueError, match="another layer"):
        decode_layer(ENCODED, sha256(b"other"), identity=None)
    with pytest.raises(ValueError, match="another layer"):
        decode_layer(ENCODED, sha256(RICH), identity="a file")


@pytest.mark.parametrize("damage", [b"", b"nonsense", ENCODED])
def test_a_damaged_entry_is_read_anew_and_mended(tmp_path: Path, cache: LayerCache, damage: bytes) -> None:
    index_image(layout(tmp_path / "a", ONE), cache)
    (path,) = entries(cache)
    sound = path.read_bytes()
    path.write_bytes(damage)

    image = layout(tmp_path / "b", ONE)
    assert [x.content_size for x in index_image(image, cache)] == [1]
    assert image.asked == [[sha256(ONE)]]
    assert path.read_bytes() == sound


def test_a_cache_that_cant_be_written_costs_nothing_but_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    cache = LayerCache(tmp_path / "file" / "cache")
    assert [x.content_size for x in index_image(layout(tmp_path / "i", ONE), cache)] == [1]


def test_what_hasnt_been_used_for_longest_goes_first(tmp_path: Path) -> None:
    streams = [entry(b"file", os.urandom(8).hex().encode() * number) for number in range(1, 7)]
    one_entry = len(encode_layer(index_of(streams[0]), identity=None))
    cache = LayerCache(tmp_path / "cache", max_bytes=5 * one_entry)
    descriptors = [LayerDescriptor(sha256(stream)) for stream in streams]
    for age, (stream, descriptor) in enumerate(zip(streams[:5], descriptors[:5], strict=True)):
        cache.put(descriptor, index_of(stream))
        newest = max(entries(cache), key=lambda path: path.stat().st_mtime_ns)
        os.utime(newest, (1_000_000 + age, 1_000_000 + age))
    assert cache.get(descriptors[0])  # used just now, though written first

    cache.put(descriptors[5], index_of(streams[5]))
    cache.trim()

    known = [bool(cache.get(descriptor)) for descriptor in descriptors]
    assert known[0]
    assert known[5]
    assert not known[1]
    assert sum(path.stat().st_size for path in entries(cache)) <= 5 * one_entry


def test_writes_that_were_torn_off_are_cleared_away_after_an_hour(cache: LayerCache) -> None:
    cache.put(LayerDescriptor(sha256(ONE)), index_of(ONE))
    (sound,) = entries(cache)
    old, new = sound.parent / "tmpold", sound.parent / "tmpnew"
    old.touch()
    new.touch()
    os.utime(old, (time.time() - 4000,) * 2)

    cache.trim()
    assert entries(cache) == sorted([sound, new])


def test_what_versions_before_left_is_cleared_away_once_none_writes_there_for_a_month(tmp_path: Path) -> None:
    left, in_use, others = (tmp_path / name for name in ("layers-0", "layers-1", "reports"))
    for folder in (left, in_use, others):
        folder.mkdir()
        (folder / "entry").touch()
    for folder in (left, others):
        os.utime(folder, (time.time() - 31 * 24 * 3600,) * 2)

    LayerCache(tmp_path).trim()
    assert sorted(tmp_path.iterdir()) == [in_use, others]


def test_an_unproven_index_without_a_file_of_its_own_is_not_kept(cache: LayerCache) -> None:
    descriptor = LayerDescriptor(sha256(ONE))
    cache.put(descriptor, index_of(ONE, verified=False))

    assert cache.get(descriptor) is None


def test_without_a_folder_indexes_are_known_for_this_run() -> None:
    cache = LayerCache(None)
    descriptor = LayerDescriptor(sha256(ONE))
    cache.put(descriptor, index_of(ONE))

    assert cache.get(descriptor) == index_of(ONE)
    assert cache.get(replace(descriptor, diff_id=sha256(TWO))) is None
    cache.trim()


def test_many_writers_at_once_leave_sound_entries_only(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from bloatcheck.analysis.layer_cache import LayerCache, index_image\n"
        "from bloatcheck.image.open import open_image\n"
        "for _ in range(30):\n"
        "    cache = LayerCache(Path(sys.argv[2]), max_bytes=int(sys.argv[3]))\n"
        "    with open_image(sys.argv[1]) as image:\n"
        "        assert [x.content_size for x in index_image(image, cache)] == [100, 1, 2, 3]\n"
    )
    image = layout(tmp_path / "i", RICH, ONE, TWO, THREE)
    folder = tmp_path / "cache"
    writers = [
        subprocess.Popen([sys.executable, "-c", program, image.reference, folder, str(limit)])
        for limit in (1 << 20, 1500, 700)
    ]

    assert [writer.wait() for writer in writers] == [0, 0, 0]
    cache = LayerCache(folder)
    for descriptor, stream in zip(image.layers, (RICH, ONE, TWO, THREE), strict=True):
        assert cache.get(descriptor) in (None, index_of(stream))
    assert {path.suffix for path in entries(cache)} <= {".layer"}


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"BLOATCHECK_CACHE": "/c", "XDG_CACHE_HOME": "/x", "HOME": "/h"}, "/c"),
        ({"XDG_CACHE_HOME": "/x", "HOME": "/h"}, "/x/bloatcheck"),
        ({"XDG_CACHE_HOME": "relative", "HOME": "/h"}, "/h/.cache/bloatcheck"),
        ({"HOME": "/h"}, "/h/.cache/bloatcheck"),
        ({"BLOATCHECK_CACHE": "", "HOME": "/h"}, None),
        ({}, None),
    ],
)
def test_the_folder_is_the_users_own(environment: dict[str, str], folder: str | None) -> None:
    assert default_folder(environment) == (Path(folder) if folder else None)


def test_a_relative_folder_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert LayerCache.open({"BLOATCHECK_CACHE": "c"}).folder == tmp_path / "c"


class TestContents:
    def test_are_read_once(self, tmp_path: Path, cache: LayerCache) -> None:
        first = index_image(layout(tmp_path / "a", ONE, TWO), cache, EVERYTHING)
        again = layout(tmp_path / "b", ONE, TWO)

        assert [x.captured for x in first] == [
            {b"a": Captured("whole", b"1")},
            {b"b": Captured("whole", b"22")},
        ]
        assert index_image(again, LayerCache(cache.folder), EVERYTHING) == first
        assert again.asked == []

    @pytest.mark.parametrize("kept", [True, False])
    def test_satisfy_who_asks_for_records_alone(
        self,
        tmp_path: Path,
        cache: LayerCache,
        kept: bool,  # noqa: FBT001 - a case
    ) -> None:
        cache = cache if kept else LayerCache(None)
        index_image(layout(tmp_path / "a", ONE), cache, EVERYTHING)
        again = layout(tmp_path / "b", ONE)

        assert [x.content_size for x in index_image(again, cache)] == [1]
        assert again.asked == []

    @pytest.mark.parametrize("kept", [True, False])
    @pytest.mark.parametrize("before", [None, Capturing(version="another")], ids=["none", "others"])
    def test_that_arent_known_are_read(
        self,
        tmp_path: Path,
        cache: LayerCache,
        before: Capturing | None,
        kept: bool,  # noqa: FBT001 - a case
    ) -> None:
        cache = cache if kept else LayerCache(None)
        index_image(layout(tmp_path / "a", ONE), cache, before)
        again = layout(tmp_path / "b", ONE)

        assert [x.captured for x in index_image(again, cache, EVERYTHING)] == [
            {b"a": Captured("whole", b"1")}
        ]
        assert again.asked == [[sha256(ONE)]]

    def test_cost_nothing_who_doesnt_ask_for_them(self, tmp_path: Path, cache: LayerCache) -> None:
        index_image(layout(tmp_path / "a", RICH), cache)
        (path,) = entries(cache)
        shallow = path.read_bytes()
        index_image(layout(tmp_path / "b", RICH), cache, EVERYTHING)

        contents, records = sorted(entries(cache), key=lambda path: path.suffix)
        assert (contents.suffix, records) == (".contents", path)
        assert path.read_bytes() == shallow
        contents.write_bytes(b"damaged")
        assert index_image(layout(tmp_path / "c", RICH), cache)

    @pytest.mark.parametrize("damage", [b"", b"nonsense", ENCODED, ENCODED_CONTENTS])
    def test_that_are_damaged_are_read_anew_and_mended(
        self, tmp_path: Path, cache: LayerCache, damage: bytes
    ) -> None:
        index_image(layout(tmp_path / "a", ONE), cache, EVERYTHING)
        (path,) = (path for path in entries(cache) if path.suffix == ".contents")
        sound = path.read_bytes()
        path.write_bytes(damage)

        image = layout(tmp_path / "b", ONE)
        assert [x.captured for x in index_image(image, cache, EVERYTHING)] == [
            {b"a": Captured("whole", b"1")}
        ]
        assert image.asked == [[sha256(ONE)]]
        assert path.read_bytes() == sound

    def test_of_an_archive_are_known_of_every_image_that_has_the_layer(
        self, tmp_path: Path, cache: LayerCache
    ) -> None:
        archive = write_archive(tmp_path / "a.tar", classic_archive_files(ImageUnderTest([ONE])))
        first = index_image(opened(f"docker-archive:{archive}"), cache, EVERYTHING)
        other = write_archive(tmp_path / "b.tar", classic_archive_files(ImageUnderTest([ONE, TWO])))
        image = opened(f"docker-archive:{other}")

        assert index_image(image, cache, EVERYTHING)[:1] == first
        assert image.asked == [[sha256(TWO)]]

    def test_of_an_archive_that_lies_are_refused(self, tmp_path: Path, cache: LayerCache) -> None:
        contents = classic_archive_files(ImageUnderTest([ONE]))
        (path,) = (name for name in contents if name.endswith("layer.tar"))
        liar = write_archive(tmp_path / "liar.tar", {**contents, path: TWO})

        with pytest.raises(ReadError, match="its diff_id is"):
            index_image(opened(f"docker-archive:{liar}"), cache, EVERYTHING)
        assert entries(cache) == []

    def test_that_were_too_large_are_told_of_each_time(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(contents_module, "MAX_KEPT", 1000)
        log = RecordingLog()
        cache = LayerCache(tmp_path / "cache", log=log)

        for name in ("a", "b"):
            (index,) = index_image(layout(tmp_path / name, files(a=bytes(2000), b=b"x")), cache, EVERYTHING)
            assert index.captured == {b"b": Captured("whole", b"x")}
        assert len(log.details) == 2
        assert all("too large to be looked into: 1 of its files" in line for line in log.details)

    def test_of_one_image_are_bounded_together(
        self, tmp_path: Path, cache: LayerCache, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(layer_cache_module, "MAX_CAPTURED", 5000)

        image = layout(tmp_path / "a", *(files(a=bytes(2000), b=bytes([number])) for number in range(4)))
        indexes = index_image(image, cache, EVERYTHING)

        assert sorted(index.left_out for index in indexes) == [0, 0, 2, 2]
        assert all(index.captured == {} for index in indexes if index.left_out)


class TestDocuments:
    @pytest.mark.parametrize("kept", [True, False])
    def test_are_kept_by_their_digest(self, cache: LayerCache, kept: bool) -> None:  # noqa: FBT001 - a case
        documents = (cache if kept else LayerCache(None)).documents
        assert documents.get(sha256(b"{}")) is None

        documents.put(sha256(b"{}"), b"{}")

        assert documents.get(sha256(b"{}")) == b"{}"
        if kept:
            assert LayerCache(cache.folder).documents.get(sha256(b"{}")) == b"{}"

    def test_are_bounded_with_the_layers(self, tmp_path: Path) -> None:
        cache = LayerCache(tmp_path, max_bytes=1000)
        for number in range(20):
            cache.documents.put(sha256(b"%d" % number), bytes(100))

        cache.trim()
        assert len(entries(cache)) == 9

    def test_that_cant_be_kept_cost_nothing_but_time(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("in the way")
        log = RecordingLog()
        documents = LayerCache(tmp_path / "file" / "cache", log=log).documents

        documents.put(sha256(b"{}"), b"{}")

        assert documents.get(sha256(b"{}")) is None
        assert "a document can't be kept" in log.details[0]
