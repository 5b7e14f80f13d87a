"""Several pieces of advice about the same lines: one text that does all of it, where that is certain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bloatcheck.analysis.advice.edit import merged
from bloatcheck.analysis.advice.model import Advice
from bloatcheck.analysis.advice.shown import MAX_REPLACEMENT
from bloatcheck.errors import Place


def one_text_for_each_line(found: Sequence[tuple[Advice, str | None]]) -> tuple[Advice, ...]:
    """The advice in its order, with the instruction that each is about as it was written.

    Whoever pastes a text puts away what an earlier one did to the same lines: so there is one for each
    instruction, or where they can't be joined each says which others it is at odds with.
    """
    advice = [each for each, _ in found]
    by_place: dict[Place, list[int]] = {}
    for index, (each, written) in enumerate(found):
        if each.place and each.replacement and not each.append_to and written is not None:
            by_place.setdefault(each.place, []).append(index)
    for indices in by_place.values():
        _join(advice, indices, found[indices[0]][1] or "")
    return tuple(_with_conflicts(advice))


def _join(advice: list[Advice], indices: Sequence[int], written: str) -> None:
    text = merged(written, [advice[index].replacement or "" for index in indices])
    if len(indices) == 1 or text is None or len(text) > MAX_REPLACEMENT:
        return
    first, *others = indices
    ids = tuple(advice[index].id for index in others)
    advice[first] = replace(advice[first], replacement=text, together_with=ids)
    for index in others:
        advice[index] = replace(advice[index], replacement=None, together_with=(advice[first].id,))


def _with_conflicts(advice: Sequence[Advice]) -> list[Advice]:
    texts = [each for each in advice if each.replacement and each.place and not each.append_to]
    return [
        replace(
            each,
            conflicts_with=tuple(
                dict.fromkeys(other.id for other in texts if other is not each and _meet(each, other))
            ),
        )
        if any(each is one for one in texts)
        else each
        for each in advice
    ]


def _meet(one: Advice, other: Advice) -> bool:
    """Whether their lines have one in common."""
    a, b = one.place, other.place
    if a is None or b is None or a.file != b.file or a.line is None or b.line is None:
        return False
    return a.line <= (b.end_line or b.line) and b.line <= (a.end_line or a.line)
