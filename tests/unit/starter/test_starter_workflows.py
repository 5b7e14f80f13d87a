"""The workflows that `bloatcheck init` writes are right: GitHub takes them, zizmor finds nothing."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.action import PROJECT, metadata

from bloatcheck.starter.github import CHECK_FILE, COMMENT_FILE, GITHUB
from bloatcheck.starter.model import Facts
from bloatcheck.starter.pins import PINS

COMMIT = "0" * 40
ODD_BRANCH = "#a,{b}'c\"&!"
AS_WRITTEN = [
    pytest.param(GITHUB.files(Facts()), id="offline"),
    pytest.param(GITHUB.files(Facts(branch=ODD_BRANCH, commit=COMMIT, tag="v1.2.3")), id="pinned"),
    pytest.param(GITHUB.files(Facts(images=100, commit=COMMIT, tag="v1.2.3")), id="many images"),
]


def written(root: Path, texts: Mapping[str, str]) -> Path:
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
def test_zizmor_finds_nothing(tmp_path: Path, texts: Mapping[str, str]) -> None:
    run("zizmor", "--offline", "--no-progress", str(written(tmp_path, texts)))


@pytest.mark.parametrize("texts", AS_WRITTEN)
def test_every_action_is_pinned_by_the_table_and_has_its_tag_beside_it(texts: Mapping[str, str]) -> None:
    known = {str(pin) for pin in PINS}
    for text in texts.values():
        for uses in re.findall(r"uses: (.*)", text):
            assert uses.startswith("bloatcheck/bloatcheck@") or any(uses.startswith(pin) for pin in known)
            if COMMIT in uses:
                assert uses == f"bloatcheck/bloatcheck@{COMMIT} # v1.2.3"


@pytest.mark.parametrize("texts", AS_WRITTEN)
def test_a_job_that_may_write_code_never_sees_a_pull_request(texts: Mapping[str, str]) -> None:
    for text in texts.values():
        assert yaml.safe_load(text)["permissions"] == {}
        # YAML 1.1 reads `on` as a truth.
        events = yaml.safe_load(text)[True]
        writes = any(job["permissions"].get("contents") == "write" for job in jobs(text).values())
        assert not (writes and "pull_request" in events)


def test_the_second_workflow_follows_the_first() -> None:
    for images in (1, 100):
        texts = GITHUB.files(Facts(images=images))
        (named,) = yaml.safe_load(texts[COMMENT_FILE])[True]["workflow_run"]["workflows"]
        assert yaml.safe_load(texts[CHECK_FILE])["name"] == named


@pytest.mark.parametrize("texts", AS_WRITTEN)
def test_they_use_the_action_as_it_is(texts: Mapping[str, str]) -> None:
    inputs, outputs = metadata()["inputs"], metadata()["outputs"]
    for text in texts.values():
        for job in jobs(text).values():
            for step in job["steps"]:
                if step["uses"].startswith("bloatcheck/"):
                    assert step.get("with", {}).keys() <= inputs.keys()
        for name in re.findall(r"steps\.size\.outputs\.([a-z-]+)", text):
            assert name in outputs


def test_the_examples_of_the_documentation_use_the_same_commits() -> None:
    known = {pin.action: pin.commit for pin in PINS}
    for path in (PROJECT / "docs" / "examples").rglob("*.yml"):
        for action, commit in re.findall(
            r"uses: (?:https://github.com/)?(actions/[a-z-]+)@([0-9a-f]{40})", path.read_text()
        ):
            assert known[action] == commit
