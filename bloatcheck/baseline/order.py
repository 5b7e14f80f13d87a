"""Which of two entries was measured at the later commit."""

from __future__ import annotations

from dataclasses import dataclass, field

from bloatcheck.baseline.git import Git
from bloatcheck.baseline.model import BaselineEntry


@dataclass(frozen=True, slots=True)
class Order:
    """The order of commits, asked once for each pair; a shallow clone gets the history that it takes."""

    git: Git
    _known: dict[tuple[str, str], bool] = field(default_factory=dict, init=False, repr=False)

    def is_later(self, one: BaselineEntry, other: BaselineEntry) -> bool:
        """Whether the first was measured at a later commit; False where nothing tells."""
        if one.commit is None or other.commit is None or one.commit == other.commit:
            return False
        pair = one.commit, other.commit
        if pair not in self._known:
            self._known[pair] = self._comes_after(*pair)
        return self._known[pair]

    def _comes_after(self, one: str, other: str) -> bool:
        git = self.git
        if not (git.has(one) and git.has(other)):
            return False

        def is_told() -> bool:
            return bool(git.is_ancestor(one, other) or git.is_ancestor(other, one))

        if git.deepened((one, other), is_told):
            return bool(git.is_ancestor(other, one))
        # Their history is out of reach, or they are on two lines; the dates of the commits are known.
        dates = git.committed_at(one), git.committed_at(other)
        return dates[0] is not None and dates[1] is not None and dates[0] > dates[1]
