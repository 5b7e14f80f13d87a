"""All advisers over one image: what was switched off left out, and no byte promised twice."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from bloatcheck.analysis.advice.edit import on_lines
from bloatcheck.analysis.advice.model import MAX_ADVICE, Advice, Facts, Proposal, Record, examples
from bloatcheck.analysis.advice.one_text import one_text_for_each_line
from bloatcheck.analysis.advice.paths import PathPatterns
from bloatcheck.analysis.advice.registry import ADVISERS
from bloatcheck.analysis.advice.shown import MAX_MESSAGE, MAX_REPLACEMENT, cut
from bloatcheck.analysis.place import place_of

FLOOR = 100_000
"""Bytes. Whoever saves less had more trouble than use of it."""
FLOOR_SHARE = 0.001
"""Of the image's bytes, for large ones."""
EVERYTHING = "all"
"""What stands for every id in a comment of the Dockerfile."""


def advise(
    facts: Facts, *, ignore: Collection[str] = (), ignore_paths: Sequence[str] = ()
) -> tuple[Advice, ...]:
    """The advice for an image, the largest saving first.

    Bytes that two advisers lay claim to are the first one's in the registry, which has the more specific
    before the more general; so the savings add up.

    Args:
        facts: the image.
        ignore: ids that are switched off. `# bloatcheck ignore=…` before an instruction does it for that.
        ignore_paths: patterns of paths whose bytes are not spoken of.
    """
    content = sum(layer.content_size for layer in facts.tree.layers)
    floor = max(FLOOR, int(content * FLOOR_SHARE))
    ignored = PathPatterns(ignore_paths)
    promised: dict[Record, int] = {}
    found: list[tuple[Advice, Proposal]] = []
    for name, adviser in ADVISERS.items():
        if name in ignore:
            continue
        for proposal in adviser(facts):
            if any({name, EVERYTHING} & instruction.ignores for instruction in proposal.instructions):
                continue
            mine = _left(proposal.freed or {}, promised, ignored)
            if proposal.freed is not None and sum(mine.values()) < (1 if proposal.always else floor):
                continue
            for record, size in mine.items():
                promised[record] = promised.get(record, 0) + size
            found.append((_advice(name, proposal, mine, facts), proposal))
    found.sort(key=lambda each: -(each[0].saves or 0))
    told = one_text_for_each_line([(advice, _written(proposal)) for advice, proposal in found[:MAX_ADVICE]])
    # a Dockerfile may continue its lines in another way (`# escape`)
    if any(line.rstrip().endswith("`") for each in facts.dockerfile for line in each.raw.splitlines()):
        return told
    return tuple(
        replace(each, replacement=on_lines(each.replacement)) if each.replacement else each for each in told
    )


def _written(proposal: Proposal) -> str | None:
    """The instruction as it stands in the Dockerfile; None where the advice is about several, or none."""
    return proposal.instructions[0].raw.rstrip() if len(proposal.instructions) == 1 else None


def _left(
    freed: Mapping[Record, int], promised: Mapping[Record, int], ignored: PathPatterns
) -> Mapping[Record, int]:
    """What is freed and wasn't promised by another."""
    return {
        record: left
        for record, size in freed.items()
        if (left := size - promised.get(record, 0)) > 0 and record[1] not in ignored
    }


def _advice(name: str, proposal: Proposal, freed: Mapping[Record, int], facts: Facts) -> Advice:
    replacement = proposal.replacement
    if replacement is not None and (len(replacement) > MAX_REPLACEMENT or not _is_text(replacement)):
        replacement = None
    path = facts.dockerfile_path
    return Advice(
        id=name,
        message=cut(proposal.message, MAX_MESSAGE),
        saves=None if proposal.freed is None else sum(freed.values()),
        about=proposal.about,
        layer=proposal.layer,
        place=place_of(sorted(proposal.instructions, key=lambda each: each.line), path) if path else None,
        replacement=replacement,
        append_to=proposal.append_to if replacement else None,
        paths=examples(freed),
    )


def _is_text(replacement: str) -> bool:
    return all(line.replace("\t", " ").isprintable() for line in replacement.splitlines())
