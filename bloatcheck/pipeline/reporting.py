"""Diff -> judge -> report: what was measured and what was before, in one value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone

from bloatcheck import __version__
from bloatcheck.baseline.git import Git
from bloatcheck.baseline.history import Point
from bloatcheck.baseline.model import Baseline, BaselineEntry, Baselines
from bloatcheck.ci.model import CiContext, comment_key
from bloatcheck.config.model import BaselineSettings, BaselineSource, Config, Renewal
from bloatcheck.diff.compare import compare_all
from bloatcheck.diff.model import ImageDiff
from bloatcheck.inputs.decide import unchanged_since
from bloatcheck.judging import Judging, judging_of
from bloatcheck.pipeline.model import Measured, Result, Unbuilt, Unmeasured
from bloatcheck.pipeline.past import history
from bloatcheck.policy.acceptance import accepted_growth
from bloatcheck.policy.approval import approved, weigh
from bloatcheck.policy.changes import noise_changes
from bloatcheck.policy.creep import judge_creep
from bloatcheck.policy.dive import judge_dive
from bloatcheck.policy.forbidden import judge_forbidden
from bloatcheck.policy.judge import judge, judge_comparability, worst_first
from bloatcheck.report.model import MOST_PAST_SIZES, ImageReport, Origin, PastSize, Report


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
    rows += map(_failed, failed)
    return Report(
        tool=f"bloatcheck {__version__}",
        created_at=datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z"),
        key=config.comment.key or comment_key(context, config.path, folder),
        images=_with_history(rows, history(config.baseline, git)),
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


def _failed(result: Unmeasured) -> ImageReport:
    spec = result.spec
    return ImageReport(
        name=spec.name,
        platform=str(spec.platform) if spec.platform else None,
        platforms=tuple(map(str, spec.platforms)),
        failure=result.failure,
        dockerfile=spec.build.dockerfile if spec.build else None,
        limits=spec.limits,
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
