"""`bloatcheck merge`: finds the legs' reports, says what is wrong with them, and judges once."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.image_builder import ImageUnderTest, files, layout_of
from support.reports import report
from support.snapshots import entry, layer, snapshot

from bloatcheck.baseline.document import to_json as baseline_json
from bloatcheck.cli.main import main
from bloatcheck.errors import ExitCode
from bloatcheck.report.document import to_json
from bloatcheck.report.model import Report

API = "image api\n limit content-growth fail 1 MB\n 10 MB -> 12 MB RUN make @ Dockerfile:2"
WEB = "image web\n 5 MB COPY . ."


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for variable in ("GITHUB_ACTIONS", "GITHUB_TOKEN", "BLOATCHECK_TOKEN"):
        monkeypatch.delenv(variable, raising=False)
    return tmp_path


def leave(root: Path, name: str, left: str | Report | bytes) -> Path:
    file = root / "legs" / name / "report.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    written = report(left, enforced=False) if isinstance(left, str) else left
    file.write_bytes(written if isinstance(written, bytes) else to_json(written).encode())
    return file


def merge(*options: str) -> ExitCode:
    return main(["merge", "legs", "--quiet", "--report-dir", "whole", *options])


def summary(root: Path) -> Any:
    return json.loads((root / "whole" / "report.json").read_text())["summary"]


def images(root: Path) -> dict[str, str]:
    return {image["name"]: image["verdict"] for image in summary(root)["images"]}


class TestFinding:
    def test_a_folder_of_artifacts(self, root: Path) -> None:
        leave(root, "bloatcheck-leg-api", API)
        leave(root, "bloatcheck-leg-web", WEB)

        assert merge() is ExitCode.LIMIT_BROKEN
        assert images(root) == {"api": "fail", "web": "pass"}

    def test_folders_and_files_by_name(self, root: Path) -> None:
        leave(root, "api", API)
        file = leave(root, "web", WEB)

        arguments = ["merge", "legs/api", str(file), "legs/api", "--quiet", "--report-dir", "whole"]
        assert main(arguments) is ExitCode.LIMIT_BROKEN
        assert images(root) == {"api": "fail", "web": "pass"}

    def test_nothing_at_all_is_a_missing_report(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (root / "legs").mkdir()

        assert merge() is ExitCode.UNREADABLE
        assert "no report is in legs" in capsys.readouterr().err

    def test_a_damaged_one_is_named(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        leave(root, "api", API)
        leave(root, "web", b'{"version": "1.0"}')

        assert merge() is ExitCode.UNREADABLE
        assert "legs/web/report.json: not a bloatcheck report" in capsys.readouterr().err

    def test_links_and_pipes_are_not_followed(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        file = leave(root, "api", API)
        file.rename(root / "elsewhere.json")
        file.symlink_to(root / "elsewhere.json")
        assert merge() is ExitCode.UNREADABLE
        assert "it is a symbolic link" in capsys.readouterr().err

        file.unlink()
        os.mkfifo(file)
        assert merge() is ExitCode.UNREADABLE
        assert "is no regular file" in capsys.readouterr().err

    def test_a_folder_that_is_a_link_is_not_looked_into(self, root: Path) -> None:
        leave(root, "api", API)
        (root / "elsewhere").mkdir()
        (root / "elsewhere" / "report.json").write_text("{}")
        (root / "legs" / "web").symlink_to(root / "elsewhere")

        assert merge() is ExitCode.LIMIT_BROKEN

    def test_all_together_are_bounded(
        self, root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        leave(root, "api", API)
        leave(root, "web", WEB)
        monkeypatch.setattr("bloatcheck.cli.report_files.MOST_BYTES", 2000)
        assert merge() is ExitCode.UNREADABLE
        assert "more than 2,000 bytes together" in capsys.readouterr().err

        monkeypatch.setattr("bloatcheck.cli.report_files.MOST_FILES", 1)
        assert merge() is ExitCode.USAGE


class TestExpecting:
    def test_a_missing_image_is_told_and_is_exit_code_3(
        self, root: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        leave(root, "web", WEB)

        assert main(["merge", "legs", "--quiet", "--expect", "api", "--expect", "w*"]) is ExitCode.UNREADABLE
        assert "api could not be measured: no report of it was handed in" in capsys.readouterr().out

    def test_what_the_configuration_lists_is_expected(self, root: Path) -> None:
        leave(root, "web", WEB)
        (root / ".bloatcheck.yml").write_text(
            'version: 1\nimages: [{name: api, image: "oci:a"}, {name: web, image: "oci:b"}]\n'
        )

        assert merge() is ExitCode.UNREADABLE
        assert images(root) == {"web": "pass", "api": "error"}
        assert merge("--expect", "web") is ExitCode.OK
        assert merge("--legs", "1") is ExitCode.OK
        assert merge("--legs", "2") is ExitCode.UNREADABLE

    def test_a_number_of_legs_is_a_number(self, root: Path) -> None:
        leave(root, "web", WEB)
        assert merge("--legs", "-1") is ExitCode.USAGE

    def test_an_image_that_is_configured_no_longer_is_told_though_no_leg_can(self, root: Path) -> None:
        """Each leg checks some images, and doesn't know of the others."""
        leave(root, "web", WEB)
        (root / ".bloatcheck.yml").write_text('version: 1\nimages: [{name: web, image: "oci:b"}]\n')
        sizes = [entry(snapshot(name, layer(1, 5_000_000))) for name in ("old", "web")]
        (root / ".bloatcheck-baseline.json").write_text(baseline_json(sizes))

        assert merge() is ExitCode.OK
        changes = {one["name"]: one["change"] for one in summary(root)["images"]}
        assert changes == {"web": "unchanged", "old": "gone"}

    def test_a_baseline_that_can_not_be_read_does_not_lose_the_report(
        self, root: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        leave(root, "web", WEB)
        (root / ".bloatcheck.yml").write_text('version: 1\nimages: [{name: web, image: "oci:b"}]\n')
        (root / ".bloatcheck-baseline.json").write_text("{}")

        assert merge() is ExitCode.OK
        assert "which images are gone can't be told" in capsys.readouterr().err


class TestJudging:
    def test_the_configuration_says_whether_limits_are_enforced(self, root: Path) -> None:
        leave(root, "api", API)
        (root / ".bloatcheck.yml").write_text(
            'version: 1\nenforce: false\nimages: [{name: api, image: "oci:a"}]\n'
        )

        assert merge() is ExitCode.OK
        assert merge("--enforce") is ExitCode.LIMIT_BROKEN
        assert merge("--no-enforce") is ExitCode.OK

    def test_reports_of_two_commits_are_refused(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        leave(root, "api", API)
        other = report(WEB)
        leave(root, "web", replace(other, origin=replace(other.origin, commit="f" * 40)))

        assert merge() is ExitCode.USAGE
        assert "their commit differs" in capsys.readouterr().err

    def test_on_github_it_annotates_summarizes_and_tells_outputs(
        self, root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        leave(root, "api", API)
        for name, value in {
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": "push",
            "GITHUB_OUTPUT": str(root / "outputs"),
            "GITHUB_STEP_SUMMARY": str(root / "summary.md"),
        }.items():
            monkeypatch.setenv(name, value)

        assert merge() is ExitCode.LIMIT_BROKEN
        assert "::error file=Dockerfile,line=2" in capsys.readouterr().out
        assert "| ❌" in (root / "summary.md").read_text()
        assert "verdict<<" in (root / "outputs").read_text()


def test_a_leg_measures_and_neither_judges_nor_summarizes(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    layout_of(ImageUnderTest([files(a=b"x" * 2000)])).write(root / "layout")
    (root / ".bloatcheck.yml").write_text(
        'version: 1\nlimits: {content: 1 kB}\nimages: [{name: api, image: "oci:layout"}]\n'
    )
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_EVENT_NAME", "push")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(root / "summary.md"))
    monkeypatch.setenv("GITHUB_OUTPUT", str(root / "outputs"))
    for name in ("GITHUB_EVENT_PATH", "GITHUB_SHA", "GITHUB_REF", "GITHUB_REPOSITORY"):
        monkeypatch.delenv(name, raising=False)

    assert main(["run", "--leg", "--quiet", "--report-dir", "legs/api"]) is ExitCode.OK
    assert "::error" not in capsys.readouterr().out
    assert not (root / "summary.md").exists()
    assert "report-json<<" in (root / "outputs").read_text()
    assert merge() is ExitCode.LIMIT_BROKEN
