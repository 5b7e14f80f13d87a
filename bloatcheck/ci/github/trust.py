"""What a run may do for a pull request whose author nobody has vetted."""

from __future__ import annotations

from collections.abc import Mapping

from bloatcheck.ci.model import CiContext
from bloatcheck.errors import DOCUMENTATION, UsageError

DEPENDABOT = "dependabot[bot]"
ALLOW_VARIABLE = "BLOATCHECK_ALLOW_PULL_REQUEST_TARGET"
"""Not a key of the configuration: that comes with the pull request."""

_WORKFLOW_RUN = "workflow_run"
_FOR_ANYBODY = frozenset({"pull_request_target", "issue_comment"})
"""Events of pull requests that run in the repository's own name, whoever opened them."""

_CURE = (
    "build under `on: pull_request`, and let a second workflow post the comment "
    f"({DOCUMENTATION}/forks.md); who has read there what it means can set the input "
    "`allow-pull-request-target: true`"
)


def why_read_only(context: CiContext) -> str | None:
    """Why the token of this run reads only, whatever the workflow says; None where it need not be so."""
    if context.event_name != "pull_request":
        return None
    if context.from_fork:
        return "this pull request comes from a fork"
    return "Dependabot opened this pull request" if context.actor == DEPENDABOT else None


def check_may_build(context: CiContext, environ: Mapping[str, str]) -> None:
    """Building runs what the Dockerfile says, which must not meet a token that writes, nor secrets.

    Raises:
        UsageError: this run has both, for a pull request that may be anybody's.
    """
    if environ.get(ALLOW_VARIABLE, "").strip().lower() == "true":
        return
    if context.event_name in _FOR_ANYBODY:
        raise UsageError(
            f"nothing is built under {context.event_name}: the run holds the repository's secrets and a "
            "token that writes, and a build would hand them to whoever opened the pull request",
            hint=_CURE,
        )
    if context.event_name != _WORKFLOW_RUN:
        return
    from bloatcheck.ci.github.triggering_run import read_triggering_run  # noqa: PLC0415 - imports pydantic

    run = read_triggering_run(environ)
    # Reviews of a fork's pull request, and comments on their lines, start runs for it too.
    if run.is_of_fork(context.repository):
        raise UsageError(
            "nothing is built here: another workflow's run for a fork's pull request started this one, which "
            "holds the repository's secrets and a token that writes",
            hint=_CURE,
        )
