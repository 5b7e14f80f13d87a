"""Files as they stand at a commit, and the commit that a change is to be compared with.

The commit: a test merge is compared with its first parent, for that is what it was merged into; a head
checkout with the merge base, so that nobody is blamed for what others merged meanwhile; a merge queue's
commit with the queue's base; a push with the commit before.
"""

from __future__ import annotations

import os
import re
import subprocess
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

from bloatcheck.baseline.document import MAX_SIZE
from bloatcheck.baseline.model import Baseline
from bloatcheck.baseline.store import read_baseline
from bloatcheck.config.context import CiContext
from bloatcheck.errors import BaselineError, Place

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
SHORT = 12
"""Digits of a commit that people are shown."""
_FETCH_SECONDS = 120
_NO_PROGRAM = 127
"""The shell's exit code for it."""
_PULL_REQUESTS = frozenset({"pull_request", "pull_request_target"})


@dataclass(frozen=True, slots=True)
class Choice:
    """The commit to compare with; None for the files as they lie on disk. `why` is for people."""

    commit: str | None
    why: str


@dataclass(frozen=True, slots=True)
class Git:
    """The repository that `root` lies in. Nothing is ever written into its history or its work tree.

    `patience` is in seconds, for what git does on this machine.
    """

    root: Path
    patience: float = 30

    def is_repository(self) -> bool:
        """Whether there is git and a repository.

        Raises:
            BaselineError: git doesn't trust the folder's owner.
        """
        code, _, errors = self._run("rev-parse", "--git-dir")
        if "dubious ownership" in errors:
            raise BaselineError(
                "git refuses to read the repository, which belongs to another user",
                hint=f"run: git config --global --add safe.directory {self.root}",
            )
        return code == 0

    def folder(self) -> str:
        """Where `root` lies below the repository's top, `services/api`; empty at the top and without git."""
        code, output, _ = self._run("rev-parse", "--show-prefix")
        return "" if code else output.decode(errors="replace").rstrip("\n").rstrip("/")

    def commit(self, revision: str) -> str | None:
        """The full id of a commit; None where it isn't here."""
        code, output, _ = self._run(
            "rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}"
        )
        text = output.decode(errors="replace").strip()
        return text if code == 0 and _COMMIT.fullmatch(text) else None

    def parents(self, commit: str) -> tuple[str, ...]:
        """A commit's parents, as the commit itself names them: a shallow clone knows them too."""
        return tuple(re.findall(r"^parent ([0-9a-f]{40,64})$", self._header(commit), re.MULTILINE))

    def merge_base(self, one: str, other: str) -> str | None:
        """Where two commits parted; None where that lies outside of a shallow clone."""
        code, output, _ = self._run("merge-base", one, other)
        text = output.decode(errors="replace").strip()
        return text if code == 0 and _COMMIT.fullmatch(text) else None

    def has(self, commit: str) -> bool:
        """Whether a commit is here, or could be fetched."""
        return self.commit(commit) is not None or self.fetch(commit)

    def fetch(self, commit: str) -> bool:
        """Gets a commit from `origin`; whether it is there then. Of a shallow clone's, only the commit."""
        _, shallow, _ = self._run("rev-parse", "--is-shallow-repository")
        # In a whole clone, a depth would cut off the history behind the commit.
        depth = ("--depth=1",) if shallow.strip() == b"true" else ()
        with suppress(BaselineError):
            self._run("fetch", "--quiet", "--no-tags", *depth, "origin", commit, seconds=_FETCH_SECONDS)
        return self.commit(commit) is not None

    def committed_at(self, commit: str) -> datetime | None:
        """When a commit was made, in UTC; None where it isn't here."""
        time = re.search(r"^committer .*> ([0-9]{1,11}) [+-][0-9]{4}$", self._header(commit), re.MULTILINE)
        return datetime.fromtimestamp(int(time[1]), tz=timezone.utc) if time else None

    def _header(self, commit: str) -> str:
        _, output, _ = self._run("cat-file", "commit", commit)
        return output.decode(errors="replace").partition("\n\n")[0]

    def read(self, commit: str, path: str) -> bytes | None:
        """A file's content at a commit; None where the commit has no such file.

        Raises:
            BaselineError: it is too large, or git fails.
        """
        name = f"{commit}:./{path}"
        code, output, _ = self._run("cat-file", "-s", name)
        if code:
            return None
        if int(output) > MAX_SIZE:
            raise BaselineError(f"larger than {MAX_SIZE >> 20} MiB at {commit[:SHORT]}", place=Place(path))
        code, output, errors = self._run("cat-file", "blob", name)
        if code:
            raise BaselineError(f"can't be read at {commit[:SHORT]}: {errors[:500]}", place=Place(path))
        return output

    def files(self, commit: str, folder: str) -> tuple[str, ...]:
        """The paths of the JSON files in a folder at a commit."""
        _, output, _ = self._run("ls-tree", "-z", "--name-only", commit, f"./{folder}")
        names = output.decode(errors="surrogateescape").split("\0")
        return tuple(sorted(name for name in names if name.endswith(".json")))

    def _run(self, *arguments: str, seconds: float | None = None) -> tuple[int, bytes, str]:
        """Exit code, output, errors; never asks a person anything.

        Raises:
            BaselineError: git hangs.
        """
        seconds = self.patience if seconds is None else seconds
        environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}
        try:
            done = subprocess.run(
                ["git", *arguments],
                cwd=self.root,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=seconds,
                # Without a terminal, ssh can't ask for a password.
                start_new_session=True,
                check=False,
            )
        except FileNotFoundError:
            return _NO_PROGRAM, b"", "git is not installed"
        except subprocess.TimeoutExpired:
            raise BaselineError(
                f"git {arguments[0]} took longer than {seconds:g} s",
                hint="see what git waits for, and try again",
            ) from None
        return done.returncode, done.stdout, done.stderr.decode(errors="replace").strip()


def read_at(git: Git, commit: str, path: str, *, why: str = "") -> Baseline:
    """The baseline as it stands at a commit; empty where the commit has none. `why` joins its origin.

    Raises:
        BaselineError: a file can't be read, or is damaged, foreign or newer.
    """
    baseline = read_baseline(
        path,
        lambda file: git.read(commit, file),
        lambda folder: git.files(commit, folder),
        origin=f"{path} at {commit[:SHORT]}" + (f", {why}" if why else ""),
    )
    return replace(baseline, commit=commit)


def choose_commit(git: Git, context: CiContext) -> Choice:
    """The commit whose baseline this run is compared with.

    Raises:
        BaselineError: the clone is too shallow to tell or to read, and nothing more could be fetched.
    """
    head = git.commit("HEAD") if git.is_repository() else None
    if head is None:
        return Choice(None, "the files on disk: there is no git repository here")
    if context.event_name in _PULL_REQUESTS:
        choice = _for_pull_request(git, context, head)
    elif context.event_name == "merge_group" and context.base_sha:
        choice = Choice(context.base_sha, "the merge queue's base")
    elif context.event_name == "push":
        choice = _for_push(git, context, head)
    else:
        return Choice(None, "the files on disk")
    if choice.commit and not git.has(choice.commit):
        raise BaselineError(
            f"commit {choice.commit[:SHORT]}, {choice.why}, is not in this clone and can't be fetched",
            hint="give actions/checkout `fetch-depth: 0`",
        )
    return choice


def _for_pull_request(git: Git, context: CiContext, head: str) -> Choice:
    parents = git.parents(head)
    if context.event_name == "pull_request" and head == context.commit and len(parents) == 2:  # noqa: PLR2004 - a merge
        return Choice(parents[0], "what the pull request was test-merged into")
    if context.base_sha is None:
        return Choice(None, "the files on disk: the event names no base")
    if head == context.base_sha:
        return Choice(head, "the base that is checked out")
    base = git.merge_base(head, context.base_sha) if git.has(context.base_sha) else None
    if base is None:
        return Choice(
            context.base_sha,
            "the base branch; where the pull request started from is outside of this shallow clone "
            "(`fetch-depth: 0` for actions/checkout brings it)",
        )
    return Choice(base, "the commit that the pull request started from")


def _for_push(git: Git, context: CiContext, head: str) -> Choice:
    if context.base_sha and git.has(context.base_sha):
        return Choice(context.base_sha, "the commit before the push")
    # A new branch; or a forced push whose old commits the server has let go.
    for parent in git.parents(head)[:1]:
        return Choice(parent, "the commit's parent")
    return Choice(None, "the files on disk: nothing comes before the first commit")
