"""Images on disk: every layout says the same of the same image, and none is believed blindly."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from support.capturing import EVERYTHING
from support.image_builder import (
    ImageUnderTest,
    Layout,
    classic_archive_files,
    files,
    layer,
    layout_of,
    member,
    named,
    oci_shaped_archive_files,
    sha256,
    write_archive,
)

from bloatcheck.errors import ExitCode, ReadError
from bloatcheck.image.capture import Captured
from bloatcheck.image.files_image import FilesImage
from bloatcheck.image.layer_index import NO_DIGEST
from bloatcheck.image.model import Image
from bloatcheck.image.open import open_image
from bloatcheck.image.verify import verify_image
from bloatcheck.image.zstd import zstd
from bloatcheck.oci.platform import Platform

BASE = layer(member("./", type=tarfile.DIRTYPE), member("./etc/os-release", b"x" * 3000))
TOP = layer(member("app", b"y" * 700), member("etc/.wh.os-release"))
IMAGE = ImageUnderTest([BASE, TOP, BASE], names=["registry.example:5000/team/api:1.2"])


def write_all(folder: Path) -> dict[str, str]:
    """The same image in every layout: references by a word for each."""
    classic = write_archive(folder / "classic.tar", classic_archive_files(IMAGE))
    (folder / "classic.tar.gz").write_bytes(gzip.compress(classic.read_bytes(), 1))
    (folder / "classic.tar.zst").write_bytes(zstd.compress(classic.read_bytes(), 1))
    write_archive(folder / "modern.tar", oci_shaped_archive_files(IMAGE))
    write_archive(folder / "modern-gzip.tar", oci_shaped_archive_files(IMAGE, compression="+gzip"))
    layout_of(IMAGE).write(folder / "plain")
    layout_of(IMAGE, compression="+gzip").write(folder / "gzip")
    layout_of(IMAGE, compression="+zstd").write(folder / "zstd")
    layout_of(IMAGE, compression="+gzip").write_archive(folder / "oci.tar")
    (folder / "oci.tar.gz").write_bytes(gzip.compress((folder / "oci.tar").read_bytes(), 1))
    return {
        "classic": f"docker-archive:{folder}/classic.tar",
        "classic, named": f"docker-archive:{folder}/classic.tar:registry.example:5000/team/api:1.2",
        "classic, numbered": f"docker-archive:{folder}/classic.tar:@0",
        "classic in gzip": f"docker-archive:{folder}/classic.tar.gz",
        "classic in zstd": f"docker-archive:{folder}/classic.tar.zst",
        "of Docker 25": f"docker-archive:{folder}/modern.tar",
        "of the containerd store": f"docker-archive:{folder}/modern-gzip.tar",
        "layout, plain": f"oci:{folder}/plain",
        "layout, gzip": f"oci:{folder}/gzip:registry.example:5000/team/api:1.2",
        "layout, zstd": f"oci:{folder}/zstd",
        "layout in an archive": f"oci-archive:{folder}/oci.tar",
        "layout in a gzip archive": f"oci-archive:{folder}/oci.tar.gz",
    }


WORDS = [
    "classic",
    "classic, named",
    "classic, numbered",
    "classic in gzip",
    "classic in zstd",
    "of Docker 25",
    "of the containerd store",
    "layout, plain",
    "layout, gzip",
    "layout, zstd",
    "layout in an archive",
    "layout in a gzip archive",
]


@pytest.fixture(scope="module")
def references(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return write_all(tmp_path_factory.mktemp("images"))


def opened(reference: str, platform: str | None = None) -> FilesImage:
    image = open_image(reference, platform=Platform.parse(platform) if platform else None)
    assert isinstance(image, FilesImage)
    return image


def refused(reference: str, platform: str | None = None) -> ReadError:
    """Opens and reads all of it; the error that this ends in."""
    with pytest.raises(ReadError) as caught, opened(reference, platform) as image:
        list(image.index_layers([described.diff_id for described in image.layers]))
    assert caught.value.exit_code is ExitCode.UNREADABLE
    return caught.value


@pytest.mark.parametrize("word", WORDS)
class TestTheSameImage:
    """Three layers, the third the first again."""

    def test_has_the_same_configuration(self, references: dict[str, str], word: str) -> None:
        with opened(references[word]) as image:
            assert image.image_id == sha256(IMAGE.config)
            assert image.config.platform == Platform("linux", "amd64")
            assert [described.diff_id for described in image.layers] == [sha256(x) for x in IMAGE.layers]
            assert image.reference == references[word]
            assert image.source.transport == references[word].partition(":")[0]

    def test_has_the_same_records(self, references: dict[str, str], word: str) -> None:
        with opened(references[word]) as image:
            indexes = {x.diff_id: x for x in image.index_layers({x.diff_id for x in image.layers})}

        base, top = indexes[sha256(BASE)], indexes[sha256(TOP)]
        assert len(indexes) == 2
        assert base.records.path_list() == [b"", b"etc/os-release"]
        assert top.records.path_list() == [b"app", b"etc/.wh.os-release"]
        assert (base.content_size, top.content_size) == (3000, 700)
        assert (base.uncompressed_size, top.uncompressed_size) == (len(BASE), len(TOP))

    def test_has_the_same_contents(self, references: dict[str, str], word: str) -> None:
        with opened(references[word]) as image:
            diff_ids = {x.diff_id for x in image.layers}
            indexes = {x.diff_id: x for x in image.index_layers(diff_ids, EVERYTHING)}

        base, top = indexes[sha256(BASE)], indexes[sha256(TOP)]
        assert base.captured == {b"etc/os-release": Captured("whole", b"x" * 3000)}
        assert top.captured == {b"app": Captured("whole", b"y" * 700)}
        assert [x.digest for x in base.records] == [NO_DIGEST, hashlib.sha256(b"x" * 3000).digest()[:16]]
        assert [x.digest for x in top.records] == [
            hashlib.sha256(content).digest()[:16] for content in (b"y" * 700, b"")
        ]

    def test_lists_only_the_layers_it_is_asked_for(self, references: dict[str, str], word: str) -> None:
        with opened(references[word]) as image:
            assert [x.diff_id for x in image.index_layers([sha256(TOP)])] == [sha256(TOP)]
            assert list(image.index_layers([])) == []

    def test_verifies(self, references: dict[str, str], word: str) -> None:
        with opened(references[word]) as image:
            checks = verify_image(image)

        assert [check.problems for check in checks] == [(), ()]
        assert [check.content_size for check in checks] == [3000, 700]


def test_the_words_are_all_there(references: dict[str, str]) -> None:
    assert list(references) == WORDS


def test_an_image_satisfies_the_protocol(references: dict[str, str]) -> None:
    image: Image = opened(references["classic"])
    image.close()


def test_compressed_sizes_are_those_of_the_blobs(references: dict[str, str]) -> None:
    blob = len(gzip.compress(BASE, 1, mtime=0))

    assert opened(references["layout, gzip"]).layers[0].compressed_size == blob
    assert opened(references["of the containerd store"]).layers[0].compressed_size == blob
    assert opened(references["classic"]).layers[0].compressed_size is None


def test_a_plain_layer_in_place_is_listed_unproven_and_a_compressed_one_proven(
    references: dict[str, str],
) -> None:
    with opened(references["classic"]) as image:
        assert not any(x.verified for x in image.index_layers([sha256(BASE)]))
        assert image.layers[0].identity
        assert all(x.verified for x in image.index_layers([sha256(BASE)], EVERYTHING))
    with opened(references["layout, gzip"]) as image:
        assert all(x.verified for x in image.index_layers([sha256(BASE)]))
    with opened(references["classic in gzip"]) as image:
        assert all(x.verified for x in image.index_layers([sha256(BASE)]))
        assert image.layers[0].identity is None


def test_an_image_without_layers_is_no_error(tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "a.tar", classic_archive_files(ImageUnderTest([])))

    with opened(f"docker-archive:{archive}") as image:
        assert list(image.layers) == []
        assert verify_image(image) == ()


def test_archives_are_opened_without_what_only_other_commands_need(references: dict[str, str]) -> None:
    program = (
        "import sys\n"
        "from bloatcheck.image.open import open_image\n"
        "with open_image(sys.argv[1]) as image:\n"
        "    list(image.index_layers([layer.diff_id for layer in image.layers]))\n"
        "print(*sorted({'docker', 'requests', 'jinja2', 'pydantic', 'yaml', 'urllib3'} & set(sys.modules)))\n"
    )
    for word in ("classic", "layout, zstd", "layout in an archive"):
        result = subprocess.run(
            [sys.executable, "-c", program, references[word]], capture_output=True, text=True, check=True
        )
        assert result.stdout.strip() == ""


class TestArchivesOfDocker:
    def test_a_layer_may_be_a_link_to_the_same_one_before(self, tmp_path: Path) -> None:
        contents = classic_archive_files(ImageUnderTest([BASE]))
        (path,) = (name for name in contents if name.endswith("layer.tar"))
        target = contents.pop(path)
        archive = write_archive(
            tmp_path / "a.tar",
            {"real/layer.tar": target, **contents},
            member(path, type=tarfile.SYMTYPE, link="../real/layer.tar"),
        )

        with opened(f"docker-archive:{archive}") as image:
            assert [x.content_size for x in image.index_layers([sha256(BASE)])] == [3000]

    def test_names_may_begin_with_a_dot_as_tar_writes_a_folder(self, tmp_path: Path) -> None:
        contents = {f"./{path}": content for path, content in classic_archive_files(IMAGE).items()}
        archive = write_archive(tmp_path / "a.tar", contents)

        assert opened(f"docker-archive:{archive}").image_id == sha256(IMAGE.config)

    def test_one_of_several_images_is_chosen_by_name_or_number(self, tmp_path: Path) -> None:
        one = ImageUnderTest([BASE], names=["docker.io/library/api:latest"])
        two = ImageUnderTest([TOP], names=["web:2", "web:latest"])
        archive = write_archive(tmp_path / "a.tar", classic_archive_files(one, two))

        for chosen, image in (
            ("api", one),
            ("api:latest", one),
            ("web:2", two),
            ("docker.io/library/web", two),
            ("@1", two),
        ):
            assert opened(f"docker-archive:{archive}:{chosen}").image_id == sha256(image.config)

        hint = "docker.io/library/api:latest, web:2, web:latest"
        assert hint in str(refused(f"docker-archive:{archive}"))
        assert hint in str(refused(f"docker-archive:{archive}:other"))
        assert "no such image" in str(refused(f"docker-archive:{archive}:@2"))
        assert "no such image" in str(refused(f"docker-archive:{archive}:@-1"))

    def test_an_oci_layouts_archive_is_told_apart(self, references: dict[str, str]) -> None:
        path = references["layout in an archive"].partition(":")[2]

        assert "write oci-archive: in place of docker-archive:" in str(refused(f"docker-archive:{path}"))

    @pytest.mark.parametrize(
        "manifest",
        [
            b"",
            b"{",
            b"{}",
            b"[" * 100_000,
            b"[5]",
            b'[{"Config": 5}]',
            b'[{"Config": "c.json", "Layers": "x"}]',
            b'[{"Config": "c.json", "Layers": [5]}]',
            b'[{"Config": "../../../../etc/passwd", "Layers": []}]',
            b'[{"Config": "/etc/passwd", "Layers": []}]',
            b'[{"Config": "loop", "Layers": []}]',
            b'[{"Config": "dangling", "Layers": []}]',
            b'[{"Config": "a/folder", "Layers": []}]',
            json.dumps([{"Config": "c", "Layers": ["l"] * 1001}]).encode(),
        ],
    )
    def test_a_manifest_that_makes_no_sense_is_refused_with_the_archives_name(
        self, tmp_path: Path, manifest: bytes
    ) -> None:
        archive = write_archive(
            tmp_path / "a.tar",
            {"manifest.json": manifest, "c.json": b"{}"},
            member("loop", type=tarfile.SYMTYPE, link="pool"),
            member("pool", type=tarfile.SYMTYPE, link="loop"),
            member("dangling", type=tarfile.SYMTYPE, link="nowhere"),
            member("a/folder", type=tarfile.DIRTYPE),
        )

        assert str(archive) in refused(f"docker-archive:{archive}").message

    def test_a_configuration_of_another_digest_is_refused(self, tmp_path: Path) -> None:
        contents = classic_archive_files(IMAGE)
        (path,) = (name for name in contents if len(name) == 69)
        contents[path] += b" "

        archive = write_archive(tmp_path / "a.tar", contents)
        assert "is another one" in refused(f"docker-archive:{archive}").message

    def test_a_configuration_with_another_number_of_layers_is_refused(self, tmp_path: Path) -> None:
        contents = classic_archive_files(IMAGE)
        document = json.loads(contents["manifest.json"])
        document[0]["Layers"].pop()
        contents["manifest.json"] = json.dumps(document).encode()

        archive = write_archive(tmp_path / "a.tar", contents)
        assert "has 2 layers, the configuration 3" in refused(f"docker-archive:{archive}").message

    def test_a_missing_layer_is_refused_by_name_when_it_is_read(self, tmp_path: Path) -> None:
        contents = {
            path: content
            for path, content in classic_archive_files(IMAGE).items()
            if not (path.endswith("layer.tar") and content == TOP)
        }
        archive = write_archive(tmp_path / "a.tar", contents)

        with opened(f"docker-archive:{archive}") as image:
            assert len(image.layers) == 3
        assert sha256(TOP) in refused(f"docker-archive:{archive}").message

    def test_two_layers_in_one_file_are_refused(self, tmp_path: Path) -> None:
        contents = classic_archive_files(IMAGE)
        document = json.loads(contents["manifest.json"])
        document[0]["Layers"] = [document[0]["Layers"][0]] * 3
        contents["manifest.json"] = json.dumps(document).encode()
        archive = write_archive(tmp_path / "a.tar", contents)

        assert "another layer has the same file" in refused(f"docker-archive:{archive}").message


class TestLayouts:
    def choices(self) -> Layout:
        """An index of three platforms within the layout's index, with attestations."""
        layout = Layout()
        platforms = [
            ImageUnderTest([files(a=b"1")], architecture="amd64"),
            ImageUnderTest([files(a=b"22")], architecture="arm64"),
            ImageUnderTest([files(a=b"333")], architecture="arm", variant="v7"),
        ]
        entries = [layout.manifest(image, platform=image.platform) for image in platforms]
        attestation = layout.manifest(
            ImageUnderTest([files(attestation=b"")]),
            platform={"os": "unknown", "architecture": "unknown"},
            annotations={"vnd.docker.reference.type": "attestation-manifest"},
        )
        layout.entries = [layout.index([*entries, attestation], **named("latest"))]
        return layout

    @pytest.mark.parametrize(
        ("platform", "content_size"),
        [
            ("linux/amd64", 1),
            ("linux/arm64", 2),
            ("linux/arm64/v8", 2),
            ("linux/arm/v7", 3),
            ("linux/arm", 3),
        ],
    )
    def test_the_image_of_a_platform_is_chosen(
        self, tmp_path: Path, platform: str, content_size: int
    ) -> None:
        folder = self.choices().write(tmp_path / "layout")

        with opened(f"oci:{folder}", platform) as image:
            (index,) = image.index_layers([x.diff_id for x in image.layers])
        assert index.content_size == content_size

    def test_without_a_wish_it_is_this_machines(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("platform.machine", lambda: "aarch64")
        folder = self.choices().write(tmp_path / "layout")

        assert opened(f"oci:{folder}").config.platform == Platform("linux", "arm64")

    @pytest.mark.parametrize("platform", ["linux/s390x", "windows/amd64", "linux/arm/v6"])
    def test_a_platform_that_isnt_there_is_refused_and_those_that_are_there_are_named(
        self, tmp_path: Path, platform: str
    ) -> None:
        folder = self.choices().write(tmp_path / "layout")

        error = refused(f"oci:{folder}", platform)
        assert f"has no image for {platform}" in error.message
        assert "linux/amd64, linux/arm/v7, linux/arm64;" in str(error)

    def test_a_single_image_of_another_platform_is_refused(self, tmp_path: Path) -> None:
        folder = layout_of(IMAGE).write(tmp_path / "layout")

        assert "it has linux/amd64" in str(refused(f"oci:{folder}", "linux/arm64"))

    def test_several_names_ask_for_one(self, tmp_path: Path) -> None:
        layout = Layout()
        layout.entries = [
            layout.manifest(ImageUnderTest([BASE]), **named("one")),
            layout.manifest(ImageUnderTest([TOP]), **named("two")),
        ]
        folder = layout.write(tmp_path / "layout")

        assert [x.diff_id for x in opened(f"oci:{folder}:two").layers] == [sha256(TOP)]
        assert "one, two" in str(refused(f"oci:{folder}"))
        assert "one, two" in str(refused(f"oci:{folder}:three"))

    def test_layers_that_may_not_be_distributed_are_named_when_they_are_read(self, tmp_path: Path) -> None:
        layout = layout_of(IMAGE)
        document = json.loads(layout.files[self.blob(layout.entries[0])])
        document["layers"][0] |= {
            "mediaType": "application/vnd.oci.image.layer.nondistributable.v1.tar",
            "urls": ["https://mcr.example/layer"],
        }
        layout.entries = [
            layout.blob("application/vnd.oci.image.manifest.v1+json", json.dumps(document).encode())
        ]
        del layout.files[self.blob(document["layers"][0])]
        folder = layout.write(tmp_path / "layout")

        with opened(f"oci:{folder}") as image:
            assert image.layers[0].compressed_size == len(BASE)
        error = refused(f"oci:{folder}")
        assert sha256(BASE) in error.message
        assert "may not be distributed" in str(error)

    def test_indexes_that_lead_in_a_circle_of_their_own_depth_are_refused(self, tmp_path: Path) -> None:
        layout = Layout()
        entry = layout.manifest(IMAGE)
        for _ in range(6):
            entry = layout.index([entry])
        layout.entries = [entry]

        assert "indexes stand one within another" in refused(f"oci:{layout.write(tmp_path / 'l')}").message

    @staticmethod
    def blob(descriptor: dict[str, object]) -> str:
        return "blobs/" + str(descriptor["digest"]).replace(":", "/")

    def damage(self, layout: Layout, kind: str) -> tuple[str, Callable[[bytes], bytes]]:
        document = json.loads(layout.files[self.blob(layout.entries[0])])
        paths = {
            "manifest": self.blob(layout.entries[0]),
            "config": self.blob(document["config"]),
            "layer": self.blob(document["layers"][1]),
        }
        return paths[kind.partition(",")[0]], {
            "changed": lambda content: content[:-1] + b" ",
            "longer": lambda content: content + b" ",
            "cut off": lambda content: content[: len(content) // 2],
            "empty": lambda _: b"",
        }[kind.partition(", ")[2]]

    @pytest.mark.parametrize("compression", ["+gzip", "+zstd"])
    @pytest.mark.parametrize("what", ["manifest", "config", "layer"])
    @pytest.mark.parametrize("how", ["changed", "longer", "cut off", "empty"])
    def test_whatever_doesnt_match_its_digest_is_refused(
        self, tmp_path: Path, compression: str, what: str, how: str
    ) -> None:
        layout = layout_of(IMAGE, compression=compression)
        path, damage = self.damage(layout, f"{what}, {how}")
        layout.files[path] = damage(layout.files[path])
        folder = layout.write(tmp_path / "layout")

        assert str(folder) in refused(f"oci:{folder}").message

    @pytest.mark.parametrize("how", ["longer", "cut off", "empty"])
    def test_a_plain_layer_of_another_length_is_refused(self, tmp_path: Path, how: str) -> None:
        layout = layout_of(IMAGE)
        path, damage = self.damage(layout, f"layer, {how}")
        layout.files[path] = damage(layout.files[path])

        assert sha256(TOP) in refused(f"oci:{layout.write(tmp_path / 'l')}").message

    @pytest.mark.parametrize("compression", ["", "+gzip", "+zstd"])
    def test_a_layer_that_is_another_one_than_the_configuration_says_fails_verification(
        self, tmp_path: Path, compression: str
    ) -> None:
        class Liar(ImageUnderTest):
            @property
            def config(self) -> bytes:
                return super().config.replace(sha256(TOP).encode(), sha256(b"other").encode())

        folder = layout_of(Liar(IMAGE.layers), compression=compression).write(tmp_path / "layout")

        with opened(f"oci:{folder}") as image:
            checks = verify_image(image)
        assert [bool(check.problems) for check in checks] == [False, True]
        assert "diff_id is" in checks[1].problems[0]
        if compression:
            assert "its diff_id is" in refused(f"oci:{folder}").message

    @pytest.mark.parametrize("path", ["index.json", "blobs/sha256/" + sha256(IMAGE.config)[7:]])
    def test_a_pipe_in_a_files_place_is_not_waited_on(self, tmp_path: Path, path: str) -> None:
        folder = layout_of(IMAGE).write(tmp_path / "layout")
        (folder / path).unlink()
        os.mkfifo(folder / path)

        assert "is neither a file nor a folder" in refused(f"oci:{folder}").message

    def test_a_document_of_absurd_size_is_not_read(self, tmp_path: Path) -> None:
        folder = layout_of(IMAGE).write(tmp_path / "layout")
        os.truncate(folder / "index.json", 1 << 40)

        assert "more than" in refused(f"oci:{folder}").message


@pytest.mark.parametrize("transport", ["docker-archive", "oci", "oci-archive"])
@pytest.mark.parametrize("what", ["missing", "empty", "text", "cut"])
def test_what_is_no_image_is_refused_with_its_path(tmp_path: Path, transport: str, what: str) -> None:
    path = tmp_path / "some-image"
    if what == "empty":
        path.write_bytes(b"")
    elif what == "text":
        path.write_text("certainly not an image\n" * 100)
    elif what == "cut":
        whole = write_archive(path, classic_archive_files(IMAGE)).read_bytes()
        path.write_bytes(whole[: len(whole) // 2])

    assert "some-image" in refused(f"{transport}:{path}").message
