"""Azure Pipelines."""

from __future__ import annotations

from bloatcheck.errors import DOCUMENTATION
from bloatcheck.starter.example import IN_EXAMPLES, RELEASE, example
from bloatcheck.starter.model import Facts, Starter


def _files(facts: Facts) -> dict[str, str]:
    branch = facts.quoted_branch
    values = {
        IN_EXAMPLES: RELEASE,
        "[main]": f"[{branch}]",
        "BLOATCHECK_DEFAULT_BRANCH: main": f"BLOATCHECK_DEFAULT_BRANCH: {branch}",
    }
    return {"azure-pipelines.yml": example("azure/azure-pipelines.yml", values)}


AZURE = Starter(
    name="azure",
    title="Azure Pipelines",
    signs=("azure-pipelines.yml", "azure-pipelines.yaml", ".azure-pipelines"),
    hosts=("dev.azure.com", "ssh.dev.azure.com", "*.visualstudio.com"),
    files=_files,
    next_steps=(
        (
            "in Azure Repos, let a branch policy (Build validation) start it for pull requests, and the "
            f"build service contribute to pull requests; {DOCUMENTATION}/ci.md#azure-pipelines"
        ),
    ),
)
