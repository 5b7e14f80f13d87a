"""Exports that the configuration asks for lie beside the report, and none can lose another."""

from pathlib import Path

import pytest
from support.recording_log import RecordingLog
from support.reports import report

from bloatcheck.ci.model import CiContext
from bloatcheck.config.model import CommentPolicy, ExportFormat
from bloatcheck.delivery import deliver
from bloatcheck.report.exports import EXPORTS


def delivered(folder: Path, log: RecordingLog) -> set[str]:
    deliver(
        report("image api\n 1 MB -> 2 MB COPY . ."),
        context=CiContext(),
        policy=CommentPolicy(),
        token=None,
        directory=folder,
        cache_folder=None,
        log=log,
        exports=ExportFormat,
    )
    return {path.name for path in folder.iterdir()}


def test_every_format_has_a_file_of_its_own(tmp_path: Path) -> None:
    files = delivered(tmp_path, RecordingLog())
    assert {export.file for export in EXPORTS.values()} | {"report.json", "comment.md"} <= files
    assert len({export.file for export in EXPORTS.values()}) == len(ExportFormat)


def test_a_fault_in_one_format_loses_no_other_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> str:
        raise RuntimeError("no")

    monkeypatch.setattr("bloatcheck.report.exports.sarif.render", fail)
    log = RecordingLog()
    files = delivered(tmp_path, log)
    assert "bloatcheck.sarif" not in files
    assert {"report.json", "junit.xml", "badge.svg"} <= files
    assert any("written as sarif" in warning for warning in log.warnings)
