"""An image that an earlier step made is found where it is: in the engine, else in the registry."""

from pathlib import Path

import pytest

from bloatcheck.build.prebuilt import PrebuiltBuilder
from bloatcheck.config.model import ImageSpec, PrebuiltSpec
from bloatcheck.errors import BuildError

RECORDED = Path(__file__).parent / "recorded_metadata"
CONFIG_DIGEST = "sha256:fbba4a0043157cbfd663a286265001fa70bf1225ddbd2ca9b9113cc32f15f88d"
MANIFEST_DIGEST = "sha256:9784e55cd656d41d50cafe8a92992874c5719bd7243969826d6b5f321e072d32"


def reference_of(prebuilt: PrebuiltSpec, environment: dict[str, str] | None = None) -> str:
    builder = PrebuiltBuilder(root=RECORDED, environment=environment or {"PATH": "/nonexistent"})
    return builder.build(ImageSpec("api", prebuilt=prebuilt)).reference


def engine_with(folder: Path, image: str, answer: str) -> dict[str, str]:
    """A docker whose engine knows one image."""
    program = folder / "docker"
    program.write_text(f'#!/bin/sh\n[ "$5" = "{image}" ] && echo "{answer}" || exit 1\n')
    program.chmod(0o755)
    return {"PATH": f"{folder}:/usr/bin:/bin"}


@pytest.mark.parametrize(
    "reference",
    [
        "api:latest",
        "docker-archive:out/image.tar",
        "oci:layout:v1",
        "docker://ghcr.io/acme/api@sha256:0",
        "-x",
    ],
)
def test_a_reference_is_left_to_the_reader(reference: str) -> None:
    assert reference_of(PrebuiltSpec(reference=reference)) == reference


@pytest.mark.parametrize("reference", ["", "  ", "a\nb", "a\x1b[31m", "x" * 5000])
def test_a_reference_that_can_be_none_is_refused(reference: str) -> None:
    with pytest.raises(BuildError, match="api: not an image"):
        reference_of(PrebuiltSpec(reference=reference))


@pytest.mark.parametrize(
    "known", [CONFIG_DIGEST, MANIFEST_DIGEST, f"docker.io/library/mine@{MANIFEST_DIGEST}"]
)
def test_an_image_the_engine_holds_is_read_there(tmp_path: Path, known: str) -> None:
    environment = engine_with(tmp_path, known, CONFIG_DIGEST)
    prebuilt = PrebuiltSpec(metadata_file="build-containerd.json")
    assert reference_of(prebuilt, environment) == f"docker-daemon:{CONFIG_DIGEST}"


def test_an_older_image_of_the_same_name_is_not_taken_for_it(tmp_path: Path) -> None:
    environment = engine_with(tmp_path, "docker.io/library/mine:1", CONFIG_DIGEST)
    prebuilt = PrebuiltSpec(metadata_file="build-containerd.json")
    assert reference_of(prebuilt, environment) == f"docker://docker.io/library/mine@{MANIFEST_DIGEST}"


def test_without_docker_the_registry_is_read() -> None:
    prebuilt = PrebuiltSpec(metadata_file="bake-containerd.json", metadata_target="api")
    assert reference_of(prebuilt).startswith("docker://docker.io/acme/api@sha256:80d86dc6")


def test_an_image_that_is_nowhere_is_told() -> None:
    with pytest.raises(BuildError, match="the engine holds no image sha256:d91b1a69") as caught:
        reference_of(PrebuiltSpec(metadata_file="build-overlay2.json"))
    assert "--load" in str(caught.value.hint)


def test_the_dockerfile_that_the_user_names_goes_along() -> None:
    builder = PrebuiltBuilder(root=RECORDED, environment={})
    prebuilt = PrebuiltSpec(reference="api", dockerfile="api/Dockerfile")
    built = builder.build(ImageSpec("api", prebuilt=prebuilt))
    assert built.dockerfile == "api/Dockerfile"
    assert built.builder == "an earlier step"
    assert built.build_seconds is None


def test_a_specification_without_an_image_is_an_error() -> None:
    with pytest.raises(BuildError, match="names no image"):
        reference_of(PrebuiltSpec())
