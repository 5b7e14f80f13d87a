"""What the HTML report shows beside the report: files before and after, sizes over commits, the limit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from support.git import Repository
from support.layers import file, layer
from support.recording_log import RecordingLog
from support.snapshots import entry, snapshot

from bloatcheck import pipeline
from bloatcheck.analysis.capture import EXPLAIN
from bloatcheck.analysis.folders import Folders, fold
from bloatcheck.analysis.inventory import take_inventory
from bloatcheck.analysis.layer_cache import LayerCache
from bloatcheck.analysis.snapshot import ImageSnapshot, LayerSnapshot
from bloatcheck.baseline.history import HISTORY_FILE, Point
from bloatcheck.baseline.model import Baseline, Baselines
from bloatcheck.config.limits import Limit, Metric, Threshold
from bloatcheck.config.model import BaselineSettings, Config, ImageSpec, PrebuiltSpec, Renewal
from bloatcheck.image.layer_index import LayerIndex
from bloatcheck.image.model import LayerDescriptor
from bloatcheck.report.html import Moment, Sight

OLD = layer(file("app/a", 10), file("app/b", 20))
NEW = layer(file("app/a", 15))
LIMITS = (
    Limit(Metric.CONTENT, fail=Threshold(bytes=500)),
    Limit(Metric.CONTENT, warn=Threshold(bytes=90), fail=Threshold(bytes=100)),
    Limit(Metric.CONTENT_GROWTH, fail=Threshold(bytes=1)),
)


def image(*layers: LayerIndex) -> ImageSnapshot:
    told = (
        LayerSnapshot(diff_id=each.diff_id, instruction="COPY", content_size=each.content_size)
        for each in layers
    )
    return snapshot("api", *told)


def sight(root: Path, before: ImageSnapshot | None, settings: BaselineSettings | None = None) -> Sight:
    """That of an image of one new layer, which had one old layer, if any."""
    spec = ImageSpec(name="api", prebuilt=PrebuiltSpec(reference="oci:x"), limits=LIMITS)
    config = Config(root=root, images=(spec,))
    if settings:
        config = replace(config, baseline=settings)
    after = Sight(after=fold(take_inventory([NEW])), dockerfile="FROM scratch")
    entries = (entry(before),) if before else ()
    found = pipeline.sights(
        config,
        Baselines(before=Baseline(entries=entries), proposed=Baseline()),
        [pipeline.Measured(spec, image(NEW), "Dockerfile", sight=after)],
        log=RecordingLog(),
        environment={"XDG_CACHE_HOME": str(root / "cache")},
    )
    return found["api", "linux/amd64"]


def files(folders: Folders | None) -> dict[str, int] | None:
    return {item.name: item.size for item in folders.items} if folders else None


def test_the_files_before_are_known_from_layers_that_were_read_before(tmp_path: Path) -> None:
    cache = LayerCache.open({"XDG_CACHE_HOME": str(tmp_path / "cache")}, log=RecordingLog())
    cache.put(LayerDescriptor(diff_id=OLD.diff_id), OLD, EXPLAIN)
    found = sight(tmp_path, image(OLD))
    assert files(found.before) == {"a": 10, "b": 20}
    assert files(found.after) == {"a": 15}


def test_they_are_not_known_where_a_layer_never_was_read(tmp_path: Path) -> None:
    assert sight(tmp_path, image(OLD)).before is None
    assert sight(tmp_path, None).before is None


def test_an_image_of_the_same_layers_had_the_same_files(tmp_path: Path) -> None:
    assert files(sight(tmp_path, image(NEW)).before) == {"a": 15}


def test_the_strictest_absolute_limit_is_drawn(tmp_path: Path) -> None:
    assert sight(tmp_path, None).limit == 100


def test_the_history_is_that_of_the_baselines_branch(tmp_path: Path) -> None:
    remote = Repository(tmp_path / "remote")
    remote.root.mkdir()
    remote.git("init", "-q", "-b", "main")
    commit = remote.commit(README="x")
    points = [
        Point(
            commit="a" * 40, date="2026-01-01T00:00:00Z", image="api", platform="linux/amd64", content_size=8
        ),
        Point(
            commit="b" * 40, date="2026-01-02T00:00:00Z", image="web", platform="linux/amd64", content_size=7
        ),
        Point(
            commit="c" * 40, date="2026-01-03T00:00:00Z", image="api", platform="linux/amd64", content_size=9
        ),
    ]
    remote.git("checkout", "-q", "--orphan", "sizes")
    remote.commit(**{HISTORY_FILE: "".join(point.line() for point in points)})
    clone = remote.clone(tmp_path / "clone", commit, "--depth=1")
    settings = BaselineSettings(branch="sizes", renew=Renewal.BRANCH)
    assert sight(clone.root, None, settings).history == (
        Moment("a" * 40, "2026-01-01T00:00:00Z", 8),
        Moment("c" * 40, "2026-01-03T00:00:00Z", 9),
    )
    assert sight(clone.root, None).history == ()
    assert sight(tmp_path / "remote", None, settings).history == (), "no remote to ask is no reason to fail"
