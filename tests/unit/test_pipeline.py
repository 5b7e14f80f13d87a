"""One image's trouble, whatever it is, costs none of the others its report."""

from pathlib import Path

import pytest
from support.recording_log import RecordingLog

from bloatcheck import pipeline
from bloatcheck.baseline.model import Baseline, Baselines
from bloatcheck.ci.model import CiContext
from bloatcheck.config.model import AdviceSettings, Config, ImageSpec, PrebuiltSpec
from bloatcheck.errors import ExitCode, ReadError
from bloatcheck.report.model import Report


def report_of(error: Exception, root: Path, monkeypatch: pytest.MonkeyPatch) -> Report:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("bloatcheck.pipeline.reading.open_image", fail)
    spec = ImageSpec(name="api", prebuilt=PrebuiltSpec(reference="docker-archive:api.tar"))
    config = Config(root=root, images=(spec,))
    nothing = Baselines(before=Baseline(), proposed=Baseline())
    results = pipeline.measure(config, log=RecordingLog(), environment={})
    return pipeline.make_report(config, CiContext(), nothing, results, partial=False, enforced=True)


def test_an_image_that_cannot_be_read_is_a_row_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = report_of(ReadError("layer 3 is damaged"), tmp_path, monkeypatch)
    (image,) = report.images
    assert image.failure
    assert "layer 3 is damaged" in image.failure.message
    assert report.exit_code is ExitCode.UNREADABLE


def test_a_fault_of_our_own_is_a_row_too_and_decides_the_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = report_of(RuntimeError("no such thing"), tmp_path, monkeypatch)
    (image,) = report.images
    assert image.failure
    assert "RuntimeError: no such thing" in image.failure.message
    assert report.exit_code is ExitCode.INTERNAL


def test_advice_that_is_switched_off_and_does_not_exist_is_told(tmp_path: Path) -> None:
    log = RecordingLog()
    config = Config(root=tmp_path, images=(), advice=AdviceSettings(ignore=("apt-lists", "apt-list")))
    pipeline.measure(config, log=log, environment={})
    (warning,) = log.warnings
    assert "no advice called apt-list; there are" in warning
