"""Files that a later layer deletes or writes anew: out of sight, and still in the image."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bloatcheck.analysis.advice.edit import between, joined, neighbours, only_run
from bloatcheck.analysis.advice.model import Facts, Proposal
from bloatcheck.analysis.advice.shown import named, shown
from bloatcheck.analysis.tree import Hidden, Hiding
from bloatcheck.oci.dockerfile import Instruction

_LARGE = 1_000_000
"""Bytes of the base image from which on it is worth saying that deleting them is of no use."""


def deleted_later(facts: Facts) -> Iterator[Proposal]:
    """One proposal for each layer that deletes, and for each that it deletes from.

    Where only RUN stand between the two, as one RUN they leave nothing behind.
    """
    for by in range(facts.first_own, len(facts.tree.layers)):
        mine = [file for file in facts.hidden if file.by == by]
        rest = list(mine)
        text, run, first = _joined(facts, by, mine)
        if text and first is not None:
            inside = [file for file in facts.hidden if first <= file.layer < file.by <= by]
            if any(file.how is not Hiding.METADATA for file in inside):
                yield _proposal(inside, run, text)
                rest = [file for file in mine if file.layer < first]
        for layer in sorted({file.layer for file in rest}):
            deleted = [file for file in rest if file.layer == layer and file.how is Hiding.DELETED]
            if deleted:
                run = [*facts.instructions_of(layer), *facts.instructions_of(by)]
                yield _proposal(deleted, run, None)
    yield from _of_base(facts)


def _proposal(files: Sequence[Hidden], run: Sequence[Instruction], text: str | None) -> Proposal:
    deleted = any(file.how is Hiding.DELETED for file in files)
    largest = [shown(file.path) for file in sorted(files, key=lambda file: -file.size)]
    cure = (
        "one RUN for both leaves nothing behind" if text else "what deletes must be the RUN that makes them"
    )
    return Proposal(
        message=f"A later layer {'deletes' if deleted else 'writes anew'} {named(largest)}, "
        f"and the image keeps {'what was deleted' if deleted else 'both'}; {cure}.",
        freed={(file.layer, file.path): file.size for file in files},
        layer=min(file.layer for file in files),
        instructions=run,
        replacement=text,
    )


def _joined(
    facts: Facts, by: int, files: Sequence[Hidden]
) -> tuple[str | None, Sequence[Instruction], int | None]:
    """The RUN that fill the layers from one of them on up to `by`, as one; the lowest that can be."""
    last = only_run(facts.instructions_of(by))
    for first in sorted({file.layer for file in files}):
        run = only_run(facts.instructions_of(first))
        if run and last and neighbours(facts.dockerfile, run, last):
            instructions = between(facts.dockerfile, run, last)
            return joined(instructions), instructions, first
    return None, (), None


def _of_base(facts: Facts) -> Iterator[Proposal]:
    files = [
        file
        for file in facts.all_hidden
        if file.layer < facts.first_own <= file.by and file.how is Hiding.DELETED
    ]
    for by in sorted({file.by for file in files}):
        mine = [file for file in files if file.by == by]
        if sum(file.size for file in mine) >= _LARGE:
            largest = [shown(file.path) for file in sorted(mine, key=lambda file: -file.size)]
            yield Proposal(
                message=f"Files of the base image are deleted, {named(largest)}; that makes the image no "
                "smaller, as the base image's layers stay what they are.",
                layer=by,
                instructions=facts.instructions_of(by),
            )
