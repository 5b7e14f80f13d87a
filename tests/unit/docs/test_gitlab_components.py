"""The CI/CD components: GitLab's own schema takes what they become, with each engine."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.gitlab.component import TEMPLATES, component, job, lines

ENGINES = ("docker", "buildah", "runner")
COMPONENTS = sorted(file.stem for file in TEMPLATES.glob("*.yml"))
RULES = [
    {"if": '$CI_PIPELINE_SOURCE == "merge_request_event"'},
    {"if": "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"},
]


def child(pipeline: dict[str, Any]) -> dict[str, Any]:
    """What the planning job writes for the child pipeline."""
    (written,) = [line for line in pipeline["bloatcheck-plan"]["script"] if line.startswith("cat >")]
    told: dict[str, Any] = yaml.safe_load(written.partition("<<'END'\n")[2].rpartition("END")[0])
    return told


def check(*files: Path) -> None:
    program = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.gitlab-ci"]
    done = subprocess.run([*program, *files], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_there_are_two() -> None:
    assert COMPONENTS == ["matrix", "run"]


@pytest.mark.parametrize("name", COMPONENTS)
def test_gitlabs_schema_takes_their_headers_and_their_jobs(name: str, tmp_path: Path) -> None:
    header = tmp_path / "header.yml"
    header.write_text((TEMPLATES / f"{name}.yml").read_text().split("\n---\n")[0])
    files = [header]
    for engine in ENGINES:
        files.append(tmp_path / f"{engine}.json")
        files[-1].write_text(json.dumps(component(name, engine=engine)))
    check(*files)


def test_it_takes_the_child_pipeline_with_and_without_legs(tmp_path: Path) -> None:
    leg = {"extends": ".bloatcheck-leg", "parallel": {"matrix": [{"BLOATCHECK_LEG": ["1", "2"]}]}}
    files = []
    for engine in ENGINES:
        told = child(component("matrix", engine=engine))
        files += [tmp_path / f"{engine}.json", tmp_path / f"{engine}-legs.json"]
        files[-2].write_text(json.dumps(told))
        files[-1].write_text(json.dumps({**told, "bloatcheck-leg": leg}))
    check(*files)


@pytest.mark.parametrize("engine", ENGINES)
def test_both_build_in_the_same_way(engine: str) -> None:
    single, legs = component("run", engine=engine), child(component("matrix", engine=engine))
    assert single[f".bloatcheck-{engine}"] == legs[f".bloatcheck-{engine}"]
    assert single["bloatcheck"]["artifacts"] == legs["bloatcheck"]["artifacts"]


def test_every_job_of_the_child_pipeline_runs_in_a_merge_requests_too() -> None:
    """Jobs without rules are none of it, unless the whole pipeline has some."""
    assert child(component("matrix"))["workflow"] == {"rules": [{"when": "always"}]}


def test_merge_requests_and_the_default_branch_are_measured() -> None:
    assert component("run")["bloatcheck"]["rules"] == RULES
    matrix = component("matrix")
    assert matrix["bloatcheck-plan"]["rules"] == matrix["bloatcheck-legs"]["rules"] == RULES


def test_who_compares_has_the_whole_history() -> None:
    matrix = component("matrix")
    for pipeline, name in (
        (component("run"), "bloatcheck"),
        (matrix, "bloatcheck-plan"),
        (child(matrix), "bloatcheck"),
    ):
        assert job(pipeline, name)["variables"]["GIT_DEPTH"] == "0"


def test_an_input_that_is_another_command_is_the_one_that_is_run() -> None:
    matrix = component("matrix", install="make tools", legs=3)
    first, *_ = planning = lines(matrix["bloatcheck-plan"])
    assert first == "make tools"
    assert 'bloatcheck plan --format gitlab --legs 3 --template "" "$@" > bloatcheck-plan.yml' in planning
    assert "make tools" in lines(job(child(matrix) | {"x": {"extends": ".bloatcheck-leg"}}, "x"))


@pytest.mark.parametrize(
    ("told", "options"),
    [
        ({"CI_PIPELINE_SOURCE": "merge_request_event"}, []),
        ({"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "main"}, ["--no-enforce"]),
        ({"CI_PIPELINE_SOURCE": "schedule", "CI_COMMIT_BRANCH": "main"}, ["--no-enforce", "--all"]),
    ],
)
def test_a_schedule_builds_every_image_and_the_default_branch_enforces_nothing(
    tmp_path: Path, told: dict[str, str], options: list[str]
) -> None:
    matrix = component("matrix")
    source = matrix["bloatcheck-legs"]["variables"]
    assert source == {"BLOATCHECK_STARTED_BY": "$CI_PIPELINE_SOURCE"}
    below = {
        **told,
        "CI_PIPELINE_SOURCE": "parent_pipeline",
        "BLOATCHECK_STARTED_BY": told["CI_PIPELINE_SOURCE"],
    }
    every = [option for option in options if option == "--all"]
    assert asked(component("run")["bloatcheck"], told, tmp_path) == options
    assert asked(matrix["bloatcheck-plan"], told, tmp_path) == every
    assert asked(child(matrix)[".bloatcheck-leg"], below, tmp_path) == every
    assert asked(child(matrix)["bloatcheck"], below, tmp_path) == options


def asked(described: dict[str, Any], variables: dict[str, str], folder: Path) -> list[str]:
    """What a job asks of bloatcheck on top of what it always does; its shell is real."""
    script = [line for line in described["script"] if not line.startswith(("mkdir", "cat >"))]
    done = subprocess.run(
        ["sh", "-e", "-c", "\n".join(['bloatcheck() { echo "$@" >&2; }', *script])],
        env={"CI_DEFAULT_BRANCH": "main", **variables},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [option for option in ("--no-enforce", "--all") if option in done.stderr.split()]
