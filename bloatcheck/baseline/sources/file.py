"""The repository's file as it stands at the commit: through git, else through the host's API."""

from __future__ import annotations

import posixpath
from dataclasses import replace

from bloatcheck.baseline.document import MAX_SIZE
from bloatcheck.baseline.git import SHORT, Git, OutOfReachError
from bloatcheck.baseline.model import Baseline
from bloatcheck.baseline.sources.model import Question
from bloatcheck.baseline.store import read_baseline, read_work_tree
from bloatcheck.ci.host import Host
from bloatcheck.errors import PublishError


def read(question: Question) -> Baseline:
    """The file at the commit; where there is no commit to choose, as it lies on disk."""
    choice, path = question.choice, question.settings.path
    if choice.commit is None:
        baseline = read_work_tree(question.git.root, path)
    else:
        origin = f"{path} at {question.place(choice.commit)}"
        baseline = replace(_at(question, choice.commit, origin), commit=choice.commit)
    if baseline.entries or len(question.settings.sources) == 1:
        return baseline
    where = f" at {choice.commit[:SHORT]}" if choice.commit else ""
    return replace(baseline, notes=(f"There is no baseline {path}{where} yet.",))


def read_at(git: Git, commit: str, path: str, *, origin: str = "") -> Baseline:
    """The baseline as it stands at a commit that is here; empty where the commit has none.

    Raises:
        BaselineError: a file can't be read, or is damaged, foreign or newer.
    """
    baseline = read_baseline(
        path,
        lambda file: git.read(commit, file),
        lambda folder: git.files(commit, folder),
        origin=origin or f"{path} at {commit[:SHORT]}",
    )
    return replace(baseline, commit=commit)


def _at(question: Question, commit: str, origin: str) -> Baseline:
    if question.git.has(commit):
        return read_at(question.git, commit, question.settings.path, origin=origin)
    if question.host is not None:
        try:
            return _through_host(question, question.host, commit, f"{origin}, read through the API")
        except PublishError as error:
            raise OutOfReachError(
                f"{_not_here(question, commit)}: {error.message}",
                hint=error.hint or question.git.words.history,
            ) from None
    raise OutOfReachError(
        f"{_not_here(question, commit)} and can't be fetched", hint=question.git.words.history
    )


def _through_host(question: Question, host: Host, commit: str, origin: str) -> Baseline:
    folder = question.git.folder()

    def read_file(path: str) -> bytes | None:
        return host.file(commit, posixpath.join(folder, path), most=MAX_SIZE)

    def list_folder(path: str) -> tuple[str, ...]:
        inside = host.files(commit, posixpath.join(folder, path).rstrip("/"))
        below = f"{folder}/" if folder else ""
        return tuple(sorted(file.removeprefix(below) for file in inside if file.endswith(".json")))

    return read_baseline(question.settings.path, read_file, list_folder, origin=origin)


def _not_here(question: Question, commit: str) -> str:
    return f"commit {commit[:SHORT]}, {question.choice.why}, is not in this clone"
