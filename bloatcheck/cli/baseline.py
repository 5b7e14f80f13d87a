"""`bloatcheck baseline`: renew the accepted sizes, or show them."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bloatcheck.baseline.model import Baseline, BaselineEntry
from bloatcheck.cli.chosen import add_image_option, load_chosen
from bloatcheck.cli.common import add_log_options, child_environment, log_for, width
from bloatcheck.cli.jobs import add_jobs_option, with_jobs
from bloatcheck.cli.renewal import configure_renew, renew
from bloatcheck.cli.stdout import tell, tell_json
from bloatcheck.config.model import Config, Renewal
from bloatcheck.errors import ExitCode, ReadError, UsageError
from bloatcheck.report.columns import aligned
from bloatcheck.report.plain import harmless_line
from bloatcheck.units import format_bytes, format_delta

if TYPE_CHECKING:
    from bloatcheck.baseline.history import Point

_COMMIT_LENGTH = 12
_DATE_LENGTH = len("2026-01-31")


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments and examples."""
    parser.description = """\
The baseline holds the sizes that were accepted last. It is a file of the repository, and what pull requests
are compared with.
"""
    parser.epilog = """\
examples:
  bloatcheck baseline update                  measure every image, and write the baseline
  bloatcheck baseline update --image 'api-*'  only these; the others' entries stay as they are
  bloatcheck baseline show                    the baseline on disk
  bloatcheck baseline show --ref origin/main  as it stands there
  bloatcheck baseline show --history          how the sizes went on, from the branch that keeps them
  bloatcheck baseline renew --report out/report.json
                                              on the default branch: renew it with what a run measured
"""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    _configure_update(
        actions.add_parser(
            "update",
            help="build and measure the images, and write what they hold",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
    )
    _configure_show(
        actions.add_parser(
            "show",
            help="print what the baseline holds",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
    )

    configure_renew(
        actions.add_parser(
            "renew",
            help="in CI on the default branch: renew it as `baseline.renew` says",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
    )


def _configure_update(parser: argparse.ArgumentParser) -> None:
    parser.description = """\
Builds and reads the images of the configuration and writes their sizes into the baseline. The entry of an
image whose inputs did not change since, and of one that can't be built or read, stays as it was. Without
--image, only entries that moved further than the configuration's `baseline.tolerance` are written, and images
that are no longer configured are dropped. A file that is no baseline is never written over.
"""
    parser.epilog = """\
exit codes:
  0  written, or nothing had changed
  2  bad usage or configuration, or the file is damaged, foreign, or of a newer bloatcheck
  3  an image could not be built or read; the others were written

examples:
  bloatcheck baseline update                  every image
  bloatcheck baseline update --image 'api-*'  only these; the others' entries stay as they are
  bloatcheck baseline update --all            build those too whose inputs did not change
"""
    _add_config(parser)
    add_image_option(parser)
    parser.add_argument(
        "--all", action="store_true", help="build the images too whose inputs did not change since"
    )
    add_jobs_option(parser)
    parser.add_argument("--json", action="store_true", help="print the new baseline as JSON")
    add_log_options(parser)


def _configure_show(parser: argparse.ArgumentParser) -> None:
    parser.description = "Prints the size, the layers and the commit of every image in the baseline."
    parser.epilog = """\
exit codes:
  0  shown
  2  bad usage or configuration, no such commit, a damaged file, or a remote that can't be asked

examples:
  bloatcheck baseline show                    as it lies on disk
  bloatcheck baseline show --ref origin/main  as it stands there
  bloatcheck baseline show --history          what `renew: branch` kept, commit by commit
"""
    _add_config(parser)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--ref", metavar="COMMIT", help="as it stands at this commit, branch or tag")
    which.add_argument(
        "--history", action="store_true", help="the sizes at each commit, as the baseline's branch keeps them"
    )
    parser.add_argument("--json", action="store_true", help="print the baseline as JSON, as one document")


def _add_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config", metavar="FILE", help="the configuration (default: .bloatcheck.yml, if there is one)"
    )


def execute(args: argparse.Namespace) -> ExitCode:
    """Updates or shows."""
    action: Callable[[argparse.Namespace], ExitCode] = {
        "update": _update,
        "show": _show,
        "renew": renew,
    }[args.action]
    return action(args)


def _update(args: argparse.Namespace) -> ExitCode:
    from datetime import datetime, timezone

    from bloatcheck import pipeline
    from bloatcheck.baseline.document import to_json
    from bloatcheck.baseline.git import Git
    from bloatcheck.baseline.staleness import judged_by_age
    from bloatcheck.baseline.store import read_work_tree, updated, write_baseline
    from bloatcheck.config.load import is_named

    log, environment = log_for(args), child_environment()
    config = load_chosen(args, log=log, environment=environment)
    config = with_jobs(config, args)
    # Read before anything is built: a broken one should not cost a build to find out.
    before = read_work_tree(config.root, config.baseline.path)
    # Who names an image wants it measured.
    aged = judged_by_age(before, max_age=config.baseline.max_age, now=datetime.now(timezone.utc))
    known = None if args.all or args.image else aged
    results = pipeline.measure(config, log=log, environment=environment, before=before, known=known)
    commit = Git(config.root).commit("HEAD")
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    measured = [
        BaselineEntry(snapshot=result.snapshot, commit=commit, measured_at=now)
        for result in results
        if isinstance(result, pipeline.Measured) and is_named(result.spec.name, args.image)
    ]
    for result in results:
        if isinstance(result, pipeline.Unmeasured):
            failure = result.failure
            log.warning(f"{result.spec.name}, {failure.stage} failed: {failure.told}", place=failure.place)
    unbuilt = sum(isinstance(result, pipeline.Unbuilt) for result in results)
    if results and not measured and not unbuilt:
        raise ReadError(
            "no image could be measured, so the baseline stays as it was",
            hint="the warnings above say why, image by image",
        )
    # Read again, since another run may have written its images meanwhile.
    before = read_work_tree(config.root, config.baseline.path)
    configured = None if args.image else config.listed
    settings = config.baseline
    after = updated(
        before,
        measured,
        configured=configured,
        # Who names an image wants its entry renewed, however little it moved.
        tolerance=None if args.image else settings.tolerance,
        max_age=settings.max_age,
    )
    written = write_baseline(config.root, settings.path, after.entries)
    if args.json:
        tell_json(to_json(after.entries).rstrip("\n"))
    else:
        tell(render_update(before, after, written, measured).rstrip("\n"))
    failed = any(isinstance(result, pipeline.Unmeasured) for result in results)
    return ExitCode.UNREADABLE if failed else ExitCode.OK


def _show(args: argparse.Namespace) -> ExitCode:
    from bloatcheck.baseline.document import to_json
    from bloatcheck.baseline.store import read_work_tree
    from bloatcheck.config.load import load_config

    config = load_config(Path.cwd(), path=args.config)
    if args.history:
        return _show_history(config, as_json=args.json)
    if args.ref:
        baseline, where = _at(config, args.ref)
    else:
        baseline, where = read_work_tree(config.root, config.baseline.path), config.baseline.path
    if args.json:
        tell_json(to_json(baseline.entries).rstrip("\n"))
    else:
        tell(render_baseline(baseline, where, columns=width()).rstrip("\n"))
    return ExitCode.OK


def _show_history(config: Config, *, as_json: bool) -> ExitCode:
    from bloatcheck.baseline.git import Git
    from bloatcheck.baseline.history import HISTORY_FILE, points_of

    git, branch = Git(config.root), config.baseline.branch
    if not git.is_repository():
        raise UsageError(
            "the history is kept in git, and this is no repository", hint="run it in a clone, with its remote"
        )
    tip = git.tip(branch)
    points = points_of(git.read(tip, HISTORY_FILE) or b"") if tip else ()
    if as_json:
        for point in points:
            tell_json(point.line().rstrip("\n"))
    elif not points:
        kept = config.baseline.renew is Renewal.BRANCH
        begins = "the next run on the default branch begins it" if kept else "`renew: branch` keeps one"
        tell(f"The branch {harmless_line(branch)} has no history yet: {begins}.")
    else:
        tell(render_history(points, columns=width()).rstrip("\n"))
    return ExitCode.OK


def _at(config: Config, revision: str) -> tuple[Baseline, str]:
    """The baseline at a commit, and how to call it."""
    from bloatcheck.baseline.git import Git
    from bloatcheck.baseline.sources.file import read_at

    git = Git(config.root)
    commit = git.commit(revision) if git.is_repository() else None
    if commit is None:
        raise UsageError(
            f"no commit {revision[:100]!r} in this repository",
            hint="name a commit, branch or tag that `git log` knows; a shallow clone may lack it",
        )
    committed = git.committed_at(commit)
    when = f", committed {committed:%Y-%m-%d}" if committed else ""
    return read_at(
        git, commit, config.baseline.path
    ), f"{config.baseline.path} at {commit[:_COMMIT_LENGTH]}{when}"


def render_baseline(baseline: Baseline, where: str, *, columns: int) -> str:
    """A row per image, for a terminal of so many columns."""
    if not baseline.entries:
        return f"{harmless_line(where)}: there is no baseline yet. To make one: bloatcheck baseline update\n"
    rows = [("IMAGE", "PLATFORM", "SIZE", "LAYERS", "COMMIT", "MEASURED")]
    rows += [
        (
            entry.snapshot.name,
            entry.snapshot.platform,
            format_bytes(entry.snapshot.content_size),
            str(len(entry.snapshot.layers)),
            (entry.commit or "")[:_COMMIT_LENGTH],
            (entry.measured_at or "")[:_DATE_LENGTH],
        )
        for entry in baseline.entries
    ]
    return f"{harmless_line(where)}\n\n{aligned(rows, '*<>><<', columns)}\n"


def render_history(points: Sequence[Point], *, columns: int) -> str:
    """A row per image and commit, oldest first, each with its change against the one before."""
    rows = [("DATE", "COMMIT", "IMAGE", "PLATFORM", "SIZE", "CHANGE")]
    last: dict[tuple[str, str], int] = {}
    for point in points:
        before = last.get((point.image, point.platform))
        last[point.image, point.platform] = point.content_size
        rows.append(
            (
                point.date[:_DATE_LENGTH],
                point.commit[:_COMMIT_LENGTH],
                point.image,
                point.platform,
                format_bytes(point.content_size),
                "" if before is None else format_delta(point.content_size - before),
            )
        )
    return f"{aligned(rows, '<<*<>>', columns)}\n"


def render_update(
    before: Baseline, after: Baseline, written: Sequence[str], measured: Sequence[BaselineEntry] = ()
) -> str:
    """What changed for each image, which files were written, and which images moved too little for it."""
    lines = [
        line
        for entry in after.entries
        if (line := _changed(before.entry(entry.snapshot.name, entry.snapshot.platform), entry))
    ]
    gone = [
        entry for entry in before.entries if after.entry(entry.snapshot.name, entry.snapshot.platform) is None
    ]
    lines += [f"{_name(entry)}: dropped, no longer configured" for entry in gone]
    lines += [line for entry in measured if (line := _left(after.entry(*entry.key), entry))]
    if written:
        lines.append(f"Written: {', '.join(map(harmless_line, written))}. Commit it to accept these sizes.")
    else:
        lines.append("Nothing changed.")
    return "".join(f"{line}\n" for line in lines)


def _changed(before: BaselineEntry | None, after: BaselineEntry) -> str | None:
    if before == after or (before and before.confirmed_by(after) == after):
        return None
    size = after.snapshot.content_size
    if before is None:
        return f"{_name(after)}: {format_bytes(size)}, new"
    return f"{_name(after)}: {format_bytes(size)} ({format_delta(size - before.snapshot.content_size)})"


def _left(kept: BaselineEntry | None, measured: BaselineEntry) -> str | None:
    """What is said of an image that is of another size than the entry that was left as it was."""
    delta = measured.snapshot.content_size - kept.snapshot.content_size if kept else 0
    if delta == 0:
        return None
    option = f"--image {shlex.quote(measured.snapshot.name)}"
    told = f"{format_delta(delta)} is within the tolerance; to renew it all the same: {option}"
    return f"{_name(measured)}: {harmless_line(told)}"


def _name(entry: BaselineEntry) -> str:
    return harmless_line(f"{entry.snapshot.name} on {entry.snapshot.platform}")
