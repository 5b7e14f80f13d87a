"""Images that are built on others of the same run wait for them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloatcheck.build.needs import in_order, taken, with_what_they_need
from bloatcheck.build.needs import needed as needed_after
from bloatcheck.config.model import BuildSpec, ImageSpec, PrebuiltSpec
from bloatcheck.oci.platform import Platform

BASE = ImageSpec("base", build=BuildSpec("base.Dockerfile"), tags=("acme/base:ci",))


def needed(specs: list[ImageSpec], root: Path, environment: dict[str, str]) -> list[frozenset[int]]:
    return needed_after(specs, taken(specs, root, environment))


def needed_by(
    tmp_path: Path, dockerfile: str, *, first: ImageSpec = BASE, **args: str | None
) -> frozenset[int]:
    (tmp_path / "Dockerfile").write_text(dockerfile)
    api = ImageSpec("api", build=BuildSpec("Dockerfile", args=args))
    return needed([first, api], tmp_path, {"FROM_OUTSIDE": "acme/base:ci"})[1]


@pytest.mark.parametrize(
    "dockerfile",
    [
        "FROM acme/base:ci\n",
        "FROM docker.io/acme/base:ci\n",
        "FROM debian\nCOPY --from=acme/base:ci /a /\n",
        "FROM debian\nRUN --mount=from=acme/base:ci,target=/b true\n",
        "ARG TAG=ci\nARG NAME=acme/base\nFROM $NAME:$TAG\n",
        "ARG WHERE\nFROM $WHERE/base:ci\n",
        "ARG LAST\nFROM acme/$LAST\n",
        "FROM debian AS one\nFROM one\nONBUILD COPY --from=acme/base:ci /a /\n",
        "ARG TAG\nFROM \\\n  acme/base:${TAG:-ci} AS x\n",
        "ARG WHERE\nFROM ${WHERE:-docker.io}/acme/base:$TAG\n",
        "ARG WHO\nFROM --platform=linux/amd64 ${WHO}/b${X}s${Y}:ci AS base\n",
        "ARG BASE\nFROM $BASE\n",
        "FROM debian\nRUN --mount=type=bind,from=$OTHER,target=/b true\n",
    ],
)
def test_it_waits_for_a_tag_that_its_dockerfile_names_or_could_mean(tmp_path: Path, dockerfile: str) -> None:
    assert needed_by(tmp_path, dockerfile) == {0}


def test_it_waits_for_a_tag_in_its_build_arguments(tmp_path: Path) -> None:
    dockerfile = "ARG FROM_OUTSIDE\nARG X=debian\nFROM $FROM_OUTSIDE\nFROM $X\n"
    assert needed_by(tmp_path, dockerfile, FROM_OUTSIDE="debian", X="acme/base:ci") == {0}
    assert needed_by(tmp_path, dockerfile, FROM_OUTSIDE=None) == {0}
    assert not needed_by(tmp_path, dockerfile, FROM_OUTSIDE="debian", X="acme/other:ci")


def test_others_wait_for_nothing(tmp_path: Path) -> None:
    assert not needed_by(tmp_path, "FROM debian\nRUN echo $HOME\n")
    for image in (
        "python:$TAG",
        "docker.io/library/python:${TAG:-3}",
        "$WHO/bas",
        "$WHO/base/more",
        "x$Y/base",
        "acme/base",
        "acme/base:other",
        "acme/base:$TAG-slim",
    ):
        assert not needed_by(tmp_path, f"ARG TAG\nFROM {image}\n")
    untagged = ImageSpec("base", build=BuildSpec("base.Dockerfile"))
    assert not needed_by(tmp_path, "ARG A\nFROM $A\n", first=untagged)
    # its build says that there is no such file
    (tmp_path / "Dockerfile").unlink(missing_ok=True)
    missing = ImageSpec("api", build=BuildSpec("Dockerfile"))
    ready = ImageSpec("web", prebuilt=PrebuiltSpec(reference="web:ci"))
    assert needed([BASE, missing, ready], tmp_path, {}) == [frozenset()] * 3

    # nor for one whose name is that of a stage, or stands in a comment
    named = ImageSpec("build", build=BuildSpec("base.Dockerfile"), tags=("build",))
    stage = "# like build\nFROM debian AS build\nFROM build\nCOPY --from=build /build /\n"
    assert not needed_by(tmp_path, stage, first=named)


def test_of_two_images_with_one_tag_the_later_is_built_last(tmp_path: Path) -> None:
    again, other = replace(BASE, name="again"), replace(BASE, name="other", tags=("acme/base:other",))
    assert needed([BASE, again, other], tmp_path, {}) == [frozenset(), frozenset({0}), frozenset()]


def write(tmp_path: Path, **dockerfiles: str) -> list[ImageSpec]:
    """Images of these names, each with its name as a tag."""
    for name, text in dockerfiles.items():
        (tmp_path / f"{name}.Dockerfile").write_text(text)
    return [ImageSpec(name, build=BuildSpec(f"{name}.Dockerfile"), tags=(name,)) for name in dockerfiles]


def test_a_base_is_built_first_wherever_it_is_listed(tmp_path: Path) -> None:
    specs = write(tmp_path, api="FROM base\n", base="FROM lowest\n", lowest="FROM debian\n")
    after = needed(specs, tmp_path, {})
    assert after == [frozenset({1}), frozenset({2}), frozenset()]
    assert in_order(after) == [2, 1, 0]
    assert with_what_they_need([1], after) == {1, 2}


def test_of_images_that_need_each_other_the_first_is_built_first(tmp_path: Path) -> None:
    specs = write(tmp_path, a="FROM b\n", b="FROM c\n", c="FROM a\n", d="FROM c\n", e="FROM e\n")
    after = needed(specs, tmp_path, {})
    assert after == [frozenset(), frozenset(), frozenset({0}), frozenset({2}), frozenset()]
    assert in_order(after) == [0, 1, 2, 3, 4]


def test_a_tag_goes_on_to_the_next_platform_once_all_of_the_one_before_have_it(tmp_path: Path) -> None:
    base, api = write(tmp_path, base="FROM debian\n", api="FROM base\n")
    platforms = [Platform("linux", "amd64"), Platform("linux", "arm64")]
    specs = [
        replace(spec, platform=platform, tags=spec.tags[:1]) for spec in (base, api) for platform in platforms
    ]
    assert in_order(needed(specs, tmp_path, {})) == [0, 2, 1, 3]


@given(st.lists(st.sets(st.integers(0, 7)), min_size=8, max_size=8))
def test_every_order_holds_what_is_needed(wanted: list[set[int]]) -> None:
    with TemporaryDirectory() as folder:
        dockerfiles = {
            f"i{number}": "FROM debian\n" + "".join(f"COPY --from=i{other} /a /\n" for other in others)
            for number, others in enumerate(wanted)
        }
        after = needed(write(Path(folder), **dockerfiles), Path(folder), {})
    order = in_order(after)
    assert sorted(order) == list(range(8))
    assert all(order.index(other) < order.index(number) for number in order for other in after[number])
    assert all(after[number] <= wanted[number] - {number} for number in order)
    assert all(other in after[number] for number in order for other in wanted[number] if other < number)
