"""Symbols and debugging information in programs, of no use where nobody debugs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bloatcheck.analysis.advice.compiling import LINKERS
from bloatcheck.analysis.advice.edit import only_run, quoted, run_with, with_command, with_words
from bloatcheck.analysis.advice.model import Facts, Proposal, Record
from bloatcheck.analysis.advice.shown import named, shown
from bloatcheck.oci.dockerfile import Instruction

_MOST_STRIPPED = 8
_STRIP = re.compile(rb"\Ausr/bin/(?:[\w-]+-)?strip\Z")
_SMALLEST = 4096


def unstripped(facts: Facts) -> Iterator[Proposal]:
    """One proposal for each layer; what the system's packages brought is left alone."""
    layers: dict[int, dict[Record, int]] = {}
    for path, layer, size in facts.files:
        program = facts.program(path) if size >= _SMALLEST else None
        if program and _SMALLEST <= program.symbols <= size and not facts.is_systems(path):
            layers.setdefault(layer, {})[layer, path] = program.symbols
    for layer, freed in sorted(layers.items()):
        instruction, replacement = _edited(facts, layer, freed)
        paths = [path for (_, path), _ in sorted(freed.items(), key=lambda item: -item[1])]
        yield Proposal(
            message=f"Symbols and debugging information are left in {named(map(shown, paths))}.",
            freed=freed,
            layer=layer,
            instructions=[instruction] if instruction else facts.instructions_of(layer),
            replacement=replacement,
        )


def _edited(facts: Facts, layer: int, freed: dict[Record, int]) -> tuple[Instruction | None, str | None]:
    """The instruction that made the programs, and the same with what leaves the symbols out."""
    filled_by = facts.instructions_of(layer)
    candidates = _stage_of_origin(facts, filled_by) or filled_by
    for pattern, words in LINKERS:
        run = run_with(candidates, pattern)
        if run and sum(bool(run_with([each], pattern)) for each in candidates) == 1:
            edited = with_words(run, pattern, words)
            if edited:
                return run, edited
    run = only_run(filled_by)
    paths = [quoted(path) for _, path in sorted(freed)]
    if run and len(paths) <= _MOST_STRIPPED and None not in paths and any(facts.tree.find(_STRIP)):
        return run, with_command(run, f"strip {' '.join(map(str, paths))}")
    return None, None


def _stage_of_origin(facts: Facts, filled_by: Sequence[Instruction]) -> Sequence[Instruction]:
    """The instructions of the stage that a `COPY --from` took the files from."""
    if len(filled_by) != 1:
        return ()
    names = [flag.partition("=")[2] for flag in filled_by[0].flags if flag.startswith("--from=")]
    return [
        each
        for each in facts.dockerfile
        if names and each.stage is not None and names[0].lower() in {each.stage_name, str(each.stage)}
    ]
