"""How long builds may take is told by what they took when the baseline was measured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from support.recording_log import RecordingLog
from support.snapshots import entry, snapshot

from bloatcheck import pipeline
from bloatcheck.baseline.model import Baseline
from bloatcheck.config.model import BuildSpec, Config, ImageSpec, PrebuiltSpec
from bloatcheck.oci.platform import Platform
from bloatcheck.works import Works

BEFORE = Baseline(
    entries=tuple(
        entry(replace(snapshot(name, platform=platform), build_seconds=seconds))
        for name, platform, seconds in (
            ("api", "linux/amd64", 30.0),
            ("api", "linux/arm64", 90.0),
            ("web", "linux/amd64", None),
        )
    )
)


def test_each_image_is_expected_to_take_what_it_took(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected: list[float | None] = []

    class Seen(Works):
        def __init__(self, seconds: list[float | None], *, lanes: int) -> None:
            expected.extend(seconds)
            super().__init__(seconds, lanes=lanes)

    monkeypatch.setattr("bloatcheck.pipeline.measuring.Works", Seen)
    build = BuildSpec("gone/Dockerfile")
    images = (
        ImageSpec("api", build=build),
        ImageSpec("api", build=build, platform=Platform.parse("linux/arm64")),
        ImageSpec("web", build=build),
        ImageSpec("new", build=build),
        ImageSpec("api", prebuilt=PrebuiltSpec(reference="docker-archive:gone.tar")),
    )
    config = Config(root=tmp_path, images=images, jobs=2)
    results = pipeline.measure(config, log=RecordingLog(), environment={"PATH": ""}, before=BEFORE)
    assert expected == [30.0, 90.0, None, None, None]
    assert [result.spec for result in results] == list(images)
