"""Azure DevOps, as the specification of the one comment sees it."""

from __future__ import annotations

from support.azure.server import (
    BUILD_SERVICE,
    HEAD,
    JOB_TOKEN,
    NAME,
    PERSON,
    PERSON_TOKEN,
    PretendAzure,
    pretend_azure,
    says,
)
from support.hosts.faults import Reply
from support.hosts.talk import CodeHost, Comment, Refusal, Talk

from bloatcheck.publish.azure.host import AzureHost
from bloatcheck.publish.azure.manners import AZURE
from bloatcheck.publish.azure.threads import MAX_COMMENT_CHARACTERS
from bloatcheck.publish.http import Client

_PAGE = f"https://dev.azure.com/acme/{NAME}"


def _talk(azure: PretendAzure) -> Talk:
    azure.reset()
    return Talk(
        stand_in=azure,
        manners=AZURE,
        conversation=lambda token, patience: AzureHost(
            Client(token, manners=AZURE, api_url=azure.api, patience=patience), NAME, _PAGE
        ).conversation(7),
        comments=lambda: [
            Comment(
                text=thread["comments"][0]["content"],
                author=thread["comments"][0]["author"]["id"],
                page=f"{_PAGE}/pullrequest/7?discussionId={thread['id']}",
            )
            for thread in azure.standing()
        ],
        say=lambda text, by: azure.say(7, text, by),
        lose=azure.threads[7].clear,
        says=says,
        head=HEAD,
        token=JOB_TOKEN,
        name=BUILD_SERVICE,
        other_token=PERSON_TOKEN,
        other=PERSON,
        longest=MAX_COMMENT_CHARACTERS,
        run_page="https://dev.azure.com/acme/Shop%20Project/_build/results?buildId={}",
        edits=("PATCH", "PATCH"),
        whose_token="connectionData",
    )


AZURE_HOST = CodeHost(
    start=pretend_azure,
    talk=_talk,
    refusals={
        "401": Refusal(
            reply=Reply(401, b""), told="(status 401)", cure="$(System.AccessToken)", of_writing=False
        ),
        "403": Refusal(
            reply=says(403, "TF401027: You need the Git 'PullRequestContribute' permission"),
            told="'PullRequestContribute' permission",
            cure="Contribute to pull requests",
        ),
        "404": Refusal(
            reply=says(404, "TF401019: The Git repository does not exist"),
            told="TF401019",
            cure="may not see it",
            of_writing=False,
        ),
        "400": Refusal(reply=says(400, "Bad"), told="Bad", cure="tell us"),
        "no words": Refusal(reply=Reply(400, b"<html>"), told="(status 400)", cure="tell us"),
    },
)
