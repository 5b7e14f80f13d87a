"""The invisible first line by which a comment is known."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloatcheck.errors import PublishError
from bloatcheck.publish.comment import comment_marker, upsert_comment
from bloatcheck.publish.github import GitHub


def test_it_names_version_and_key() -> None:
    assert comment_marker(".github/workflows/size.yml") == (
        "<!-- bloatcheck:v1 key=.github/workflows/size.yml -->"
    )


@given(st.text())
def test_no_key_breaks_out_of_it(key: str) -> None:
    marker = comment_marker(key)
    inside = marker.removeprefix("<!-- bloatcheck:v1 key=").removesuffix(" -->")
    assert not set(inside) & set("<>\n\r &\"'`")
    assert marker.isascii()


@given(st.text(), st.text())
def test_different_keys_have_different_markers(one: str, other: str) -> None:
    assert (comment_marker(one) == comment_marker(other)) == (one == other)


@pytest.mark.parametrize(
    ("repository", "number"),
    [("octo", 1), ("octo/..", 1), ("octo/hello/../x", 1), ("octo/hello?x", 1), ("octo/hello", 0)],
)
def test_a_repository_or_number_that_can_not_be_one_is_refused(repository: str, number: int) -> None:
    client = GitHub("token", api_url="http://127.0.0.1:1")
    with pytest.raises(PublishError, match="is no pull request"):
        upsert_comment(client, repository, number, "x", marker_key="k", author=None, create=True)
