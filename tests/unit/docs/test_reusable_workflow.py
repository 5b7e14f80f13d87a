"""The workflow that others call uses the action as it is, and no job of it may do more than it needs."""

from __future__ import annotations

import re
from typing import Any

import yaml
from support.action import PROJECT, metadata

FILE = PROJECT / ".github" / "workflows" / "legs.yml"
OURS = "bloatcheck/bloatcheck@v1"


def workflow() -> dict[Any, Any]:
    loaded: dict[Any, Any] = yaml.safe_load(FILE.read_text())
    return loaded


def test_it_uses_the_action_as_it_is() -> None:
    inputs, outputs = metadata()["inputs"], metadata()["outputs"]
    ours = [step for job in workflow()["jobs"].values() for step in job["steps"] if step.get("uses") == OURS]
    assert [step["with"]["command"] for step in ours] == ["plan", "leg", "merge"]
    for step in ours:
        assert step["with"].keys() <= inputs.keys()
    assert set(re.findall(r"steps\.(?:plan|size)\.outputs\.([a-z-]+)", FILE.read_text())) <= outputs.keys()


def test_every_input_is_used_and_every_used_input_is_there() -> None:
    # YAML 1.1 reads `on` as a truth.
    declared = workflow()[True]["workflow_call"]["inputs"]
    assert set(re.findall(r"inputs\.([a-z-]+)", FILE.read_text())) == declared.keys()


def test_jobs_that_run_somebody_elses_code_may_only_read() -> None:
    jobs = workflow()["jobs"]
    assert jobs["plan"]["permissions"] == jobs["measure"]["permissions"] == {"contents": "read"}
    assert not any(step.get("run") for job in jobs.values() for step in job["steps"])


def test_it_is_told_of_as_it_is() -> None:
    told = (PROJECT / "docs" / "action.md").read_text()
    assert "uses: bloatcheck/bloatcheck/.github/workflows/legs.yml@v1" in told
    for name in workflow()[True]["workflow_call"]["inputs"]:
        assert f"`{name}`" in told
