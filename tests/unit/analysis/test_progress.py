"""How far reading has come is told in layers, bytes and, where their sum is known, the time left."""

from __future__ import annotations

import pytest
from support.recording_log import RecordingLog

from bloatcheck.analysis import progress as progress_module
from bloatcheck.analysis.progress import Progress, telling_progress
from bloatcheck.image.watching import was_read


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_module, "_EVERY", 0.0)


def test_layers_and_bytes_are_told() -> None:
    log = RecordingLog()
    with telling_progress(log, 3) as progress:
        was_read(1_500_000)
        assert list(progress.over("ab")) == ["a", "b"]
    assert log.states == [
        "reading: 0 of 3 layers, 1.50 MB",
        "reading: 1 of 3 layers, 1.50 MB",
        "reading: 2 of 3 layers, 1.50 MB",
        None,
    ]


def test_the_time_left_is_told_once_the_speed_is() -> None:
    log = RecordingLog()
    progress = Progress(log, 2, 4_000_000)
    progress.piece(1_000_000)
    progress._began -= 10
    progress.piece(1_000_000)
    progress.piece(2_000_000)
    assert log.states == [
        "reading: 0 of 2 layers, 1.00 MB of 4.00 MB",
        "reading: 0 of 2 layers, 2.00 MB of 4.00 MB, about 10 s left",
        "reading: 0 of 2 layers, 4.00 MB of 4.00 MB",
    ]


def test_nothing_to_read_is_nothing_to_tell() -> None:
    log = RecordingLog()
    with telling_progress(log, 0):
        was_read(5)
    with telling_progress(None, 3):
        was_read(5)
    assert not log.states
