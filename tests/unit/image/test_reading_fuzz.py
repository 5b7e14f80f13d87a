"""Whatever stands in an archive: it is listed, or refused with an error of ours. Nothing else, ever.

A short run belongs to every test run; `BLOATCHECK_FUZZ_EXAMPLES` makes it longer (`make fuzz`). How many
inputs were tried and what became of them is told at the end.
"""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.capturing import EVERYTHING
from support.image_builder import (
    END,
    ImageUnderTest,
    Layout,
    classic_archive_files,
    files,
    header,
    layout_of,
    long_name,
    oci_shaped_archive_files,
    padded,
    pax,
    write_archive,
)
from support.tar_oracle import Row, scanned

from bloatcheck.errors import ReadError
from bloatcheck.image.contents import Contents
from bloatcheck.image.decompress import Decompressor
from bloatcheck.image.docker_archive import parse_saved_images
from bloatcheck.image.open import open_image
from bloatcheck.image.sink import Counter as ByteCounter
from bloatcheck.image.tar_scanner import TarScanner
from bloatcheck.image.verify import HasBlobs, verify_image
from bloatcheck.image.zstd import zstd
from bloatcheck.oci.image_config import parse_image_config
from bloatcheck.oci.manifest import document_type, parse_index, parse_manifest

EXAMPLES = int(os.environ.get("BLOATCHECK_FUZZ_EXAMPLES", "120"))

fuzzed = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

OUTCOMES: Counter[str] = Counter()


@pytest.fixture(scope="module", autouse=True)
def _tell_outcomes(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "BLOATCHECK_FUZZ_EXAMPLES" not in os.environ:
        return
    counts = ", ".join(f"{count} {outcome}" for outcome, count in sorted(OUTCOMES.items()))
    capture = request.config.pluginmanager.get_plugin("capturemanager")
    with capture.global_and_fixture_disabled() if capture else nullcontext():
        print(f"\nfuzz: {sum(OUTCOMES.values())} inputs: {counts}; any other outcome fails the test")


def attempt(what: str, action: Callable[[], object], refusal: type[Exception] = ReadError) -> object:
    """Runs it and counts; any error but a refusal passes through and fails the test."""
    try:
        result = action()
    except refusal:
        OUTCOMES[f"{what} refused"] += 1
        return None
    OUTCOMES[f"{what} taken"] += 1
    return result


_SMALL = st.binary(max_size=12)
_NUMBERS = st.one_of(
    st.integers(0, 0o7777777),
    st.sampled_from((0, 1, 511, 512, 513)),
    st.sampled_from(
        (b"", b"77777777777\0", b"777777777777", b"-1", b"0x1", b"1_0", b"9", b" 12 ", b"\xff" * 12)
    ),
    st.binary(min_size=11, max_size=11).map(lambda number: b"\x80" + number),
    st.integers(0, 2000).map(lambda number: b"\x80" + number.to_bytes(11, "big")),
    _SMALL,
)
_NAMES = st.one_of(
    st.sampled_from(
        (b"a", b"a/b", b"./a/", b"/", b"..", b"../x", b"a/../../b", b"a//b", b".wh.a", b"d/.wh..wh..opq", b"")
    ),
    st.binary(max_size=100),
)
_HEADERS = st.builds(
    header,
    _NAMES,
    flag=st.one_of(
        st.sampled_from([bytes([flag]) for flag in b"000000005512LKxgXS7\0VD"]),
        st.binary(min_size=1, max_size=1),
    ),
    size=_NUMBERS,
    mode=_NUMBERS,
    uid=_NUMBERS,
    gid=_NUMBERS,
    link=_NAMES,
    magic=st.sampled_from((b"ustar\x0000", b"ustar  \0", b"", b"ustar\0\0\0")),
    prefix=st.one_of(st.just(b""), st.binary(max_size=155)),
    checksum=st.one_of(st.none(), st.none(), st.none(), _SMALL),
    overwrite=st.one_of(st.none(), st.none(), st.tuples(st.integers(0, 500), _SMALL)),
)
_KEYWORDS = st.sampled_from(
    (
        *(b"path", b"linkpath", b"size", b"uid", b"gid", b"mtime", b"hdrcharset", b"SCHILY.xattr.user.x"),
        *(b"GNU.sparse.major", b"GNU.sparse.minor", b"GNU.sparse.name", b"GNU.sparse.realsize"),
        *(b"GNU.sparse.size", b"GNU.sparse.map", b"GNU.sparse.numblocks", b""),
    )
)
_VALUES = st.one_of(
    st.sampled_from((b"0", b"1", b"5", b"1000", b"-1", b"9" * 25, b"a/b", b"../x", b"a\0b")),
    st.binary(max_size=30),
)
_RECORDS = st.dictionaries(_KEYWORDS, _VALUES, max_size=4)
_EXTENDED_FLAGS = st.sampled_from((b"x", b"g", b"X"))
_PARTS = st.one_of(
    _HEADERS,
    st.tuples(_HEADERS, st.binary(max_size=600)).map(lambda parts: parts[0] + padded(parts[1])),
    st.binary(max_size=700).map(
        lambda content: header(b"file", size=len(content)) + padded(content),
    ),
    st.builds(pax, _RECORDS, flag=_EXTENDED_FLAGS),
    st.tuples(_EXTENDED_FLAGS, st.binary(max_size=60)).map(
        lambda parts: header(b"pax", flag=parts[0], size=len(parts[1])) + padded(parts[1])
    ),
    st.builds(long_name, _NAMES, flag=st.sampled_from((b"L", b"K"))),
    st.just(bytes(512)),
    st.binary(max_size=600),
)


@st.composite
def _mutated(draw: st.DrawFn, content: bytes) -> bytes:
    changed = bytearray(content)
    for _ in range(draw(st.integers(0, 3))):
        if not changed:
            break
        position = draw(st.integers(0, len(changed) - 1))
        how = draw(st.sampled_from(("change", "cut", "repeat", "insert")))
        if how == "change":
            changed[position] = draw(st.integers(0, 255))
        elif how == "cut":
            del changed[position : position + draw(st.integers(1, 600))]
        elif how == "repeat":
            changed[position:position] = changed[position : position + draw(st.integers(1, 600))]
        else:
            changed[position:position] = draw(st.binary(max_size=40))
    return bytes(changed)


_STREAMS = st.lists(_PARTS, max_size=8).map(lambda parts: b"".join(parts) + END).flatmap(_mutated)
_PIECES = st.lists(st.integers(1, 2000), min_size=1, max_size=4)


@fuzzed
@given(_STREAMS, _PIECES)
def test_tar_streams(stream: bytes, pieces: list[int]) -> None:
    """However they are cut up, and whichever road the scanner takes, the outcome is one and the same."""

    def outcome(**how: Any) -> list[Row] | str:
        try:
            return scanned(stream, **how)
        except ReadError:
            return "refused"

    whole = outcome()
    OUTCOMES["tar streams refused" if whole == "refused" else "tar streams taken"] += 1
    assert outcome(pieces=pieces) == outcome(winding=True) == outcome(pieces=[512], winding=True) == whole
    if whole != "refused":
        scanner = TarScanner("hashed", contents=Contents(EVERYTHING))
        scanner.feed(stream)
        scanner.close()
        records = scanner.records()
        assert [record[:7] for record in records] == whole
        assert records.content_size == sum(record.size for record in records) >= 0
        assert all(b"\0" not in record.path and not record.path.startswith(b"/") for record in records)
        assert not any(b".." in record.path.split(b"/") for record in records)


_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(1 << 70), 1 << 70),
    st.floats(allow_nan=False),
    st.text(max_size=20),
    st.sampled_from(
        ("sha256:" + "0" * 64, "sha256:../..", "linux", "application/vnd.oci.image.index.v1+json")
    ),
)
_JSON = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.one_of(
                st.sampled_from(
                    (
                        *("mediaType", "config", "layers", "manifests", "digest", "size", "platform", "os"),
                        *("architecture", "rootfs", "diff_ids", "history", "annotations", "urls", "variant"),
                        *(
                            "Config",
                            "RepoTags",
                            "Layers",
                            "created_by",
                            "empty_layer",
                            "Labels",
                            "Env",
                            "Cmd",
                        ),
                    )
                ),
                st.text(max_size=5),
            ),
            inner,
            max_size=5,
        ),
    ),
    max_leaves=25,
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from _places(inner, (*path, key))


@st.composite
def _bent(draw: st.DrawFn, document: bytes) -> bytes:
    """A sound document with some of its values put in others' places."""
    value = [json.loads(document)]
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from([place for place in _places(value) if place]))
        target: Any = value
        for key in path[:-1]:
            target = target[key]
        target[path[-1]] = draw(_JSON)
    return json.dumps(value[0]).encode()


def _sound_documents() -> list[bytes]:
    image = ImageUnderTest([files(a=b"1"), files(b=b"2")], variant="v8")
    layout = Layout()
    layout.entries = [layout.index([layout.manifest(image, platform=image.platform)])]
    saved = classic_archive_files(image)
    return [image.config, saved["manifest.json"], *(x for x in layout.all_files().values() if x[:1] == b"{")]


_DOCUMENTS = st.one_of(
    st.sampled_from(_sound_documents()).flatmap(_bent),
    st.sampled_from(_sound_documents()).flatmap(_mutated),
    _JSON.map(lambda value: json.dumps(value).encode()),
    st.binary(max_size=50),
    st.integers(1, 100_000).map(lambda depth: b"[" * depth),
    st.integers(1, 100_000).map(lambda depth: b'{"config":' * depth),
    st.integers(1, 10_000).map(lambda digits: b'{"size": ' + b"9" * digits + b"}"),
)


@fuzzed
@given(_DOCUMENTS)
def test_documents(document: bytes) -> None:
    parsers: tuple[Callable[[bytes], object], ...] = (
        parse_manifest,
        parse_index,
        parse_image_config,
        parse_saved_images,
        partial(document_type, declared=None),
    )
    for parse in parsers:
        attempt("documents", partial(parse, document), ValueError)


@st.composite
def _images(draw: st.DrawFn) -> tuple[str, dict[str, bytes]]:
    """The files of an image, one or two of them damaged, and the transport to read them by."""
    image = ImageUnderTest([files(a=b"1" * 600), files(b=b"2")])
    compression = draw(st.sampled_from(("", "+gzip", "+zstd")))
    transport, contents = draw(
        st.sampled_from(
            (
                ("docker-archive", classic_archive_files(image)),
                ("docker-archive", oci_shaped_archive_files(image, compression=compression)),
                ("oci", layout_of(image, compression=compression).all_files()),
                ("oci-archive", layout_of(image, compression=compression).all_files()),
            )
        )
    )
    for _ in range(draw(st.integers(1, 2))):
        path = draw(st.sampled_from(sorted(contents)))
        content = contents[path]
        damage = _bent(content) if content[:1] in (b"{", b"[") and draw(st.booleans()) else _mutated(content)
        try:
            contents[path] = draw(damage)
        except ValueError:  # bent before, and no JSON any more
            contents[path] = b""
    return transport, contents


@fuzzed
@given(_images(), st.data())
def test_images(image: tuple[str, dict[str, bytes]], data: st.DataObject) -> None:
    transport, contents = image
    with TemporaryDirectory() as folder:
        place = Path(folder, "image")
        if transport == "oci":
            for path, content in contents.items():
                (place / path).parent.mkdir(parents=True, exist_ok=True)
                (place / path).write_bytes(content)
        else:
            archive = write_archive(place, contents).read_bytes()
            archive = data.draw(_mutated(archive)) if data.draw(st.booleans()) else archive
            place.write_bytes(gzip.compress(archive, 1) if data.draw(st.booleans()) else archive)
        before = sorted(Path(folder).rglob("*"))

        attempt("images", partial(_read, f"{transport}:{place}"))
        assert sorted(Path(folder).rglob("*")) == before


def _read(reference: str) -> None:
    with closing(open_image(reference)) as opened:
        assert isinstance(opened, HasBlobs)
        checks = verify_image(opened)
        indexes = list(opened.index_layers({layer.diff_id for layer in opened.layers}))
        # what is listed as proven is what verification finds sound
        sound = {check.diff_id for check in checks if not check.problems}
        assert {index.diff_id for index in indexes if index.verified} <= sound


_COMPRESSED = (gzip.compress(bytes(5000) + b"x" * 99), zstd.compress(bytes(5000) + b"x" * 99))


@fuzzed
@given(st.sampled_from(_COMPRESSED).flatmap(_mutated), st.integers(1, 300))
def test_compressed_blobs(blob: bytes, piece: int) -> None:
    def expand() -> None:
        decompressor = Decompressor(ByteCounter(), label="blob")
        for start in range(0, len(blob), piece):
            decompressor.feed(blob[start : start + piece])
        decompressor.close()

    attempt("blobs", expand)
