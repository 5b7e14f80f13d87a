"""`bloatcheck init` with a real engine: the first baseline, and limits from what was measured."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from support.docker_clients import debian_image

from bloatcheck.baseline.store import read_work_tree
from bloatcheck.cli.main import main
from bloatcheck.config.load import load_config
from bloatcheck.errors import ExitCode

pytestmark = pytest.mark.engine


def test_a_repository_that_is_begun_runs_within_its_limits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("api", "broken"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_bytes(bytes(3_000_000))
    (tmp_path / "api" / "Dockerfile").write_text("FROM scratch\nCOPY file /file\n")
    (tmp_path / "broken" / "Dockerfile").write_text("FROM scratch\nCOPY missing /\n")
    subprocess.run(["git", "init", "-q", "-b", "main"], cwd=tmp_path, check=True)
    monkeypatch.chdir(tmp_path)
    assert main(["init", "--action-commit", "0" * 40]) is ExitCode.UNREADABLE
    told = capsys.readouterr()
    assert "broken" in told.err
    assert "Measured:\n  api: 3.00 MB in 1 layer\n" in told.out
    text = (tmp_path / ".bloatcheck.yml").read_text()
    assert "content: 4.00 MB # it was 3.00 MB in 1 layer" in text
    assert [image.name for image in load_config(tmp_path).images] == ["api", "broken"]
    (entry,) = read_work_tree(tmp_path, ".bloatcheck-baseline.json").entries
    assert entry.snapshot.content_size == 3_000_000
    assert main(["run", "--image", "api", "--all", "--ci", "shell"]) is ExitCode.OK
    told = capsys.readouterr()
    assert "api did not change in size" in told.out
    assert told.err.count("`bloatcheck clean` lists and removes it") == 1
    assert main(["clean", "--yes"]) is ExitCode.OK


def test_what_advice_would_save_and_why_an_image_will_not_start_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_bytes(bytes(3_000_000))
    (tmp_path / "Dockerfile").write_text(
        f'FROM {debian_image()}\nCOPY file /tmp/file\nRUN rm /tmp/file\nCMD ["/bin/nowhere"]\n'
    )
    monkeypatch.chdir(tmp_path)
    try:
        assert main(["init", "--no-pipeline"]) is ExitCode.OK
    finally:
        told = capsys.readouterr().out
        assert main(["clean", "--yes"]) is ExitCode.OK
    assert "of advice would save 3.00 MB\n    won't start: /bin/nowhere isn't in the image" in told
    assert "`bloatcheck run` tells more" in told
