"""Files that a layer has again only since their owner or mode was changed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bloatcheck.analysis.advice.edit import between, joined, neighbours, only_run
from bloatcheck.analysis.advice.model import Facts, Proposal, from_context
from bloatcheck.analysis.advice.shown import named, shown
from bloatcheck.analysis.noise import is_noise
from bloatcheck.analysis.tree import Hidden, Hiding, Node
from bloatcheck.oci.dockerfile import Instruction

_CHANGE = re.compile(
    r"(?P<tool>chown|chmod)(?P<options>(?:\s+-[\w-]+)*)\s+(?P<value>[\w:+=,.-]+)(?P<paths>(?:\s+[\w./@%+:,=-]+)+)"
)
_OWNER = re.compile(r"(?P<user>\w[\w-]*)(?::(?P<group>\w[\w-]*)?)?")
_COMPLEX = re.compile(r"[;|\n`$(){}\"'\\]|\|\||(?<!&)&(?!&)")


@dataclass(frozen=True, slots=True)
class _Change:
    """A RUN that changes owner or mode: the flag for COPY, and what of the RUN must stay."""

    flag: str
    rest: str


def metadata_copy(facts: Facts) -> Iterator[Proposal]:
    """One proposal for each layer that changes files of lower ones."""
    for by in range(facts.first_own, len(facts.tree.layers)):
        files = [
            file
            for file in facts.hidden
            # tools write their caches and databases anew, with the content that they had
            if file.by == by and file.how is Hiding.METADATA and not is_noise(file.path)
        ]
        if not files:
            continue
        run = only_run(facts.instructions_of(by))
        instructions, replacement = _replacement(facts, by, files, run) if run else ((), None)
        largest = [shown(file.path) for file in sorted(files, key=lambda file: -file.size)]
        yield Proposal(
            message="The same content is in the image twice, as its owner or mode is changed in a later layer"
            f": {named(largest)}.",
            freed={(file.layer, file.path): file.size for file in files},
            layer=by,
            instructions=instructions or facts.instructions_of(by),
            replacement=replacement,
        )


def _replacement(
    facts: Facts, by: int, files: Sequence[Hidden], run: Instruction
) -> tuple[Sequence[Instruction], str | None]:
    """All instructions from the first that brought the files to the RUN, and what to write for them."""
    layers = sorted({file.layer for file in files})
    makers = [facts.instructions_of(layer) for layer in layers]
    if any(len(maker) != 1 or maker[0].stage != run.stage for maker in makers):
        return (), None
    first = makers[0][0]
    if all(maker[0].keyword == "RUN" for maker in makers):
        if not neighbours(facts.dockerfile, first, run):
            return (), None
        instructions = between(facts.dockerfile, first, run)
        return instructions, joined(instructions)
    copies = [maker[0] for maker in makers]
    if any(copy.keyword != "COPY" and not from_context([copy]) for copy in copies):
        return (), None
    if any("--chown" in flag or "--chmod" in flag for copy in copies for flag in copy.flags):
        return (), None
    if not all(_wholly(facts, layer, by, files) for layer in layers):
        return (), None
    instructions = between(facts.dockerfile, first, run)
    change = _change(facts, run, instructions, files[0])
    if change is None:
        return (), None
    written = [
        re.sub(r"(?i)\A(\s*(?:COPY|ADD))\s", rf"\g<1> {change.flag} ", each.raw).rstrip()
        if each in copies
        else each.raw.rstrip()
        for each in instructions[:-1]
    ]
    return instructions, "\n".join([*written, *([change.rest] if change.rest else [])])


def _wholly(facts: Facts, layer: int, by: int, files: Sequence[Hidden]) -> bool:
    """Whether the change is of everything that the layer brought, but for what is empty or gone."""
    changed = {file.path for file in files if file.layer == layer}
    other = {file.path for file in facts.hidden if file.layer == layer and file.by < by}
    records = facts.tree.layers[layer].records
    return all(
        path in changed or path in other
        for path, size in zip(facts.tree.paths_of(layer), records.sizes, strict=True)
        if size
    )


def _change(
    facts: Facts, run: Instruction, instructions: Sequence[Instruction], example: Hidden
) -> _Change | None:
    """The change, if the RUN is a plain sequence of commands with exactly one such among them."""
    if run.json is not None or run.heredocs or _COMPLEX.search(run.arguments):
        return None
    commands = [command.strip() for command in run.arguments.split("&&")]
    changes = [
        (place, match) for place, command in enumerate(commands) if (match := _CHANGE.fullmatch(command))
    ]
    if len(changes) != 1:
        return None
    place, match = changes[0]
    node = facts.tree.get(example.path)
    flag = _flag(match, node, instructions) if node else None
    if flag is None:
        return None
    folders = [path for path in match["paths"].split() if _is_folder(facts, path)]
    kept = [f"{match['tool']} {match['value']} {' '.join(folders)}"] if folders else []
    rest = " && ".join([*commands[:place], *kept, *commands[place + 1 :]])
    flags = "".join(f"{each} " for each in run.flags)
    return _Change(flag, f"RUN {flags}{rest}" if rest else "")


def _is_folder(facts: Facts, path: str) -> bool:
    """Whether the path is a folder; of a relative one that can't be known, and a folder does no harm."""
    if not path.startswith("/"):
        return path.rstrip("/").endswith(".") or path.endswith("/")
    return facts.tree.is_folder(path.strip("/").encode())


def _flag(match: re.Match[str], node: Node, instructions: Sequence[Instruction]) -> str | None:
    value = match["value"]
    if match["tool"] == "chmod":
        return f"--chmod={node.mode:o}" if re.fullmatch(r"[0-7]{3,4}|[ugoa]*\+[rwx]+", value) else None
    owner = _OWNER.fullmatch(value)
    if owner is None:
        return None
    *between_, last = instructions
    if "&&" in last.arguments or any(each.keyword == "RUN" for each in between_):
        # whoever it is may only be made there, and have no name yet where the COPY stands
        return f"--chown={node.uid}:{node.gid}"
    return f"--chown={owner['user']}:{owner['group'] or node.gid}"
