"""Gitea and Forgejo, as the specification of the one comment sees them."""

from __future__ import annotations

from functools import partial

from support.gitea.server import HEAD, HUMAN_TOKEN, JOB_TOKEN, REPOSITORY, PretendGitea, pretend_gitea, says
from support.hosts.talk import CodeHost, Comment, Refusal, Talk

from bloatcheck.publish.gitea.host import GiteaHost
from bloatcheck.publish.gitea.manners import manners
from bloatcheck.publish.http import Client
from bloatcheck.publish.issue_comments import MAX_COMMENT_CHARACTERS


def _talk(gitea: PretendGitea) -> Talk:
    gitea.reset()
    own = manners(gitea.flavour.title())
    return Talk(
        stand_in=gitea,
        manners=own,
        conversation=lambda token, patience: GiteaHost(
            Client(token, manners=own, api_url=gitea.api, patience=patience), REPOSITORY, gitea.bot
        ).conversation(7),
        comments=lambda: [
            Comment(text=comment["body"], author=comment["user"]["login"], page=comment["html_url"])
            for comment in gitea.pulls[7].comments
        ],
        say=lambda text, by: gitea.say(7, text, by),
        lose=gitea.pulls[7].comments.clear,
        says=says,
        head=HEAD,
        token=JOB_TOKEN,
        name=gitea.bot,
        other_token=HUMAN_TOKEN,
        other="human",
        longest=MAX_COMMENT_CHARACTERS,
        run_page=f"https://git.example.com/{REPOSITORY}/actions/runs/{{}}",
        edits=("PATCH",),
        whose_token="/user",
    )


def gitea_host(flavour: str) -> CodeHost:
    """`flavour` is `gitea` or `forgejo`."""
    return CodeHost(
        start=partial(pretend_gitea, flavour),
        talk=_talk,
        refusals={
            "401": Refusal(
                reply=says(401, "token is required"),
                told="token is required",
                cure="leave out the input `token`",
                of_writing=False,
            ),
            "403": Refusal(reply=says(403, "Forbidden"), told="Forbidden", cure="a fork's only reads"),
            "locked": Refusal(reply=says(403, "This issue is locked."), told="locked", cure="unlock it"),
            "404": Refusal(
                reply=says(404, "The target couldn't be found."),
                told="couldn't be found",
                cure="the token may not see it",
                of_writing=False,
            ),
            "422": Refusal(reply=says(422, "[Body]: Required"), told="[Body]: Required", cure="tell us"),
            "423": Refusal(
                reply=says(423, "Repo is archived"), told="archived", cure="the repository is archived"
            ),
        },
    )
