"""Files that the RUN which brought them can remove again at its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from bloatcheck.analysis.advice.edit import only_run, with_command
from bloatcheck.analysis.advice.model import Facts, File, Proposal, by_layer


def removable(
    facts: Facts,
    files: Sequence[File],
    message: Callable[[Sequence[File]], str],
    command: Callable[[Sequence[File]], str | None],
) -> Iterator[Proposal]:
    """One proposal for each layer.

    Args:
        facts: the image.
        files: those that can go.
        message: says so, given those of one layer.
        command: removes those of one layer; None where no short one would.
    """
    for layer, mine in sorted(by_layer(files).items()):
        instructions = facts.instructions_of(layer)
        run = only_run(instructions)
        yield Proposal(
            message=message(mine),
            freed=facts.freed(mine),
            layer=layer,
            instructions=instructions,
            replacement=with_command(run, command(mine)) if run else None,
        )
