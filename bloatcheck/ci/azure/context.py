"""What Azure Pipelines says about a run.

https://learn.microsoft.com/azure/devops/pipelines/build/variables
A pull request's test merge is checked out. Which branch is the default one, no variable tells.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote, unquote

from bloatcheck.ci.azure.pages import IN_AZURE
from bloatcheck.ci.hosted import DEFAULT_BRANCH, located
from bloatcheck.ci.model import CiContext, Event
from bloatcheck.ci.variables import SHA, checked, number, present, token, url

NAME = "azure"
SERVER_URL = "https://dev.azure.com"
TOKEN_VARIABLE = "SYSTEM_ACCESSTOKEN"  # noqa: S105 - a variable's name

_TOKEN_HINT = "map it as `SYSTEM_ACCESSTOKEN: $(System.AccessToken)`"  # noqa: S105 - a sentence
_OWN_REPOSITORIES = "TfsGit"
_PUSHES = frozenset({"IndividualCI", "BatchedCI"})
_OF_BRANCHES = frozenset({"Schedule", "Manual", "ResourceTrigger", "BuildCompletion"})
_USER = re.compile(r"(?<=://)[^/@]*@")


def read_context(environ: Mapping[str, str]) -> CiContext:
    """The run's facts.

    Raises:
        UsageError: a variable that requests are made of doesn't look as it must.
    """
    variables = present(environ)
    reason = variables.get("BUILD_REASON")
    commit = checked(variables, "BUILD_SOURCEVERSION", SHA, "a commit's 40 hex digits")
    collection = url(variables, "SYSTEM_COLLECTIONURI", SERVER_URL)
    build = number(variables, "BUILD_BUILDID")
    context = CiContext(
        ci=NAME,
        event=_event(reason, variables.get("BUILD_SOURCEBRANCH", "")),
        event_name=reason,
        commit=commit,
        ref=variables.get("BUILD_SOURCEBRANCH"),
        default_branch=variables.get(DEFAULT_BRANCH),
        workflow=variables.get("BUILD_DEFINITIONNAME"),
        run_id=build,
        run_url=_page(collection, variables.get("SYSTEM_TEAMPROJECT"), build),
        summary_path=variables.get("AGENT_TEMPDIRECTORY"),
    )
    context = _where(context, variables, collection)
    if context.event is not Event.PULL_REQUEST:
        branch = _branch(context.ref)
        return replace(context, base_ref=branch, head_ref=branch, head_sha=commit)
    return replace(
        context,
        pull_request=number(variables, "SYSTEM_PULLREQUEST_PULLREQUESTNUMBER")
        or number(variables, "SYSTEM_PULLREQUEST_PULLREQUESTID"),
        from_fork=variables.get("SYSTEM_PULLREQUEST_ISFORK", "").lower() == "true",
        base_ref=_branch(variables.get("SYSTEM_PULLREQUEST_TARGETBRANCH")),
        head_ref=_branch(variables.get("SYSTEM_PULLREQUEST_SOURCEBRANCH")),
        head_sha=checked(variables, "SYSTEM_PULLREQUEST_SOURCECOMMITID", SHA, "a commit's 40 hex digits"),
        merge_commit_sha=commit,
    )


def _event(reason: str | None, ref: str) -> Event | None:
    if reason is None:
        return None
    if reason == "PullRequest":
        return Event.PULL_REQUEST
    if not ref.startswith("refs/heads/"):
        return Event.OTHER
    if reason in _PUSHES:
        return Event.PUSH
    return Event.BRANCH if reason in _OF_BRANCHES else Event.OTHER


def _where(context: CiContext, variables: Mapping[str, str], collection: str) -> CiContext:
    """The job's token opens Azure's own repositories alone, and goes nowhere else."""
    if variables.get("BUILD_REPOSITORY_PROVIDER", _OWN_REPOSITORIES) != _OWN_REPOSITORIES:
        return located(context, variables.get("BUILD_REPOSITORY_URI"), variables)
    return replace(
        context,
        server_url=collection,
        api_url=collection,
        repository=_repository(variables, collection),
        token=token(variables, TOKEN_VARIABLE, _TOKEN_HINT),
    )


def _repository(variables: Mapping[str, str], collection: str) -> str | None:
    """By its address, for it may lie in another project than the pipeline's; else by the names."""
    address = _USER.sub("", variables.get("BUILD_REPOSITORY_URI", ""))
    below = address.removeprefix(f"{collection}/")
    name = variables.get("BUILD_REPOSITORY_NAME")
    if below.startswith("_git/"):
        # That of a project's own name has a short address.
        below = f"{below.removeprefix('_git/')}/{below}"
    if below != address and IN_AZURE.fullmatch(encoded := quote(unquote(below), safe="/")):
        return encoded
    project = variables.get("SYSTEM_TEAMPROJECT")
    if not project or not name:
        return None
    found = f"{quote(project, safe='')}/_git/{quote(name, safe='')}"
    return found if IN_AZURE.fullmatch(found) else None


def _page(collection: str, project: str | None, build: int | None) -> str | None:
    if not project or build is None:
        return None
    return f"{collection}/{quote(project, safe='')}/_build/results?buildId={build}"


def _branch(ref: str | None) -> str | None:
    return ref.removeprefix("refs/heads/") if ref else None
