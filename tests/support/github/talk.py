"""GitHub, as the specification of the one comment sees it."""

from __future__ import annotations

from support.github.emulator import ATTACKER, ATTACKER_TOKEN, BOT, BOT_TOKEN, HUMAN, HUMAN_TOKEN, REPOSITORY
from support.github.faults import says
from support.github.proxy import PretendGitHub, pretend_github
from support.hosts.talk import CodeHost, Comment, Refusal, Talk

from bloatcheck.publish.github.host import GitHubHost
from bloatcheck.publish.github.manners import GITHUB
from bloatcheck.publish.http import Client
from bloatcheck.publish.issue_comments import MAX_COMMENT_CHARACTERS

_TOKENS = {BOT: BOT_TOKEN, HUMAN: HUMAN_TOKEN, ATTACKER: ATTACKER_TOKEN}
_INVALID = [{"resource": "IssueComment", "code": "unprocessable", "field": "data", "message": "no"}]


def _talk(github: PretendGitHub) -> Talk:
    github.forget()
    emulator = github.emulator
    number = emulator.open_pull_request()

    def lose() -> None:
        for comment in emulator.comments(number):
            emulator.api("DELETE", f"/repos/{REPOSITORY}/issues/comments/{comment['id']}")

    return Talk(
        stand_in=github,
        manners=GITHUB,
        conversation=lambda token, patience: GitHubHost(
            Client(token, manners=GITHUB, api_url=github.url, patience=patience), REPOSITORY
        ).conversation(number),
        comments=lambda: [
            Comment(text=comment["body"], author=comment["user"]["login"], page=comment["html_url"])
            for comment in emulator.comments(number)
        ],
        say=lambda text, by: emulator.write_comment(number, text, _TOKENS[by]),
        lose=lose,
        says=says,
        head=emulator.pull_request(number)["head"]["sha"],
        token=BOT_TOKEN,
        name=BOT,
        other_token=HUMAN_TOKEN,
        other=HUMAN,
        longest=MAX_COMMENT_CHARACTERS,
        run_page=f"https://github.com/{REPOSITORY}/actions/runs/{{}}",
        edits=("PATCH",),
        whose_token="/user",
    )


GITHUB_HOST = CodeHost(
    start=pretend_github,
    talk=_talk,
    refusals={
        "401": Refusal(
            reply=says(401, "Bad credentials"),
            told="(status 401): Bad credentials",
            cure="renew",
            of_writing=False,
        ),
        "403": Refusal(
            reply=says(403, "Resource not accessible by integration"),
            told="(status 403): Resource not accessible",
            cure="pull-requests: write }`; a pull request from a fork",
        ),
        "locked": Refusal(reply=says(403, "issue is locked"), told="issue is locked", cure="unlock"),
        "404": Refusal(
            reply=says(404, "Not Found"),
            told="(status 404): Not Found",
            cure="pull-requests: write",
            of_writing=False,
        ),
        "422": Refusal(
            reply=says(422, "Validation Failed", errors=_INVALID),
            told="(status 422): Validation Failed; no",
            cure="tell us",
        ),
    },
)
