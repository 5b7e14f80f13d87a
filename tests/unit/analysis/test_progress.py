"""A person hears how far the reading of layers has come."""

from contextlib import closing
from pathlib import Path

import pytest
from support.image_builder import ImageUnderTest, classic_archive_files, files, write_archive
from support.recording_log import RecordingLog

from bloatcheck.analysis import progress
from bloatcheck.analysis.capture import EXPLAIN
from bloatcheck.analysis.layer_cache import LayerCache, index_image
from bloatcheck.analysis.read import read_layers, read_with_pull_size
from bloatcheck.errors import ReadError
from bloatcheck.image.open import open_image
from bloatcheck.image.watching import was_read, watching


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    image = ImageUnderTest([files(one=b"x" * 200_000), files(two=b"y" * 300_000)])
    return write_archive(tmp_path / "image.tar", classic_archive_files(image))


def test_layers_are_counted_and_in_the_end_the_line_is_cleared(archive: Path) -> None:
    log = RecordingLog()
    read_layers(f"docker-archive:{archive}", platform=None, log=log, environment={})
    assert log.states == ["reading: 1 of 2 layers", "reading: 2 of 2 layers", None]


def test_bytes_are_told_while_a_layer_is_read(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_EVERY", 0)
    log = RecordingLog()
    with closing(open_image(f"docker-archive:{archive}", log=log)) as image:
        index_image(image, LayerCache(None, log=log), EXPLAIN)
    assert any(state and state.startswith("reading: 0 of 2 layers, ") for state in log.states)
    assert log.states[-2:] == ["reading: 2 of 2 layers, 512 kB", None]


def test_what_is_known_is_not_read(archive: Path) -> None:
    log = RecordingLog()
    cache = LayerCache(None, log=log)
    with closing(open_image(f"docker-archive:{archive}", log=log)) as image:
        index_image(image, cache)
        log.states.clear()
        index_image(image, cache)
    assert log.states == []


def test_a_damaged_layer_leaves_no_line_behind(tmp_path: Path) -> None:
    image = ImageUnderTest([b"x" * 1024])
    archive = write_archive(tmp_path / "image.tar", classic_archive_files(image))
    log = RecordingLog()
    with pytest.raises(ReadError):
        read_layers(f"docker-archive:{archive}", platform=None, log=log, environment={})
    assert log.states[-1:] == [None]


def test_nobody_hears_of_what_is_read_after_it() -> None:
    heard: list[int] = []
    with watching(heard.append):
        was_read(3)
    was_read(4)
    assert heard == [3]


def test_the_size_of_a_pull_is_told_in_bytes(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_EVERY", 0)
    log = RecordingLog()
    read_with_pull_size(f"docker-archive:{archive}", platform=None, log=log, environment={})
    assert log.states.index(None) > 1
    assert log.states[log.states.index(None) - 1] == "reading: 512 kB"
