"""`bloatcheck run` on images that are there already, without an engine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.action import script
from support.image_builder import ImageUnderTest, files, layout_of

from bloatcheck.cli.main import main
from bloatcheck.errors import ExitCode

CONFIGURATION = """\
version: 1
images:
  - {name: api, image: "oci:layout"}
  - {name: web, image: "oci:missing"}
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    layout_of(ImageUnderTest([files(a=b"x" * 2000)])).write(tmp_path / "layout")
    (tmp_path / ".bloatcheck.yml").write_text(CONFIGURATION)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("BLOATCHECK_REPORT_DIR", str(tmp_path / "report"))
    for variable in ("GITHUB_ACTIONS", "GITHUB_TOKEN", "BLOATCHECK_TOKEN"):
        monkeypatch.delenv(variable, raising=False)
    return tmp_path


@pytest.fixture
def on_github(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": "workflow_dispatch",
        "GITHUB_REPOSITORY": "octo/shop",
        "GITHUB_OUTPUT": str(root / "outputs"),
        "GITHUB_STEP_SUMMARY": str(root / "summary.md"),
    }.items():
        monkeypatch.setenv(name, value)
    for variable in ("GITHUB_EVENT_PATH", "GITHUB_SHA", "GITHUB_REF", "GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT"):
        monkeypatch.delenv(variable, raising=False)
    return root


def test_an_image_that_cannot_be_read_keeps_no_other_from_being_reported(root: Path) -> None:
    assert main(["run", "--quiet", "--report-dir", "report"]) is ExitCode.UNREADABLE
    images = json.loads((root / "report" / "report.json").read_text())["summary"]["images"]
    assert [(image["name"], image["after"]) for image in images] == [("api", 2000), ("web", None)]


def test_an_image_that_cannot_be_read_is_one_annotation(
    on_github: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert on_github.is_dir()
    assert main(["run", "--report-dir", "report"]) is ExitCode.UNREADABLE
    commands = [line for line in capsys.readouterr().out.splitlines() if line.startswith("::")]
    assert [command.partition(" ")[0] for command in commands if "web" in command] == ["::error"]


def test_the_job_summary_takes_the_room_that_is_left(on_github: Path) -> None:
    summary = on_github / "summary.md"
    summary.write_text("x" * (1024 * 1024 - 900))
    main(["run", "--quiet", "--report-dir", "report"])
    assert 0 < summary.stat().st_size - (1024 * 1024 - 900) < 900


def test_a_run_that_checks_nothing_still_tells_its_exit_code(on_github: Path) -> None:
    (on_github / ".bloatcheck.yml").write_text("version: 2\n")
    assert script("run").main() == ExitCode.USAGE
    assert (on_github / "outputs").read_text() == "exit-code=2\n"


def test_a_fault_in_the_comment_does_not_lose_the_report(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: object) -> str:
        raise RuntimeError("a fault")

    monkeypatch.setattr("bloatcheck.delivery.render_comment", fail)
    assert main(["run", "--quiet", "--report-dir", "report"]) is ExitCode.INTERNAL
    assert "a fault" in capsys.readouterr().err
    assert (root / "report" / "report.json").is_file()


@pytest.mark.parametrize("options", [[], ["--report-dir", "api"]])
def test_without_any_room_for_files_the_verdict_and_the_summary_remain(
    on_github: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    (on_github / "api").write_text("no folder")

    def full(**_: object) -> str:
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr("bloatcheck.delivery.tempfile.mkdtemp", full)
    assert main(["run", "--quiet", *options]) is ExitCode.UNREADABLE
    assert "the report is in no file: " in capsys.readouterr().out
    assert "web" in (on_github / "summary.md").read_text()
    assert "report-dir<<" in (on_github / "outputs").read_text()
