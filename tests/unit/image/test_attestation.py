"""What a builder wrote beside an image about the images that it used."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest
from support.attested import STATEMENT, attested
from support.image_builder import ImageUnderTest, Layout

from bloatcheck.image.oci_archive import open_oci_archive
from bloatcheck.image.oci_layout import open_oci_layout
from bloatcheck.oci.digest import Digest
from bloatcheck.oci.provenance import Material

DIGEST = Digest("sha256:" + "ab" * 32)


def test_provenance_in_the_index_names_the_materials(tmp_path: Path) -> None:
    layout = attested(json.dumps(STATEMENT).encode())
    with closing(open_oci_layout(str(layout.write(tmp_path / "layout")))) as image:
        assert image.materials() == (Material("debian:12", DIGEST),)
    with closing(open_oci_archive(str(layout.write_archive(tmp_path / "archive.tar")))) as image:
        assert image.materials() == (Material("debian:12", DIGEST),)


@pytest.mark.parametrize(
    "layout",
    [
        attested(b"not JSON"),
        attested(b"[" * 100_000),
        attested(json.dumps(STATEMENT).encode(), lost=True),
        attested(json.dumps(STATEMENT).encode(), about=DIGEST),
        attested(json.dumps(STATEMENT).encode(), predicate="https://spdx.dev/Document"),
    ],
    ids=["not-json", "deep", "damaged", "another-image", "another-predicate"],
)
def test_what_is_damaged_or_about_something_else_says_nothing(layout: Layout, tmp_path: Path) -> None:
    with closing(open_oci_layout(str(layout.write(tmp_path / "layout")))) as image:
        assert image.materials() == ()


def test_annotations_of_the_manifest_name_the_base(tmp_path: Path) -> None:
    layout = Layout()
    image = layout.manifest(ImageUnderTest())
    path = "blobs/" + str(image["digest"]).replace(":", "/")
    document = {
        **json.loads(layout.files[path]),
        "annotations": {
            "org.opencontainers.image.base.name": "docker.io/library/debian:12",
            "org.opencontainers.image.base.digest": DIGEST,
        },
    }
    layout.entries.append(layout.blob(str(image["mediaType"]), json.dumps(document).encode()))
    with closing(open_oci_layout(str(layout.write(tmp_path / "layout")))) as opened:
        assert opened.materials() == (Material("docker.io/library/debian:12", DIGEST),)
