"""Real repositories: commits at a fixed time, and the clones that CI makes."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Repository:
    """A work tree, with commits at a fixed time."""

    root: Path

    def git(self, *arguments: str) -> str:
        identity = {
            f"GIT_{who}_{what}": value
            for who in ("AUTHOR", "COMMITTER")
            for what, value in (("NAME", "a"), ("EMAIL", "a@example.org"), ("DATE", "2026-01-31T12:00:00Z"))
        }
        done = subprocess.run(
            ["git", "-c", "protocol.file.allow=always", *arguments],
            cwd=self.root,
            env={**os.environ, **identity, "GIT_CONFIG_GLOBAL": "/dev/null"},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def commit(self, **files: str) -> str:
        """A commit with these files changed; its id."""
        for name, content in files.items():
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_text(content)
            self.git("add", name)
        self.git("commit", "-q", "--allow-empty", "-m", "x")
        return self.git("rev-parse", "HEAD")

    def clone(self, target: Path, commit: str, *options: str) -> Repository:
        """As actions/checkout does it: one commit fetched, and checked out."""
        target.mkdir()
        clone = Repository(target)
        clone.git("init", "-q")
        clone.git("remote", "add", "origin", self.root.as_uri())
        clone.git("fetch", "-q", *options, "origin", commit)
        clone.git("checkout", "-q", commit)
        return clone
