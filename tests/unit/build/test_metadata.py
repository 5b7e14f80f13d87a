"""Metadata files of bake and build lead to an image, and a wrong one says how to right it.

`recorded_metadata/` holds what buildx 0.13 wrote on engines with and without the containerd store.
"""

import json
import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloatcheck.build.metadata import MAX_METADATA_LENGTH, BuildMetadata, read_build_metadata
from bloatcheck.errors import BuildError, ExitCode, Place
from bloatcheck.oci.digest import Digest
from bloatcheck.oci.provenance import Material

RECORDED = Path(__file__).parent / "recorded_metadata"
CONFIGURED = Place(".bloatcheck.yml", 7)
DIGEST = "sha256:" + "a" * 64


def read(path: Path, target: str | None = None) -> BuildMetadata:
    return read_build_metadata(path, target, shown_as=path.name, place=CONFIGURED)


def write(folder: Path, document: object) -> Path:
    path = folder / "metadata.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    return path


def test_a_bake_file_has_an_image_per_target() -> None:
    api = read(RECORDED / "bake-containerd.json", "api")
    assert str(api.digest).startswith("sha256:80d86dc6")
    assert api.repository == "docker.io/acme/api"


def test_an_image_that_was_given_no_name_has_none() -> None:
    web = read(RECORDED / "bake-containerd.json", "web")
    assert str(web.digest).startswith("sha256:3d6da5b5")
    assert web.repository is None


def test_a_build_file_has_one_image() -> None:
    metadata = read(RECORDED / "build-containerd.json")
    assert str(metadata.config_digest).startswith("sha256:fbba4a00")
    assert str(metadata.digest).startswith("sha256:9784e55c")
    assert metadata.repository == "docker.io/library/mine"


def test_a_build_on_a_classic_store_names_the_image_id_only() -> None:
    metadata = read(RECORDED / "build-overlay2.json")
    assert str(metadata.digest).startswith("sha256:d91b1a69")
    assert metadata.repository is None


def test_the_only_target_needs_no_name(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        {"api": {"containerimage.digest": DIGEST}, "buildx.build.warnings": [], "buildx.x": {"a": 1}},
    )
    assert read(path).digest == DIGEST


@pytest.mark.parametrize(
    ("names", "repository"),
    [
        ("localhost:5000/api", "localhost:5000/api"),
        ("localhost:5000/api:1", "localhost:5000/api"),
        (f"ghcr.io/acme/api:v1@{DIGEST}", "ghcr.io/acme/api"),
        ("api", "api"),
        ("", None),
    ],
)
def test_a_repository_is_a_name_without_its_tag(tmp_path: Path, names: str, repository: str | None) -> None:
    path = write(tmp_path, {"containerimage.digest": DIGEST, "image.name": names})
    assert read(path).repository == repository


@pytest.mark.parametrize(
    ("target", "hint"),
    [
        (None, "its targets are: api, web"),
        ("apy", "did you mean 'api'?"),
        ("zzz", "its targets are: api, web"),
    ],
)
def test_a_missing_target_is_told_with_those_there_are(target: str | None, hint: str) -> None:
    with pytest.raises(BuildError) as caught:
        read(RECORDED / "bake-containerd.json", target)
    assert caught.value.hint == hint
    assert caught.value.place == CONFIGURED
    assert caught.value.exit_code is ExitCode.UNREADABLE


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "is not a JSON object"),
        ('"x"', "is not a JSON object"),
        ("{}", "has 0 targets"),
        ({"image.name": "api"}, "has no digest"),
        ({"containerimage.digest": "latest"}, "containerimage.digest: not a digest"),
        ({"containerimage.digest": 7}, "containerimage.digest: not a digest"),
        ({"containerimage.digest": {"x": "y"}}, "not a digest"),
        ({"containerimage.digest": DIGEST, "image.name": "-rm /"}, "not the name of an image"),
        ({"containerimage.digest": DIGEST, "image.name": "a" * 300}, "not the name of an image"),
        ({"containerimage.digest": DIGEST, "image.name": ["a"]}, "not the name of an image"),
        (" " * (MAX_METADATA_LENGTH + 1), "is longer than"),
    ],
    ids=range(13),
)
def test_a_file_that_is_none_is_a_clear_error(tmp_path: Path, document: object, said: str) -> None:
    with pytest.raises(BuildError, match=said):
        read(write(tmp_path, document))


def test_a_file_that_is_not_there_says_how_it_comes_to_be(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"no metadata file nothing\.json") as caught:
        read(tmp_path / "nothing.json")
    assert "--metadata-file" in str(caught.value.hint)


@pytest.mark.timeout(10)
def test_a_pipe_or_a_directory_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path):
        with pytest.raises(BuildError, match="no metadata file"):
            read(path)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.just(DIGEST),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["api", "containerimage.digest", "containerimage.config.digest", "image.name"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(document=values, target=st.none() | st.text())
def test_no_document_breaks_the_reading(
    tmp_path_factory: pytest.TempPathFactory, document: object, target: str | None
) -> None:
    path = write(tmp_path_factory.getbasetemp(), document)
    with suppress(BuildError):
        read(path, target)


def test_provenance_in_the_metadata_names_what_the_build_used(tmp_path: Path) -> None:
    hexadecimal = "ab" * 32
    provenance = {"materials": [{"uri": "pkg:docker/debian@12", "digest": {"sha256": hexadecimal}}]}
    entry = {"containerimage.digest": f"sha256:{'1' * 64}"}
    expected = (Material("debian:12", Digest(f"sha256:{hexadecimal}")),)
    for key in ("buildx.build.provenance", "buildx.build.provenance/linux/amd64"):
        path = tmp_path / "metadata.json"
        path.write_text(json.dumps({**entry, key: provenance}))
        assert read_build_metadata(path, None, shown_as="m", place=None).materials == expected
