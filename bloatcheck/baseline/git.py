"""The repository, through git.

What is asked here changes no branch, no work tree and no index: what has to be written is written as objects
and pushed by their id. Hooks of the clone don't run. Ids of commits come from files and answers that others
wrote, so each is looked at before git is: one that begins with a dash would be an option.
"""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from bloatcheck.baseline.document import MAX_SIZE
from bloatcheck.ci.model import Words
from bloatcheck.errors import BaselineError, Place

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_CAREFULLY = ("-c", "core.hooksPath=/dev/null", "-c", "safe.bareRepository=explicit")
"""Hooks don't run, and no folder of the checkout passes for a repository, whose settings name programs."""
SHORT = 12
"""Digits of a commit that people are shown."""
FETCH_SECONDS = 120
_NO_PROGRAM = 127
"""The shell's exit code for it."""
_NOT_AN_ANCESTOR, _NO_SUCH_REF = 1, 2
"""Exit codes of `merge-base --is-ancestor` and `ls-remote --exit-code`."""
_DEPTHS = (50, 500, 5_000)
"""How many more commits a shallow clone gets, step by step, when history is needed."""
_WALK = 20_000
"""Commits that are looked at on the way back through history."""


class OutOfReachError(BaselineError):
    """Something that can't be had here and now: a commit, a branch, an artifact, an image."""


@dataclass(frozen=True, slots=True)
class Git:
    """The repository that `root` lies in.

    `patience` is in seconds, for what git does on this machine. `environment` is what git is started with
    beside our own variables; it may hold a token. `words` are those of the CI that the clone is in.
    """

    root: Path
    patience: float = 30
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    words: Words = field(default=Words(), repr=False)

    # What is there

    def is_repository(self) -> bool:
        """Whether there is git and a repository.

        Raises:
            BaselineError: git doesn't trust the folder's owner.
        """
        code, _, errors = self.run("rev-parse", "--git-dir")
        if "dubious ownership" in errors:
            raise BaselineError(
                "git refuses to read the repository, which belongs to another user",
                hint=f"run: git config --global --add safe.directory {self.root}",
            )
        return code == 0

    def folder(self) -> str:
        """Where `root` lies below the repository's top, `services/api`; empty at the top and without git."""
        code, output, _ = self.run("rev-parse", "--show-prefix")
        return "" if code else output.decode(errors="replace").rstrip("\n").rstrip("/")

    def commit(self, revision: str) -> str | None:
        """The full id of a commit; None where it isn't here."""
        code, output, _ = self.run(
            "rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}"
        )
        return _commit_in(output) if code == 0 else None

    def parents(self, commit: str) -> tuple[str, ...]:
        """A commit's parents, as the commit itself names them: a shallow clone knows them too."""
        return tuple(re.findall(r"^parent ([0-9a-f]{40,64})$", self._header(commit), re.MULTILINE))

    def tree(self, commit: str) -> str:
        """What a commit's files are known by; empty where it isn't here."""
        code, output, _ = self.run("rev-parse", "--verify", "--quiet", f"{_id(commit)}^{{tree}}")
        return "" if code else text_of(output)

    def message(self, commit: str) -> str:
        """A commit's message; empty where it isn't here."""
        _, output, _ = self.run("cat-file", "commit", _id(commit))
        return output.decode(errors="replace").partition("\n\n")[2]

    def committed_at(self, commit: str) -> datetime | None:
        """When a commit was made, in UTC; None where it isn't here."""
        time = re.search(r"^committer .*> ([0-9]{1,11}) [+-][0-9]{4}$", self._header(commit), re.MULTILINE)
        return datetime.fromtimestamp(int(time[1]), tz=timezone.utc) if time else None

    def is_shallow(self) -> bool:
        """Whether some history was not fetched."""
        return self.run("rev-parse", "--is-shallow-repository")[1].strip() == b"true"

    # History

    def merge_base(self, one: str, other: str) -> str | None:
        """Where two commits parted; None where that lies outside of a shallow clone."""
        code, output, _ = self.run("merge-base", _id(one), _id(other))
        return _commit_in(output) if code == 0 else None

    def is_ancestor(self, old: str, new: str) -> bool | None:
        """Whether `old` is `new`, or comes before it; None where a shallow clone can't tell."""
        if old == new:
            return True
        code, _, _ = self.run("merge-base", "--is-ancestor", _id(old), _id(new))
        if code == 0:
            return True
        return None if code != _NOT_AN_ANCESTOR or self.is_shallow() else False

    def nearest(self, commit: str, candidates: Collection[str]) -> tuple[str, ...]:
        """Those of the candidates that are the commit or come before it, nearest first."""
        _, output, _ = self.run("rev-list", f"--max-count={_WALK}", _id(commit))
        wanted = set(candidates)
        return tuple(line for line in output.decode(errors="replace").split() if line in wanted)

    def last_tag(self, commit: str) -> str | None:
        """The nearest tag of a version on the way back from a commit, else of anything; None without one."""
        for only in (("--match=*[0-9].[0-9]*",), ()):
            code, output, _ = self.run("describe", "--tags", "--abbrev=0", *only, _id(commit))
            if code == 0 and (tag := text_of(output)):
                return tag
        return None

    def last_before(self, moment: datetime, commit: str) -> str | None:
        """The newest commit on the first-parent line of a commit that was made before a moment."""
        code, output, _ = self.run(
            "rev-list",
            "-1",
            "--first-parent",
            f"--before={moment.isoformat(timespec='seconds')}",
            _id(commit),
        )
        return _commit_in(output) if code == 0 else None

    # Files

    def read(self, commit: str, path: str) -> bytes | None:
        """A file's content at a commit; None where the commit has no such file.

        Raises:
            BaselineError: it is too large, or git fails.
        """
        name = f"{_id(commit)}:./{path}"
        code, output, _ = self.run("cat-file", "-s", name)
        if code:
            return None
        if int(output) > MAX_SIZE:
            raise BaselineError(f"larger than {MAX_SIZE >> 20} MiB at {commit[:SHORT]}", place=Place(path))
        code, output, errors = self.run("cat-file", "blob", name)
        if code:
            raise BaselineError(f"can't be read at {commit[:SHORT]}: {errors[:500]}", place=Place(path))
        return output

    def files(self, commit: str, folder: str) -> tuple[str, ...]:
        """The paths of the JSON files in a folder at a commit."""
        _, output, _ = self.run("ls-tree", "-z", "--name-only", _id(commit), f"./{folder}")
        names = output.decode(errors="surrogateescape").split("\0")
        return tuple(sorted(name for name in names if name.endswith(".json")))

    def changed_files(self, commit: str) -> tuple[str, ...]:
        """The files that a commit changes, from the repository's top."""
        _, output, _ = self.run(
            "diff-tree", "-z", "-r", "--no-commit-id", "--name-only", "--root", _id(commit)
        )
        return tuple(name for name in output.decode(errors="surrogateescape").split("\0") if name)

    # The remote

    def has(self, commit: str) -> bool:
        """Whether a commit is here, or could be fetched."""
        return bool(_COMMIT.fullmatch(commit)) and (self.commit(commit) is not None or self.fetch(commit))

    def fetch(self, commit: str) -> bool:
        """Gets a commit from `origin`; whether it is there then. Of a shallow clone's, only the commit."""
        if not _COMMIT.fullmatch(commit):
            return False
        # In a whole clone, a depth would cut off the history behind the commit.
        depth = ("--depth=1",) if self.is_shallow() else ()
        with suppress(BaselineError):
            self.run("fetch", "--quiet", "--no-tags", *depth, "origin", commit, seconds=FETCH_SECONDS)
        return self.commit(commit) is not None

    def fetch_tags(self) -> None:
        """Gets the tags of `origin`, if it can be asked; a shallow clone gets some history with them."""
        depth = (f"--deepen={_DEPTHS[-1]}",) if self.is_shallow() else ()
        with suppress(BaselineError):
            self.run("fetch", "--quiet", "--tags", *depth, "origin", seconds=FETCH_SECONDS)

    def deepened(self, commits: Collection[str], enough: Callable[[], bool]) -> bool:
        """Gets more history before these commits until it is enough; whether it is."""
        deadline = time.monotonic() + FETCH_SECONDS
        for depth in _DEPTHS:
            if enough():
                return True
            if not self.is_shallow() or time.monotonic() > deadline:
                return False
            try:
                code, _, _ = self.run(
                    "fetch", "--quiet", "--no-tags", f"--deepen={depth}", "origin", *map(_id, commits),
                    seconds=max(1, deadline - time.monotonic()),
                )  # fmt: skip
            except BaselineError:
                return False
            if code:
                return False
        return enough()

    def tip(self, branch: str) -> str | None:
        """The commit that a branch of `origin` stands at, fetched; None where there is no such branch.

        Raises:
            OutOfReachError: the remote can't be asked.
        """
        name = f"refs/heads/{branch}"
        code, output, errors = self.run("ls-remote", "--exit-code", "origin", name, seconds=FETCH_SECONDS)
        # What ends so is listed, too: whoever may push a branch could call it `a/refs/heads/main`.
        listed = dict(line.split("\t", 1)[::-1] for line in text_of(output).splitlines() if "\t" in line)
        if code == _NO_SUCH_REF or (code == 0 and listed and name not in listed):
            return None
        commit = _commit_in(listed.get(name, "").encode())
        if code and not self.settings(r"^remote\.origin\.url$"):
            raise OutOfReachError(
                "the remote `origin` can't be asked: this clone has none",
                hint="name the repository that keeps the baseline: git remote add origin URL",
            )
        if code or commit is None:
            raise OutOfReachError(
                f"the remote `origin` can't be asked: {last_line(errors)}", hint=self.words.reach_remote
            )
        if not self.has(commit):
            raise OutOfReachError(f"the branch {branch} can't be fetched", hint=self.words.reach_remote)
        return commit

    # A second work tree

    def add_work_tree(self, folder: Path, commit: str) -> None:
        """Checks a commit out into a new folder.

        Raises:
            OutOfReachError: it can't be.
        """
        code, _, errors = self.run(
            "worktree", "add", "--quiet", "--detach", str(folder), _id(commit), seconds=FETCH_SECONDS
        )
        if code:
            raise OutOfReachError(f"{commit[:SHORT]} can't be checked out: {last_line(errors)}")

    def remove_work_tree(self, folder: Path) -> None:
        """Removes it again, with all that was changed in it."""
        with suppress(BaselineError):
            self.run("worktree", "remove", "--force", "--force", str(folder))
            self.run("worktree", "prune")

    def settings(self, pattern: str) -> tuple[str, ...]:
        """The names of the settings that a regular expression matches."""
        _, output, _ = self.run("config", "--name-only", "--get-regexp", pattern)
        return tuple(output.decode(errors="replace").split())

    def _header(self, commit: str) -> str:
        _, output, _ = self.run("cat-file", "commit", _id(commit))
        return output.decode(errors="replace").partition("\n\n")[0]

    def must(self, *arguments: str, given: bytes = b"") -> bytes:
        """The output of a command that is given something to read.

        Raises:
            BaselineError: git fails or hangs.
        """
        code, output, errors = self.run(*arguments, given=given)
        if code:
            raise BaselineError(f"git {arguments[0]} failed: {last_line(errors)}")
        return output

    def run(
        self, *arguments: str, seconds: float | None = None, given: bytes = b""
    ) -> tuple[int, bytes, str]:
        """Exit code, output, errors; never asks a person anything.

        Raises:
            BaselineError: git hangs.
        """
        seconds = self.patience if seconds is None else seconds
        environment = {
            **os.environ,
            "GIT_TERMINAL_PROMPT": "0",
            "LC_ALL": "C",
            "GIT_OPTIONAL_LOCKS": "0",
            **self.environment,
        }
        try:
            done = subprocess.run(
                ["git", *_CAREFULLY, *arguments],
                cwd=self.root,
                env=environment,
                input=given,
                capture_output=True,
                timeout=seconds,
                # Without a terminal, ssh can't ask for a password.
                start_new_session=True,
                check=False,
            )
        except OSError as error:
            missing = isinstance(error, FileNotFoundError)
            return _NO_PROGRAM, b"", "git is not installed" if missing else f"git can't be started: {error}"
        except subprocess.TimeoutExpired:
            raise BaselineError(
                f"git {arguments[0]} took longer than {seconds:g} s",
                hint="see what git waits for, and try again",
            ) from None
        return done.returncode, done.stdout, done.stderr.decode(errors="replace").strip()


def _id(commit: str) -> str:
    """A commit's id, and nothing else that git could take for something.

    Raises:
        BaselineError: it is none.
    """
    if not _COMMIT.fullmatch(commit):
        raise BaselineError(f"{commit[:SHORT]!r} is no id of a commit")
    return commit


def _commit_in(output: bytes) -> str | None:
    text = text_of(output)
    return text if _COMMIT.fullmatch(text) else None


def text_of(output: bytes) -> str:
    """An output as text, without white space around it."""
    return output.decode(errors="replace").strip()


def last_line(errors: str) -> str:
    """What git says went wrong, without an address, which may hold a password."""
    lines = [line for line in errors.splitlines() if line.startswith(("fatal:", "error:", "remote:"))]
    told = (lines or errors.splitlines() or ["it says nothing"])[0]
    return re.sub(r"[a-z+]+://\S+", "<address>", told)[:300]
