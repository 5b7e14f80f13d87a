"""The workflows that `bloatcheck init` writes are right: GitHub takes them, zizmor finds nothing."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.action import PROJECT, metadata

from bloatcheck.starter.pins import PINS
from bloatcheck.starter.workflows import CHECK_FILE, COMMENT_FILE, workflows

COMMIT = "0" * 40
AS_WRITTEN = [
    pytest.param(workflows(branch="main"), id="offline"),
    pytest.param(workflows(branch="a: b # [c] '\"", commit=COMMIT, tag="v1.2.3"), id="pinned"),
]


def written(root: Path, texts: dict[str, str]) -> Path:
    for file, text in texts.items():
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text(text)
    return root


def run(name: str, *arguments: str) -> None:
    done = subprocess.run(
        [str(Path(sys.prefix) / "bin" / name), *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def jobs(text: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(text)["jobs"]
    return found


@pytest.mark.parametrize("texts", AS_WRITTEN)
def test_zizmor_finds_nothing(tmp_path: Path, texts: dict[str, str]) -> None:
    run("zizmor", "--offline", "--no-progress", str(written(tmp_path, texts)))


@pytest.mark.parametrize("texts", AS_WRITTEN)
def test_github_takes_them(tmp_path: Path, texts: dict[str, str]) -> None:
    files = [str(written(tmp_path, texts) / file) for file in texts]
    run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *files)


@pytest.mark.parametrize("texts", AS_WRITTEN)
def test_every_action_is_pinned_by_the_table_and_has_its_tag_beside_it(texts: dict[str, str]) -> None:
    known = {str(pin) for pin in PINS}
    for text in texts.values():
        for uses in re.findall(r"uses: (.*)", text):
            assert uses in known or uses.startswith("bloatcheck/bloatcheck@")
            if COMMIT in uses:
                assert uses == f"bloatcheck/bloatcheck@{COMMIT} # v1.2.3"


def test_each_job_may_do_what_it_says_and_no_more() -> None:
    texts = workflows(branch="main")
    assert [yaml.safe_load(text)["permissions"] for text in texts.values()] == [{}, {}]
    permissions = {name: job["permissions"] for text in texts.values() for name, job in jobs(text).items()}
    assert permissions == {
        "check": {"contents": "read", "pull-requests": "write"},
        "renew": {"contents": "write", "pull-requests": "write"},
        "comment": {"actions": "read", "pull-requests": "write"},
    }


def test_the_job_that_may_write_never_sees_a_pull_request() -> None:
    check = jobs(workflows(branch="main")[CHECK_FILE])
    assert check["renew"]["if"] == "github.event_name == 'push'"
    assert check["check"]["if"] == "github.event_name == 'pull_request'"


def test_the_second_workflow_follows_the_first() -> None:
    texts = workflows(branch="main")
    # YAML 1.1 reads `on` as a truth.
    (named,) = yaml.safe_load(texts[COMMENT_FILE])[True]["workflow_run"]["workflows"]
    assert yaml.safe_load(texts[CHECK_FILE])["name"] == named


def test_they_use_the_action_as_it_is() -> None:
    inputs, outputs = metadata()["inputs"], metadata()["outputs"]
    for text in workflows(branch="main").values():
        for job in jobs(text).values():
            for step in job["steps"]:
                if step["uses"].startswith("bloatcheck/"):
                    assert step.get("with", {}).keys() <= inputs.keys()
        for name in re.findall(r"steps\.size\.outputs\.([a-z-]+)", text):
            assert name in outputs


def test_the_examples_of_the_documentation_use_the_same_commits() -> None:
    known = {pin.action: pin.commit for pin in PINS}
    for path in (PROJECT / "docs" / "examples").glob("*.yml"):
        for action, commit in re.findall(r"uses: (actions/[a-z-]+)@([0-9a-f]{40})", path.read_text()):
            assert known[action] == commit
