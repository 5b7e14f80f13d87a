"""Jenkins."""

from __future__ import annotations

from bloatcheck.starter.example import IN_EXAMPLES, RELEASE, example
from bloatcheck.starter.model import Starter

JENKINS = Starter(
    name="jenkins",
    title="Jenkins",
    signs=("Jenkinsfile",),
    files=lambda _: {"Jenkinsfile": example("jenkins/Jenkinsfile", {IN_EXAMPLES: RELEASE})},
    next_steps=("keep a GitHub token that may comment as the credential `bloatcheck`; docs/ci.md",),
)
