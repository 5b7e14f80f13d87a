"""The files of the branch that keeps what was measured: one baseline a commit, and the history.

    commits/1a2b….json     every entry of that commit, as in a baseline's file
    history.jsonl          one line per image and commit

They lie where the run works, below the repository's top, so that two configurations don't meet in one file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from bloatcheck.baseline.document import from_json, to_json
from bloatcheck.baseline.git import Git
from bloatcheck.baseline.history import HISTORY_FILE, Point, appended, points_of
from bloatcheck.baseline.model import Baseline, BaselineEntry
from bloatcheck.baseline.store import updated

FOLDER = "commits/"
MOST_COMMITS = 1_000
"""Commits whose entries the branch's files hold; older ones are in its own history."""

_FILE = re.compile(r"commits/([0-9a-f]{40}|[0-9a-f]{64})\.json")


def commits_kept(git: Git, tip: str) -> frozenset[str]:
    """The commits that the branch has entries of."""
    return frozenset(match[1] for file in git.files(tip, FOLDER) if (match := _FILE.fullmatch(file)))


def read_kept(git: Git, tip: str, commit: str) -> tuple[BaselineEntry, ...]:
    """The entries that were measured at a commit; empty where the branch has none.

    Raises:
        BaselineError: they are damaged, or of a newer version.
    """
    content = git.read(tip, path_of(commit))
    return from_json(content, path_of(commit)) if content else ()


def path_of(commit: str) -> str:
    """Where the entries of a commit are."""
    return f"{FOLDER}{commit}.json"


def with_entries(
    git: Git, tip: str | None, commit: str, entries: Iterable[BaselineEntry], committed: str | None
) -> Mapping[str, bytes | None]:
    """The branch's files that change when these entries of a commit are added; None for a removed one.

    What other runs added for the same commit stays.

    Args:
        git: the clone.
        tip: what the branch stands at; None where there is no branch yet.
        commit: what was measured.
        entries: what was found.
        committed: when the commit was made, RFC 3339.

    Raises:
        BaselineError: what is on the branch is damaged.
    """
    old = Baseline(entries=read_kept(git, tip, commit) if tip else ())
    both = updated(old, entries).entries
    before = git.read(tip, HISTORY_FILE) if tip else None
    points = [Point.of(entry, commit=commit, date=committed or entry.measured_at or "") for entry in both]
    history = appended(before or b"", points)
    files: dict[str, bytes | None] = {path_of(commit): to_json(both).encode(), HISTORY_FILE: history}
    if tip:
        files |= dict.fromkeys(map(path_of, _outdated(git, tip, history)))
    return files


def _outdated(git: Git, tip: str, history: bytes) -> set[str]:
    """All but the newest, in the order in which they came."""
    order = list(dict.fromkeys(point.commit for point in points_of(history)))
    return set(commits_kept(git, tip)) - set(order[-MOST_COMMITS:])
