"""What GitHub's runner says about a run.

GitHub's words are explained at https://docs.github.com/actions/reference/workflows-and-actions/variables
(environment) and https://docs.github.com/webhooks/webhook-events-and-payloads (event). The environment comes
from the runner; the event also holds what the author of a pull request chose, so nothing in it is taken
that doesn't look as it must.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from bloatcheck.ci.model import CiContext, Event, ReadEvent
from bloatcheck.ci.variables import SHA, checked, number, present, token, url

NAME = "github"
SERVER_URL = "https://github.com"
API_URL = "https://api.github.com"

_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")
_TEST_MERGE = re.compile(r"refs/pull/([1-9][0-9]{0,9})/merge")
_QUEUED = re.compile(r"gh-readonly-queue/.+/pr-([1-9][0-9]{0,9})-(?:[0-9a-f]{40}|[0-9a-f]{64})")
_WORKFLOW_REF = re.compile(r"[^/]+/[^/]+/(?P<path>.+?)@refs/.+")
_TOKEN_HINT = "pass the token alone, for example ${{ github.token }}"  # noqa: S105 - a sentence
_SHOWN = 60

PULL_REQUEST_EVENTS = frozenset({"pull_request", "pull_request_target"})
KINDS = {
    **dict.fromkeys(PULL_REQUEST_EVENTS, Event.PULL_REQUEST),
    "merge_group": Event.QUEUE,
    "push": Event.PUSH,
    **dict.fromkeys(("schedule", "workflow_dispatch", "repository_dispatch"), Event.BRANCH),
}
"""Others (`issue_comment`, `workflow_run`) name the default branch as their ref too, and may have anything
checked out."""


def read_context(environ: Mapping[str, str], read: ReadEvent) -> CiContext:
    """The run's facts.

    A damaged event doesn't end the run: the environment alone tells most, and a note says what is missing.

    Raises:
        UsageError: a variable that requests are made of doesn't look as it must.
    """
    variables = present(environ)
    event, notes = _event(variables.get("GITHUB_EVENT_PATH"), read)
    return _github(variables, event, notes)


def run_page(repository_url: str, run: int, attempt: int | None) -> str:
    """The run's page."""
    page = f"{repository_url}/actions/runs/{run}"
    return f"{page}/attempts/{attempt}" if attempt else page


def _event(path: str | None, read: ReadEvent) -> tuple[_Event, tuple[str, ...]]:
    if path is None:
        return _Event({}), ("the runner names no event file (GITHUB_EVENT_PATH)",)
    try:
        event = read(path)
    except (OSError, ValueError) as error:
        return _Event({}), (f"the event file {path[:_SHOWN]!r} can't be read: {str(error)[:_SHOWN]!r}",)
    if not isinstance(event, Mapping):
        return _Event({}), (f"the event file {path[:_SHOWN]!r} holds no event",)
    return _Event(event), ()


@dataclass(frozen=True, slots=True)
class _Event:
    """An event, of which any part may be missing or something else."""

    values: Mapping[str, object]

    def at(self, *path: str) -> object:
        value: object = self.values
        for part in path:
            value = value.get(part) if isinstance(value, Mapping) else None
        return value

    def text(self, *path: str) -> str | None:
        value = self.at(*path)
        return value if isinstance(value, str) and value else None

    def sha(self, *path: str) -> str | None:
        """A commit; the zeros that stand for none are left out."""
        value = self.text(*path)
        return value if value and SHA.fullmatch(value) and value.strip("0") else None

    def number(self, *path: str) -> int | None:
        value = self.at(*path)
        return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _github(variables: Mapping[str, str], event: _Event, notes: tuple[str, ...]) -> CiContext:
    name = variables.get("GITHUB_EVENT_NAME")
    context = CiContext(
        ci=NAME,
        event=KINDS.get(name, Event.OTHER) if name else None,
        event_name=name,
        repository=checked(variables, "GITHUB_REPOSITORY", _REPOSITORY, "acme/shop"),
        server_url=url(variables, "GITHUB_SERVER_URL", SERVER_URL),
        api_url=url(variables, "GITHUB_API_URL", API_URL),
        commit=checked(variables, "GITHUB_SHA", SHA, "a commit's 40 hex digits"),
        ref=variables.get("GITHUB_REF"),
        base_ref=variables.get("GITHUB_BASE_REF"),
        head_ref=variables.get("GITHUB_HEAD_REF"),
        default_branch=event.text("repository", "default_branch"),
        workflow=_workflow(variables),
        run_id=number(variables, "GITHUB_RUN_ID"),
        run_attempt=number(variables, "GITHUB_RUN_ATTEMPT"),
        actor=variables.get("GITHUB_ACTOR"),
        token=token(variables, "GITHUB_TOKEN", _TOKEN_HINT),
        summary_path=variables.get("GITHUB_STEP_SUMMARY"),
        output_path=variables.get("GITHUB_OUTPUT"),
        notes=notes,
    )
    page, run = context.repository_url, context.run_id
    if page and run is not None:
        context = replace(context, run_url=run_page(page, run, context.run_attempt))
    complete = _BY_EVENT.get(name or "")
    return complete(context, event) if complete else context


def _with_pull_request(context: CiContext, event: _Event) -> CiContext:
    test_merge = _TEST_MERGE.fullmatch(context.ref or "")
    pull_request = event.number("pull_request", "number") or event.number("number")
    if pull_request is None and test_merge:
        pull_request = int(test_merge[1])
    merged_for_us = test_merge is not None and context.event_name == "pull_request"
    return replace(
        context,
        pull_request=pull_request,
        from_fork=_from_fork(context, event),
        base_ref=event.text("pull_request", "base", "ref") or context.base_ref,
        base_sha=event.sha("pull_request", "base", "sha"),
        head_ref=event.text("pull_request", "head", "ref") or context.head_ref,
        head_sha=event.sha("pull_request", "head", "sha"),
        # The event was written before GitHub made the merge that is checked out here.
        merge_commit_sha=context.commit if merged_for_us else event.sha("pull_request", "merge_commit_sha"),
        # GitHub doesn't say; Gitea does.
        parted_sha=event.sha("pull_request", "merge_base"),
    )


def _from_fork(context: CiContext, event: _Event) -> bool:
    """A head without a repository is that of a fork that was deleted."""
    if event.at("pull_request", "head") is None:
        return False
    head = event.text("pull_request", "head", "repo", "full_name")
    base = event.text("pull_request", "base", "repo", "full_name") or context.repository
    return head is None or base is None or head.lower() != base.lower()


def _with_merge_group(context: CiContext, event: _Event) -> CiContext:
    head_ref = _branch(event.text("merge_group", "head_ref"))
    queued = _QUEUED.fullmatch(head_ref or "")
    return replace(
        context,
        queued=int(queued[1]) if queued else None,
        base_ref=_branch(event.text("merge_group", "base_ref")),
        base_sha=event.sha("merge_group", "base_sha"),
        head_ref=head_ref,
        head_sha=event.sha("merge_group", "head_sha"),
    )


def _with_push(context: CiContext, event: _Event) -> CiContext:
    branch = _branch(event.text("ref") or context.ref)
    return replace(
        context,
        base_ref=branch,
        base_sha=event.sha("before"),
        head_ref=branch,
        head_sha=event.sha("after") or context.commit,
    )


_BY_EVENT: Mapping[str, Callable[[CiContext, _Event], CiContext]] = {
    "pull_request": _with_pull_request,
    "pull_request_target": _with_pull_request,
    "merge_group": _with_merge_group,
    "push": _with_push,
}
"""The others (`workflow_dispatch`, `schedule`) are about the commit alone."""


def _workflow(variables: Mapping[str, str]) -> str | None:
    """`owner/name/.github/workflows/ci.yml@refs/heads/main`, without the repository and the branch."""
    reference = _WORKFLOW_REF.fullmatch(variables.get("GITHUB_WORKFLOW_REF", ""))
    return reference["path"] if reference else variables.get("GITHUB_WORKFLOW")


def _branch(ref: str | None) -> str | None:
    return ref.removeprefix("refs/heads/") if ref else None
