"""The workflows in docs/examples can be pasted: GitHub takes them, and a security linter finds nothing."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.action import PROJECT, metadata

from bloatcheck.config.model import ExportFormat
from bloatcheck.report.exports import EXPORTS

EXAMPLES = sorted((PROJECT / "docs" / "examples").glob("*.yml"))
OURS = "bloatcheck/bloatcheck@v1"
AS_PINNED = f"bloatcheck/bloatcheck@{'0' * 40} # v1.0.0"
"""What a user makes of it. No commit of a release can be named in the release itself."""


def program(name: str) -> str:
    return str(Path(sys.prefix) / "bin" / name)


def steps(example: Path) -> list[dict[str, Any]]:
    jobs = yaml.safe_load(example.read_text())["jobs"].values()
    return [step for job in jobs for step in job["steps"]]


def test_there_are_some() -> None:
    assert {path.name for path in EXAMPLES} >= {"pull-request.yml", "comment.yml", "matrix.yml"}


def test_github_takes_them() -> None:
    check = [program("check-jsonschema"), "--builtin-schema", "vendor.github-workflows", *map(str, EXAMPLES)]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_zizmor_finds_nothing(tmp_path: Path) -> None:
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    for path in EXAMPLES:
        (folder / path.name).write_text(path.read_text().replace(OURS, AS_PINNED))
    check = [program("zizmor"), "--offline", "--no-progress", str(tmp_path)]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_they_use_the_action_as_it_is(example: Path) -> None:
    inputs, outputs = metadata()["inputs"], metadata()["outputs"]
    ours = [step for step in steps(example) if step.get("uses") == OURS]
    assert ours
    for step in ours:
        assert step.get("with", {}).keys() <= inputs.keys()
    for name in re.findall(r"steps\.size\.outputs\.([a-z-]+)", example.read_text()):
        assert name in outputs


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_every_other_action_is_pinned_by_its_hash(example: Path) -> None:
    for step in steps(example):
        if step.get("uses", OURS) != OURS:
            assert re.fullmatch(
                r"(actions/[a-z-]+|github/codeql-action/upload-sarif)@[0-9a-f]{40}", step["uses"]
            )


def test_the_second_workflow_runs_nothing_of_a_pull_request_and_names_the_first() -> None:
    second = yaml.safe_load((PROJECT / "docs" / "examples" / "comment.yml").read_text())
    used = [step["uses"].partition("@")[0] for step in steps(PROJECT / "docs" / "examples" / "comment.yml")]
    # YAML 1.1 reads `on` as a truth.
    (named,) = second[True]["workflow_run"]["workflows"]

    assert used == ["actions/download-artifact", "bloatcheck/bloatcheck"]
    for first in ("pull-request.yml", "matrix.yml"):
        assert yaml.safe_load((PROJECT / "docs" / "examples" / first).read_text())["name"] == named


def test_what_is_uploaded_to_code_scanning_is_what_the_sarif_export_writes() -> None:
    (step,) = [
        step
        for step in steps(PROJECT / "docs" / "examples" / "code-scanning.yml")
        if "upload-sarif" in step["uses"]
    ]
    folder, _, file = step["with"]["sarif_file"].rpartition("/")
    assert folder == "${{ steps.size.outputs.report-dir }}"
    assert file == EXPORTS[ExportFormat.SARIF].file
    assert f"uses: {step['uses']}" in (PROJECT / "docs" / "exports.md").read_text()
