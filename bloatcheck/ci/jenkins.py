"""Jenkins, as its multibranch pipelines tell of a build.

https://www.jenkins.io/doc/book/pipeline/multibranch/#additional-environment-variables
A pull request is checked out as its head, or as a merge that Jenkins makes itself and pushes nowhere; which
of the two, no variable tells. What either is compared with is where it and the target branch parted: of such
a merge that is what was merged into.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

from bloatcheck.ci.hosted import DEFAULT_BRANCH, Hosted, HostedPages, located
from bloatcheck.ci.model import CiContext, Event, ReadEvent, Words, read_event
from bloatcheck.ci.variables import SHA, checked, number, present

_ADDRESS = re.compile(r"https?://[A-Za-z0-9.:-]{1,253}/[A-Za-z0-9._~%+/-]{0,2000}")
"""A branch's slashes are `%2F` in it, or `%252F`."""
_JOB = r"[A-Za-z0-9._~%+-]{1,200}"

WORDS = Words(
    name="Jenkins",
    whole_history="a checkout that is not shallow",
    history="make the checkout whole (no shallow clone in the branch source's behaviours)",
    history_or_api="make the checkout whole (no shallow clone), or set BLOATCHECK_TOKEN",
    reach_remote="the step needs the credentials that Jenkins checks out with (`withCredentials`, "
    "gitUsernamePassword); see whether `git ls-remote origin` answers",
    push="bind credentials that may push around the step (`withCredentials`, gitUsernamePassword)",
    renewing=f"builds of the primary branch, or of the one that {DEFAULT_BRANCH} names",
    tokenless="Bind BLOATCHECK_TOKEN to a GitHub token that may comment; the report is in its files",
    second_run="keep its files with `archiveArtifacts`",
)


class Jenkins(Hosted):
    """A branch, or a pull request's head or merge."""

    name = "jenkins"
    words = WORDS
    pages: ClassVar[HostedPages] = HostedPages(
        rf"https?://[A-Za-z0-9.:-]{{1,253}}(?:/{_JOB}){{1,40}}/([0-9]{{1,18}})/"
    )

    def detects(self, environ: Mapping[str, str]) -> bool:
        """By Jenkins' own address, and a build's number: the address alone is known to command lines too."""
        return bool(environ.get("JENKINS_URL") and environ.get("BUILD_NUMBER"))

    def read_context(self, environ: Mapping[str, str], read: ReadEvent = read_event) -> CiContext:  # noqa: ARG002 - variables tell all
        """From the variables of the branch sources."""
        variables = present(environ)
        pull_request = number(variables, "CHANGE_ID") if "CHANGE_TARGET" in variables else None
        name = variables.get("BRANCH_NAME")
        branch = None if pull_request or "TAG_NAME" in variables else name
        commit = checked(variables, "GIT_COMMIT", SHA, "a commit's 40 hex digits")
        is_primary = variables.get("BRANCH_IS_PRIMARY") == "true"
        context = CiContext(
            ci=self.name,
            event=_event(pull_request, branch, variables),
            event_name="pull request" if pull_request else "branch",
            commit=commit,
            ref=f"refs/heads/{branch}" if branch else None,
            pull_request=pull_request,
            from_fork="CHANGE_FORK" in variables,
            base_ref=variables.get("CHANGE_TARGET") if pull_request else branch,
            base_sha=None if pull_request else checked(variables, "GIT_PREVIOUS_COMMIT", SHA, "a commit"),
            head_ref=variables.get("CHANGE_BRANCH") if pull_request else branch,
            default_branch=branch if is_primary else variables.get(DEFAULT_BRANCH),
            workflow=_workflow(variables.get("JOB_NAME"), has_branches=name is not None),
            run_id=number(variables, "BUILD_NUMBER"),
            run_url=_page(variables.get("BUILD_URL")),
        )
        return located(context, variables.get("GIT_URL"), variables)


def _event(pull_request: int | None, branch: str | None, variables: Mapping[str, str]) -> Event:
    """By the clock, by hand and of a push look alike; a push has a commit that was built before."""
    if pull_request:
        return Event.PULL_REQUEST
    if branch is None:
        return Event.OTHER
    before = variables.get("GIT_PREVIOUS_COMMIT")
    return Event.PUSH if before and before != variables.get("GIT_COMMIT") else Event.BRANCH


def _workflow(job: str | None, *, has_branches: bool) -> str | None:
    """`folder/shop/PR-7`, without the branch: that is the last step, its slashes written `%2F`."""
    return job.rpartition("/")[0] or job if job and has_branches else job


def _page(address: str | None) -> str | None:
    return address if address and _ADDRESS.fullmatch(address) else None


JENKINS = Jenkins()
