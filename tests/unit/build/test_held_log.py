"""What a build says while others go on is said later, all of it, in the same words and in order."""

from __future__ import annotations

import io
from contextlib import closing

from hypothesis import given
from hypothesis import strategies as st
from support.recording_log import RecordingLog

from bloatcheck.build import held_log
from bloatcheck.build.held_log import HeldLog
from bloatcheck.ci.github import GITHUB
from bloatcheck.cli.log import FoldingLog
from bloatcheck.errors import Place


def test_everything_is_said_in_order_once_it_is_let_go() -> None:
    log = RecordingLog()
    with closing(HeldLog()) as held:
        held.info("before")
        with held.group("build api"):
            held.output("#1 one\n")
            held.warning("odd", place=Place("Dockerfile", 3))
            held.output("#1 tw")
            held.output("o\n")
        held.detail("known")
        held.info("built")
        held.status("reading")
        assert not log.lines
        held.let_go(log)
    assert log.lines == ["before", "build api", "#1 one\n", "#1 two\n", "built"]
    assert log.warnings == ["Dockerfile:3: odd"]
    assert log.details == ["known"]


def test_told_tersely_it_says_all_but_the_output() -> None:
    log = RecordingLog()
    with closing(HeldLog()) as held:
        with held.group("build api"):
            held.output("#1 one\n")
            held.warning("odd")
        held.info("built")
        held.let_go(log, terse=True)
    assert log.lines == ["built"]
    assert log.warnings == ["odd"]


def test_on_github_the_output_is_in_a_group_in_which_nothing_is_a_command() -> None:
    stream = io.StringIO()
    with closing(HeldLog()) as held:
        with held.group("build api"):
            held.output("::error::forged\nno newline")
        held.info("built")
        held.let_go(FoldingLog(GITHUB.marks, stream))
    group, stop, *output, resume, end, built = stream.getvalue().splitlines()
    token = stop.removeprefix("::stop-commands::")
    assert (group, resume, end, built) == ("::group::build api", f"::{token}::", "::endgroup::", "built")
    assert output == ["::error::forged", "no newline"]


@given(st.lists(st.text(max_size=300), max_size=20))
def test_output_is_what_it_was(pieces: list[str]) -> None:
    log = RecordingLog()
    with closing(HeldLog()) as held:
        for piece in pieces:
            held.output(piece)
        held.let_go(log)
    assert "".join(log.lines) == "".join(pieces).encode(errors="replace").decode()


def test_output_without_end_is_cut_and_told() -> None:
    log = RecordingLog()
    with closing(HeldLog()) as held:
        for _ in range(40):
            held.output("x" * (1 << 20))
        held.let_go(log)
    assert sum(len(line) for line in log.lines[:-1]) == held_log.MOST_KEPT
    assert log.lines[-1] == "the rest of this build's output is left out, after 32 MiB"
