"""Metrics as text that both Prometheus and OpenMetrics read: for a textfile collector or a push gateway.

https://prometheus.io/docs/specs/om/open_metrics_spec/
https://prometheus.io/docs/instrumenting/exposition_formats/

Everything is a gauge, without timestamps: those are the types and forms that both formats have.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from bloatcheck.analysis.snapshot import ImageSnapshot
from bloatcheck.policy.model import Outcome
from bloatcheck.report.fleet import Fleet, fleet_of
from bloatcheck.report.model import ImageReport, Report
from bloatcheck.report.plain import harmless, shorten

_LONGEST_LABEL = 200
_Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Family:
    name: str
    help: str

    @property
    def unit(self) -> str:
        return next((unit for unit in ("bytes", "seconds") if self.name.endswith(f"_{unit}")), "")


_CONTENT = _Family("bloatcheck_image_content_bytes", "Bytes of the files in all layers of the image.")
_BEFORE = _Family("bloatcheck_image_baseline_content_bytes", "The same in the baseline.")
_GROWTH = _Family("bloatcheck_image_growth_bytes", "By how much the image is larger than its baseline.")
_LAYERS = _Family("bloatcheck_image_layers", "Layers of the image.")
_COMPRESSED = _Family("bloatcheck_image_compressed_bytes", "What a pull downloads, where it is known.")
_WASTED = _Family("bloatcheck_image_wasted_bytes", "Bytes that later layers hide.")
_CAUSE = _Family("bloatcheck_image_cause_bytes", "Bytes of content by whose they are; they add up to it.")
_BUILD = _Family("bloatcheck_image_build_duration_seconds", "How long the build took.")
_VERDICT = _Family("bloatcheck_image_verdict", "1 for the verdict that the image got, 0 for the others.")
_BROKEN = _Family("bloatcheck_image_broken_limits", "Limits that the image breaks, by level.")
_UNIQUE = _Family("bloatcheck_image_unique_bytes", "Bytes of content in layers that only this image has.")
_NODE = _Family("bloatcheck_fleet_content_bytes", "Bytes of content of all images, shared layers once.")
_ALONE = _Family("bloatcheck_fleet_unshared_content_bytes", "The same, each image by itself, added up.")
_REGISTRY = _Family("bloatcheck_fleet_compressed_bytes", "Compressed layers of all images, each blob once.")
_EXIT = _Family("bloatcheck_run_exit_code", "The exit code that the run leads to.")
_TIME = _Family("bloatcheck_run_timestamp_seconds", "When the run was, in seconds since 1970.")
_FAMILIES = (
    *(_CONTENT, _BEFORE, _GROWTH, _LAYERS, _COMPRESSED, _WASTED, _CAUSE, _BUILD, _VERDICT, _BROKEN),
    *(_UNIQUE, _NODE, _ALONE, _REGISTRY, _EXIT, _TIME),
)


def render(report: Report) -> str:
    """The exposition; of two images with the same name and platform, the first."""
    samples: dict[_Family, dict[str, float]] = {family: {} for family in _FAMILIES}
    for image in report.images:
        for family, labels, value in _samples(image):
            samples[family].setdefault(_series(family, labels), value)
    for family, labels, value in _fleet(fleet_of(report.images)):
        samples[family].setdefault(_series(family, labels) if labels else family.name, value)
    samples[_EXIT][_EXIT.name] = int(report.exit_code)
    if (at := _seconds(report.created_at)) is not None:
        samples[_TIME][_TIME.name] = at
    return "".join(
        line for family, series in samples.items() if series for line in _lines(family, series)
    ) + ("# EOF\n")


def _lines(family: _Family, series: Mapping[str, float]) -> Iterator[str]:
    yield f"# TYPE {family.name} gauge\n"
    if family.unit:
        yield f"# UNIT {family.name} {family.unit}\n"
    yield f"# HELP {family.name} {family.help}\n"
    for sample, value in series.items():
        yield f"{sample} {value!r}\n"


def _samples(image: ImageReport) -> Iterable[tuple[_Family, _Labels, float]]:
    labels = {"image": image.name, "platform": image.platform or ""}
    for outcome in Outcome:
        yield _VERDICT, {**labels, "verdict": outcome.value}, int(image.outcome is outcome)
    for level in ("warn", "fail"):
        broken = sum(finding.level.value == level for finding in image.findings)
        yield _BROKEN, {**labels, "level": level}, broken
    diff = image.diff
    if diff and diff.before:
        yield _BEFORE, labels, diff.before.content_size
    if diff and diff.delta is not None:
        yield _GROWTH, labels, diff.delta
    if diff and diff.after:
        yield from _measured(diff.after, labels)


def _measured(snapshot: ImageSnapshot, labels: _Labels) -> Iterable[tuple[_Family, _Labels, float]]:
    yield _CONTENT, labels, snapshot.content_size
    yield _LAYERS, labels, len(snapshot.layers)
    if snapshot.layers and snapshot.compressed_size is not None:
        yield _COMPRESSED, labels, snapshot.compressed_size
    if snapshot.build_seconds is not None:
        yield _BUILD, labels, snapshot.build_seconds
    if snapshot.contents:
        yield _WASTED, labels, snapshot.contents.wasted
        for share in snapshot.contents.shares:
            whose = {"cause": share.cause.value, "manager": share.manager or ""}
            yield _CAUSE, {**labels, **whose}, share.size


def _fleet(fleet: Fleet) -> Iterable[tuple[_Family, _Labels, float]]:
    for image in fleet.images:
        if image.after:
            yield _UNIQUE, {"image": image.name, "platform": image.platform}, image.after.unique
    for node in fleet.nodes:
        if node.content.after:
            yield _NODE, {"platform": node.platform}, node.content.after.together
            yield _ALONE, {"platform": node.platform}, node.content.after.alone
    if (tally := fleet.registry.after) and tally.together:
        yield _REGISTRY, {}, tally.together


def _series(family: _Family, labels: _Labels) -> str:
    told = ",".join(f'{name}="{_value(text)}"' for name, text in labels.items())
    return f"{family.name}{{{told}}}"


def _value(text: str) -> str:
    shown = shorten(harmless(text), _LONGEST_LABEL)
    return shown.replace("\\", "\\\\").replace('"', '\\"')


def _seconds(text: str) -> float | None:
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
    except (ValueError, OverflowError, OSError):
        return None
