"""`bloatcheck init`: a first configuration, workflows and baseline."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bloatcheck.cli.common import add_log_options, child_environment, log_for
from bloatcheck.cli.stdout import tell, tell_json
from bloatcheck.errors import BaselineError, ExitCode, Place, ReadError, UsageError
from bloatcheck.log import Log
from bloatcheck.report.plain import harmless_line

if TYPE_CHECKING:
    from bloatcheck.baseline.model import BaselineEntry
    from bloatcheck.config.discovery.model import Found
    from bloatcheck.pipeline import Result

_BASELINE = ".bloatcheck-baseline.json"
_REPOSITORY = "https://github.com/bloatcheck/bloatcheck"
_SECONDS = 15
_COMMIT = re.compile(r"[0-9a-f]{40}")
_PINNED = re.compile(r"(?P<commit>[0-9a-f]{40})(?:#(?P<tag>[A-Za-z0-9._-]{1,50}))?")


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments and examples."""
    parser.description = """\
Finds the Dockerfiles, compose services and bake targets of the repository, builds and measures their images
once, and writes
  .bloatcheck.yml                            the images, with limits a little above what was measured
  .bloatcheck-baseline.json                  what they hold now
  .github/workflows/bloatcheck.yml           checks pull requests; renews the baseline on the default branch
  .github/workflows/bloatcheck-comment.yml   comments for pull requests from forks
Nothing that is there already is written over.
"""
    parser.epilog = """\
exit codes:
  0  written
  2  bad usage, no Dockerfile, or a file is there already
  3  an image could not be built or read; the others were written

examples:
  bloatcheck init
  bloatcheck init --no-build       no docker here: no limits from a measurement, and no baseline yet
  bloatcheck init --no-workflows   for other CI than GitHub's
"""
    parser.add_argument("--no-build", action="store_true", help="measure nothing")
    parser.add_argument("--no-workflows", action="store_true", help="write no workflow")
    parser.add_argument(
        "--action-commit",
        metavar="COMMIT[#TAG]",
        help="the commit of bloatcheck's action that workflows use (default: asked from GitHub)",
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
            "see docs/configuration.md",
        )
    _refuse_to_overwrite(root, _files(args))
    log.info(f"{len(found)} found: {', '.join(f'{image.name} ({image.dockerfile})' for image in found)}")
    results = () if args.no_build else _measured(root, found, log)
    texts = _texts(root, found, results, workflows=not args.no_workflows, pinned=pinned)
    for file, text in texts.items():
        _write(root, file, text)
    failed = _tell_failures(results, log)
    if args.json:
        tell_json(json.dumps({"written": list(texts), "images": [image.name for image in found]}, indent=2))
    else:
        tell(_told(root, texts, found, built=bool(results)))
    return ExitCode.UNREADABLE if failed else ExitCode.OK


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


def _files(args: argparse.Namespace) -> tuple[str, ...]:
    from bloatcheck.config.load import FILE_NAMES
    from bloatcheck.starter.workflows import CHECK_FILE, COMMENT_FILE

    workflows = () if args.no_workflows else (CHECK_FILE, COMMENT_FILE)
    return (*FILE_NAMES, *(() if args.no_build else (_BASELINE,)), *workflows)


def _refuse_to_overwrite(root: Path, files: Sequence[str]) -> None:
    """Before anything is built. A link that leads nowhere is something, too."""
    there = [file for file in files if (root / file).exists() or (root / file).is_symlink()]
    if there:
        raise UsageError(
            f"{', '.join(there)} {'is' if len(there) == 1 else 'are'} there already",
            hint="nothing is written over: move it away, or change it by hand; "
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
        hint = f" ({failure.hint})" if failure.hint else ""
        log.warning(f"{result.spec.name}: {failure.message}{hint}", place=failure.place)
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


def _texts(
    root: Path, found: Sequence[Found], results: Sequence[Result], *, workflows: bool, pinned: _Pinned | None
) -> Mapping[str, str]:
    """The files, by their path from the root, in the order in which they are told."""
    from datetime import datetime, timezone

    from bloatcheck.baseline.document import to_json
    from bloatcheck.config.load import rules_of
    from bloatcheck.starter import configuration
    from bloatcheck.starter.workflows import workflows as workflow_texts

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
    if workflows:
        ours = pinned or _released(root)
        texts |= workflow_texts(branch=_branch(root), commit=ours.commit, tag=ours.tag)
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


def _told(root: Path, texts: Mapping[str, str], found: Sequence[Found], *, built: bool) -> str:
    lines = ["Written:", *(f"  {file}" for file in texts), "", "Next:"]
    lines.append(f"  - look through {next(iter(texts))}: are these your images? is `context` right?")
    if not built:
        lines.append("  - where there is docker, measure a first time: bloatcheck baseline update")
    if any(image.context == "." for image in found) and not (root / ".dockerignore").exists():
        lines.append(f"  - list {_BASELINE} in .dockerignore, or a `COPY . .` puts it into the image")
    unpinned = any("unpinned-uses" in text for text in texts.values())
    if unpinned:
        lines.append(
            f"  - GitHub could not be asked for our action's commit: put that of a release into the "
            f"workflows ({_REPOSITORY}/releases)"
        )
    lines.append("  - commit the files, and open a pull request")
    if any(file.startswith(".github/") for file in texts):
        lines.append(
            "  - if the default branch is protected, let Actions create pull requests "
            "(Settings, Actions, General); the baseline is renewed by one"
        )
    return "\n".join(map(harmless_line, lines))
