"""`bloatcheck init`: a first configuration and baseline, and the pipeline of the repository's CI."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bloatcheck.cli.common import add_log_options, child_environment, log_for
from bloatcheck.cli.stdout import tell, tell_json
from bloatcheck.errors import DOCUMENTATION, BaselineError, ExitCode, Place, ReadError, UsageError
from bloatcheck.log import Log
from bloatcheck.report.plain import harmless_line
from bloatcheck.starter.registry import NAMES, STARTERS

if TYPE_CHECKING:
    from bloatcheck.baseline.model import BaselineEntry
    from bloatcheck.config.discovery.model import Found
    from bloatcheck.pipeline import Result
    from bloatcheck.starter.model import Starter

_BASELINE = ".bloatcheck-baseline.json"
_REPOSITORY = "https://github.com/bloatcheck/bloatcheck"
_SECONDS = 15
_NAMED = 8
_COMMIT = re.compile(r"[0-9a-f]{40}")
_PINNED = re.compile(r"(?P<commit>[0-9a-f]{40})(?:#(?P<tag>[A-Za-z0-9._-]{1,50}))?")


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments and examples."""
    parser.description = """\
Finds the Dockerfiles, compose services and bake targets of the repository, builds and measures their images
once, and writes
  .bloatcheck.yml            the images, with limits a little above what was measured
  .bloatcheck-baseline.json  what they hold now
and the pipeline of the CI that the repository uses: one that checks pull or merge requests, renews the
baseline on the default branch, and builds every image at night. Many images are shared between jobs, where
the CI has a matrix. For GitHub, Gitea and Forgejo Actions it is written into workflows of its own; of any
other CI, whose file has other jobs too, it is printed, to be pasted. Nothing that is there already is written
over.
"""
    parser.epilog = f"""\
exit codes:
  0  written
  2  bad usage, no Dockerfile, or a file is there already
  3  an image could not be built or read; the others were written

examples:
  bloatcheck init
  bloatcheck init --no-build            no docker here: no limits from a measurement, and no baseline yet
  bloatcheck init --ci gitlab           for this CI, whatever the repository looks like
  bloatcheck init --only-pipeline --ci jenkins
                                        only print the pipeline: for one more CI
  bloatcheck init --no-pipeline         only the configuration and the baseline

The CI is found by its files ({", ".join(sign for starter in STARTERS for sign in starter.signs)}),
else by the host of the remote `origin`.
"""
    parser.add_argument("--no-build", action="store_true", help="measure nothing")
    # Not `ci`, which names whose variables tell of this very run.
    parser.add_argument("--ci", dest="pipeline_of", choices=NAMES, help="whose pipeline (default: as found)")
    pipeline = parser.add_mutually_exclusive_group()
    pipeline.add_argument("--no-pipeline", action="store_true", help="neither write nor print a pipeline")
    pipeline.add_argument(
        "--only-pipeline", action="store_true", help="print the pipeline, and write and measure nothing"
    )
    parser.add_argument(
        "--action-commit",
        metavar="COMMIT[#TAG]",
        help="the commit of bloatcheck that workflows and includes name (default: asked from GitHub)",
    )
    parser.add_argument("--json", action="store_true", help="print what was written as JSON")
    add_log_options(parser)


def execute(args: argparse.Namespace) -> ExitCode:
    """Finds, measures, writes."""
    from bloatcheck.starter.dockerfiles import find_images

    root, log = Path.cwd(), log_for(args)
    pinned = _pinned(args.action_commit)
    discovery = find_images(root, child_environment())
    for note in discovery.notes:
        log.warning(note)
    found = discovery.images
    if not found:
        raise UsageError(
            "no Dockerfile or Containerfile in this folder or below, nor a compose or bake file that builds",
            hint="run it in the repository's root; images that are built elsewhere are listed by hand, "
            f"see {DOCUMENTATION}/configuration.md",
        )
    pipeline = None if args.no_pipeline else _pipeline(root, args.pipeline_of, len(found), pinned, log)
    if pipeline and args.only_pipeline:
        pasted = replace(pipeline, owns_files=False)
        _print(args.json, {}, found, pasted, "\n".join((_told_pasted(pasted), *_unpinned(pasted))))
        return ExitCode.OK
    _refuse_to_overwrite(root, _files(args, pipeline))
    log.info(f"{len(found)} found: {_first(found)}")
    results = () if args.no_build else _measured(root, found, log)
    texts = {**_texts(root, found, results), **(pipeline.written if pipeline else {})}
    for file, text in texts.items():
        _write(root, file, text)
    failed = _tell_failures(results, log)
    _print(args.json, texts, found, pipeline, _told(root, texts, found, pipeline=pipeline, results=results))
    return ExitCode.UNREADABLE if failed else ExitCode.OK


def _first(found: Sequence[Found]) -> str:
    named = [f"{image.name} ({image.dockerfile})" for image in found[:_NAMED]]
    more = len(found) - len(named)
    return ", ".join([*named, f"{more} more"] if more else named)


def _print(
    as_json: bool,  # noqa: FBT001 - the user's choice, handed on
    texts: Mapping[str, str],
    found: Sequence[Found],
    pipeline: Pipeline | None,
    told: str,
) -> None:
    if not as_json:
        tell(told)
        return
    document: dict[str, object] = {"written": list(texts), "images": [image.name for image in found]}
    if pipeline:
        document |= {"ci": pipeline.starter.name, "paste": pipeline.pasted}
    tell_json(json.dumps(document, indent=2))


# The pipeline ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What the repository's CI is given. `why` says why it is this CI."""

    starter: Starter
    why: str
    files: Mapping[str, str]
    owns_files: bool

    @property
    def written(self) -> Mapping[str, str]:
        """Files that are ours alone, by their path."""
        return self.files if self.owns_files else {}

    @property
    def pasted(self) -> Mapping[str, str]:
        """What belongs into files that have other jobs, too."""
        return {} if self.owns_files else self.files


def _pipeline(root: Path, named: str | None, images: int, pinned: _Pinned | None, log: Log) -> Pipeline:
    from bloatcheck.starter.model import Facts
    from bloatcheck.starter.registry import choose

    choice = choose(root, named=named, remote=_git(root, "remote", "get-url", "origin"))
    starter = choice.starter
    if choice.others:
        others = ", ".join(f"{other.title} (--ci {other.name})" for other in choice.others)
        log.warning(f"the pipeline is for {starter.title}; the repository uses {others}, too")
    ours = pinned or _released(root)
    facts = Facts(branch=_branch(root), images=images, commit=ours.commit, tag=ours.tag)
    return Pipeline(starter, choice.why, starter.files(facts), starter.owns_files)


@dataclass(frozen=True, slots=True)
class _Pinned:
    """Our own action's commit, and what it is called."""

    commit: str | None = None
    tag: str = "v1"


def _pinned(given: str | None) -> _Pinned | None:
    """None where it is to be asked."""
    if given is None:
        return None
    match = _PINNED.fullmatch(given)
    if match is None:
        raise UsageError(
            f"--action-commit {given[:100]!r} is no commit",
            hint="40 hex digits, and its tag behind # if you like",
        )
    return _Pinned(match["commit"], match["tag"] or "v1")


def _files(args: argparse.Namespace, pipeline: Pipeline | None) -> tuple[str, ...]:
    from bloatcheck.config.load import FILE_NAMES

    return (*FILE_NAMES, *(() if args.no_build else (_BASELINE,)), *(pipeline.written if pipeline else ()))


def _refuse_to_overwrite(root: Path, files: Sequence[str]) -> None:
    """Before anything is built. A link that leads nowhere is something, too."""
    there = [file for file in files if (root / file).exists() or (root / file).is_symlink()]
    if there:
        what = "it" if len(there) == 1 else "them"
        raise UsageError(
            f"{', '.join(there)} {'is' if len(there) == 1 else 'are'} there already",
            hint=f"nothing is written over: move {what} away, or change {what} by hand; "
            "`bloatcheck config check` says whether a configuration is in order",
        )


# Measuring -------------------------------------------------------------------------------------------------


def _measured(root: Path, found: Sequence[Found], log: Log) -> tuple[Result, ...]:
    from bloatcheck import pipeline
    from bloatcheck.config.discovery.find import specs_of
    from bloatcheck.config.model import Config

    images = tuple(spec for each in found for spec in specs_of(each))
    results = pipeline.measure(Config(root=root, images=images), log=log, environment=child_environment())
    if not any(isinstance(result, pipeline.Measured) for result in results):
        _tell_failures(results, log)
        raise ReadError(
            "no image could be built and measured, so nothing was written",
            hint="mend what the warnings above say, or write the files without measuring: "
            "bloatcheck init --no-build",
        )
    return results


def _tell_failures(results: Sequence[Result], log: Log) -> bool:
    from bloatcheck import pipeline

    failed = [result for result in results if isinstance(result, pipeline.Unmeasured)]
    for result in failed:
        failure = result.failure
        log.warning(f"{result.spec.name}: {failure.told}", place=failure.place)
    return bool(failed)


def _entries(root: Path, results: Sequence[Result]) -> list[BaselineEntry]:
    from datetime import datetime, timezone

    from bloatcheck import pipeline
    from bloatcheck.baseline.git import Git
    from bloatcheck.baseline.model import BaselineEntry

    git = Git(root)
    commit = git.commit("HEAD") if git.is_repository() else None
    now = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return [
        BaselineEntry(snapshot=result.snapshot, commit=commit, measured_at=now)
        for result in results
        if isinstance(result, pipeline.Measured)
    ]


# Writing ---------------------------------------------------------------------------------------------------


def _texts(root: Path, found: Sequence[Found], results: Sequence[Result]) -> Mapping[str, str]:
    """Configuration and baseline, by their path from the root, in the order in which they are told."""
    from datetime import datetime, timezone

    from bloatcheck.baseline.document import to_json
    from bloatcheck.config.load import rules_of
    from bloatcheck.starter import configuration

    entries = _entries(root, results) if results else []
    # Of several platforms the largest, for which the limit has to leave room.
    sizes = {
        entry.snapshot.name: configuration.Measurement(
            entry.snapshot.content_size, len(entry.snapshot.layers)
        )
        for entry in sorted(entries, key=lambda entry: entry.snapshot.content_size)
    }
    today = datetime.now(timezone.utc).date()
    text = configuration.first_configuration_text(found, sizes, baseline=_BASELINE, today=today)
    # What we write ourselves is held to what we ask of others.
    rules_of(text, configuration.FILE, root)
    texts = {configuration.FILE: text}
    if entries:
        texts[_BASELINE] = to_json(entries)
    return texts


def _write(root: Path, file: str, text: str) -> None:
    """Never over what somebody put there meanwhile, and never through a link."""
    path = root / file
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.parent.resolve().is_relative_to(root.resolve()):
            raise UsageError("leads out of the repository through a symbolic link", place=Place(file))
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise UsageError(f"can't be written: {error.strerror or error}", place=Place(file)) from error


def _branch(root: Path) -> str:
    """The default branch, as far as the clone tells."""
    remote = _git(root, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD")
    if remote and "/" in remote:
        return remote.partition("/")[2]
    return _git(root, "symbolic-ref", "--quiet", "--short", "HEAD") or "main"


def _released(root: Path) -> _Pinned:
    """The commit of this version's release, else the newest of the major version; nothing without network."""
    from bloatcheck import __version__

    listed = _git(root, "ls-remote", _REPOSITORY, f"refs/tags/v{__version__}*", "refs/tags/v1*") or ""
    commits: dict[str, str] = {}
    for line in listed.splitlines():
        commit, _, name = line.partition("\t")
        if _COMMIT.fullmatch(commit):
            # The commit that an annotated tag is of comes behind the tag itself, with ^{}.
            commits[name.removeprefix("refs/tags/").removesuffix("^{}")] = commit
    for tag in (f"v{__version__}", "v1"):
        if tag in commits:
            return _Pinned(commits[tag], tag)
    return _Pinned()


def _git(root: Path, *arguments: str) -> str | None:
    """What git answers; None where it has no answer, or takes too long for one."""
    from bloatcheck.baseline.git import Git, text_of

    try:
        code, output, _ = Git(root, _SECONDS, {"GIT_ASKPASS": "true"}).run(*arguments)
    except BaselineError:
        return None
    return text_of(output) or None if code == 0 else None


def _told(
    root: Path,
    texts: Mapping[str, str],
    found: Sequence[Found],
    *,
    pipeline: Pipeline | None,
    results: Sequence[Result],
) -> str:
    lines = [*_told_measured(results), "Written:", *(f"  {file}" for file in texts), ""]
    pasted = _told_pasted(pipeline) if pipeline and pipeline.pasted else None
    lines += [*pasted.splitlines(), ""] if pasted else []
    lines += ["Next:", f"  - look through {next(iter(texts))}: are these your images? is `context` right?"]
    if not results:
        lines.append("  - where there is docker, measure a first time: bloatcheck baseline update")
    if any(image.context == "." for image in found) and not (root / ".dockerignore").exists():
        lines.append(f"  - list {_BASELINE} in .dockerignore, or a `COPY . .` puts it into the image")
    lines += [f"  - {step}" for step in _unpinned(pipeline)] if pipeline else []
    if pipeline:
        lines += [f"  - {step}" for step in pipeline.starter.next_steps]
    lines.append("  - commit the files, and open a pull request")
    return "\n".join(map(harmless_line, lines))


def _unpinned(pipeline: Pipeline) -> Sequence[str]:
    """What is left to do where our release stands in the pipeline by its tag."""
    if not any(re.search("bloatcheck/bloatcheck[@/]v", text) for text in pipeline.files.values()):
        return ()
    releases = f"{_REPOSITORY}/releases"
    return (f"GitHub could not be asked for our release's commit: put it in place of the tag ({releases})",)


def _told_measured(results: Sequence[Result]) -> list[str]:
    """An image a line: what it holds, what of that need not be, and whether it starts."""
    from bloatcheck import pipeline
    from bloatcheck.units import count, format_bytes

    lines = []
    measured = [result for result in results if isinstance(result, pipeline.Measured)]
    for result in measured:
        snapshot = result.snapshot
        layers = count(len(snapshot.layers), "layer")
        lines.append(f"  {result.spec.label}: {format_bytes(snapshot.content_size)} in {layers}")
        saved = sum(advice.saves or 0 for advice in result.advice)
        if saved:
            lines[-1] += (
                f", of which {count(len(result.advice), 'piece')} of advice would save {format_bytes(saved)}"
            )
        lines += [f"    won't start: {problem.message}" for problem in result.problems]
    if any(result.advice or result.problems for result in measured):
        lines.append("  `bloatcheck run` tells more")
    return ["Measured:", *lines, ""] if lines else []


def _told_pasted(pipeline: Pipeline) -> str:
    lines = [f"For {pipeline.starter.title} ({pipeline.why}):"]
    for file, text in pipeline.pasted.items():
        lines += ["", f"--- {file}: paste this ---", *text.splitlines(), "---"]
    return "\n".join(map(harmless_line, lines))
