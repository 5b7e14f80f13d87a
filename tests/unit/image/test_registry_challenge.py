"""`WWW-Authenticate`, however registries write it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloatcheck.image.registry.challenge import Challenge, parse_challenges


@pytest.mark.parametrize(
    ("header", "challenges"),
    [
        ("", []),
        ("Basic", [Challenge("basic")]),
        ('Basic realm="x"', [Challenge("basic", {"realm": "x"})]),
        (
            'Bearer realm="https://a.example/t",service="s",scope="repository:a/b:pull,push"',
            [
                Challenge(
                    "bearer",
                    {"realm": "https://a.example/t", "service": "s", "scope": "repository:a/b:pull,push"},
                )
            ],
        ),
        (
            'bearer REALM = "x" , service=plain',
            [Challenge("bearer", {"realm": "x", "service": "plain"})],
        ),
        (
            'Basic realm="a, b", Bearer realm="c"',
            [Challenge("basic", {"realm": "a, b"}), Challenge("bearer", {"realm": "c"})],
        ),
        ("Negotiate, Basic realm=x", [Challenge("negotiate"), Challenge("basic", {"realm": "x"})]),
        (r'Basic realm="say \"x\""', [Challenge("basic", {"realm": 'say "x"'})]),
        ('Bearer realm="first",realm="second"', [Challenge("bearer", {"realm": "first"})]),
    ],
)
def test_every_form_of_the_grammar_is_understood(header: str, challenges: list[Challenge]) -> None:
    assert list(parse_challenges(header)) == challenges


@given(st.text(alphabet='aB=",\\ \t\n:/;\x00é', max_size=200))
def test_nothing_makes_it_fail(header: str) -> None:
    for challenge in parse_challenges(header):
        assert challenge.scheme == challenge.scheme.lower()


@pytest.mark.timeout(5)
@pytest.mark.parametrize("piece", [',"', 'a="', "a=,", '\\"', " ", "a "])
def test_a_long_header_takes_no_long_time(piece: str) -> None:
    parse_challenges("Bearer " + piece * 1_000_000)
