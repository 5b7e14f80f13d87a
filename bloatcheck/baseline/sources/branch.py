"""The branch that runs on the default branch push what they measured to: nearest to the commit."""

from __future__ import annotations

from bloatcheck.baseline.git import SHORT, OutOfReachError
from bloatcheck.baseline.kept import commits_kept, read_kept
from bloatcheck.baseline.model import Baseline, BaselineEntry
from bloatcheck.baseline.sources.model import Question
from bloatcheck.errors import BaselineError

_MOST_READ = 50
"""Commits whose entries are read, so that an image that is nowhere costs no walk through them all."""


def read(question: Question) -> Baseline:
    """For each image its entry at the commit, or at the nearest commit before it that has one."""
    git, branch, commit = question.git, question.settings.branch, question.commit
    if commit is None:
        raise OutOfReachError("there is no git repository here to read the branch from")
    tip = git.tip(branch)
    if tip is None:
        return Baseline(notes=(f"there is no branch {branch} yet",))
    kept = commits_kept(git, tip)
    if commit not in kept:
        # The merge base of a stacked or an old pull request may lie far back.
        git.deepened((commit,), lambda: bool(git.nearest(commit, kept)))
    candidates = tuple(dict.fromkeys((*({commit} & kept), *git.nearest(commit, kept))))
    found: dict[tuple[str, str], BaselineEntry] = {}
    missing = set(question.names)
    used: list[str] = []
    for candidate in candidates[:_MOST_READ]:
        try:
            entries = read_kept(git, tip, candidate)
        except BaselineError as error:
            raise OutOfReachError(f"on the branch {branch}: {error.message}") from None
        new = [entry for entry in entries if entry.snapshot.name in missing or not used]
        found |= {entry.key: entry for entry in new if entry.key not in found}
        if new:
            used.append(candidate)
        missing -= {entry.snapshot.name for entry in new}
        if not missing:
            break
    if not found:
        return Baseline(
            notes=(f"the branch {branch} has no commit that is {commit[:SHORT]} or comes before it",)
        )
    origin = f"the branch {branch}, measured at " + "; ".join(map(question.place, used))
    return Baseline(
        entries=tuple(found[key] for key in sorted(found)),
        origin=origin,
        commit=used[0],
        notes=question.measured_before(used[0]),
    )
