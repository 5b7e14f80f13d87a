"""GitHub Actions: a check, a comment for forks' pull requests, and a renewal, each a workflow of its own."""

from __future__ import annotations

from bloatcheck.starter.example import example
from bloatcheck.starter.model import Facts, Starter

ACTION = "bloatcheck/bloatcheck"
CHECK_FILE = ".github/workflows/bloatcheck.yml"
COMMENT_FILE = ".github/workflows/bloatcheck-comment.yml"
RENEWAL_FILE = ".github/workflows/bloatcheck-baseline.yml"

_IN_EXAMPLES = f"{ACTION}@v1"


def ours(facts: Facts) -> str:
    """What a step uses."""
    if facts.commit:
        return f"{ACTION}@{facts.commit} # {facts.tag}"
    return (
        f"{ACTION}@{facts.tag} # zizmor: ignore[unpinned-uses] no commit was known here; put the one of a "
        "release in its place"
    )


def _files(facts: Facts) -> dict[str, str]:
    action = {_IN_EXAMPLES: ours(facts)}
    check = (
        example("matrix.yml", {**action, "legs: 3": f"legs: {facts.legs}"})
        if facts.many
        else example("pull-request.yml", action)
    )
    branch = {"branches: [main]": f"branches: [{facts.quoted_branch}]"}
    return {
        CHECK_FILE: check,
        COMMENT_FILE: example("comment.yml", action),
        RENEWAL_FILE: example("renewal.yml", {**action, **branch}),
    }


GITHUB = Starter(
    name="github",
    title="GitHub Actions",
    signs=(".github/workflows",),
    hosts=("github.com", "github.*"),
    owns_files=True,
    files=_files,
    next_steps=(
        (
            "if the default branch is protected, let Actions create pull requests, which renew the baseline "
            "(Settings, Actions, General)"
        ),
    ),
)
