"""Our images are known by a tag; nothing else is taken for one, and no two are alike."""

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bloatcheck.build.ours import OurTag, new_run_id

REFERENCE = re.compile(
    r"[a-z0-9.]+(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)+:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", re.ASCII
)
"""The distribution project's grammar for a named reference with a tag."""


def test_a_tag_reads_as_repository_image_and_run() -> None:
    tag = OurTag.of(repository="github.com/acme/shop", image="api", run="8123-1-9f3c2a10")
    assert str(tag) == "bloatcheck.local/github-com-acme-shop-c566806a55dc/api-14c2529eb449:8123-1-9f3c2a10"
    assert (tag.repository_name, tag.image_name, tag.run) == (
        "github-com-acme-shop",
        "api",
        "8123-1-9f3c2a10",
    )


@given(st.text(), st.text(), st.text())
def test_any_text_makes_a_valid_reference_that_is_recognised(repository: str, image: str, run: str) -> None:
    tag = OurTag.of(repository=repository, image=image, run=run)
    assert REFERENCE.fullmatch(str(tag))
    assert len(str(tag).rpartition(":")[0]) <= 255
    assert OurTag.parse(str(tag)) == tag
    assert tag.belongs_to(repository)


@given(st.tuples(st.text(), st.text(), st.text()), st.tuples(st.text(), st.text(), st.text()))
def test_different_repositories_images_and_runs_never_collide(
    one: tuple[str, str, str], other: tuple[str, str, str]
) -> None:
    assume(one != other)
    tags = {str(OurTag.of(repository=r, image=i, run=n)) for r, i, n in (one, other)}
    assert len(tags) == 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a/b", "a-b"),
        ("API", "api"),
        ("api\nlinux/amd64", "api\nlinux/arm64"),
        ("x" * 100, "x" * 101),
        ("é", "è"),
    ],
)
def test_names_that_read_alike_stay_apart(one: str, other: str) -> None:
    first = OurTag.of(repository=one, image=one, run=one)
    second = OurTag.of(repository=other, image=other, run=other)
    assert first.repository != second.repository
    assert first.image != second.image
    assert first.run != second.run
    assert not first.belongs_to(other)


def test_a_run_id_that_looks_squeezed_is_not_the_squeezed_one() -> None:
    squeezed = OurTag.of(repository="r", image="i", run="a b").run
    assert OurTag.of(repository="r", image="i", run=squeezed).run != squeezed


@pytest.mark.parametrize(
    "reference",
    [
        "debian:bookworm-slim",
        "bloatcheck.local/shop/api:1",
        "bloatcheck.local/shop-ef12b6f5ab3f/api:1",
        "evil/bloatcheck.local/shop-ef12b6f5ab3f/api-eec0ba6a5e80:1",
        "bloatcheck.local/shop-ef12b6f5ab3f/api-eec0ba6a5e80",
        "bloatcheck.local/shop-ef12b6f5ab3f/api-eec0ba6a5e80:1\n",
        "bloatcheckxlocal/shop-ef12b6f5ab3f/api-eec0ba6a5e80:1",
        "bloatcheck.local/shop-ef12b6f5ab3f/api-eec0ba6a5e80@sha256:" + "0" * 64,
        "<none>:<none>",
        "",
    ],
)
def test_what_we_did_not_make_is_not_ours(reference: str) -> None:
    assert OurTag.parse(reference) is None


def test_a_run_id_tells_the_ci_run_and_differs_between_legs_of_a_matrix() -> None:
    ids = {new_run_id(8123, 2) for _ in range(100)}
    assert len(ids) == 100
    assert all(one.startswith("8123-2-") for one in ids)
    assert new_run_id(None).startswith("local-")
