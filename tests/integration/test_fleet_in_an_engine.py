"""What several images take together on a node is what a real engine keeps of them on its disk."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from support.engines import usual_engine
from support.image_builder import ImageUnderTest, classic_archive_files, files, write_archive

from bloatcheck.analysis.layer_cache import LayerCache, index_image
from bloatcheck.analysis.measure import take_snapshot
from bloatcheck.diff.compare import compare
from bloatcheck.image.open import open_image
from bloatcheck.report.fleet import Tally, fleet_of
from bloatcheck.report.model import ImageReport

pytestmark = pytest.mark.engine

LAYER_FOLDERS = "{{.GraphDriver.Data.UpperDir}}:{{.GraphDriver.Data.LowerDir}}"


def noise(size: int) -> bytes:
    """Nobody else's layer, so that it is in no other image of the engine."""
    return os.urandom(size)


@pytest.fixture
def images(tmp_path: Path) -> Iterator[list[str]]:
    """Three images: two on one base, one on another, and the same layer on both bases."""
    one, other = files(one=noise(5_000)), files(other=noise(7_000))
    app, more = files(app=noise(300)), files(more=noise(20))
    stacks = [[one, app], [other, app], [one, app, more]]
    names = [f"bloatcheck-fleet-{uuid.uuid4().hex}/{number}:1" for number in range(len(stacks))]
    built = [ImageUnderTest(layers=layers, names=[name]) for layers, name in zip(stacks, names, strict=True)]
    archive = write_archive(tmp_path / "images.tar", classic_archive_files(*built))
    engine = usual_engine()
    engine.docker("load", "--input", archive)
    try:
        yield names
    finally:
        engine.docker("rmi", *names)


def kept_by_the_engine(names: list[str]) -> int:
    """Bytes of the files in the folders of all their layers, each folder once."""
    told = (usual_engine().docker("image", "inspect", "--format", LAYER_FOLDERS, name) for name in names)
    folders = {folder for line in told for folder in line.split(":") if folder.startswith("/")}
    if not all(os.access(folder, os.R_OK) for folder in folders):
        pytest.skip("only root can look into the engine's storage")
    found = (path for folder in folders for path in Path(folder).rglob("*"))
    return sum(path.stat().st_size for path in found if path.is_file())


def test_a_node_takes_what_the_engine_keeps(images: list[str]) -> None:
    rows = []
    for number, name in enumerate(images):
        with closing(open_image(name)) as image:
            snapshot = take_snapshot(image, index_image(image, LayerCache(None)), name=f"image-{number}")
        diff = compare(None, snapshot)
        rows.append(ImageReport(name=diff.name, platform=diff.platform, diff=diff))
    [node] = fleet_of(rows).nodes
    assert node.content.after == Tally(images=3, alone=5_300 + 7_300 + 5_320, together=5_300 + 7_300 + 20)
    assert kept_by_the_engine(images) == node.content.after.together
