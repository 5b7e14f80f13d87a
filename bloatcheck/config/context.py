"""What the CI's environment says about this run: which event, which commits, which pull request.

GitHub's words are explained at https://docs.github.com/actions/reference/workflows-and-actions/variables
(environment) and https://docs.github.com/webhooks/webhook-events-and-payloads (event). The environment comes
from the runner; the event also holds what the author of a pull request chose, so nothing in it is taken
that doesn't look as it must.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from urllib.parse import quote as percent_encode

from bloatcheck.config.quote import quote
from bloatcheck.errors import UsageError

SERVER_URL = "https://github.com"
API_URL = "https://api.github.com"

MAX_EVENT_SIZE = 32 << 20
"""GitHub delivers no event above 25 MB."""
MAX_KEY = 200

_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_URL = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(?:/[A-Za-z0-9._~/-]*)?")
_TOKEN = re.compile(r"[\x21-\x7e]+")
_TEST_MERGE = re.compile(r"refs/pull/([1-9][0-9]{0,9})/merge")
_QUEUED = re.compile(r"gh-readonly-queue/.+/pr-([1-9][0-9]{0,9})-(?:[0-9a-f]{40}|[0-9a-f]{64})")
_WORKFLOW_REF = re.compile(r"[^/]+/[^/]+/(?P<path>.+?)@refs/.+")
_NUMBER = re.compile(r"[0-9]{1,18}")


class Ci(str, Enum):
    """Where we run."""

    GITHUB = "github"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class CiContext:
    """The facts of a run. None where a fact doesn't apply or isn't told.

    `commit` is what the CI says it checks: on `pull_request` a test merge, on `pull_request_target` the
    base. `base_*` and `head_*` belong to the pull request, the merge group or, on a push, to the commits
    before and after; `base_sha` is what the event says, and the base branch may have moved since.
    `merge_commit_sha` is the test merge of base and head. `notes` are sentences for the reader about facts
    that could not be had.
    """

    ci: Ci = Ci.NONE
    event_name: str | None = None
    repository: str | None = None
    """`owner/name`."""
    server_url: str = SERVER_URL
    api_url: str = API_URL
    commit: str | None = None
    ref: str | None = None
    pull_request: int | None = None
    queued: int | None = None
    """The pull request that a merge queue made this run's commit of, on top of those before it."""
    from_fork: bool = False
    base_ref: str | None = None
    """A branch's name, without `refs/heads/`."""
    base_sha: str | None = None
    head_ref: str | None = None
    head_sha: str | None = None
    merge_commit_sha: str | None = None
    default_branch: str | None = None
    workspace: str | None = None
    workflow: str | None = None
    """The workflow's path, `.github/workflows/ci.yml`; its name where the runner doesn't tell the path."""
    run_id: int | None = None
    run_attempt: int | None = None
    actor: str | None = None
    token: str | None = field(default=None, repr=False)
    summary_path: str | None = None
    output_path: str | None = None
    debug: bool = False
    notes: tuple[str, ...] = ()

    @property
    def run_url(self) -> str | None:
        """The run's page."""
        if self.repository is None or self.run_id is None:
            return None
        page = f"{self.server_url}/{self.repository}/actions/runs/{self.run_id}"
        return f"{page}/attempts/{self.run_attempt}" if self.run_attempt else page

    @property
    def on_default_branch(self) -> bool:
        """Whether this run checks the default branch itself."""
        return self.default_branch is not None and self.ref == f"refs/heads/{self.default_branch}"


ReadEvent = Callable[[str], object]
"""Reads the event's file. Raises OSError or ValueError where it can't."""


def read_event(path: str) -> object:
    """The event as JSON values.

    Raises:
        OSError: it can't be read.
        ValueError: it is larger than any event, or no JSON.
    """
    with Path(path).open("rb") as stream:
        content = stream.read(MAX_EVENT_SIZE + 1)
    if len(content) > MAX_EVENT_SIZE:
        raise ValueError("larger than any event")
    try:
        return json.loads(content)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def read_context(environ: Mapping[str, str], read: ReadEvent = read_event) -> CiContext:
    """The run's facts.

    A damaged event doesn't end the run: the environment alone tells most, and a note says what is missing.

    Raises:
        UsageError: a variable that requests are made of doesn't look as it must.
    """
    if environ.get("GITHUB_ACTIONS") != "true":
        return CiContext()
    variables = {name: value.strip() for name, value in environ.items() if value.strip()}
    event, notes = _event(variables.get("GITHUB_EVENT_PATH"), read)
    return _github(variables, event, notes)


def comment_key(context: CiContext, config_path: str | None, folder: str = "") -> str:
    """What tells this workflow's and this configuration's comment from others on the same pull request.

    `folder` is where the configuration's path starts, below the repository's top. Never a run's or a matrix
    leg's. Letters, digits and `.-_~/:%` only, at most 200 characters.
    """
    paths = (context.workflow or "local", posixpath.join(folder, config_path or ".bloatcheck.yml"))
    key = ":".join(percent_encode(path, safe="/", errors="surrogatepass") for path in paths)
    return key if len(key) <= MAX_KEY else hashlib.sha256(key.encode()).hexdigest()


# GitHub ----------------------------------------------------------------------------------------------------


def _event(path: str | None, read: ReadEvent) -> tuple[_Event, tuple[str, ...]]:
    if path is None:
        return _Event({}), ("the runner names no event file (GITHUB_EVENT_PATH)",)
    try:
        event = read(path)
    except (OSError, ValueError) as error:
        return _Event({}), (f"the event file {quote(path)} can't be read: {quote(str(error))}",)
    if not isinstance(event, Mapping):
        return _Event({}), (f"the event file {quote(path)} holds no event",)
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
        return value if value and _SHA.fullmatch(value) and value.strip("0") else None

    def number(self, *path: str) -> int | None:
        value = self.at(*path)
        return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _github(variables: Mapping[str, str], event: _Event, notes: tuple[str, ...]) -> CiContext:
    context = CiContext(
        ci=Ci.GITHUB,
        event_name=variables.get("GITHUB_EVENT_NAME"),
        repository=_checked(variables, "GITHUB_REPOSITORY", _REPOSITORY, "acme/shop"),
        server_url=_url(variables, "GITHUB_SERVER_URL", SERVER_URL),
        api_url=_url(variables, "GITHUB_API_URL", API_URL),
        commit=_checked(variables, "GITHUB_SHA", _SHA, "a commit's 40 hex digits"),
        ref=variables.get("GITHUB_REF"),
        base_ref=variables.get("GITHUB_BASE_REF"),
        head_ref=variables.get("GITHUB_HEAD_REF"),
        default_branch=event.text("repository", "default_branch"),
        workspace=variables.get("GITHUB_WORKSPACE"),
        workflow=_workflow(variables),
        run_id=_number(variables, "GITHUB_RUN_ID"),
        run_attempt=_number(variables, "GITHUB_RUN_ATTEMPT"),
        actor=variables.get("GITHUB_ACTOR"),
        token=_token(variables),
        summary_path=variables.get("GITHUB_STEP_SUMMARY"),
        output_path=variables.get("GITHUB_OUTPUT"),
        debug=variables.get("RUNNER_DEBUG") == "1",
        notes=notes,
    )
    complete = _BY_EVENT.get(context.event_name or "")
    return complete(context, event) if complete else context


def _with_pull_request(context: CiContext, event: _Event) -> CiContext:
    test_merge = _TEST_MERGE.fullmatch(context.ref or "")
    number = event.number("pull_request", "number") or event.number("number")
    if number is None and test_merge:
        number = int(test_merge[1])
    merged_for_us = test_merge is not None and context.event_name == "pull_request"
    return replace(
        context,
        pull_request=number,
        from_fork=_from_fork(context, event),
        base_ref=event.text("pull_request", "base", "ref") or context.base_ref,
        base_sha=event.sha("pull_request", "base", "sha"),
        head_ref=event.text("pull_request", "head", "ref") or context.head_ref,
        head_sha=event.sha("pull_request", "head", "sha"),
        # The event was written before GitHub made the merge that is checked out here.
        merge_commit_sha=context.commit if merged_for_us else event.sha("pull_request", "merge_commit_sha"),
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


# Variables -------------------------------------------------------------------------------------------------


def _checked(variables: Mapping[str, str], name: str, form: re.Pattern[str], example: str) -> str | None:
    value = variables.get(name)
    if value is not None and not form.fullmatch(value):
        raise UsageError(f"{name} is {quote(value)}", hint=f"it should look like {example}")
    return value


def _url(variables: Mapping[str, str], name: str, default: str) -> str:
    return (_checked(variables, name, _URL, default) or default).rstrip("/")


def _number(variables: Mapping[str, str], name: str) -> int | None:
    value = _checked(variables, name, _NUMBER, "a whole number")
    return int(value) if value else None


def _token(variables: Mapping[str, str]) -> str | None:
    """The token, which no message repeats."""
    token = variables.get("GITHUB_TOKEN")
    if token and not _TOKEN.fullmatch(token):
        raise UsageError(
            "GITHUB_TOKEN holds characters that no token has",
            hint="pass the token alone, for example ${{ github.token }}",
        )
    return token


def _workflow(variables: Mapping[str, str]) -> str | None:
    """`owner/name/.github/workflows/ci.yml@refs/heads/main`, without the repository and the branch."""
    reference = _WORKFLOW_REF.fullmatch(variables.get("GITHUB_WORKFLOW_REF", ""))
    return reference["path"] if reference else variables.get("GITHUB_WORKFLOW")


def _branch(ref: str | None) -> str | None:
    return ref.removeprefix("refs/heads/") if ref else None
