"""The branch that runs on the default branch push what they measured to: nearest to the commit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice

from bloatcheck.baseline.git import SHORT, Git, OutOfReachError
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
        return Baseline(notes=(f"There is no branch {branch} yet.",))
    kept = commits_kept(git, tip)
    search = _Search(git, tip, branch, set(question.names))
    nearest = tuple(dict.fromkeys((*({commit} & kept), *git.nearest(commit, kept))))
    search.read(nearest)
    if search.missing:
        # What lies further back, a shallow clone doesn't know yet.
        git.deepened((commit,), lambda: len(git.nearest(commit, kept)) > len(nearest))
        search.read(one for one in git.nearest(commit, kept) if one not in nearest)
    if not search.found:
        return Baseline(
            notes=(f"The branch {branch} has no commit that is {commit[:SHORT]} or comes before it.",)
        )
    return Baseline(
        entries=tuple(search.found[key] for key in sorted(search.found)),
        origin=f"the branch {branch}, measured at " + "; ".join(map(question.place, search.used)),
        commit=search.used[0],
        notes=question.measured_before(search.used[0]),
    )


@dataclass(slots=True)
class _Search:
    """What was found on the branch so far, and which commits it is of, nearest first."""

    git: Git
    tip: str
    branch: str
    missing: set[str]
    found: dict[tuple[str, str], BaselineEntry] = field(default_factory=dict)
    used: list[str] = field(default_factory=list)

    def read(self, commits: Iterable[str]) -> None:
        for commit in islice(commits, _MOST_READ):
            if self.used and not self.missing:
                return
            try:
                entries = read_kept(self.git, self.tip, commit)
            except BaselineError as error:
                raise OutOfReachError(f"on the branch {self.branch}: {error.message}") from None
            # The nearest commit also tells which images are gone.
            new = [entry for entry in entries if not self.used or entry.snapshot.name in self.missing]
            self.found |= {entry.key: entry for entry in new}
            self.missing -= {entry.snapshot.name for entry in new}
            self.used += [commit] * bool(new)
