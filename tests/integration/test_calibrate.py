"""`bloatcheck calibrate` with a real engine: one layer comes out differently each time, one the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.docker_clients import busybox_base

from bloatcheck.baseline.store import read_work_tree
from bloatcheck.cli.main import main
from bloatcheck.errors import ExitCode

pytestmark = pytest.mark.engine

DOCKERFILE = """\
FROM {base}
RUN echo always the same > /same
RUN head -c $((10000 + $(head -c 2 /dev/urandom | od -An -tu2) % 5000)) /dev/zero > /varies
"""
FILE = ".bloatcheck-baseline.json"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    with busybox_base() as base:
        (tmp_path / "Dockerfile").write_text(DOCKERFILE.format(base=base))
        (tmp_path / ".bloatcheck.yml").write_text("version: 1\nimages: [{name: noisy}]\n")
        yield tmp_path


def test_an_image_without_an_entry_is_refused_before_anything_is_built(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["calibrate"]) is ExitCode.USAGE
    assert "make one first: bloatcheck baseline update" in capsys.readouterr().err
    assert not (repository / FILE).exists()


def test_the_noise_is_measured_written_and_silent_from_then_on(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["baseline", "update"]) is ExitCode.OK
    capsys.readouterr()
    assert main(["calibrate", "--builds", "3", "--json"]) is ExitCode.OK
    told = json.loads(capsys.readouterr().out)
    assert told["written"] == [FILE]
    (image,) = told["images"]
    assert image["name"] == "noisy"
    (layer,) = image["layers"]
    assert "head -c" in layer["instruction"]
    assert 0 < image["noise"] == layer["bytes"] < 5_000
    (entry,) = read_work_tree(repository, FILE).entries
    assert entry.noise is not None
    assert [each.bytes for each in entry.noise] == [layer["bytes"]]
    assert main(["clean", "--yes"]) is ExitCode.OK
