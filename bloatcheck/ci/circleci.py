"""CircleCI.

https://circleci.com/docs/reference/variables/
It builds heads, and has no variable for the branch that a pull request is for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

from bloatcheck.ci.hosted import BASE_BRANCH, DEFAULT_BRANCH, Hosted, HostedPages, is_elsewhere, located
from bloatcheck.ci.model import CiContext, Event, ReadEvent, Words, read_event
from bloatcheck.ci.variables import SHA, URL, checked, number, present

_PULL = re.compile(r"https://[A-Za-z0-9.-]+/[^/\s]+/[^/\s]+/pull/([1-9][0-9]{0,9})")
_UNTOLD = (
    f"CircleCI doesn't tell which branch a pull request is for: name it by {BASE_BRANCH} or {DEFAULT_BRANCH}"
)

WORDS = Words(
    name="CircleCI",
    whole_history="the step `git fetch --unshallow`",
    history="fetch the whole history: git fetch --unshallow",
    history_or_api="fetch the whole history (git fetch --unshallow), or set BLOATCHECK_TOKEN",
    reach_remote="the job needs the step `checkout`, whose key opens the repository; see whether `git "
    "ls-remote origin` answers",
    push="give the project a key that writes (Project Settings, SSH Keys)",
    renewing=f"jobs of the branch that {DEFAULT_BRANCH} names",
    tokenless="Set BLOATCHECK_TOKEN to a GitHub token that may comment; the report is in its files",
    second_run="keep its files with `store_artifacts`",
)


class CircleCi(Hosted):
    """A head of a branch, or of a pull request."""

    name = "circleci"
    words = WORDS
    secrets = frozenset({"CIRCLE_TOKEN", "CIRCLE_OIDC_TOKEN", "CIRCLE_OIDC_TOKEN_V2"})
    pages: ClassVar[HostedPages] = HostedPages(
        r"https://(?:app\.)?circleci\.com/[A-Za-z0-9._~/-]{1,300}/([0-9]{1,18})"
    )

    def detects(self, environ: Mapping[str, str]) -> bool:
        """By the variable that says so."""
        return environ.get("CIRCLECI") == "true"

    def read_context(self, environ: Mapping[str, str], read: ReadEvent = read_event) -> CiContext:  # noqa: ARG002 - variables tell all
        """From the built-in variables."""
        variables = present(environ)
        request = _PULL.fullmatch(variables.get("CIRCLE_PULL_REQUEST", ""))
        pull_request = number(variables, "CIRCLE_PR_NUMBER") or (int(request[1]) if request else None)
        branch, tag = variables.get("CIRCLE_BRANCH"), variables.get("CIRCLE_TAG")
        base = variables.get(BASE_BRANCH) or variables.get(DEFAULT_BRANCH)
        own = variables.get("CIRCLE_REPOSITORY_URL")
        owner, name = variables.get("CIRCLE_PR_USERNAME"), variables.get("CIRCLE_PR_REPONAME")
        of_branch = Event.PUSH if branch else Event.OTHER
        commit = checked(variables, "CIRCLE_SHA1", SHA, "a commit's 40 hex digits")
        context = CiContext(
            ci=self.name,
            event=Event.PULL_REQUEST if pull_request else of_branch,
            event_name="pull request" if pull_request else "push",
            commit=commit,
            ref=_ref(None if pull_request else branch, tag),
            pull_request=pull_request,
            from_fork=bool(owner and name and is_elsewhere(own, f"https://github.com/{owner}/{name}")),
            base_ref=base if pull_request else branch,
            head_ref=branch,
            head_sha=commit,
            default_branch=variables.get(DEFAULT_BRANCH),
            workflow=variables.get("CIRCLE_JOB"),
            run_id=number(variables, "CIRCLE_BUILD_NUM"),
            run_url=checked(variables, "CIRCLE_BUILD_URL", URL, "an address"),
            notes=(_UNTOLD,) if pull_request and not base else (),
        )
        return located(context, own, variables)

    def why_read_only(self, context: CiContext) -> str | None:
        """CircleCI keeps secrets from a fork's builds."""
        return "this pull request comes from a fork" if context.from_fork else None


def _ref(branch: str | None, tag: str | None) -> str | None:
    if branch:
        return f"refs/heads/{branch}"
    return f"refs/tags/{tag}" if tag else None


CIRCLECI = CircleCi()
