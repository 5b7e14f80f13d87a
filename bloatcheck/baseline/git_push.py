"""Commits that are made without a work tree, and pushed by their id."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from enum import Enum
from pathlib import Path

from bloatcheck.baseline.git import FETCH_SECONDS, Git, OutOfReachError, last_line, text_of
from bloatcheck.ci.model import Author

_RACES = (
    "fetch first",
    "non-fast-forward",
    "stale info",
    "cannot lock ref",
    "failed to update ref",
    "incorrect old value",
)


class Pushed(str, Enum):
    """What became of a push."""

    DONE = "done"
    RACED = "raced"
    """Someone else pushed meanwhile."""
    REFUSED = "refused"
    """The server's rules forbid it: a protected branch, a hook."""


def push(git: Git, commit: str, branch: str, *, expected: str | None = None, force: bool = False) -> Pushed:
    """Puts a branch of `origin` to a commit.

    With `force`, wherever the branch stands, if that is still at `expected` (None: nowhere); else only
    forwards.

    Raises:
        OutOfReachError: the remote doesn't answer, or the token may not write.
    """
    lease = (f"--force-with-lease=refs/heads/{branch}:{expected or ''}",) if force else ()
    code, output, errors = git.run(
        "push", "--porcelain", "--no-verify", *lease, "origin", f"{commit}:refs/heads/{branch}",
        seconds=FETCH_SECONDS,
    )  # fmt: skip
    if code == 0:
        return Pushed.DONE
    said = output.decode(errors="replace")
    rejected = next((line for line in said.splitlines() if line.startswith("!")), "")
    if any(words in rejected for words in _RACES):
        return Pushed.RACED
    if rejected:
        return Pushed.REFUSED
    raise OutOfReachError(f"could not push to {branch}: {last_line(errors)}", hint=git.words.push)


def write_commit(
    git: Git,
    parent: str | None,
    files: Mapping[str, bytes | None],
    message: str,
    author: Author,
) -> str | None:
    """A new commit on `parent` with these files changed, or removed (None).

    Paths start at the repository's top. Without a parent it is the first of its branch, and no branch
    points to it yet.

    Returns:
        Its id; None where it would change nothing.

    Raises:
        BaselineError: git refuses.
    """
    with tempfile.TemporaryDirectory(prefix="bloatcheck-index-") as folder:
        inside = replace(git, environment={**git.environment, "GIT_INDEX_FILE": str(Path(folder) / "index")})
        if parent:
            inside.must("read-tree", parent)
        zeros = "0" * len(parent or "0" * 40)
        lines = [
            f"0 {zeros}\t{path}"
            if content is None
            else f"100644 {text_of(inside.must('hash-object', '-w', '--stdin', given=content))}\t{path}"
            for path, content in files.items()
        ]
        index = "".join(f"{line}\0" for line in lines).encode(errors="surrogateescape")
        inside.must("update-index", "-z", "--index-info", given=index)
        tree = text_of(inside.must("write-tree"))
    if parent and tree == git.tree(parent):
        return None
    identity = {
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", author.name), ("EMAIL", author.email))
    }
    signed = replace(git, environment={**git.environment, **identity})
    parents = ("-p", parent) if parent else ()
    return text_of(signed.must("commit-tree", tree, *parents, "-F", "-", given=message.encode()))
