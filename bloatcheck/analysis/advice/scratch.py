"""A program that needs no other file could be the whole image."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Sequence

from bloatcheck.analysis.advice.model import Facts, Proposal, Record
from bloatcheck.analysis.advice.shown import shown
from bloatcheck.analysis.noise import is_noise
from bloatcheck.image.layer_index import text
from bloatcheck.oci.dockerfile import Instruction
from bloatcheck.units import format_bytes

_MOST_BESIDE = 100_000
"""Bytes of own files beside the program; where there are more, it probably reads them."""
_SHARE = 0.5
"""It is worth it only where at least this much of the image goes."""
_SOURCE = re.compile(
    rb"\.(?:c|cc|cpp|h|hpp|go|rs|zig|mod|sum|o|lock|toml|md)\Z|(?:\A|/)(?:Makefile|Dockerfile)\Z"
)
_METADATA = {"ENV", "LABEL", "EXPOSE", "USER", "WORKDIR", "ENTRYPOINT", "CMD", "STOPSIGNAL"}
_STAYS = {*_METADATA, "ARG", "RUN", "COPY", "ADD", "FROM"}


def scratch(facts: Facts) -> Iterator[Proposal]:
    """Where what the image starts is static and stands alone. The base image's bytes count here."""
    path = _program(facts)
    program = facts.program(path) if path is not None else None
    if path is None or program is None or not program.static or not _stands_alone(facts, path):
        return
    holder = facts.tree.file_of(path)
    if holder is None:
        return
    kept = (holder[1], holder[0])
    freed = _all_records(facts)
    size = freed.pop(kept, 0)
    total = size + sum(freed.values())
    if not total or sum(freed.values()) < _SHARE * total:
        return
    instructions, replacement = _rewritten(facts, path)
    yield Proposal(
        message=f"{shown(path)} is linked statically and needs no other file: on `scratch` the image has "
        f"{format_bytes(size)} instead of {format_bytes(total)}, if the program reads no certificates, time "
        "zones or users.",
        freed=freed,
        layer=holder[1],
        instructions=instructions,
        replacement=replacement,
    )


def _program(facts: Facts) -> bytes | None:
    """Where the program lies that a container of the image starts; through a shell if that does no more."""
    command = [*facts.config.entrypoint, *facts.config.cmd]
    if command[:2] == ["/bin/sh", "-c"] and len(command) == 3:  # noqa: PLR2004 - the form of a shell's command
        command = (
            command[2].split() if re.fullmatch(r"(?:exec )?/[\w./-]+(?: [\w./=:,-]+)*", command[2]) else []
        )
        command = command[1:] if command[:1] == ["exec"] else command
    if not command or not command[0].startswith("/"):
        return None
    return facts.tree.resolve(command[0].strip("/").encode("utf-8", "surrogateescape"))


def _stands_alone(facts: Facts, program: bytes) -> bool:
    """Whether nearly nothing else is there that somebody put there on purpose."""
    size = sum(
        size
        for path, _, size in facts.files
        if path != program and path not in facts.owners and not is_noise(path) and not _SOURCE.search(path)
    )
    users = [each.arguments.partition(":")[0] for each in facts.dockerfile if each.keyword == "USER"]
    others = any(each.keyword in {"HEALTHCHECK", "VOLUME", "SHELL"} for each in facts.dockerfile)
    return size <= _MOST_BESIDE and not others and all(user.isdigit() for user in users)


def _all_records(facts: Facts) -> dict[Record, int]:
    """Every file of every layer, hidden ones too."""
    return {
        (number, path): size
        for number, layer in enumerate(facts.tree.layers)
        for path, size in zip(facts.tree.paths_of(number), layer.records.sizes, strict=True)
        if size
    }


def _rewritten(facts: Facts, path: bytes) -> tuple[Sequence[Instruction], str | None]:
    """The last stage, and in its place one that builds and one that has only the program."""
    stage = facts.stage
    mine = [each for each in facts.dockerfile if each.stage == stage] if stage is not None else []
    if not mine or any(each.keyword not in _STAYS for each in mine):
        return mine, None
    program = "/" + text(path)
    if not re.fullmatch(r"[\w./+-]+", program):
        return mine, None
    start, *rest = mine
    name = start.stage_name or "program"
    first = start.raw.rstrip() if start.stage_name else f"{start.raw.rstrip()} AS {name}"
    building = [
        first,
        *(each.raw.rstrip() for each in rest if each.keyword not in _METADATA - {"ENV", "WORKDIR"}),
    ]
    last = [
        "FROM scratch",
        f"COPY --from={name} {program} {program}",
        *(_in_exec_form(each) for each in rest if each.keyword in _METADATA),
    ]
    return mine, "\n".join([*building, "", *last])


def _in_exec_form(instruction: Instruction) -> str:
    """ENTRYPOINT and CMD without a shell, which isn't there any more."""
    if instruction.keyword in {"ENTRYPOINT", "CMD"} and instruction.json is None:
        words = shlex.split(instruction.arguments.removeprefix("exec "))
        return f"{instruction.keyword} {json.dumps(words)}"
    return instruction.raw.rstrip()
