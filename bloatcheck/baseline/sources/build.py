"""The images of the commit, built now in a work tree of their own."""

from __future__ import annotations

import tempfile
from pathlib import Path

from bloatcheck.baseline.git import SHORT, OutOfReachError
from bloatcheck.baseline.model import Baseline, BaselineEntry
from bloatcheck.baseline.sources.model import Question
from bloatcheck.errors import BloatcheckError


def read(question: Question) -> Baseline:
    """An entry for each image that the commit's own configuration has."""
    git, commit, built = question.git, question.commit, question.built
    if built is None or commit is None:
        raise OutOfReachError("there is no commit to build")
    if not git.has(commit):
        raise OutOfReachError(
            f"commit {commit[:SHORT]} is not in this clone and can't be fetched",
            hint=git.words.history,
        )
    with tempfile.TemporaryDirectory(prefix="bloatcheck-base-") as outside:
        tree = Path(outside) / "tree"
        git.add_work_tree(tree, commit)
        try:
            snapshots = built(tree / git.folder(), question.names)
        except BloatcheckError as error:
            raise OutOfReachError(
                f"{commit[:SHORT]} can't be built: {error.message}", hint=error.hint
            ) from None
        finally:
            git.remove_work_tree(tree)
    if not snapshots:
        return Baseline(notes=(f"{commit[:SHORT]} has none of these images.",))
    now = question.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    return Baseline(
        entries=tuple(
            sorted(
                (BaselineEntry(snapshot=one, commit=commit, measured_at=now) for one in snapshots),
                key=lambda entry: entry.key,
            )
        ),
        origin=f"a build of {question.place(commit)}",
        commit=commit,
    )
