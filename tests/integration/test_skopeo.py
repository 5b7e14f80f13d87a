"""What skopeo writes, in each of its layouts and compressions, is read alike and verifies."""

from __future__ import annotations

import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from support.image_builder import (
    ImageUnderTest,
    classic_archive_files,
    files,
    layer,
    member,
    sha256,
    write_archive,
)

from bloatcheck.image.files_image import FilesImage
from bloatcheck.image.open import open_image
from bloatcheck.image.verify import verify_image

LAYERS = [layer(member("usr/bin/tool", b"tool" * 5000)), files(a=b"1"), layer(member("etc/.wh.gone"))]


def copied(source: Path, target: str, *options: str) -> FilesImage:
    subprocess.run(
        ["skopeo", "copy", "--quiet", "--insecure-policy", *options, f"docker-archive:{source}", target],
        check=True,
        capture_output=True,
    )
    image = open_image(target)
    assert isinstance(image, FilesImage)
    return image


@pytest.mark.parametrize(
    ("target", "options"),
    [
        ("oci:{}/layout:tag", ["--dest-compress-format=gzip"]),
        ("oci:{}/layout:tag", ["--dest-compress-format=zstd"]),
        ("oci:{}/layout:tag", ["--dest-oci-accept-uncompressed-layers"]),
        ("oci:{}/layout", []),
        ("oci-archive:{}/image.tar:registry.example/team/api:1", []),
        ("docker-archive:{}/image.tar:registry.example/team/api:1", []),
    ],
)
def test_skopeo_s_copies_hold_the_same_layers(tmp_path: Path, target: str, options: list[str]) -> None:
    source = write_archive(tmp_path / "source.tar", classic_archive_files(ImageUnderTest(LAYERS)))

    with copied(source, target.format(tmp_path), *options) as image:
        checks = verify_image(image)
        indexes = {x.diff_id: x for x in image.index_layers([x.diff_id for x in image.layers])}

    assert [check.problems for check in checks] == [(), (), ()]
    assert [indexes[sha256(content)].records.path_list() for content in LAYERS] == [
        [b"usr/bin/tool"],
        [b"a"],
        [b"etc/.wh.gone"],
    ]


def test_several_images_in_one_layout_are_told_apart_by_name(tmp_path: Path) -> None:
    for number, content in enumerate(LAYERS):
        source = write_archive(tmp_path / f"{number}.tar", classic_archive_files(ImageUnderTest([content])))
        copied(source, f"oci:{tmp_path}/layout:image-{number}").close()

    for number, content in enumerate(LAYERS):
        with closing(open_image(f"oci:{tmp_path}/layout:image-{number}")) as image:
            assert [x.diff_id for x in image.layers] == [sha256(content)]
