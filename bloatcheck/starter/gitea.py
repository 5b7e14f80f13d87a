"""Gitea Actions and Forgejo Actions: one workflow, with the action by its whole address.

Without one, either host looks for an action where it was told to, and Forgejo's own place has not ours.
"""

from __future__ import annotations

from dataclasses import replace

from bloatcheck.starter.example import example
from bloatcheck.starter.github import ACTION
from bloatcheck.starter.model import Facts, Starter

_EXAMPLE = "gitea/workflow.yml"


def _text(facts: Facts) -> str:
    action = f"{ACTION}@{facts.commit} # {facts.tag}" if facts.commit else f"{ACTION}@{facts.tag}"
    return example(
        _EXAMPLE,
        {f"{ACTION}@v1": action, "branches: [main]": f"branches: [{facts.quoted_branch}]"},
    )


GITEA = Starter(
    name="gitea",
    title="Gitea Actions",
    signs=(".gitea/workflows",),
    hosts=("gitea.com", "gitea.*"),
    owns_files=True,
    files=lambda facts: {".gitea/workflows/bloatcheck.yml": _text(facts)},
    next_steps=("let the runner's label be one with Docker, and with Python 3.10 or later",),
)
FORGEJO = replace(
    GITEA,
    name="forgejo",
    title="Forgejo Actions",
    signs=(".forgejo/workflows",),
    hosts=("codeberg.org", "forgejo.*"),
    files=lambda facts: {".forgejo/workflows/bloatcheck.yml": _text(facts)},
)
