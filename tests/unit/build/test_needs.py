"""Images that are built on others of the same run wait for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bloatcheck.build.needs import earlier_needed
from bloatcheck.config.model import BuildSpec, ImageSpec, PrebuiltSpec

BASE = ImageSpec("base", build=BuildSpec("base.Dockerfile"), tags=("acme/base:ci",))


def needed(tmp_path: Path, dockerfile: str, *, first: ImageSpec = BASE, **args: str | None) -> frozenset[int]:
    (tmp_path / "Dockerfile").write_text(dockerfile)
    api = ImageSpec("api", build=BuildSpec("Dockerfile", args=args))
    return earlier_needed([first, api], tmp_path, {"FROM_OUTSIDE": "acme/base:ci"})[1]


@pytest.mark.parametrize(
    "dockerfile",
    [
        "FROM acme/base:ci\n",
        "FROM docker.io/acme/base\n",
        "FROM debian\nCOPY --from=acme/base:ci /a /\n",
        "FROM debian\nRUN --mount=from=acme/base,target=/b true\n",
        "ARG TAG=ci\nARG NAME=acme/base\nFROM $NAME:$TAG\n",
        "ARG WHERE\nFROM $WHERE/base\n",
        "ARG WHERE\nFROM ${WHERE:-docker.io}/acme/base:$TAG\n",
        "ARG WHO\nFROM --platform=linux/amd64 ${WHO}/b${X}s${Y}:ci AS base\n",
        "ARG BASE\nFROM $BASE\n",
        "FROM debian\nRUN --mount=type=bind,from=$OTHER,target=/b true\n",
    ],
)
def test_it_waits_for_a_tag_that_its_dockerfile_names_or_could_mean(tmp_path: Path, dockerfile: str) -> None:
    assert needed(tmp_path, dockerfile) == {0}


def test_it_waits_for_a_tag_in_its_build_arguments(tmp_path: Path) -> None:
    dockerfile = "FROM debian\nARG X\nRUN echo $X\n"
    assert needed(tmp_path, dockerfile, X="acme/base:ci") == {0}
    assert needed(tmp_path, dockerfile, FROM_OUTSIDE=None) == {0}
    assert not needed(tmp_path, dockerfile, X="acme/other:ci")


def test_others_wait_for_nothing(tmp_path: Path) -> None:
    assert not needed(tmp_path, "FROM debian\nRUN echo $HOME\n")
    for image in (
        "python:$TAG",
        "docker.io/library/python:${TAG:-3}",
        "$WHO/bas",
        "$WHO/base/more",
        "x$Y/base",
    ):
        assert not needed(tmp_path, f"ARG TAG\nFROM {image}\n")
    untagged = ImageSpec("base", build=BuildSpec("base.Dockerfile"))
    assert not needed(tmp_path, "ARG A\nFROM $A\n", first=untagged)
    # its build says that there is no such file
    (tmp_path / "Dockerfile").unlink(missing_ok=True)
    missing = ImageSpec("api", build=BuildSpec("Dockerfile"))
    ready = ImageSpec("web", prebuilt=PrebuiltSpec(reference="web:ci"))
    assert earlier_needed([BASE, missing, ready], tmp_path, {}) == [frozenset()] * 3


def test_of_two_images_with_one_tag_the_later_is_built_last(tmp_path: Path) -> None:
    other = ImageSpec("base", build=BuildSpec("base.Dockerfile"), tags=("acme/base:other",))
    assert earlier_needed([BASE, other], tmp_path, {}) == [frozenset(), frozenset({0})]
