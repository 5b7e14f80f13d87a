"""What a digest may tell of build secrets: their ids, and which version of a file the commit has.

What lies on disk is never looked at. A digest is published, and a short secret could be guessed from it; what
the commit has is no secret to those who read the repository.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from bloatcheck.baseline.git import Git
from bloatcheck.errors import BaselineError


@dataclass(frozen=True, slots=True)
class BuildSecret:
    """`path` is from the repository's root, links followed; None where it is no file of it."""

    identity: str
    path: str | None


def read_secret(written: str, root: Path, environment: Mapping[str, str]) -> BuildSecret:
    """A secret as `docker build --secret` takes it; `id=x` alone is a variable of that name, else a file."""
    fields = (field.partition("=") for field in next(csv.reader([written]), []))
    settings = {key.strip().lower(): value for key, _, value in fields}
    identity = settings.get("id", "")
    path = settings.get("src", settings.get("source"))
    if "env" in settings or settings.get("type") == "env" or (path is None and identity in environment):
        return BuildSecret(identity, None)
    try:
        found = (root / (path or identity)).resolve()
        return BuildSecret(identity, found.relative_to(root.resolve()).as_posix())
    except (OSError, ValueError, RuntimeError):
        return BuildSecret(identity, None)


def committed(paths: Collection[str], root: Path, environment: Mapping[str, str]) -> Mapping[str, str]:
    """The id of git's blob for each file that the commit which is checked out has."""
    if not paths:
        return {}
    try:
        git = Git(root, environment=environment)
        _, output, _ = git.run("ls-tree", "-z", "HEAD", "--", *(f"./{path}" for path in sorted(set(paths))))
    except BaselineError:
        return {}
    entries = (
        entry.partition("\t") for entry in output.decode(errors="surrogateescape").split("\0") if entry
    )
    return {path: about.split(" ")[2] for about, _, path in entries}
