"""Small changes to the text of Dockerfile instructions; none where the result wouldn't surely be right."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from itertools import pairwise

from bloatcheck.image.layer_index import text
from bloatcheck.oci.dockerfile import Instruction

_COMMENT = re.compile(r"(?:^|[\s;&|])#")
_OPEN_END = re.compile(r"(?:&&|\|\||[;&|\\`])\s*\Z")
_NEXT_COMMAND = re.compile(r"&&|\|\||;|\n")
_NOT_PLAIN = re.compile(r"[\n\\`'\"#\[]|<<")
_LONG = 100
"""Characters that a line to paste has room for."""
_PLAIN_PATH = re.compile(r"[\w/.@%+:,=~-]+")


def command_of(instruction: Instruction) -> str:
    """What a shell reads of a RUN: its arguments, or the body of its here-document."""
    bodies = "".join(heredoc.body for heredoc in instruction.heredocs)
    return f"{instruction.arguments}\n{bodies}" if bodies else instruction.arguments


def run_with(instructions: Iterable[Instruction], pattern: re.Pattern[str]) -> Instruction | None:
    """The last RUN in whose command the pattern is found."""
    found = None
    for instruction in instructions:
        if instruction.keyword == "RUN" and pattern.search(command_of(instruction)):
            found = instruction
    return found


def only_run(instructions: Sequence[Instruction]) -> Instruction | None:
    """The RUN that filled a layer alone."""
    runs = [instruction for instruction in instructions if instruction.keyword == "RUN"]
    return runs[0] if len(runs) == 1 and len(instructions) == 1 else None


def with_command(instruction: Instruction | None, command: str | None) -> str | None:
    """The RUN, with one more command at its end; None for the exec form and whatever has an open end."""
    if instruction is None or command is None or not _takes_commands(instruction):
        return None
    raw = instruction.raw.rstrip()
    if instruction.heredocs:
        body, line_end, terminator = raw.rpartition("\n")
        if len(instruction.heredocs) != 1 or not instruction.arguments.lstrip().startswith("<<"):
            return None
        tabs = terminator[: len(terminator) - len(terminator.lstrip("\t"))]
        return f"{body}{line_end}{tabs}{command}\n{terminator}"
    first, several, _ = raw.partition("\n")
    continued = first.rstrip()[-1:] if several else ""
    separator = f" {continued}\n    && " if continued in {"\\", "`"} else " && "
    return f"{raw}{separator}{command}"


def with_words(
    instruction: Instruction | None, pattern: re.Pattern[str], words: str, *, every: bool = True
) -> str | None:
    """The instruction as written, with words after each place where the pattern is found.

    None where it isn't found, or a line that the instruction is continued on breaks it up.
    """
    if instruction is None:
        return None
    places = len(pattern.findall(command_of(instruction)))
    changed, count = pattern.subn(lambda match: f"{match[0]} {words}", instruction.raw, 0 if every else 1)
    return changed.rstrip() if count and (count == places or not every) else None


def joined(instructions: Sequence[Instruction]) -> str | None:
    """Several RUN as one; None where one of them isn't a plain command for the shell."""
    if len(instructions) < 2 or any(  # noqa: PLR2004 - several
        each.keyword != "RUN" or each.heredocs or not _takes_commands(each) for each in instructions
    ):
        return None
    if len({each.flags for each in instructions}) != 1:
        return None
    if any(line.rstrip().endswith("`") for each in instructions for line in each.raw.splitlines()):
        # the Dockerfile may continue its lines in another way (`# escape`)
        return None
    commands = [re.sub(r"(?i)\A\s*RUN\s+", "", each.raw).strip() for each in instructions]
    for flag in instructions[0].flags:
        if any(flag not in command for command in commands):
            return None
        commands = [command.replace(flag, "", 1).lstrip() for command in commands]
    if any(_COMMENT.search(_last_line(command)) or " || " in command for command in commands):
        return None
    flags = "".join(f"{flag} " for flag in instructions[0].flags)
    # a directory that one of them enters, a variable or an option that it sets, holds for the next ones too
    if any(
        re.search(r"\b(?:cd|exit|exec|trap|set|export)\b|\w=\S*\s*(?:&&|;)", each) for each in commands[:-1]
    ):
        commands = [f"({command})" for command in commands[:-1]] + commands[-1:]
    return f"RUN {flags}" + " \\\n    && ".join(commands)


def merged(original: str, edits: Sequence[str]) -> str | None:
    """The text with all of the edits, each made to it alone; None where one does more than add words.

    What several add at one place is added in their order, and once where they add the same; but words of a
    command come before commands that follow it.
    """
    words = _tokens(original)
    added: dict[int, list[str]] = {}
    for edit in edits:
        changed = _tokens(edit)
        inserted = _inserted(words, changed)
        if inserted is None:
            return None
        for at, piece in inserted:
            if piece not in added.setdefault(at, []):
                added[at].append(piece)
    for pieces in added.values():
        pieces.sort(key=lambda piece: _NEXT_COMMAND.search(piece) is not None)
    return "".join("".join(added.get(index, ())) + word for index, word in enumerate((*words, "")))


def _inserted(words: Sequence[str], changed: Sequence[str]) -> list[tuple[int, str]] | None:
    """What was added, and before which word; None where something else was done."""
    same = next((n for n, (a, b) in enumerate(zip(words, changed, strict=False)) if a != b), len(words))
    more = len(changed) - len(words)
    if more >= 0 and words[same:] == changed[same + more :]:
        # at one place: among words that repeat, the matcher below may miss it
        return [(same, "".join(changed[same : same + more]))] if more else []
    found = SequenceMatcher(None, words, changed, autojunk=False).get_opcodes()
    if any(what not in {"equal", "insert"} for what, *_ in found):
        return None
    return [(at, "".join(changed[start:end])) for what, at, _, start, end in found if what == "insert"]


def on_lines(text_: str) -> str:
    """A RUN of many commands on one line with each on its own; unless that might change its sense."""
    plain = text_.startswith("RUN ") and not _NOT_PLAIN.search(text_)
    return (
        text_.replace(" && ", " \\\n    && ")
        if plain and len(text_) > _LONG and text_.count(" && ") > 1
        else text_
    )


def neighbours(instructions: Sequence[Instruction], first: Instruction, last: Instruction) -> bool:
    """Whether nothing but RUN stands between two instructions of one stage."""
    between = [each for each in instructions if first.line <= each.line <= last.line]
    return (
        first.stage == last.stage
        and first in between
        and last in between
        and all(each.keyword == "RUN" for each in between)
        and all(a.end_line < b.line for a, b in pairwise(between))
    )


def between(
    instructions: Sequence[Instruction], first: Instruction, last: Instruction
) -> Sequence[Instruction]:
    """From the one to the other, both of them with it."""
    return [each for each in instructions if first.line <= each.line <= last.line]


def quoted(path: bytes) -> str | None:
    """A path for a shell; None for one that had better not stand in a Dockerfile."""
    written = "/" + text(path)
    if not written.isprintable():
        return None
    return written if _PLAIN_PATH.fullmatch(written) else shlex.quote(written)


def removal(paths: Iterable[bytes], *, unlock: bool = False) -> str | None:
    """`rm -rf` of these; with `unlock` first made writable, which only others than root need."""
    words = [quoted(path) for path in sorted(set(paths))]
    if not words or None in words:
        return None
    listed = " ".join(word for word in words if word)
    return f"chmod -R u+w {listed} && rm -rf {listed}" if unlock else f"rm -rf {listed}"


def _tokens(text_: str) -> list[str]:
    """Words, and each white space between them."""
    return re.findall(r"\s|\S+", text_)


def _takes_commands(instruction: Instruction) -> bool:
    if instruction.keyword != "RUN" or instruction.json is not None:
        return False
    if instruction.heredocs:
        return True
    end = instruction.raw.rstrip()
    return not _OPEN_END.search(end) and not _COMMENT.search(_last_line(end))


def _last_line(text_: str) -> str:
    return text_.rstrip().rpartition("\n")[2]
