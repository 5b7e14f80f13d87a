"""The pull size of an engine's image, against what its push stores in a real registry."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from support.engines import usual_engine
from support.registry import docker_registry

from bloatcheck.analysis.layer_cache import LayerCache
from bloatcheck.analysis.pull_size import ESTIMATOR, EXACT, VERSION, PullSize, read_pull_size
from bloatcheck.analysis.pull_size_cache import PullSizeCache
from bloatcheck.image.docker_daemon import DockerDaemonImage
from bloatcheck.image.open import open_image

pytestmark = pytest.mark.engine

WITHIN_IMAGE, WITHIN_LAYER, WITHIN_BYTES = 0.07, 0.13, 1000
"""What the help and docs/performance.md state."""


@pytest.fixture(scope="module")
def pushed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An image of program text, of a program, and of a few bytes: in the engine and in a registry."""
    folder = tmp_path_factory.mktemp("pull-size")
    library = Path(json.__file__).parent.parent
    shutil.copytree(
        library, folder / "context/text", ignore=lambda *_: {"site-packages", "__pycache__", "test"}
    )
    shutil.copy(Path(sys.executable).resolve(), folder / "context/program")
    (folder / "context/few").write_bytes(b"few")
    (folder / "context/Dockerfile").write_text("FROM scratch\nCOPY text /text\nCOPY program /\nCOPY few /\n")
    engine = usual_engine()
    with docker_registry(folder / "registry") as host:
        name = f"{host}/pull-size-{uuid.uuid4().hex[:12]}:x"
        engine.build(folder / "context", name)
        try:
            engine.docker("push", "--quiet", name)
            yield name
        finally:
            engine.docker("rmi", name)


def read(reference: str, cache: Path) -> PullSize:
    with closing(open_image(reference)) as image:
        return read_pull_size(
            image, layers=LayerCache(cache), estimates=PullSizeCache(cache, version=VERSION)
        )


def test_an_estimate_is_as_near_as_is_stated(pushed: str, tmp_path: Path) -> None:
    estimated, stored = read(f"docker-daemon:{pushed}", tmp_path), read(f"docker://{pushed}", tmp_path)
    assert (estimated.compressor, stored.compressor) == (ESTIMATOR, EXACT)
    assert estimated.size == pytest.approx(stored.size, rel=WITHIN_IMAGE)
    for about, exact in zip(estimated.layers, stored.layers, strict=True):
        assert about.size == pytest.approx(exact.size, rel=WITHIN_LAYER, abs=WITHIN_BYTES)


def test_the_second_run_opens_no_layer(pushed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = read(f"docker-daemon:{pushed}", tmp_path)

    def never(*_: Any, **__: Any) -> None:
        pytest.fail("a layer is read again")

    monkeypatch.setattr(DockerDaemonImage, "feed_saved_layers", never)
    monkeypatch.setattr(DockerDaemonImage, "index_layers", never)
    assert read(f"docker-daemon:{pushed}", tmp_path) == first


def test_a_lost_estimate_of_one_layer_is_made_again(pushed: str, tmp_path: Path) -> None:
    """The lengths of the others are known then, and those are passed over."""
    first = inspected(pushed, tmp_path)
    for entry in sorted((tmp_path / f"pull-sizes-{VERSION}").iterdir())[:1]:
        entry.unlink()
    assert inspected(pushed, tmp_path) == first


def test_inspect_marks_estimates(pushed: str, tmp_path: Path) -> None:
    document = inspected(pushed, tmp_path)
    assert document["compressed_size_estimated"] is True
    assert all(layer["compressed_size_estimated"] for layer in document["layers"])
    assert document["compressed_size"] == sum(layer["compressed_size"] for layer in document["layers"])
    assert document["measure"]["compressor"] == ESTIMATOR
    shown = inspect(pushed, tmp_path)
    assert shown.splitlines()[1].endswith("compressed")
    assert shown.count("about ") == 4


def test_inspect_marks_nothing_that_a_registry_says(pushed: str, tmp_path: Path) -> None:
    document = json.loads(inspect(f"docker://{pushed}", tmp_path, "--json"))
    assert document["compressed_size_estimated"] is False
    assert document["measure"]["compressor"] == EXACT
    assert "about " not in inspect(f"docker://{pushed}", tmp_path)


def inspected(reference: str, cache: Path) -> Any:
    return json.loads(inspect(reference, cache, "--json"))


def inspect(reference: str, cache: Path, *options: str) -> str:
    command = [sys.executable, "-m", "bloatcheck", "inspect", reference, "--pull-size", *options]
    environment = {**os.environ, "BLOATCHECK_CACHE": str(cache)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
