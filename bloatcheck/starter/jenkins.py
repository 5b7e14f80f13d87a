"""Jenkins."""

from __future__ import annotations

from bloatcheck.errors import DOCUMENTATION
from bloatcheck.starter.example import IN_EXAMPLES, RELEASE, example
from bloatcheck.starter.model import Starter

JENKINS = Starter(
    name="jenkins",
    title="Jenkins",
    signs=("Jenkinsfile",),
    files=lambda _: {"Jenkinsfile": example("jenkins/Jenkinsfile", {IN_EXAMPLES: RELEASE})},
    next_steps=(
        f"keep a GitHub token that may comment as the credential `bloatcheck`; {DOCUMENTATION}/ci.md#jenkins",
    ),
)
