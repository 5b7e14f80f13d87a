"""What Buildkite says about a job: https://buildkite.com/docs/pipelines/configure/environment-variables.

A pull request's head is checked out, or, where the pipeline asks for it, GitHub's test merge;
BUILDKITE_COMMIT names the head either way.
"""

from __future__ import annotations

from collections.abc import Mapping

from bloatcheck.ci.hosted import is_elsewhere, located
from bloatcheck.ci.model import CiContext, Event
from bloatcheck.ci.variables import SHA, URL, checked, number, present, sha

NAME = "buildkite"
_NO_REQUEST = "false"


def read_context(environ: Mapping[str, str]) -> CiContext:
    """The job's facts.

    Raises:
        UsageError: a variable that requests are made of doesn't look as it must.
    """
    variables = {name: value for name, value in present(environ).items() if value != _NO_REQUEST}
    pull_request = number(variables, "BUILDKITE_PULL_REQUEST")
    queued_on = sha(variables, "BUILDKITE_MERGE_QUEUE_BASE_COMMIT")
    tag, branch = variables.get("BUILDKITE_TAG"), variables.get("BUILDKITE_BRANCH")
    of_branch = None if pull_request or tag else branch
    commit = _commit(variables)
    own = variables.get("BUILDKITE_REPO")
    context = CiContext(
        ci=NAME,
        event=_event(variables, pull_request, queued_on, of_branch),
        event_name="pull request" if pull_request else variables.get("BUILDKITE_SOURCE"),
        commit=commit,
        ref=_ref(of_branch, tag),
        pull_request=pull_request,
        from_fork=bool(pull_request) and is_elsewhere(own, variables.get("BUILDKITE_PULL_REQUEST_REPO")),
        base_ref=variables.get("BUILDKITE_PULL_REQUEST_BASE_BRANCH")
        or variables.get("BUILDKITE_MERGE_QUEUE_BASE_BRANCH")
        or of_branch,
        base_sha=queued_on,
        head_ref=branch,
        head_sha=commit,
        default_branch=variables.get("BUILDKITE_PIPELINE_DEFAULT_BRANCH"),
        workflow=variables.get("BUILDKITE_PIPELINE_SLUG"),
        run_id=number(variables, "BUILDKITE_BUILD_NUMBER"),
        run_url=checked(variables, "BUILDKITE_BUILD_URL", URL, "an address"),
    )
    return located(context, own, variables)


def _commit(variables: Mapping[str, str]) -> str | None:
    """A build that was started by hand says `HEAD` where nobody named a commit."""
    if variables.get("BUILDKITE_COMMIT") == "HEAD":
        return None
    return checked(variables, "BUILDKITE_COMMIT", SHA, "a commit's 40 hex digits")


def _event(
    variables: Mapping[str, str], pull_request: int | None, queued_on: str | None, branch: str | None
) -> Event:
    if queued_on:
        return Event.QUEUE
    if pull_request:
        return Event.PULL_REQUEST
    if branch is None:
        return Event.OTHER
    return Event.PUSH if variables.get("BUILDKITE_SOURCE") == "webhook" else Event.BRANCH


def _ref(branch: str | None, tag: str | None) -> str | None:
    if branch:
        return f"refs/heads/{branch}"
    return f"refs/tags/{tag}" if tag else None
