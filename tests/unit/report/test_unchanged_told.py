"""What stands in the place of images that have nothing to say."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.reports import report

from bloatcheck.report.view import unchanged_images

IMAGES = report("image a\n 1 MB RUN x\nimage b\n 1 MB RUN x").images


@pytest.mark.parametrize(
    ("unbuilt", "told"),
    [
        (0, "2 images unchanged"),
        (1, "2 images unchanged, 1 of them not built"),
        (2, "2 images unchanged and not built"),
    ],
)
def test_how_many_were_not_built_is_told_where_it_is_not_all(unbuilt: int, told: str) -> None:
    images = [
        replace(image, unbuilt="inputs unchanged") if number < unbuilt else image
        for number, image in enumerate(IMAGES)
    ]
    assert unchanged_images(images) == told
