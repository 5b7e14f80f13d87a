"""Reports of every shape that the model allows, out of hostile text."""

from __future__ import annotations

from hypothesis import strategies as st
from support.hostile import hostile_text
from support.reports import ORIGIN, digest_of

from bloatcheck.analysis.snapshot import Base, Fingerprint, ImageSnapshot, LayerSnapshot
from bloatcheck.config.limits import Limit, Metric, Threshold, When
from bloatcheck.diff.model import ImageChange, ImageDiff, LayerChange, LayerDiff
from bloatcheck.errors import Place
from bloatcheck.policy.model import Finding, Level
from bloatcheck.report.model import Failure, ImageReport, Origin, PastSize, Report

texts = hostile_text.filter(lambda text: not any("\ud800" <= character <= "\udfff" for character in text))
"""Text that JSON can hold."""

_sizes = st.integers(0, 10**15)
_digests = st.integers(0, 9).map(digest_of)
_lines = st.integers(1, 10**6)
_places = st.builds(Place, texts, st.none() | _lines, st.none() | _lines)
_layers = st.builds(
    LayerSnapshot,
    diff_id=_digests,
    instruction=texts,
    content_size=_sizes,
    uncompressed_size=st.none() | _sizes,
    compressed_size=st.none() | _sizes,
    place=st.none() | _places,
)
_snapshots = st.builds(
    ImageSnapshot,
    name=texts,
    platform=texts,
    image_id=_digests,
    layers=st.lists(_layers, max_size=3).map(tuple),
    measure=st.builds(Fingerprint, measure=texts, engine=st.none() | texts),
    base=st.none() | st.builds(Base, name=texts, digest=st.none() | _digests, layer_count=st.integers(0, 9)),
    build_seconds=st.none() | st.floats(0, 10**6),
)


@st.composite
def _layer_diffs(draw: st.DrawFn) -> LayerDiff:
    change = draw(st.sampled_from(LayerChange))
    before = None if change is LayerChange.ADDED else draw(_layers)
    after = None if change is LayerChange.REMOVED else draw(_layers)
    return LayerDiff(change=change, before=before, after=after)


@st.composite
def image_diffs(draw: st.DrawFn) -> ImageDiff:
    change = draw(st.sampled_from(ImageChange))
    return ImageDiff(
        name=draw(texts),
        platform=draw(texts),
        change=change,
        before=None if change is ImageChange.NEW else draw(_snapshots),
        after=None if change is ImageChange.GONE else draw(_snapshots),
        before_commit=draw(st.none() | texts),
        layers=tuple(draw(st.lists(_layer_diffs(), max_size=3))),
        incomparable_because=draw(texts) if change is ImageChange.INCOMPARABLE else None,
    )


_findings = st.builds(
    Finding,
    metric=st.sampled_from(Metric),
    level=st.sampled_from(Level),
    image=texts,
    platform=texts,
    threshold=st.builds(Threshold, _sizes, st.none() | st.floats(0, 1000), st.sampled_from(When)),
    actual=_sizes,
    allowed=_sizes,
    before=st.none() | _sizes,
    instruction=st.none() | texts,
    place=st.none() | _places,
)
_thresholds = st.builds(Threshold, st.none() | _sizes, st.none() | st.floats(0, 1000), st.sampled_from(When))
_limits = st.builds(Limit, st.sampled_from(Metric), st.none() | _thresholds, st.none() | _thresholds)
_failures = st.builds(
    Failure,
    stage=st.sampled_from(["build", "read"]) | texts,
    message=texts,
    hint=st.none() | texts,
    place=st.none() | _places,
    output=st.lists(texts, max_size=3).map(tuple),
)

_past_sizes = st.builds(
    PastSize,
    commit=texts | st.integers(0, 2**160 - 1).map("{:040x}".format),
    date=texts | st.dates().map(str),
    size=_sizes,
)


@st.composite
def _images(draw: st.DrawFn) -> ImageReport:
    failure = draw(st.none() | _failures)
    return ImageReport(
        name=draw(texts),
        platform=draw(st.none() | texts),
        diff=None if failure else draw(image_diffs()),
        failure=failure,
        findings=tuple(draw(st.lists(_findings, max_size=2))),
        accepted=tuple(draw(st.lists(_findings, max_size=1))),
        dockerfile=draw(st.none() | texts),
        incomparable=draw(st.none() | st.sampled_from(Level)),
        limits=tuple(draw(st.lists(_limits, max_size=2))),
        history=tuple(draw(st.lists(_past_sizes, max_size=5))),
    )


_origins = st.just(ORIGIN) | st.builds(
    Origin,
    repository=st.none() | texts,
    server_url=st.none() | texts,
    commit=st.none() | texts,
    base_commit=st.none() | texts,
    folder=texts,
    pull_request=st.none() | st.integers(1, 10**6),
    run_url=st.none() | texts,
)
reports = st.builds(
    Report,
    tool=texts,
    created_at=texts,
    key=texts,
    images=st.lists(_images(), max_size=4).map(tuple),
    origin=_origins,
    baseline=st.none() | texts,
    notes=st.lists(texts, max_size=2).map(tuple),
    enforced=st.booleans(),
)
