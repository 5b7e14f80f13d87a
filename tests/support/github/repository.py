"""A repository as a user has it: commits on main, a pull request's branch, and the runner's checkout."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.github.emulator import OWNER, REPOSITORY

_IDENTITY = ("-c", "user.name=Octo", "-c", "user.email=octo@example.com", "-c", "commit.gpgsign=false")


@dataclass(frozen=True)
class UsersRepository:
    """A work tree at `path`. It stands where the last call left it."""

    path: Path

    @classmethod
    def create(cls, path: Path, files: dict[str, str | bytes]) -> UsersRepository:
        """With a first commit on main, and a remote of GitHub's form."""
        path.mkdir(parents=True)
        repository = cls(path)
        repository.git("init", "--quiet", "--initial-branch=main")
        repository.git("remote", "add", "origin", f"https://github.com/{REPOSITORY}.git")
        repository.commit("First", files)
        return repository

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *_IDENTITY, *arguments], cwd=self.path, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def commit(self, message: str, files: dict[str, str | bytes] | None = None) -> str:
        """Everything that has changed, after writing these files; the commit's id."""
        for name, content in (files or {}).items():
            file = self.path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode() if isinstance(content, str) else content)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.git("rev-parse", "HEAD")

    def push_to_pull_request(
        self, number: int, files: dict[str, str | bytes], *, from_fork: bool = False
    ) -> dict[str, Any]:
        """A commit on the pull request's branch; the work tree then stands on its test merge, as checked out.

        Returns:
            The event that GitHub sends for it.
        """
        branch = f"feature-{number}"
        exists = subprocess.run(
            ["git", "rev-parse", "--verify", "--quiet", branch],
            cwd=self.path,
            capture_output=True,
            check=False,
        )
        self.git("checkout", "--quiet", *([branch] if exists.returncode == 0 else ["-b", branch, "main"]))
        head = self.commit("A change", files)
        base = self.git("rev-parse", "main")
        self.git("checkout", "--quiet", "--detach", "main")
        self.git("merge", "--quiet", "--no-ff", "--message", f"Merge {head} into {base}", branch)
        name = "mallory/hello" if from_fork else REPOSITORY
        return {
            "action": "synchronize",
            "number": number,
            "pull_request": {
                "number": number,
                "head": {"sha": head, "ref": branch, "repo": {"full_name": name, "fork": from_fork}},
                "base": {"sha": base, "ref": "main", "repo": {"full_name": REPOSITORY, "fork": False}},
                "merge_commit_sha": self.git("rev-parse", "HEAD"),
            },
            "repository": {
                "full_name": REPOSITORY,
                "default_branch": "main",
                "owner": {"login": OWNER},
                "name": REPOSITORY.partition("/")[2],
            },
        }
