"""The main job, wired straight: config -> build -> read -> analyse -> diff -> judge -> report.

No decisions here: each stage takes the value before it and returns the next.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Union

from bloatcheck import __version__
from bloatcheck.analysis.advice import IDS, Advice
from bloatcheck.analysis.capture import EXPLAIN
from bloatcheck.analysis.dive import DiveFigures, dive_figures
from bloatcheck.analysis.explain import Unwanted, explain
from bloatcheck.analysis.find_base import find_base_clues
from bloatcheck.analysis.folders import fold
from bloatcheck.analysis.forbidden import ForbiddenThing, find_forbidden
from bloatcheck.analysis.layer_cache import LayerCache, index_image
from bloatcheck.analysis.measure import DockerfileSource
from bloatcheck.analysis.recall import inventory_of, recalled
from bloatcheck.analysis.snapshot import ImageSnapshot
from bloatcheck.analysis.start_problem import StartProblem
from bloatcheck.baseline.git import Git
from bloatcheck.baseline.history import HISTORY_FILE, Point, points_of
from bloatcheck.baseline.model import Baseline, BaselineEntry, Baselines
from bloatcheck.build.choose import Builders
from bloatcheck.build.identity import repository_identity
from bloatcheck.build.lanes import usual_jobs
from bloatcheck.build.model import BuiltImage, FailedBuild
from bloatcheck.build.ours import new_run_id
from bloatcheck.build.parallel import Builds
from bloatcheck.build.shared_log import SharedLog
from bloatcheck.ci.model import CiContext, comment_key
from bloatcheck.ci.registry import detect, read_context
from bloatcheck.config.limits import Limit, Metric, largest_allowed
from bloatcheck.config.model import BaselineSettings, BaselineSource, BuildSpec, Config, ImageSpec, Renewal
from bloatcheck.diff.compare import compare_all
from bloatcheck.diff.model import ImageDiff
from bloatcheck.errors import BloatcheckError, BuildError
from bloatcheck.image.open import open_image
from bloatcheck.inputs.decide import decide_all, unchanged_since
from bloatcheck.inputs.model import Inputs
from bloatcheck.judging import Judging, judging_of
from bloatcheck.log import Log
from bloatcheck.oci.digest import Digest
from bloatcheck.oci.dockerfile import read_dockerfile
from bloatcheck.policy.acceptance import accepted_growth
from bloatcheck.policy.approval import approved, weigh
from bloatcheck.policy.changes import noise_changes
from bloatcheck.policy.creep import judge_creep
from bloatcheck.policy.dive import judge_dive
from bloatcheck.policy.forbidden import judge_forbidden
from bloatcheck.policy.judge import judge, judge_comparability, worst_first
from bloatcheck.report.html.model import NOTHING_SEEN, Moment, Sight, Sights
from bloatcheck.report.html.page import items_for
from bloatcheck.report.model import MOST_PAST_SIZES, Failure, ImageReport, Origin, PastSize, Report
from bloatcheck.units import count
from bloatcheck.works import Works


@dataclass(frozen=True, slots=True)
class Measured:
    """An image that was built, or found, and read. `dockerfile` is relative to the repository's root.

    What a baseline has no use for stands beside the snapshot: what is forbidden and there, what would make
    the image smaller, why it won't start, dive's figures, and its files for the HTML report.
    """

    spec: ImageSpec
    snapshot: ImageSnapshot
    dockerfile: str | None
    forbidden: tuple[ForbiddenThing, ...] = ()
    advice: tuple[Advice, ...] = ()
    problems: tuple[StartProblem, ...] = ()
    dive: DiveFigures | None = None
    sight: Sight = NOTHING_SEEN


@dataclass(frozen=True, slots=True)
class Unmeasured:
    """An image that could not be built or read; the others went on."""

    spec: ImageSpec
    failure: Failure


@dataclass(frozen=True, slots=True)
class Unbuilt:
    """An image that was not built: its inputs are those of the baseline's entry, which stands for it."""

    spec: ImageSpec
    entry: BaselineEntry


Result = Union[Measured, Unmeasured, Unbuilt]  # noqa: UP007 - evaluated, and Python 3.10 can't


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
    if fresh:
        return _built_and_read(
            config, log=log, environment=environment, fresh=True, before=before, drawn=drawn
        )
    decisions = decide_all(config, known or Baseline(), log=log, environment=environment)
    wanted = tuple(decision.spec for decision in decisions if decision.entry is None)
    if left := len(decisions) - len(wanted):
        log.info(f"{count(left, 'image')} not built: inputs unchanged (--all builds every image)")
    results = iter(
        _built_and_read(
            replace(config, images=wanted),
            log=log,
            environment=environment,
            fresh=False,
            before=before,
            drawn=drawn,
        )
        if wanted
        else ()
    )
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
    builders = Builders(
        root=config.root,
        log=log,
        run_id=new_run_id(context.run_id, context.run_attempt),
        repository=repository_identity(config.root, environment, context.repository_url),
        environment=environment,
        choice=config.builder,
        buildx=config.buildx,
        fresh=fresh,
    )
    jobs = config.jobs or usual_jobs()
    expected = [_took(spec, before) for spec in config.images]
    works = Works(expected, lanes=jobs)
    results: dict[int, Measured | Unmeasured] = {}
    with SharedLog(log, works).shown() as shared:
        builders = replace(builders, log=shared)
        cache = LayerCache.open(environment, log=shared)
        builds = Builds(builders=builders, specs=config.images, expected=expected, shared=shared, jobs=jobs)
        with closing(builds.run()) as built:
            for number, each in built:
                with works.work(each.spec.label, doing="reading") as work, shared.telling(work):
                    results[number] = _read_built(each, config, cache, shared, drawn=drawn)
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
    for point in _history(config.baseline, Git(config.root)):
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


def _history(settings: BaselineSettings, git: Git) -> tuple[Point, ...]:
    """The sizes that the baseline's branch keeps; nothing where there is none, or it is out of reach."""
    if BaselineSource.BRANCH not in settings.sources and settings.renew is not Renewal.BRANCH:
        return ()
    try:
        tip = git.tip(settings.branch) if git.is_repository() else None
        return points_of(git.read(tip, HISTORY_FILE) or b"") if tip else ()
    except BloatcheckError:
        return ()


def _with_history(rows: Sequence[ImageReport], points: Sequence[Point]) -> tuple[ImageReport, ...]:
    """The rows with their newest sizes before."""
    past: dict[tuple[str, str], list[PastSize]] = {}
    for point in points:
        its = past.setdefault((point.image, point.platform), [])
        its.append(PastSize(commit=point.commit, date=point.date, size=point.content_size))
    return tuple(
        replace(row, history=tuple(past.get((row.name, row.platform or ""), ())[-MOST_PAST_SIZES:]))
        for row in rows
    )


def _largest_content(limits: Sequence[Limit]) -> int | None:
    """The size that an image must not pass, by the strictest of its absolute limits; None without one."""
    failing = [limit.fail for limit in limits if limit.metric is Metric.CONTENT and limit.fail]
    allowed = (largest_allowed(threshold, None) for threshold in failing)
    return min((size for size in allowed if size is not None), default=None)


def _layers(snapshot: ImageSnapshot) -> list[Digest]:
    return [layer.diff_id for layer in snapshot.layers]


def make_report(
    config: Config,
    context: CiContext,
    baselines: Baselines,
    results: Sequence[Result],
    *,
    partial: bool,
    enforced: bool,
    judging: Judging | None = None,
    reference: Baseline | None = None,
) -> Report:
    """Compares, judges and puts it all into one value; by the configuration's own rules unless told others.

    `reference` is the older baseline that creep is measured from.
    """
    judging = judging or judging_of(config)
    git = Git(config.root)
    folder = git.folder()
    measured = [_standing_for(result) for result in results if not isinstance(result, Unmeasured)]
    failed = [result for result in results if isinstance(result, Unmeasured)]
    unbuilt = {
        result.entry.key: unchanged_since(result.entry) for result in results if isinstance(result, Unbuilt)
    }
    diffs = compare_all(
        baselines.before,
        [result.snapshot for result in measured],
        partial=partial,
        unmeasured=[result.spec.name for result in failed],
        listed=config.listed,
    )
    made_from = {(result.snapshot.name, result.snapshot.platform): result for result in measured}
    judged = [
        _judged(
            diff,
            made_from.get((diff.name, diff.platform)),
            baselines.proposed.entry(diff.name, diff.platform) if judging.accepts_renewed_entries else None,
            judging,
            reference,
        )
        for diff in diffs
    ]
    rows = [replace(row, unbuilt=unbuilt.get((row.name, row.platform or ""))) for row in judged]
    rows += [
        ImageReport(
            name=result.spec.name,
            platform=str(result.spec.platform) if result.spec.platform else None,
            platforms=tuple(map(str, result.spec.platforms)),
            failure=result.failure,
            dockerfile=result.spec.build.dockerfile if result.spec.build else None,
            limits=result.spec.limits,
        )
        for result in failed
    ]
    return Report(
        tool=f"bloatcheck {__version__}",
        created_at=datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z"),
        key=config.comment.key or comment_key(context, config.path, folder),
        images=_with_history(rows, _history(config.baseline, git)),
        origin=Origin(
            repository=context.repository,
            server_url=context.server_url if context.repository else None,
            commit=context.head_sha or context.commit,
            base_commit=baselines.before.commit or context.base_sha,
            folder=folder,
            pull_request=context.pull_request,
            run_url=context.run_url,
            forge=context.ci,
        ),
        baseline=baselines.before.origin,
        notes=(
            *judging.notes,
            *(reference.notes if reference else ()),
            *_notes(config, context, baselines.before, rows),
        ),
        enforced=enforced,
        config=config.path,
        changes=(*judging.changes, *noise_changes(baselines.before, baselines.proposed)),
        approve_by=judging.config.approve_by,
        judged_by_base=not judging.accepts_renewed_entries,
        platform_rows=judging.config.platform_rows,
    )


def _read_built(
    built: BuiltImage | FailedBuild, config: Config, cache: LayerCache, log: Log, *, drawn: bool
) -> Measured | Unmeasured:
    spec = built.spec
    if isinstance(built, FailedBuild):
        log.info(built.error.message)
        return Unmeasured(spec, _failure("build", built.error, spec.name))
    try:
        opened = open_image(built.reference, platform=spec.platform, log=log, documents=cache.documents)
        with closing(opened) as image:
            dockerfile = _dockerfile(config.root, built)
            explained = explain(
                image,
                index_image(image, cache, EXPLAIN),
                name=spec.name,
                dockerfile=dockerfile,
                build_seconds=built.build_seconds,
                base_clues=find_base_clues(image, dockerfile=dockerfile, materials=built.materials, log=log),
                unwanted=Unwanted(ids=config.advice.ignore, paths=config.advice.ignore_paths),
            )
    except BloatcheckError as error:
        log.info(f"{spec.name} could not be read: {error.message}")
        return Unmeasured(spec, _failure("read", error, spec.name))
    except Exception as error:  # noqa: BLE001 - a fault over one image must not lose the report on the others
        log.detail(traceback.format_exc())
        return Unmeasured(spec, _fault(error))
    finally:
        built.discard()
    return Measured(
        spec,
        explained.snapshot,
        built.dockerfile,
        forbidden=find_forbidden(
            explained.inventory, paths=config.forbidden.paths, packages=config.forbidden.packages
        ),
        advice=explained.advice,
        problems=explained.problems,
        dive=dive_figures(explained.inventory.tree.layers) if config.dive else None,
        sight=Sight(
            after=fold(explained.inventory, most=items_for(len(config.images))) if drawn else None,
            dockerfile=dockerfile.text if dockerfile else None,
        ),
    )


def _fault(error: Exception) -> Failure:
    return Failure(
        stage="read",
        message=f"this is a fault in bloatcheck itself: {type(error).__name__}: {error}",
        hint="run it with --verbose and tell us what it prints",
        fault=True,
    )


def _judged(
    diff: ImageDiff,
    made_from: Measured | None,
    proposed: BaselineEntry | None,
    judging: Judging,
    reference: Baseline | None,
) -> ImageReport:
    config = judging.config
    limits = made_from.spec.limits if made_from else ()
    findings = judge(diff, limits)
    if made_from:
        findings = worst_first((*findings, *judge_forbidden(made_from.snapshot, made_from.forbidden)))
    accepted = accepted_growth(diff, findings, proposed, limits)
    if config.creep and reference:
        findings = worst_first((*findings, *judge_creep(diff, reference, config.creep.limit)))
    findings = tuple(finding for finding in findings if finding not in accepted)
    approvals = (*judging.approvals, *judging.from_people)
    uses = weigh(diff, findings, approvals, today=judging.today)
    return ImageReport(
        name=diff.name,
        platform=diff.platform,
        platforms=tuple(map(str, made_from.spec.platforms)) if made_from else (),
        diff=diff,
        findings=tuple(finding for finding in findings if finding not in approved(uses)),
        accepted=accepted,
        approvals=uses,
        dockerfile=made_from.dockerfile if made_from else None,
        incomparable=judge_comparability(diff, config.on_incomparable),
        advice=made_from.advice if made_from else (),
        problems=made_from.problems if made_from else (),
        dive=judge_dive(made_from.dive, config.dive) if made_from and made_from.dive and config.dive else (),
        limits=(*limits, config.creep.limit) if made_from and config.creep else tuple(limits),
    )


def _standing_for(result: Measured | Unbuilt) -> Measured:
    """What was measured; for an image that was not built, what its entry says was."""
    if isinstance(result, Measured):
        return result
    build = result.spec.build
    return Measured(result.spec, result.entry.snapshot, build.dockerfile if build else None)


def _failure(stage: str, error: BloatcheckError, name: str) -> Failure:
    return Failure(
        stage=stage,
        # The reports begin with these words themselves.
        message=error.message.removeprefix(f"{name} could not be built: "),
        hint=error.hint,
        place=error.place,
        output=error.output if isinstance(error, BuildError) else (),
    )


def _notes(
    config: Config, context: CiContext, before: Baseline, rows: Sequence[ImageReport]
) -> tuple[str, ...]:
    notes = [*context.notes, *before.notes, *(f"{note}." for note in config.notes)]
    if not before.entries:
        notes.append(_no_baseline(config.baseline))
    notes += [
        f"The growth of {row.name} is accepted: this change renews its entry in {config.baseline.path}."
        for row in rows
        if row.accepted
    ]
    return tuple(notes)


def _no_baseline(settings: BaselineSettings) -> str:
    if settings.renew in (Renewal.BRANCH, Renewal.ARTIFACT):
        return (
            "There is no baseline yet, so every image is new. The next run on the default branch makes one."
        )
    if settings.sources == (BaselineSource.FILE,):
        return (
            f"There is no baseline {settings.path} yet, so every image is new. "
            "To make one: bloatcheck baseline update, and commit the file."
        )
    return "There is no baseline yet, so every image is new."


def _dockerfile(root: Path, built: BuiltImage) -> DockerfileSource | None:
    if built.dockerfile is None:
        return None
    try:
        text = read_dockerfile(root / built.dockerfile)
    except (OSError, ValueError):
        # What was built is measured all the same; its layers only lack their lines.
        return None
    build = built.spec.build
    return DockerfileSource(
        path=built.dockerfile,
        text=text,
        target=build.target if build else None,
        build_args=build.args if build else {},
        context_ignore=_has_ignore_file(root, built.dockerfile, build) if build else None,
    )


def _has_ignore_file(root: Path, dockerfile: str, build: BuildSpec) -> bool:
    """Whether the builder leaves anything out of the context; the Dockerfile's own list goes first."""
    return (root / f"{dockerfile}.dockerignore").is_file() or (
        root / build.context / ".dockerignore"
    ).is_file()
