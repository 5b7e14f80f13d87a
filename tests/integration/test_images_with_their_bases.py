"""Who asks for one image gets what it stands on, as the same commit has it; and no more."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.docker_clients import docker

from bloatcheck.cli.main import main
from bloatcheck.errors import ExitCode

pytestmark = pytest.mark.engine


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("BLOATCHECK_CI", "shell")
    tag = f"base-{uuid.uuid4().hex}"
    for name, text in {
        "base/Dockerfile": "FROM scratch\nCOPY f /base\n",
        "base/f": "b" * 100,
        "api/Dockerfile": f"FROM {tag}\nCOPY f /api\n",
        "api/f": "a" * 1000,
        ".bloatcheck.yml": "version: 1\nimages:\n"
        f"- {{name: base, context: base, tags: [{tag}]}}\n"
        "- {name: api, context: api}\n"
        "- {name: broken, dockerfile: api/f}\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    yield tmp_path
    main(["clean", "--yes"])
    docker("rmi", "--force", tag)


def test_the_base_of_an_image_is_built_and_reported_with_it(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "--image", "api", "--report-dir", "out"]) is ExitCode.OK
    assert "built too, since the images asked for stand on it: base\n" in capsys.readouterr().err
    report = json.loads((root / "out" / "report.json").read_text())
    assert {
        image["name"]: sum(layer["content_size"] for layer in image["diff"]["after"]["layers"])
        for image in report["images"]
    } == {
        "base": 100,
        "api": 1100,
    }


def test_only_the_entry_of_the_image_that_was_named_is_written(root: Path) -> None:
    assert main(["baseline", "update", "--image", "api"]) is ExitCode.OK
    (entry,) = json.loads((root / ".bloatcheck-baseline.json").read_text())["images"]
    assert (entry["name"], entry["content_size"]) == ("api", 1100)


def test_only_the_noise_of_the_image_that_was_named_is_measured(root: Path) -> None:
    assert main(["baseline", "update", "--image", "api"]) is ExitCode.OK
    assert main(["calibrate", "--image", "api"]) is ExitCode.OK
    (entry,) = json.loads((root / ".bloatcheck-baseline.json").read_text())["images"]
    assert (entry["name"], entry["noise"]) == ("api", [])
