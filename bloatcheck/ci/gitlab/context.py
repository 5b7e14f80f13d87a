"""What GitLab's predefined variables say about a job.

https://docs.gitlab.com/ci/variables/predefined_variables/
https://docs.gitlab.com/ci/pipelines/merge_request_pipelines/

A merge request's pipeline is one of three. A detached one has the head checked out, and GitLab tells where
head and target parted, but not where the target stands now. One of merged results has a test merge of the
target and the head; one of a merge train has the same on top of what is merged before it. A pipeline for a
fork's merge request runs in the fork, or, if a member starts it there, in the target's project.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from bloatcheck.ci.model import CiContext, Event
from bloatcheck.ci.variables import SHA, URL, checked, number, present, sha, token, url

NAME = "gitlab"
SERVER_URL = "https://gitlab.com"
TOKEN_VARIABLE = "GITLAB_TOKEN"  # noqa: S105 - a variable's name

_PROJECT = re.compile(r"(?!.*(?:^|/)\.{1,2}(?:/|$))[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)+")
_TOKEN_HINT = "set it to the access token alone"  # noqa: S105 - a sentence
_BRANCH_SOURCES = frozenset({"schedule", "web", "api", "trigger", "pipeline", "chat"})
_CHILD = "parent_pipeline"


def read_context(environ: Mapping[str, str]) -> CiContext:
    """The job's facts.

    Raises:
        UsageError: a variable that requests are made of doesn't look as it must.
    """
    variables = present(environ)
    facts = _everywhere(variables)
    iid = number(variables, "CI_MERGE_REQUEST_IID")
    if iid is not None:
        return _of_merge_request(variables, facts, iid)
    before = sha(variables, "CI_COMMIT_BEFORE_SHA")
    branch = variables.get("CI_COMMIT_BRANCH")
    return replace(
        facts,
        event=_event(variables.get("CI_PIPELINE_SOURCE"), branch, before),
        repository=checked(variables, "CI_PROJECT_PATH", _PROJECT, "acme/shop"),
        ref=_ref(variables),
        base_ref=branch,
        base_sha=before,
        head_ref=branch,
        head_sha=facts.commit,
    )


def _everywhere(variables: Mapping[str, str]) -> CiContext:
    server = url(variables, "CI_SERVER_URL", SERVER_URL)
    return CiContext(
        ci=NAME,
        event_name=variables.get("CI_PIPELINE_SOURCE"),
        server_url=server,
        api_url=url(variables, "CI_API_V4_URL", f"{server}/api/v4"),
        commit=checked(variables, "CI_COMMIT_SHA", SHA, "a commit's 40 hex digits"),
        default_branch=variables.get("CI_DEFAULT_BRANCH"),
        workflow=variables.get("CI_CONFIG_PATH", ".gitlab-ci.yml"),
        # A job that is run again is a new job, with a higher number.
        run_id=number(variables, "CI_JOB_ID"),
        run_url=checked(variables, "CI_JOB_URL", URL, "an address"),
        actor=variables.get("GITLAB_USER_LOGIN"),
        token=token(variables, TOKEN_VARIABLE, _TOKEN_HINT),
    )


def _event(source: str | None, branch: str | None, before: str | None) -> Event | None:
    if source is None:
        return None
    if source == "push" or (source == _CHILD and before):
        return Event.PUSH
    return Event.BRANCH if branch and source in {*_BRANCH_SOURCES, _CHILD} else Event.OTHER


def _ref(variables: Mapping[str, str]) -> str | None:
    if branch := variables.get("CI_COMMIT_BRANCH"):
        return f"refs/heads/{branch}"
    return f"refs/tags/{tag}" if (tag := variables.get("CI_COMMIT_TAG")) else None


def _of_merge_request(variables: Mapping[str, str], facts: CiContext, iid: int) -> CiContext:
    own, source, target = (
        variables.get(name)
        for name in ("CI_PROJECT_ID", "CI_MERGE_REQUEST_SOURCE_PROJECT_ID", "CI_MERGE_REQUEST_PROJECT_ID")
    )
    kind = variables.get("CI_MERGE_REQUEST_EVENT_TYPE", "detached")
    parted = sha(variables, "CI_MERGE_REQUEST_DIFF_BASE_SHA")
    tip = sha(variables, "CI_MERGE_REQUEST_TARGET_BRANCH_SHA")
    in_fork = own is not None and target is not None and own != target
    in_train = kind == "merge_train"
    return replace(
        facts,
        event=Event.QUEUE if in_train else Event.PULL_REQUEST,
        repository=checked(variables, "CI_MERGE_REQUEST_PROJECT_PATH", _PROJECT, "acme/shop")
        or checked(variables, "CI_PROJECT_PATH", _PROJECT, "acme/shop"),
        ref=variables.get("CI_MERGE_REQUEST_REF_PATH"),
        pull_request=None if in_train else iid,
        queued=iid if in_train else None,
        from_fork=source is not None and target is not None and source != target,
        base_ref=variables.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME"),
        # In the fork, the branch of that name is another one.
        base_sha=tip or (parted if in_fork else None),
        parted_sha=parted,
        head_ref=variables.get("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME"),
        head_sha=sha(variables, "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA") or (None if tip else facts.commit),
        merge_commit_sha=None if kind == "detached" else facts.commit,
        in_fork=in_fork,
    )
