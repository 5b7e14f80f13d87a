"""Which names may be asked for, and which are suggested for one that isn't there."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloatcheck.image.docker_daemon.names import can_be_asked_for, nearest

KNOWN = ["api:1.2", "api:latest", "registry:5000/team/web:3", "debian:bookworm-slim", "<none>:<none>"]


@pytest.mark.parametrize(
    "name",
    [
        "api",
        "api:1.2",
        "registry:5000/team/web:3",
        f"api@sha256:{'a' * 64}",
        f"sha256:{'a' * 64}",
        "1cd57be6147c",
    ],
)
def test_names_as_docker_has_them_may_be_asked_for(name: str) -> None:
    assert can_be_asked_for(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a b",
        "../../containers/json",
        "a/../b",
        "a//b",
        "a?all=1",
        "a#b",
        "a%2e",
        "-a",
        "a\n",
        "é",
        "a" * 600,
    ],
)
def test_what_could_change_the_request_may_not(name: str) -> None:
    assert not can_be_asked_for(name)


@given(st.text())
def test_no_name_needs_escaping_in_a_path(name: str) -> None:
    if can_be_asked_for(name):
        assert set(name) <= set(string.ascii_letters + string.digits + "_.-/:@[]")


def test_a_wrong_tag_finds_the_repositorys_tags() -> None:
    assert nearest("api:1.3", KNOWN)[0] == "api:1.2"


def test_a_typing_error_finds_the_repository() -> None:
    assert nearest("registry:5000/team/wbe:3", KNOWN) == ["registry:5000/team/web:3"]


def test_what_is_like_nothing_finds_nothing() -> None:
    assert nearest("zzz", KNOWN) == []
