"""Links lead to the repository's own pages, or there is none."""

from dataclasses import replace

import pytest
from support.hostile import ATTACKS
from support.reports import ORIGIN

from bloatcheck.errors import Place
from bloatcheck.report.links import commit_url, place_url, run_url
from bloatcheck.report.model import Origin

COMMIT = "5f1f2b4c7a4f4d3f9f0f8f6c1a2b3c4d5e6f7a8b"
BLOB = f"https://github.com/octo/shop/blob/{COMMIT}"


@pytest.mark.parametrize(
    ("place", "url"),
    [
        (Place("Dockerfile", 3), f"{BLOB}/Dockerfile#L3"),
        (Place("Dockerfile", 3, 5), f"{BLOB}/Dockerfile#L3-L5"),
        (Place("./docker/web file", 3), f"{BLOB}/docker/web%20file#L3"),
        (Place("a(b)[c]#d?e|f.Dockerfile"), f"{BLOB}/a%28b%29%5Bc%5D%23d%3Fe%7Cf.Dockerfile"),
        (Place("ü\ud800"), f"{BLOB}/%C3%BC%3F"),
        (Place("/etc/passwd", 1), None),
        (Place("../outside", 1), None),
        (Place("a/../../b", 1), None),
        (Place("", 1), None),
        (None, None),
    ],
)
def test_a_line_s_address(place: Place | None, url: str | None) -> None:
    assert place_url(ORIGIN, place) == url


@pytest.mark.parametrize(
    "origin",
    [
        Origin(),
        replace(ORIGIN, server_url=None),
        replace(ORIGIN, server_url="javascript:alert(1)"),
        replace(ORIGIN, server_url="https://evil.example) [x](https://evil.example"),
        replace(ORIGIN, server_url="https://user:password@github.com"),
        replace(ORIGIN, repository=None),
        replace(ORIGIN, repository="octo/shop/../../evil"),
        replace(ORIGIN, repository="octo"),
        replace(ORIGIN, commit=None),
        replace(ORIGIN, commit="main"),
        replace(ORIGIN, commit="5f1f2b4c)"),
    ],
)
def test_parts_that_are_not_what_they_should_be_make_no_link(origin: Origin) -> None:
    assert place_url(origin, Place("Dockerfile", 3)) is None


def test_a_run_in_a_folder_of_the_repository_tells_lines_below_it() -> None:
    origin = replace(ORIGIN, folder="services/api")
    assert place_url(origin, Place("./docker/Dockerfile", 3)) == f"{BLOB}/services/api/docker/Dockerfile#L3"
    assert place_url(replace(ORIGIN, folder="../.."), Place("Dockerfile", 3)) is None
    assert place_url(replace(ORIGIN, folder="/etc"), Place("Dockerfile", 3)) is None


@pytest.mark.parametrize("attack", ATTACKS, ids=range(len(ATTACKS)))
def test_an_address_has_no_character_that_means_something_in_markdown(attack: str) -> None:
    url = place_url(ORIGIN, Place(attack, 1))
    assert url is None or not set(url) & set(" |`<>()[]{}\"'\\*@\n")


def test_a_commit_s_page_and_the_run_s() -> None:
    assert commit_url(ORIGIN, COMMIT) == f"https://github.com/octo/shop/commit/{COMMIT}"
    assert run_url(ORIGIN) == "https://github.com/octo/shop/actions/runs/42"


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/actions/runs/42",
        "https://github.com/octo/shop",
        "https://github.com/octo/shop/actions/runs/42)x",
        "https://github.com/octo/shopper/actions/runs/42",
    ],
)
def test_a_run_of_another_place_is_not_linked(url: str) -> None:
    assert run_url(replace(ORIGIN, run_url=url)) is None
