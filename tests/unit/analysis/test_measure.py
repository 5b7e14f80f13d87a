"""What was read of an image, joined into one value."""

import tarfile
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import pytest
from support.snapshots import digest

from bloatcheck import __version__
from bloatcheck.analysis.measure import DockerfileSource, take_snapshot
from bloatcheck.analysis.snapshot import Fingerprint
from bloatcheck.errors import ExitCode, Place, ReadError
from bloatcheck.image.capture import Capture
from bloatcheck.image.layer_index import LayerIndex
from bloatcheck.image.model import Image, LayerDescriptor, Source
from bloatcheck.image.tar_scanner import TarScanner
from bloatcheck.oci.digest import Digest
from bloatcheck.oci.dockerfile import MAX_LENGTH
from bloatcheck.oci.image_config import HistoryEntry, ImageConfig
from bloatcheck.oci.platform import Platform


def listing(number: int, size: int, uncompressed_size: int | None = None) -> LayerIndex:
    """The records of a layer of one file."""
    header = tarfile.TarInfo("file")
    header.size = size
    scanner = TarScanner("layer")
    scanner.feed(header.tobuf() + bytes(-(-size // 512) * 512) + bytes(1024))
    scanner.close()
    return LayerIndex(
        diff_id=digest(number), records=scanner.records(), uncompressed_size=uncompressed_size, verified=True
    )


BUILT = ImageConfig(
    platform=Platform("linux", "arm64"),
    diff_ids=(digest(1), digest(2)),
    history=(
        HistoryEntry("RUN /bin/sh -c base # buildkit"),
        HistoryEntry("COPY a /opt/a # buildkit"),
        HistoryEntry("CMD x", empty_layer=True),
    ),
)
IMAGE_ID = digest(99)
ENGINE = Source("docker-daemon", engine="docker 26.1.5", store="overlay2")


@dataclass(frozen=True)
class Opened:
    """An image of a base layer and a copied file, built with BuildKit."""

    reference: str = "docker-daemon:api:latest"
    image_id: Digest = IMAGE_ID
    config: ImageConfig = BUILT
    layers: tuple[LayerDescriptor, ...] = (
        LayerDescriptor(BUILT.diff_ids[0], compressed_size=11),
        LayerDescriptor(BUILT.diff_ids[1]),
    )
    source: Source = ENGINE

    def index_layers(
        self, diff_ids: Collection[Digest], capture: Capture | None = None
    ) -> Iterator[LayerIndex]:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError


IMAGE: Image = Opened()
LISTINGS = (listing(2, 20, 4096), listing(1, 10))


def test_sizes_are_joined_to_layers_by_diff_id() -> None:
    snapshot = take_snapshot(IMAGE, LISTINGS, name="api")
    assert [
        (layer.diff_id, layer.content_size, layer.uncompressed_size, layer.compressed_size)
        for layer in snapshot.layers
    ] == [(digest(1), 10, None, 11), (digest(2), 20, 4096, None)]
    assert (snapshot.name, snapshot.platform, snapshot.image_id) == (
        "api",
        "linux/arm64",
        IMAGE_ID,
    )
    assert snapshot.content_size == 30
    assert snapshot.compressed_size is None


def test_the_fingerprint_says_how_the_numbers_were_made() -> None:
    assert take_snapshot(IMAGE, LISTINGS, name="api").measure == Fingerprint(
        measure="content/1",
        transport="docker-daemon",
        engine="docker 26.1.5",
        store="overlay2",
        tool=f"bloatcheck {__version__}",
    )


def test_without_a_dockerfile_the_history_tells_the_instructions() -> None:
    layers = take_snapshot(IMAGE, LISTINGS, name="api").layers
    assert [(layer.instruction, layer.place) for layer in layers] == [
        ("RUN base", None),
        ("COPY a /opt/a", None),
    ]


def test_with_a_dockerfile_its_own_words_and_lines_are_told() -> None:
    dockerfile = DockerfileSource(path="api/Dockerfile", text="FROM base\nCOPY a \\\n  $DIR/a\nCMD x\n")
    snapshot = take_snapshot(IMAGE, LISTINGS, name="api", dockerfile=dockerfile, build_seconds=1.5)
    assert [(layer.instruction, layer.place) for layer in snapshot.layers] == [
        ("RUN base", None),
        ("COPY a $DIR/a", Place("api/Dockerfile", 2, 3)),
    ]
    assert snapshot.build_seconds == 1.5


def test_target_and_build_arguments_choose_the_stage() -> None:
    text = "ARG FROM=base\nFROM base AS one\nCOPY a /opt/a\nFROM $FROM AS two\nCMD x\nFROM base\nCMD x\n"
    dockerfile = DockerfileSource(path="D", text=text, target="two", build_args={"FROM": "one"})
    assert take_snapshot(IMAGE, LISTINGS, name="api", dockerfile=dockerfile).layers[1].place == Place(
        "D", 3, 3
    )


def test_a_dockerfile_too_long_to_read_leaves_the_builders_words() -> None:
    dockerfile = DockerfileSource(path="D", text="#" * (MAX_LENGTH + 1))
    layers = take_snapshot(IMAGE, LISTINGS, name="api", dockerfile=dockerfile).layers
    assert [(layer.instruction, layer.place) for layer in layers][1] == ("COPY a /opt/a", None)


def test_two_equal_layers_share_a_listing() -> None:
    config = ImageConfig(Platform("linux", "amd64"), (digest(1), digest(1)))
    twice: Image = Opened(config=config, layers=(LayerDescriptor(digest(1)),) * 2)
    assert take_snapshot(twice, LISTINGS, name="api").content_size == 20


def test_an_image_without_layers_is_0_bytes_in_0_layers() -> None:
    empty: Image = Opened(config=ImageConfig(Platform("linux", "amd64")), layers=())
    snapshot = take_snapshot(empty, (), name="api")
    assert (snapshot.layers, snapshot.content_size, snapshot.compressed_size) == ((), 0, 0)


def test_a_layer_that_was_not_listed_is_an_error_and_no_zero() -> None:
    with pytest.raises(ReadError, match="layer 1 of 2 of api was not listed") as caught:
        take_snapshot(IMAGE, LISTINGS[:1], name="api")
    assert caught.value.exit_code is ExitCode.UNREADABLE
    assert caught.value.hint
