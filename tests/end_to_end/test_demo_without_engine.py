"""`make demo` where no engine is: buildah builds what it shows, with the same sizes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from support.containers_tools import needed, own_storage

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def test_it_goes_on_with_buildah(tmp_path: Path) -> None:
    needed("buildah")
    with own_storage() as environment:
        environment |= {"DOCKER_HOST": "unix:///nonexistent/docker.sock"}
        done = subprocess.run(
            [ROOT / "scripts/engine", "run", "--or-buildah", "--", ROOT / "scripts/demo", tmp_path],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=580,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        assert "So buildah version 1." in done.stdout
        left = subprocess.run(
            [sys.executable, "-m", "bloatcheck", "clean", "--all-repositories", "--json"],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert json.loads(left.stdout) == {"images": []}
    report = json.loads((tmp_path / "hello/report.json").read_text())
    assert len(report["images"]) == 6
    # What it is compared with was built by docker.
    assert {image["verdict"] for image in report["summary"]["images"]} <= {"pass", "warn"}
    sizes = {image["name"]: image["diff"]["after"] for image in report["images"]}
    assert sum(layer["content_size"] for layer in sizes["scratch-static"]["layers"]) > 10_000
