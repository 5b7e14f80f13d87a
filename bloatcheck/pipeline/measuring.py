"""Config -> build -> read: the images of a configuration, each measured or told why not."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from functools import partial

from bloatcheck.analysis.advice import IDS
from bloatcheck.analysis.layer_cache import LayerCache
from bloatcheck.baseline.model import Baseline
from bloatcheck.build.choose import Builders
from bloatcheck.build.identity import repository_identity
from bloatcheck.build.lanes import usual_jobs
from bloatcheck.build.ours import new_run_id
from bloatcheck.build.parallel import Builds
from bloatcheck.build.shared_log import SharedLog
from bloatcheck.ci.registry import detect, read_context
from bloatcheck.config.model import Config, ImageSpec
from bloatcheck.inputs.decide import decide_all
from bloatcheck.inputs.model import Inputs
from bloatcheck.log import Log
from bloatcheck.pipeline.model import Measured, Result, Unbuilt, Unmeasured
from bloatcheck.pipeline.reading import read_built
from bloatcheck.units import count
from bloatcheck.works import Works


def measure(
    config: Config,
    *,
    log: Log,
    environment: Mapping[str, str],
    fresh: bool = False,
    before: Baseline | None = None,
    known: Baseline | None = None,
    drawn: bool = False,
) -> tuple[Result, ...]:
    """Builds and reads the images of the configuration; the results have its order.

    Several are built at once, and one is read meanwhile: one alone, so that a layer that many images have is
    read once. What could not be built or read is only mentioned in the log: whoever gets the results tells of
    it.

    Args:
        config: the images, and how they are built.
        log: told what goes on.
        environment: what builds may see.
        fresh: built without the build cache.
        before: what builds took before, to tell how long they may take.
        known: images whose inputs its entries were measured with are not built.
        drawn: their files are kept for the HTML report.

    Raises:
        UsageError: there is something to build, in a run that holds secrets and is for somebody else's code.
    """
    if any(spec.build for spec in config.images):
        ci = detect(environment)
        ci.check_may_build(ci.read_context(environment), environment)
    if unknown := [name for name in config.advice.ignore if name not in IDS]:
        log.warning(
            f"advice.ignore: there is no advice called {', '.join(unknown)}; there are {', '.join(IDS)}"
        )
    build = partial(
        _built_and_read, log=log, environment=environment, fresh=fresh, before=before, drawn=drawn
    )
    if fresh:
        return build(config)
    decisions = decide_all(config, known or Baseline(), log=log, environment=environment)
    wanted = tuple(decision.spec for decision in decisions if decision.entry is None)
    if left := len(decisions) - len(wanted):
        log.info(f"{count(left, 'image')} not built: inputs unchanged (--all builds every image)")
    results = iter(build(replace(config, images=wanted)) if wanted else ())
    return tuple(
        Unbuilt(decision.spec, decision.entry)
        if decision.entry
        else _with_digest(next(results), decision.inputs)
        for decision in decisions
    )


def _with_digest(result: Measured | Unmeasured, inputs: Inputs) -> Measured | Unmeasured:
    """The result with what was built, where that is all: a base's ONBUILD reads what no line here tells.

    The line of a layer that it made is that of FROM.
    """
    if isinstance(result, Unmeasured) or inputs.digest is None:
        return result
    snapshot = result.snapshot
    own = snapshot.layers[snapshot.base.layer_count :] if snapshot.base else snapshot.layers
    if snapshot.base is None or any(
        layer.place is None or layer.place.line in inputs.begins for layer in own
    ):
        return result
    return replace(result, snapshot=replace(snapshot, inputs_digest=inputs.digest))


def _built_and_read(
    config: Config,
    *,
    log: Log,
    environment: Mapping[str, str],
    fresh: bool,
    before: Baseline | None,
    drawn: bool,
) -> tuple[Measured | Unmeasured, ...]:
    context = read_context(environment)
    jobs = config.jobs or usual_jobs()
    expected = [_took(spec, before) for spec in config.images]
    works = Works(expected, lanes=jobs)
    results: dict[int, Measured | Unmeasured] = {}
    with SharedLog(log, works).shown() as shared:
        builders = Builders(
            root=config.root,
            log=shared,
            run_id=new_run_id(context.run_id, context.run_attempt),
            repository=repository_identity(config.root, environment, context.repository_url),
            environment=environment,
            choice=config.builder,
            buildx=config.buildx,
            fresh=fresh,
        )
        cache = LayerCache.open(environment, log=shared)
        builds = Builds(builders=builders, specs=config.images, expected=expected, shared=shared, jobs=jobs)
        with closing(builds.run()) as built:
            for number, each in built:
                with works.work(each.spec.label, doing="reading") as work, shared.telling(work):
                    results[number] = read_built(each, config, cache, shared, drawn=drawn)
                works.finish()
    return tuple(results[number] for number in range(len(config.images)))


def _took(spec: ImageSpec, before: Baseline | None) -> float | None:
    """Seconds that its build took before, where that is known."""
    if before is None or spec.build is None:
        return None
    platform = str(spec.platform) if spec.platform else None
    known = [
        entry.snapshot.build_seconds
        for entry in before.named(spec.name)
        if platform in (None, entry.snapshot.platform)
    ]
    return known[0] if known else None
