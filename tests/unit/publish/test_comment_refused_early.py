"""What is refused before GitHub is asked anything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloatcheck.errors import PublishError
from bloatcheck.publish.github.host import GitHubHost
from bloatcheck.publish.github.manners import GITHUB
from bloatcheck.publish.http import Client
from bloatcheck.publish.sticky import upsert
from bloatcheck.report.markdown import comment_marker


def comment(body: str, repository: str = "octo/hello", number: int = 1) -> None:
    client = Client("token", manners=GITHUB, api_url="http://127.0.0.1:1")
    upsert(GitHubHost(client, repository).conversation(number), body, author=None, create=True)


@pytest.mark.parametrize(
    "body",
    ["", "report", "> <!-- bloatcheck:v1 key=a -->\n", "<!-- bloatcheck:v1 key=a b -->", "<!-- other -->"],
)
def test_a_body_without_a_marker_is_a_mistake_of_ours(body: str) -> None:
    with pytest.raises(ValueError, match="not a comment's marker"):
        comment(body)


@given(st.text(min_size=1, max_size=60))
def test_the_reports_own_marker_is_always_one(key: str) -> None:
    with pytest.raises(PublishError, match="characters, and GitHub takes"):
        comment(comment_marker(key) + "\n" + "x" * 65_536)


@pytest.mark.parametrize(
    ("repository", "number"),
    [("octo", 1), ("octo/..", 1), ("octo/hello/../x", 1), ("octo/hello?x", 1), ("octo/hello", 0)],
)
def test_a_repository_or_number_that_can_not_be_one_is_refused(repository: str, number: int) -> None:
    with pytest.raises(PublishError, match="is no pull request"):
        comment("<!-- bloatcheck:v1 key=a -->", repository, number)
