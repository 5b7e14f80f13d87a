"""CircleCI."""

from __future__ import annotations

from bloatcheck.errors import DOCUMENTATION
from bloatcheck.starter.example import IN_EXAMPLES, RELEASE, example
from bloatcheck.starter.model import Facts, Starter


def _files(facts: Facts) -> dict[str, str]:
    default = "BLOATCHECK_DEFAULT_BRANCH: "
    values = {IN_EXAMPLES: RELEASE, f"{default}main": f"{default}{facts.quoted_branch}"}
    return {".circleci/config.yml": example("circleci/config.yml", values)}


CIRCLECI = Starter(
    name="circleci",
    title="CircleCI",
    signs=(".circleci/config.yml",),
    files=_files,
    next_steps=(
        f"give the project BLOATCHECK_TOKEN, a GitHub token that may comment; {DOCUMENTATION}/ci.md#circleci",
        "set a schedule trigger for each night (Project Settings): it builds every image",
    ),
)
