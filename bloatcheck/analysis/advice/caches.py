"""Caches of tools: what they downloaded or made for a next time, which an image doesn't have."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bloatcheck.analysis.advice.edit import (
    between,
    command_of,
    joined,
    neighbours,
    only_run,
    removal,
    run_with,
    with_command,
    with_words,
)
from bloatcheck.analysis.advice.model import Facts, File, Proposal, by_layer
from bloatcheck.analysis.advice.shown import named, shown
from bloatcheck.analysis.tree import Hiding
from bloatcheck.oci.dockerfile import Instruction

_NEXT = re.compile(r"&&|[;\\\n]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caches:
    """An adviser on the caches of one tool.

    `pattern` finds their files, its group `root` the folder that they are in; every such path has one of
    `parts`. `what` they are called.
    `tool` finds the tool in a command. `fills` finds the command that fills what later uses of the tool
    build on; None where they need nothing. `command` empties the cache; by default the folder is removed.
    `flag`: a command, and words after it that keep the cache empty. `read_only`: it is made so that only
    root can remove it as it is.
    """

    parts: tuple[bytes, ...]
    pattern: re.Pattern[bytes]
    what: str
    tool: re.Pattern[str]
    fills: re.Pattern[str] | None = None
    command: str | None = None
    flag: tuple[re.Pattern[str], str] | None = None
    read_only: bool = False

    def __call__(self, facts: Facts) -> Iterator[Proposal]:
        """One proposal for each layer that has some."""
        if not facts.mentions(*self.parts):
            return
        rewritten = [
            (file.path, file.layer, file.size) for file in facts.hidden if file.how is not Hiding.DELETED
        ]
        found = [
            file
            for file in (*facts.files, *rewritten)
            if any(part in file[0] for part in self.parts) and self.pattern.search(file[0])
        ]
        proposals: list[Proposal] = []
        for layer, files in sorted(by_layer(found).items()):
            proposal = self._proposal(facts, layer, files)
            earlier = proposals[-1] if proposals else None
            if (
                earlier
                and earlier.replacement
                and proposal.instructions
                and (set(_lines(proposal)) <= set(_lines(earlier)))
            ):
                # the earlier one's text is for these lines too, and empties the cache after them
                proposals[-1] = replace(earlier, freed={**(earlier.freed or {}), **(proposal.freed or {})})
            else:
                proposals.append(proposal)
        yield from proposals

    def _proposal(self, facts: Facts, layer: int, files: Sequence[File]) -> Proposal:
        roots = sorted({match["root"] for path, *_ in files if (match := self.pattern.search(path))})
        filled_by = facts.instructions_of(layer)
        instruction = run_with(filled_by, self.tool) or only_run(filled_by)
        users = self._later_users(facts, instruction)
        replacement = self._replacement(facts, instruction, users, self._emptying(facts, roots, files))
        hint = (
            "; what follows needs them, so build in a stage of its own" if users and not replacement else ""
        )
        return Proposal(
            message=f"{self.what} stay in the image, in {named(map(shown, roots))}{hint}.",
            freed=facts.freed(files),
            layer=layer,
            instructions=[instruction, *users] if instruction else filled_by,
            replacement=replacement,
        )

    def _emptying(self, facts: Facts, roots: Sequence[bytes], files: Sequence[File]) -> str | None:
        node = facts.tree.get(files[0][0])
        return self.command or removal(roots, unlock=self.read_only and bool(node and node.uid))

    def _replacement(
        self, facts: Facts, first: Instruction | None, users: Sequence[Instruction], emptying: str | None
    ) -> str | None:
        if first is None:
            return None
        if not users:
            flagged = with_words(first, *self.flag) if self.flag else None
            return flagged or with_command(first, self._missing(first.raw, emptying))
        if not emptying or not neighbours(facts.dockerfile, first, users[-1]):
            return None
        one = joined(between(facts.dockerfile, first, users[-1]))
        return f"{one} \\\n    && {self._missing(one, emptying)}" if one else None

    def _missing(self, text: str, emptying: str | None) -> str | None:
        """Of the commands that empty the cache those that the text doesn't end with already."""
        if emptying is None or self.fills is None or "||" in text:
            return emptying
        last = max((match.end() for match in self.fills.finditer(text)), default=0)
        done = {command.strip() for command in _NEXT.split(text[last:])}
        missing = [command for command in emptying.split(" && ") if command not in done]
        return " && ".join(missing) or emptying

    def _later_users(self, facts: Facts, first: Instruction | None) -> list[Instruction]:
        """The RUN after the first that need what it leaves."""
        users: list[Instruction] = []
        if self.fills is None or first is None:
            return users
        for each in facts.dockerfile:
            if each.keyword == "RUN" and each.stage == first.stage and each.line > first.line:
                command = command_of(each)
                if self.fills.search(command):
                    break
                if self.tool.search(command):
                    users.append(each)
        return users


def _lines(proposal: Proposal) -> list[int]:
    """All lines from the first to the last."""
    first = min(each.line for each in proposal.instructions)
    return list(range(first, max(each.end_line for each in proposal.instructions) + 1))
