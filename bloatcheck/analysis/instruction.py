"""From an image's history to the instructions that a user wrote.

Each builder decorates `created_by` in its own way: BuildKit appends `# buildkit` and puts build arguments
and the shell before a command; docker's legacy builder and buildah write `/bin/sh -c #(nop) …` for what runs
nothing, and the bare command line for RUN. Others write plain text, which is kept.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bloatcheck.oci.image_config import HistoryEntry, ImageConfig

DEFAULT_SHELL = "/bin/sh -c"
MAX_INSTRUCTION = 2048
"""The longest instruction that is kept, in characters; a longer one ends in an ellipsis."""

_FILLS_LAYERS = {"ADD", "COPY", "RUN"}
_SETS_METADATA = {
    "ARG",
    "CMD",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
}
_KEYWORDS = _FILLS_LAYERS | _SETS_METADATA | {"WORKDIR"}
_BUILDAH_NOTE = re.compile(
    r"(?:unsetLabel|unsetAnnotation)=.*|inherit(?:Labels|Annotations)=false|(?:force|clamp)-mtime=-?[0-9]+"
)
_BUILDAH_MOUNT = re.compile(r":(?:sha256:)?[0-9a-f]{64}\Z")
_BUILDAH_MOUNT_LENGTH = len(":sha256:") + 64
_MAX_CREATED_BY = 64 * 1024
_NOP = "#(nop) "
_BUILD_ARGUMENTS = re.compile(r"\|(?P<count>[0-9]{1,3}) ")
_ARGUMENT_NAME = re.compile(r"(?:^| )[A-Za-z_][A-Za-z0-9_]*=")
_CONTENT_HASH = re.compile(r" ?(?P<kind>file|dir|multi):[0-9a-f]{64}(?= in )")


@dataclass(frozen=True, slots=True)
class Step:
    """One history entry, understood.

    `keyword` is empty where the text doesn't tell the kind of instruction; `arguments` is what follows it.
    """

    keyword: str
    arguments: str

    @property
    def instruction(self) -> str:
        """The instruction on one line."""
        return one_line(f"{self.keyword} {self.arguments}")


def one_line(text: str) -> str:
    """`text` with white space collapsed and nothing in it that a terminal or an editor would act on.

    Control, format and bidirectional characters become U+FFFD. At most `MAX_INSTRUCTION` characters.
    """
    line = " ".join(text[:_MAX_CREATED_BY].split())
    if not line.isprintable():
        line = "".join(
            character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in line
        )
    return line if len(line) <= MAX_INSTRUCTION else line[: MAX_INSTRUCTION - 1] + "…"


def steps_of(history: Sequence[HistoryEntry]) -> tuple[Step, ...]:
    """Every entry understood, given the shell that the SHELL instructions before it chose.

    An instruction is one line, empty where the entry records none (imported images). Values of build
    arguments are left out, and so are the hashes that legacy builders write in place of the names of copied
    files: `COPY file:… in /srv`.
    """
    steps: list[Step] = []
    shell = DEFAULT_SHELL
    for entry in history:
        created_by = entry.created_by[:_MAX_CREATED_BY]
        shell = _shell_chosen_by(created_by) or shell
        steps.append(_step_of(created_by, shell))
    return tuple(steps)


def entries_of_layers(config: ImageConfig) -> tuple[tuple[int, ...], ...]:
    """For each layer the places in `config.history` of what filled it; none where the history can't say.

    Mostly one. buildah makes a single layer of a whole stage unless it is asked for layers, and flags only
    the stage's last entry as having one, whatever that is; here the layer goes to the stage's RUN, COPY and
    ADD. Such a stage is known by the comment `FROM …`, which a stage FROM scratch lacks.
    """
    if None in config.layer_history:
        return ((),) * len(config.diff_ids)
    steps = steps_of(config.history)
    layers: list[tuple[int, ...]] = []
    since: list[int] = []
    for index, entry in enumerate(config.history):
        since.append(index)
        if not entry.empty_layer:
            fillers = tuple(earlier for earlier in since if steps[earlier].keyword in _FILLS_LAYERS)
            whole_stage = (
                entry.comment.startswith("FROM ")
                or steps[index].keyword in _SETS_METADATA
                or (since[0] == 0 and steps[0].keyword in {"ADD", "COPY"})
            )
            layers.append(fillers if whole_stage and fillers else (index,))
        if entry.comment or not entry.empty_layer:
            since.clear()
    return tuple(layers)


def layer_instructions(config: ImageConfig) -> tuple[str, ...]:
    """For each layer its instruction, on one line; several, joined by `; `, where they share the layer."""
    steps = steps_of(config.history)
    return tuple(
        one_line("; ".join(steps[index].instruction for index in indices))
        for indices in entries_of_layers(config)
    )


def _step_of(created_by: str, shell: str) -> Step:
    created_by = _without_buildah_notes(created_by)
    if created_by.startswith(f"{shell} {_NOP}"):
        keyword, _, arguments = created_by[len(f"{shell} {_NOP}") :].strip().partition(" ")
        if keyword in {"ADD", "COPY"}:
            arguments = _CONTENT_HASH.sub(r" \g<kind>:…", arguments)
        return Step(keyword, arguments)
    keyword, _, arguments = created_by.partition(" ")
    if keyword in _KEYWORDS:
        if keyword in _FILLS_LAYERS:
            arguments = arguments.removesuffix(" # buildkit")
        return Step(keyword, _command(arguments, shell) if keyword == "RUN" else arguments)
    command = _command(created_by, shell)
    if command.startswith("--mount="):
        return Step("RUN", _without_buildah_mounts(command))
    return Step("RUN" if command != created_by else "", command)


def _without_buildah_notes(created_by: str) -> str:
    """Without the options that buildah notes at the end, such as `|force-mtime=0`."""
    while True:
        instruction, _, note = created_by.rpartition("|")
        if not _BUILDAH_NOTE.fullmatch(note.strip()):
            return created_by
        created_by = instruction.rstrip()


def _without_buildah_mounts(command: str) -> str:
    """Without the hashes of what is in its bind mounts, by which buildah knows to run it again."""
    while mount := _BUILDAH_MOUNT.search(command[-_BUILDAH_MOUNT_LENGTH:]):
        command = command[: -len(mount[0])]
    return command


def _shell_chosen_by(created_by: str) -> str | None:
    """`/bin/bash -e -c` from `SHELL [/bin/bash -e -c]`, as docker writes it.

    buildah writes the JSON that the user wrote, and then `/bin/sh -c` before the commands all the same.
    """
    before, found, listed = created_by.rpartition("SHELL [")
    shell = listed.removesuffix("]")
    if not found or shell in {"", listed} or shell.startswith('"'):
        return None
    return shell if before.rstrip() in {"", f"{shell} {_NOP}".rstrip()} else None


def _command(text: str, shell: str) -> str:
    """A command line without build arguments (`|2 A=1 B=2 `) and shell before it."""
    count = _BUILD_ARGUMENTS.match(text)
    if count is None:
        return text.removeprefix(f"{shell} ")
    value = count.end()
    for _ in range(int(count["count"])):
        name = _ARGUMENT_NAME.search(text, value)
        if name is None:
            break
        value = name.end()
    _, found, command = text[value:].partition(f" {shell} ")
    if not found:
        # The exec form has no shell; and with a name missing, a search may have run into the command.
        _, found, command = text.partition(f" {shell} ")
    return command if found else text[value:].partition(" ")[2]
