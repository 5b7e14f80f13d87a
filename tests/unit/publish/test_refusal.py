"""What a refusal by GitHub tells the reader of a job's log."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloatcheck.errors import PublishError
from bloatcheck.publish.answers import Answer
from bloatcheck.publish.github.manners import GITHUB
from bloatcheck.publish.refused import ReadOnlyTokenError, message_of, refusal_of


def refused(status: int, message: str = "", headers: dict[str, str] | None = None) -> PublishError:
    body = json.dumps({"message": message}).encode()
    doing, needs = "comment on pull request 7 of octo/hello", "pull-requests: write"
    return refusal_of(GITHUB, doing, needs, Answer(status, headers or {}, body))


def test_it_says_what_was_tried_and_githubs_own_words() -> None:
    error = refused(404, "Not Found")
    assert (
        error.message == "GitHub refused to comment on pull request 7 of octo/hello (status 404): Not Found"
    )


def test_a_read_only_token_gets_the_permission_to_add_and_the_word_about_forks() -> None:
    hint = refused(403, "Resource not accessible by integration").hint
    assert hint is not None
    assert "permissions: { contents: read, pull-requests: write }" in hint
    assert "fork" in hint
    assert "Dependabot" in hint


@pytest.mark.parametrize(
    ("status", "message", "read_only"),
    [
        (403, "Resource not accessible by integration", True),
        (403, "Resource not accessible by personal access token", True),
        (404, "Resource not accessible by integration", False),
        (403, "You have exceeded a secondary rate limit", False),
        (403, "issue is locked", False),
    ],
)
def test_a_token_that_only_reads_is_told_from_other_refusals(
    status: int, message: str, *, read_only: bool
) -> None:
    assert isinstance(refused(status, message), ReadOnlyTokenError) is read_only


@pytest.mark.parametrize(
    ("status", "message", "hint"),
    [
        (401, "Bad credentials", "renew"),
        (404, "Not Found", "pull-requests: write"),
        (410, "Issues are disabled", "switched off"),
        (403, "Unable to create comment because issue is locked.", "unlock"),
        (403, "Your account was blocked", "permissions: { contents: read, pull-requests: write }"),
        (403, "You have exceeded a secondary rate limit", "run the job again later"),
        (429, "", "run the job again later"),
        (500, "", "GitHub's side"),
        (422, "Validation Failed", "tell us"),
    ],
)
def test_each_refusal_has_a_cure(status: int, message: str, hint: str) -> None:
    assert hint in str(refused(status, message).hint)


def test_the_details_of_a_422_are_told() -> None:
    body = {
        "message": "Validation Failed",
        "errors": [{"message": "body is too long"}, {"field": "title", "code": "missing"}, "odd", None],
    }
    assert message_of(json.dumps(body).encode()) == "Validation Failed; body is too long; title is missing"


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b"5", b'{"message": 5, "errors": 7}', b"[" * 50_000, b"\xff\xfe", b" " * 65_537],
)
def test_an_answer_without_words_is_told_without_words(body: bytes) -> None:
    assert message_of(body) == ""


def test_a_long_message_is_cut() -> None:
    assert len(message_of(json.dumps({"message": "x" * 9000}).encode())) == 300


@given(st.binary(max_size=200), st.integers(300, 599))
def test_whatever_the_answer_there_is_a_message_and_a_hint(body: bytes, status: int) -> None:
    error = refusal_of(GITHUB, "do it", "pull-requests: write", Answer(status, {}, body))
    assert error.message.startswith("GitHub ")
    assert error.hint
