"""Limits that leave noise out: caches, logs, compiled Python and package databases."""

from dataclasses import replace
from pathlib import Path

import pytest
from support.layers import file, layer
from support.snapshots import entry, snapshot

from bloatcheck.analysis.inventory import take_inventory
from bloatcheck.analysis.snapshot import ImageSnapshot, LayerSnapshot
from bloatcheck.config.limits import Limit, Metric, Threshold
from bloatcheck.config.load import load_config
from bloatcheck.diff.compare import compare
from bloatcheck.errors import ConfigError
from bloatcheck.policy.judge import judge
from bloatcheck.policy.model import Level
from bloatcheck.report.figures import broken_limit


def image(app: int, cache: int) -> ImageSnapshot:
    read = layer(file("app", app), file("var/cache/x", cache))
    of_layer = LayerSnapshot(diff_id=read.diff_id, instruction="RUN x", content_size=app + cache)
    return replace(snapshot("api", of_layer), contents=take_inventory([read]).contents)


DIFF = compare(entry(image(app=1000, cache=500)), image(app=3000, cache=9500))
"""Grew by 2,000 bytes, and by 9,000 of noise."""


@pytest.mark.parametrize("metric", [Metric.CONTENT_GROWTH, Metric.OWN_GROWTH])
def test_noise_counts_unless_it_is_left_out(metric: Metric) -> None:
    def found(threshold: Threshold) -> list[int]:
        return [finding.actual for finding in judge(DIFF, [Limit(metric, fail=threshold)])]

    assert found(Threshold(bytes=1500)) == [11_000]
    assert found(Threshold(bytes=1500, noise=False)) == [2000]
    assert found(Threshold(bytes=2000, noise=False)) == []


def test_a_warning_may_count_what_the_failure_leaves_out() -> None:
    limit = Limit(Metric.CONTENT_GROWTH, warn=Threshold(bytes=5000), fail=Threshold(bytes=5000, noise=False))
    [finding] = judge(DIFF, [limit])
    assert (finding.level, finding.actual) == (Level.WARN, 11_000)


def test_that_it_is_left_out_is_said() -> None:
    [finding] = judge(DIFF, [Limit(Metric.OWN_GROWTH, fail=Threshold(bytes=1500, noise=False))])
    assert broken_limit(finding) == (
        "grew by 2.00 kB (+133.3 %) without caches, logs and databases, 500 B over the limit of 1.50 kB"
    )


def test_where_contents_are_not_known_noise_is_not_either() -> None:
    assert DIFF.before
    unknown = replace(DIFF, before=replace(DIFF.before, contents=None))
    limit = Limit(Metric.CONTENT_GROWTH, fail=Threshold(bytes=5000, noise=False))
    assert [finding.actual for finding in judge(unknown, [limit])] == [11_000]


def test_the_configuration_says_it(tmp_path: Path) -> None:
    config = tmp_path / ".bloatcheck.yml"
    config.write_text(
        "version: 1\nlimits:\n  own-growth: {bytes: 5 MB, noise: false}\nimages: [{name: a, image: a}]\n"
    )
    [limit] = load_config(tmp_path).limits
    assert limit.fail == Threshold(bytes=5_000_000, noise=False)


def test_metrics_that_know_no_noise_refuse_it(tmp_path: Path) -> None:
    config = tmp_path / ".bloatcheck.yml"
    config.write_text(
        "version: 1\nlimits:\n  layer-growth: {bytes: 5 MB, noise: false}\nimages: [{name: a, image: a}]\n"
    )
    with pytest.raises(ConfigError, match=r"\.yml:3: .* it can be left out of `content-growth`"):
        load_config(tmp_path)
