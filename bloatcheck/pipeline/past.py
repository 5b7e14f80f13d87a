"""What images were before, as far as this machine and the baseline's branch remember it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bloatcheck.analysis.layer_cache import LayerCache
from bloatcheck.analysis.recall import recalled
from bloatcheck.baseline.git import Git
from bloatcheck.baseline.history import HISTORY_FILE, Point, points_of
from bloatcheck.baseline.model import Baselines
from bloatcheck.config.model import BaselineSettings, BaselineSource, Renewal
from bloatcheck.errors import BloatcheckError
from bloatcheck.log import Log
from bloatcheck.pipeline.model import Measured, Result, Unbuilt


def recall(
    baselines: Baselines, results: Sequence[Result], *, log: Log, environment: Mapping[str, str]
) -> Baselines:
    """The same, with all that images before held, as far as their layers were read before on this machine."""
    cache = LayerCache.open(environment, log=log)
    now = {
        (result.snapshot.name, result.snapshot.platform): result.snapshot
        for result in results
        if isinstance(result, Measured)
    }
    # What was not built is compared with itself.
    unbuilt = {result.entry.key for result in results if isinstance(result, Unbuilt)}
    entries = tuple(
        entry
        if entry.key in unbuilt
        else replace(entry, snapshot=recalled(entry.snapshot, cache, now=now.get(entry.key)))
        for entry in baselines.before.entries
    )
    return replace(baselines, before=replace(baselines.before, entries=entries))


def history(settings: BaselineSettings, git: Git) -> tuple[Point, ...]:
    """The sizes that the baseline's branch keeps; nothing where there is none, or it is out of reach."""
    if BaselineSource.BRANCH not in settings.sources and settings.renew is not Renewal.BRANCH:
        return ()
    try:
        tip = git.tip(settings.branch) if git.is_repository() else None
        return points_of(git.read(tip, HISTORY_FILE) or b"") if tip else ()
    except BloatcheckError:
        return ()
