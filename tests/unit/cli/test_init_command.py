"""`bloatcheck init`: the first five minutes."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from bloatcheck.cli.main import main
from bloatcheck.config.load import load_config
from bloatcheck.errors import ExitCode

CONFIG = ".bloatcheck.yml"
CHECK = ".github/workflows/bloatcheck.yml"
COMMENT = ".github/workflows/bloatcheck-comment.yml"
RENEWAL = ".github/workflows/bloatcheck-baseline.yml"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "shop"
    root.mkdir()
    subprocess.run(["git", "init", "-q", "-b", "trunk"], cwd=root, check=True)
    (root / "Dockerfile").write_text("FROM scratch\nCOPY . .\n")
    monkeypatch.chdir(root)
    return root


def init(*arguments: str) -> ExitCode:
    return main(["init", "--no-build", "--action-commit", f"{COMMIT}#v1.2.3", *arguments])


def test_it_writes_what_a_repository_begins_with_and_says_what_comes_next(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert init() is ExitCode.OK
    output = capsys.readouterr().out
    assert [image.name for image in load_config(repository).images] == ["shop"]
    assert 'branches: ["trunk"]' in (repository / RENEWAL).read_text()
    assert f"bloatcheck/bloatcheck@{COMMIT} # v1.2.3" in (repository / COMMENT).read_text()
    assert "measure a first time: bloatcheck baseline update" in output
    assert ".dockerignore" in output


def test_it_says_it_as_json(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert init("--json", "--no-pipeline") is ExitCode.OK
    assert json.loads(capsys.readouterr().out) == {"written": [CONFIG], "images": ["shop"]}
    assert not (repository / ".github").exists()


@pytest.mark.parametrize("there", [CONFIG, ".bloatcheck.yaml", CHECK, COMMENT, RENEWAL])
def test_nothing_is_written_where_anything_is_there(
    repository: Path, capsys: pytest.CaptureFixture[str], there: str
) -> None:
    (repository / there).parent.mkdir(parents=True, exist_ok=True)
    (repository / there).symlink_to("nowhere")
    assert init() is ExitCode.USAGE
    assert f"{there} is there already" in capsys.readouterr().err
    assert {path.name for path in repository.rglob("*.y*ml")} <= {Path(there).name}


def test_it_writes_through_no_link_that_leads_out(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (repository / ".github").symlink_to(tmp_path / "elsewhere")
    assert init() is ExitCode.USAGE
    assert "leads out of the repository" in capsys.readouterr().err
    assert list((tmp_path / "elsewhere").rglob("*.yml")) == []


def test_without_a_dockerfile_it_says_where_to_run_it(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / "Dockerfile").unlink()
    assert init() is ExitCode.USAGE
    assert "run it in the repository's root" in capsys.readouterr().err


def test_what_is_no_commit_is_refused(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--no-build", "--action-commit", "v1"]) is ExitCode.USAGE
    assert "is no commit" in capsys.readouterr().err
    assert not (repository / CONFIG).exists()


def test_without_docker_it_writes_nothing_and_says_how_to_go_on(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(repository))
    assert main(["init", "--action-commit", COMMIT]) is ExitCode.UNREADABLE
    errors = capsys.readouterr().err
    assert "docker" in errors
    assert "bloatcheck init --no-build" in errors
    assert not (repository / CONFIG).exists()


def test_of_a_ci_whose_file_has_other_jobs_the_pipeline_is_printed_and_nothing_of_it_is_written(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / ".gitlab-ci.yml").write_text("test: {script: make test}\n")
    assert init() is ExitCode.OK
    output = capsys.readouterr().out
    assert "For GitLab CI (for .gitlab-ci.yml):\n\n--- .gitlab-ci.yml: paste this ---\n" in output
    assert f"/{COMMIT}/templates/run.yml" in output
    assert "BLOATCHECK_TOKEN" in output
    assert (repository / ".gitlab-ci.yml").read_text() == "test: {script: make test}\n"
    assert not (repository / ".github").exists()


@pytest.mark.usefixtures("repository")
def test_the_pipeline_to_paste_is_in_the_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert init("--json", "--ci", "jenkins") is ExitCode.OK
    document = json.loads(capsys.readouterr().out)
    assert (document["written"], document["ci"], list(document["paste"])) == (
        [CONFIG],
        "jenkins",
        ["Jenkinsfile"],
    )


@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_only_the_pipeline_is_printed_for_a_repository_that_has_begun_already(
    repository: Path, capsys: pytest.CaptureFixture[str], ci: str
) -> None:
    (repository / CONFIG).write_text("version: 1\n")
    assert init("--only-pipeline", "--ci", ci) is ExitCode.OK
    assert ": paste this ---" in capsys.readouterr().out
    assert sorted(path.name for path in repository.iterdir()) == [".bloatcheck.yml", ".git", "Dockerfile"]


def test_of_several_cis_the_chosen_one_is_told(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "Jenkinsfile").write_text("pipeline {}")
    (repository / ".gitlab-ci.yml").write_text("{}")
    subprocess.run(["git", "remote", "add", "origin", "git@gitlab.com:a/b.git"], cwd=repository, check=True)
    assert init() is ExitCode.OK
    told = capsys.readouterr()
    assert "the pipeline is for GitLab CI; the repository uses Jenkins (--ci jenkins), too" in told.err
    assert "--- .gitlab-ci.yml" in told.out
