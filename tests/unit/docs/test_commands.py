"""Commands that the documentation prints in a block of their own are ones that the command line takes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from bloatcheck.cli.main import _parser

ROOT = Path(__file__).parents[3]
_IN_A_BLOCK = re.compile(r"^(?: {4}|\$ )(bloatcheck [a-z][^|>#\n]*)", re.MULTILINE)
PRINTED = sorted(
    {
        (str(page.relative_to(ROOT)), command.strip())
        for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("examples/**/*.md"))
        for command in _IN_A_BLOCK.findall(page.read_text())
    }
)


def test_there_are_some() -> None:
    assert ("README.md", "bloatcheck init") in PRINTED


@pytest.mark.parametrize(("page", "command"), PRINTED)
def test_a_printed_command_is_taken(page: str, command: str) -> None:
    _, *words = shlex.split(command)
    try:
        _parser(words[0]).parse_args(words)
    except SystemExit:
        pytest.fail(f"{page} prints {command!r}")
