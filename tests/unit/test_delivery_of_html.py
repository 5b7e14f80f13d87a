"""The page to look at is one of the report's files, and never at the cost of another."""

from pathlib import Path

from support.recording_log import RecordingLog
from support.reports import report

from bloatcheck.ci.registry import read_context
from bloatcheck.config.model import CommentPolicy
from bloatcheck.delivery import deliver
from bloatcheck.report.html import Sights


def delivered(folder: Path, log: RecordingLog, *, broken: bool = False) -> set[str]:
    def sights() -> Sights:
        if broken:
            raise MemoryError("no room for the files")
        return {}

    deliver(
        report("image api\n 10 MB -> 12 MB RUN make @ Dockerfile:3"),
        context=read_context({}),
        policy=CommentPolicy(),
        token=None,
        directory=folder,
        cache_folder=None,
        log=log,
        sights=sights,
    )
    return {file.name for file in folder.iterdir()}


def test_it_stands_beside_the_others(tmp_path: Path) -> None:
    assert delivered(tmp_path, RecordingLog()) == {"report.json", "comment.md", "summary.md", "report.html"}
    assert (tmp_path / "report.html").read_text().startswith("<!doctype html>")


def test_when_it_cannot_be_made_the_others_are_there_and_it_is_told(tmp_path: Path) -> None:
    log = RecordingLog()
    assert delivered(tmp_path, log, broken=True) == {"report.json", "comment.md", "summary.md"}
    assert any("report.html could not be made" in warning for warning in log.warnings)
