"""Histories that real builders wrote, and what they are understood as.

Each Dockerfile in `recorded/` was built by docker 20.10.24 and 26.1.5, with BuildKit and with the legacy
builder, and by buildah 1.28 (`--build-arg NAME=nm --build-arg W=ww`), on a base of two layers. The text
beside it has a line per layer: the Dockerfile's lines, what the history alone says, and what the Dockerfile
says where it differs.

To renew the texts after a change, and read what changed: BLOATCHECK_UPDATE_GOLDEN=1 pytest <this file>
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bloatcheck.analysis.instruction import layer_instructions
from bloatcheck.analysis.place import instructions_of_layers, place_of, text_of
from bloatcheck.oci.digest import Digest
from bloatcheck.oci.dockerfile import parse_dockerfile
from bloatcheck.oci.image_config import HistoryEntry, ImageConfig
from bloatcheck.oci.platform import Platform

RECORDED = Path(__file__).parent / "recorded"
NAMES = sorted(path.stem for path in RECORDED.glob("*.Dockerfile"))


def config_of(recorded: dict[str, Any]) -> ImageConfig:
    return ImageConfig(
        platform=Platform("linux", "amd64"),
        diff_ids=tuple(Digest(f"sha256:{number:064x}") for number in range(recorded["layers"])),
        history=tuple(
            HistoryEntry(
                created_by=entry.get("created_by", ""),
                comment=entry.get("comment", ""),
                empty_layer=entry.get("empty_layer", False),
            )
            for entry in recorded["history"]
        ),
    )


def understood(dockerfile: str, builders: dict[str, Any]) -> Iterator[str]:
    instructions = parse_dockerfile(dockerfile)
    for builder, recorded in builders.items():
        yield builder
        config = config_of(recorded)
        written = instructions_of_layers(config, instructions, build_args={"NAME": "nm", "W": "ww"})
        for from_history, lines in zip(layer_instructions(config), written, strict=True):
            place = place_of(lines, "Dockerfile")
            where = f"{place.line}-{place.end_line}" if place else "-"
            from_dockerfile = text_of(lines)
            known = f"  <-  {from_dockerfile}" if from_dockerfile not in {"", from_history} else ""
            yield f"  {where:>6}  {from_history or '(nothing)'}{known}"
        yield ""


@pytest.mark.parametrize("name", NAMES)
def test_the_history_of_every_builder_is_understood(name: str) -> None:
    dockerfile = (RECORDED / f"{name}.Dockerfile").read_text()
    text = "\n".join(understood(dockerfile, json.loads((RECORDED / f"{name}.json").read_text())))
    golden = RECORDED / f"{name}.txt"
    if os.environ.get("BLOATCHECK_UPDATE_GOLDEN"):
        golden.write_text(text)
    assert text == golden.read_text()
