"""The image as it is published, read from its registry without pulling it."""

from __future__ import annotations

from bloatcheck.baseline.git import OutOfReachError
from bloatcheck.baseline.model import Baseline, BaselineEntry
from bloatcheck.baseline.sources.model import Question
from bloatcheck.errors import ReadError, UsageError


def read(question: Question) -> Baseline:
    """An entry for each image that is published."""
    pattern, published = question.settings.registry, question.published
    if pattern is None or published is None:
        raise OutOfReachError("no registry is named", hint="name one: `registry: ghcr.io/acme/{image}:main`")
    entries: list[BaselineEntry] = []
    notes: list[str] = []
    for image in question.images:
        reference = pattern.replace("{image}", image.name)
        try:
            entry = published(f"docker://{reference}", image)
        except (ReadError, UsageError) as error:
            raise OutOfReachError(f"{reference} can't be read: {error.message}", hint=error.hint) from None
        if entry is None:
            notes.append(f"{reference} is not published, or not for strangers.")
        else:
            entries.append(entry)
    commits = {entry.commit for entry in entries}
    commit = commits.pop() if len(commits) == 1 else None
    origin = f"{pattern} as published now" + (f", made at {question.place(commit)}" if commit else "")
    return Baseline(
        entries=tuple(sorted(entries, key=lambda entry: entry.key)),
        origin=origin if entries else None,
        commit=commit if entries else None,
        notes=tuple(notes),
    )
