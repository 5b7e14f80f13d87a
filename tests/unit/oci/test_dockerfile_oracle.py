"""Our reading of Dockerfiles against BuildKit's own parser, on files put together from awkward pieces."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloatcheck.oci.dockerfile import Instruction, parse_dockerfile

buildkit = pytest.importorskip("dockerfile", reason="BuildKit's parser has wheels for some platforms only")

PIECES = st.sampled_from(
    [
        *("FROM ", "RUN ", "run ", "COPY ", "ADD ", "ONBUILD ", "ENV ", "CMD ", "SHELL ", "FOO "),
        *("a", "x", "A=b", " AS b", "$a", "E F\n", "E\n", "\tE\n", "# c\n", "#", "\n\n"),
        *(" ", "\t", "\v", "\n", "\r\n", "\\", "\\\n", "\\ \n", "`", "`\n"),
        *("<<E", "<<-E", "<<'E F'", '<<"E"', "3<<E", "<<\\E", "<"),
        *("--x", "--y=1 ", "-- ", '"', "'", '["a", "b"]\n', '["a', "]\n"),
    ]
)
DOCKERFILES = st.builds(
    lambda head, pieces: head + "".join(pieces),
    st.sampled_from(["", "# escape=`\n", "# syntax=x\n", "FROM a\n", "\ufeff"]),
    st.lists(PIECES, min_size=1, max_size=30),
)

NEWER_GRAMMAR = re.compile(r"<<-?[ \t\v\r]|\]\S")
"""`<< EOF` with a space, and text after a JSON list: BuildKit changed both after the parser used here."""


def ours_of(instruction: Instruction) -> dict[str, Any]:
    inner = instruction.trigger or instruction
    return {
        "keywords": (instruction.keyword, instruction.trigger and instruction.trigger.keyword),
        "lines": (instruction.line, instruction.end_line),
        "flags": instruction.flags,
        "json": inner.json,
        "heredocs": [] if instruction.trigger else [(h.name, h.body) for h in instruction.heredocs],
    }


def theirs_of(command: Any) -> dict[str, Any]:
    return {
        "keywords": (command.cmd.upper(), command.sub_cmd.upper() if command.sub_cmd else None),
        "lines": (command.start_line, command.end_line),
        "flags": command.flags,
        "json": command.value if command.json else None,
        "heredocs": [(h.name, h.content) for h in command.heredocs],
    }


@given(DOCKERFILES)
def test_where_buildkit_reads_a_file_we_read_the_same(text: str) -> None:
    ours = [ours_of(instruction) for instruction in parse_dockerfile(text)]
    if NEWER_GRAMMAR.search(text):
        return
    try:
        theirs = [theirs_of(command) for command in buildkit.parse_string(text) if command.cmd]
    except buildkit.GoParseError:
        return
    if "escape=" in text:
        # That version of the parser unescapes flags with a backslash whatever the directive says.
        for command in (*ours, *theirs):
            del command["flags"]
    assert ours == theirs


@given(st.text())
def test_nothing_makes_it_fail(text: str) -> None:
    previous = 0
    for instruction in parse_dockerfile(text):
        assert previous < instruction.line <= instruction.end_line
        assert instruction.raw in text.replace("\ufeff", "") or "\ufeff" in text
        previous = instruction.end_line
