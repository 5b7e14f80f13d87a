"""GitLab CI: one job; for many images a child pipeline with a job for each part of them."""

from __future__ import annotations

from bloatcheck.errors import DOCUMENTATION
from bloatcheck.starter.example import IN_EXAMPLES, RELEASE, example
from bloatcheck.starter.model import Facts, Starter


def _files(facts: Facts) -> dict[str, str]:
    values = {"/v1/templates/": f"/{facts.commit or facts.tag}/templates/", IN_EXAMPLES: RELEASE}
    if not facts.many:
        return {".gitlab-ci.yml": example("gitlab/gitlab-ci.yml", values)}
    values["legs: 3"] = f"legs: {facts.legs}"
    return {".gitlab-ci.yml": example("gitlab/matrix.yml", values)}


GITLAB = Starter(
    name="gitlab",
    title="GitLab CI",
    signs=(".gitlab-ci.yml",),
    hosts=("gitlab.com", "gitlab.*"),
    files=_files,
    next_steps=(
        (
            "for a note on merge requests, keep a project access token (scope api, role Developer) in the "
            f"masked CI/CD variable BLOATCHECK_TOKEN; {DOCUMENTATION}/gitlab.md#the-note"
        ),
        "set a schedule for each night (Build, Pipeline schedules): it builds every image",
    ),
)
