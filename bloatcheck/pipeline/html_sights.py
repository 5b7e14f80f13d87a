"""The HTML report's own: each image's files, now and before, and its sizes over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bloatcheck.analysis.folders import fold
from bloatcheck.analysis.layer_cache import LayerCache
from bloatcheck.analysis.recall import inventory_of
from bloatcheck.analysis.snapshot import ImageSnapshot
from bloatcheck.baseline.git import Git
from bloatcheck.baseline.model import Baselines
from bloatcheck.config.limits import Limit, Metric, largest_allowed
from bloatcheck.config.model import Config
from bloatcheck.log import Log
from bloatcheck.oci.digest import Digest
from bloatcheck.pipeline.model import Measured, Result
from bloatcheck.pipeline.past import history
from bloatcheck.report.html.model import Moment, Sights
from bloatcheck.report.html.page import items_for


def sights(
    config: Config,
    baselines: Baselines,
    results: Sequence[Result],
    *,
    log: Log,
    environment: Mapping[str, str],
) -> Sights:
    """What the HTML report shows beside the report: files, those before as far as known, and the history."""
    cache = LayerCache.open(environment, log=log)
    measured = [result for result in results if isinstance(result, Measured)]
    moments: dict[tuple[str, str], list[Moment]] = {}
    for point in history(config.baseline, Git(config.root)):
        its = moments.setdefault((point.image, point.platform), [])
        its.append(Moment(point.commit, point.date, point.content_size))
    found = {}
    for result in measured:
        name, platform = result.snapshot.name, result.snapshot.platform
        entry = baselines.before.entry(name, platform)
        before = None
        if entry and _layers(entry.snapshot) == _layers(result.snapshot):
            before = result.sight.after
        elif entry and (old := inventory_of(entry.snapshot, cache)):
            before = fold(old, most=items_for(len(measured)))
        found[name, platform] = replace(
            result.sight,
            before=before,
            history=tuple(moments.get((name, platform), ())),
            limit=_largest_content(result.spec.limits),
        )
    return found


def _largest_content(limits: Sequence[Limit]) -> int | None:
    """The size that an image must not pass, by the strictest of its absolute limits; None without one."""
    failing = [limit.fail for limit in limits if limit.metric is Metric.CONTENT and limit.fail]
    allowed = (largest_allowed(threshold, None) for threshold in failing)
    return min((size for size in allowed if size is not None), default=None)


def _layers(snapshot: ImageSnapshot) -> list[Digest]:
    return [layer.diff_id for layer in snapshot.layers]
