"""GitLab, as the specification of the one comment sees it."""

from __future__ import annotations

from support.gitlab.server import (
    BOT,
    BOT_TOKEN,
    HEAD,
    HUMAN_TOKEN,
    PROJECT,
    PretendGitLab,
    pretend_gitlab,
    says,
)
from support.hosts.faults import told
from support.hosts.talk import CodeHost, Comment, Refusal, Talk

from bloatcheck.publish.gitlab.host import GitLabHost
from bloatcheck.publish.gitlab.manners import GITLAB
from bloatcheck.publish.gitlab.notes import MAX_NOTE_CHARACTERS
from bloatcheck.publish.http import Client

_PAGE = f"https://gitlab.example.com/{PROJECT}"


def _talk(gitlab: PretendGitLab) -> Talk:
    gitlab.reset()
    return Talk(
        stand_in=gitlab,
        manners=GITLAB,
        conversation=lambda token, patience: GitLabHost(
            Client(token, manners=GITLAB, api_url=gitlab.api, patience=patience), PROJECT, _PAGE
        ).conversation(7),
        comments=lambda: [
            Comment(
                text=note["body"],
                author=note["author"]["username"],
                page=f"{_PAGE}/-/merge_requests/7#note_{note['id']}",
            )
            for note in gitlab.requests[7].notes
        ],
        say=lambda text, by: gitlab.say(7, text, by),
        lose=gitlab.requests[7].notes.clear,
        says=says,
        head=HEAD,
        token=BOT_TOKEN,
        name=BOT,
        other_token=HUMAN_TOKEN,
        other="human",
        longest=MAX_NOTE_CHARACTERS,
        run_page=f"{_PAGE}/-/jobs/{{}}",
        edits=("PUT",),
        whose_token="/user",
    )


_SCOPE = {
    "error": "insufficient_scope",
    "error_description": "The request requires higher privileges than provided by the access token.",
    "scope": "api",
}
GITLAB_HOST = CodeHost(
    start=pretend_gitlab,
    talk=_talk,
    refusals={
        "401": Refusal(
            reply=says(401, "401 Unauthorized"),
            told="401 Unauthorized",
            cure="CI_JOB_TOKEN does not do",
            of_writing=False,
        ),
        "403": Refusal(reply=says(403, "403 Forbidden"), told="403 Forbidden", cure="the scope `api`"),
        "scope": Refusal(
            reply=told(_SCOPE, 403),
            told="insufficient_scope; The request requires higher",
            cure="the scope `api`",
        ),
        "404": Refusal(
            reply=says(404, "404 Project Not Found"),
            told="404 Project Not Found",
            cure="the token may not see it",
            of_writing=False,
        ),
        "400": Refusal(reply=says(400, {"note": ["is invalid"]}), told="note is invalid", cure="tell us"),
        "422": Refusal(reply=says(422, "422 Unprocessable"), told="422 Unprocessable", cure="tell us"),
    },
)
