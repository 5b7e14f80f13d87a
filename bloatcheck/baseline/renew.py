"""Renewing the baseline on the default branch: what is renewed, and how two runs at once lose nothing.

Every way reads what is there now, puts its entries in, and pushes; when someone else pushed meanwhile, it
reads again. An entry that was measured at a later commit is never replaced by one of an earlier.
"""

from __future__ import annotations

import posixpath
import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bloatcheck.baseline.git import SHORT, Git, OutOfReachError
from bloatcheck.baseline.git_push import Pushed, push, write_commit
from bloatcheck.baseline.kept import with_entries
from bloatcheck.baseline.model import Baseline, BaselineEntry
from bloatcheck.baseline.moved import has_moved, is_aged
from bloatcheck.baseline.order import Order
from bloatcheck.baseline.sources.file import read_at
from bloatcheck.baseline.store import documents
from bloatcheck.ci.host import Host
from bloatcheck.ci.model import Author
from bloatcheck.ci.shell import SHELL
from bloatcheck.config.model import BaselineSettings
from bloatcheck.errors import BaselineError, PublishError
from bloatcheck.oci.named_platforms import NamedPlatforms
from bloatcheck.units import format_bytes, format_delta

SUBJECT = "Renew the image size baseline"
RENEWAL_BRANCH = "bloatcheck/baseline-renewal"

_TRIES = 12
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0
"""Seconds."""
_MOST_LINES = 40
_SKIP = "[skip ci]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What a run on the default branch found.

    `commit` is what it measured. `dropped` are the keys of entries that its baseline has, of images and
    platforms that its configuration has no longer.
    """

    commit: str
    entries: tuple[BaselineEntry, ...]
    dropped: frozenset[tuple[str, str]] = frozenset()

    @property
    def short(self) -> str:
        """The commit, for people."""
        return self.commit[:SHORT]


@dataclass(frozen=True, slots=True)
class Renewed:
    """What became of it, in a sentence for people; `url` is the page of a pull request."""

    what: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Renewer:
    """Where it goes: the clone, whose `root` is where the run works; the default branch; in whose name."""

    git: Git
    settings: BaselineSettings
    branch: str
    host: Host | None = None
    author: Author = SHELL.author

    def by_commit(self, measured: Measurement) -> Renewed:
        """One commit on the default branch; where that is protected, a pull request.

        Raises:
            BaselineError: it can't be pushed, or what is there is damaged.
        """
        branch = self.branch
        if self.is_own(measured.commit):
            return Renewed("this is the renewal's own commit, so there is nothing to renew")

        def change(tip: str | None) -> str | None:
            if tip is None:
                raise OutOfReachError(f"the remote has no branch {branch}")
            return self._commit(tip, self._renewed(tip, measured), measured, suffix=f" {_SKIP}")

        outcome, commit = self._pushed(branch, change)
        if commit is None:
            return Renewed("the baseline is up to date")
        if outcome is Pushed.REFUSED:
            return self._by_pull_request(measured)
        return Renewed(
            f"the baseline is renewed in {commit[:SHORT]} on {branch}, measured at {measured.short}"
        )

    def by_branch(self, measured: Measurement) -> Renewed:
        """The entries and the history on the branch of its own.

        Raises:
            BaselineError: it can't be pushed, or what is there is damaged.
        """
        git, branch = self.git, self.settings.branch
        if branch == self.branch:
            raise BaselineError(
                f"`baseline.branch` is {branch}, the default branch", hint="name a branch of its own"
            )
        committed = git.committed_at(measured.commit)
        date = committed.strftime("%Y-%m-%dT%H:%M:%SZ") if committed else None

        def change(tip: str | None) -> str | None:
            files = with_entries(git, tip, measured.commit, measured.entries, date)
            message = f"Sizes at {measured.commit[:SHORT]} {_SKIP}\n\n{_listed(Baseline(), measured.entries)}"
            return write_commit(git, tip, self._from_top(files), message, self.author)

        outcome, commit = self._pushed(branch, change)
        if commit is None:
            return Renewed(f"the branch {branch} is up to date")
        if outcome is Pushed.REFUSED:
            raise BaselineError(
                f"the rules of the repository forbid a push to {branch}",
                hint=f"let {git.words.bot} push to {branch}, or choose another way to `renew`",
            )
        return Renewed(f"the sizes at {measured.short} are on the branch {branch}")

    def is_own(self, commit: str) -> bool:
        """Whether a commit is a renewal and nothing else."""
        folder, path = self.git.folder(), self.settings.path
        home = posixpath.join(folder, path)
        inside = [
            file == home or (path.endswith("/") and file.startswith(home))
            for file in self.git.changed_files(commit)
        ]
        return bool(inside) and all(inside) and self.git.message(commit).startswith(SUBJECT)

    def _by_pull_request(self, measured: Measurement) -> Renewed:
        """The default branch takes no pushes: a branch of ours, and one pull request for it."""
        if self.host is None:
            raise BaselineError(
                f"the rules of the repository forbid a push to {self.branch}",
                hint=self.git.words.requesting,
            )
        before: Baseline = Baseline()

        def change(tip: str | None) -> str | None:
            nonlocal before
            onto = self.git.tip(self.branch)
            if onto is None:
                raise OutOfReachError(f"the remote has no branch {self.branch}")
            before, after = self._renewed(onto, measured, waiting=tip)
            # Without the words that skip checks: the pull request may need them.
            commit = self._commit(onto, (before, after), measured, suffix="")
            same = (
                tip
                and commit
                and self.git.parents(tip) == (onto,)
                and self.git.tree(tip) == self.git.tree(commit)
            )
            return None if same else commit

        outcome, _ = self._pushed(RENEWAL_BRANCH, change, force=True)
        if outcome is Pushed.REFUSED:
            raise BaselineError(
                f"the rules of the repository forbid a push to {self.branch} and to {RENEWAL_BRANCH}",
                hint=f"let {self.git.words.bot} push to {RENEWAL_BRANCH}",
            )
        request = self.git.words.request
        body = (
            f"The sizes of the images at {measured.commit}, which are what {request}s are compared with "
            f"from then on.\n\n{_listed(before, measured.entries, '- ')}\n\n"
            f"{self.branch} takes no direct push, so this waits to be merged."
        )
        try:
            url = self.host.pull_request(branch=RENEWAL_BRANCH, base=self.branch, title=SUBJECT, body=body)
        except PublishError as error:
            raise BaselineError(
                f"the renewed baseline is on {RENEWAL_BRANCH}, but the {request} could not be opened: "
                f"{error.message}",
                hint=self.git.words.open_request,
            ) from None
        return Renewed(f"{self.branch} takes no push, so the renewed baseline is in a {request}", url)

    def _renewed(
        self, tip: str, measured: Measurement, *, waiting: str | None = None
    ) -> tuple[Baseline, Baseline]:
        """The baseline as it stands at a commit, and as it should be.

        What a `waiting` commit changed is part of it, where the baseline itself hasn't changed there since.
        """
        before = read_at(self.git, tip, self.settings.path)
        entries = {entry.key: entry for entry in before.entries}
        if waiting and (parents := self.git.parents(waiting)) and self.git.has(parents[0]):
            start = read_at(self.git, parents[0], self.settings.path)
            entries |= {
                entry.key: entry
                for entry in read_at(self.git, waiting, self.settings.path).entries
                if before.entry(*entry.key) == start.entry(*entry.key)
            }
        kept = [entry for key, entry in entries.items() if key not in measured.dropped]
        after = renewed(
            Baseline(entries=tuple(kept)),
            measured.entries,
            order=Order(self.git),
            settings=self.settings,
        )
        return before, after

    def _commit(
        self, tip: str, change: tuple[Baseline, Baseline], measured: Measurement, *, suffix: str
    ) -> str | None:
        before, after = change
        if after.entries == before.entries:
            return None
        path = self.settings.path
        files: dict[str, bytes | None] = {}
        if path.endswith("/"):
            files |= dict.fromkeys(self.git.files(tip, path))
        files |= documents(path, after.entries)
        told = _listed(before, after.entries)
        gone = [
            f"{entry.snapshot.name} on {entry.snapshot.platform}: no longer configured"
            for entry in before.entries
            if after.entry(*entry.key) is None
        ]
        message = "\n".join(
            [f"{SUBJECT}{suffix}", "", told, *gone[:_MOST_LINES], "", f"Measured at {measured.commit}."]
        )
        return write_commit(self.git, tip, self._from_top(files), message, self.author)

    def _from_top(self, files: Mapping[str, bytes | None]) -> Mapping[str, bytes | None]:
        folder = self.git.folder()
        return {posixpath.join(folder, path): content for path, content in files.items()}

    def _pushed(
        self, branch: str, change: Callable[[str | None], str | None], *, force: bool = False
    ) -> tuple[Pushed, str | None]:
        """Makes a commit on the branch as it stands, and pushes it; again and again while others push too.

        Returns:
            The outcome, and the commit; None where there was nothing to change.

        Raises:
            BaselineError: others never stopped.
        """
        for attempt in range(_TRIES):
            tip = self.git.tip(branch)
            commit = change(tip)
            if commit is None:
                return Pushed.DONE, None
            outcome = push(self.git, commit, branch, expected=tip, force=force)
            if outcome is not Pushed.RACED:
                return outcome, commit
            pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**attempt)
            time.sleep(random.uniform(pause / 2, pause))  # noqa: S311 - only keeps two runs out of step
        raise BaselineError(
            f"{branch} was pushed to by others {_TRIES} times in a row", hint="run the job again later"
        )


def renewed(
    before: Baseline, entries: Iterable[BaselineEntry], *, order: Order, settings: BaselineSettings
) -> Baseline:
    """The baseline with those of the entries that moved more than the tolerance, or would soon be stale.

    An entry of the baseline that was measured at a later commit stays.
    """
    result = {entry.key: entry for entry in before.entries}
    for entry in entries:
        old = result.get(entry.key)
        due = (
            old is None or has_moved(old, entry, settings.tolerance) or is_aged(old, entry, settings.max_age)
        )
        if old and order.is_later(old, entry):
            continue
        result[entry.key] = entry.succeeding(old) if due or old is None else old.confirmed_by(entry)
    return replace(before, entries=tuple(result[key] for key in sorted(result)))


def dropped_keys(
    before: Baseline, configured: NamedPlatforms, *, partial: bool
) -> frozenset[tuple[str, str]]:
    """What a baseline has and a configuration no longer; nothing where only some images are known."""
    if partial:
        return frozenset()
    return frozenset(entry.key for entry in before.entries if not configured.has(*entry.key))


def _listed(before: Baseline, entries: Sequence[BaselineEntry], bullet: str = "") -> str:
    """A line for each entry that differs."""
    lines = []
    for entry in entries:
        old, snapshot = before.entry(*entry.key), entry.snapshot
        if old is not None and old.snapshot.content_size == snapshot.content_size and old == entry:
            continue
        delta = f" ({format_delta(snapshot.content_size - old.snapshot.content_size)})" if old else ""
        lines.append(
            f"{bullet}{snapshot.name} on {snapshot.platform}: {format_bytes(snapshot.content_size)}{delta}"
        )
    more = len(lines) - _MOST_LINES
    return "\n".join([*lines[:_MOST_LINES], *([f"{bullet}and {more} more"] if more > 0 else [])])
