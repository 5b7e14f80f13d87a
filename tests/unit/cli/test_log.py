"""Progress is readable, and nothing a build prints becomes a workflow command."""

import re
from collections.abc import Callable
from functools import partial
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.workflow_commands import Act, Runner

from bloatcheck.ci.github import GITHUB
from bloatcheck.cli.log import FoldingLog, PlainLog
from bloatcheck.errors import BuildError, Place


@pytest.fixture(params=[Runner, Act])
def runner(request: pytest.FixtureRequest) -> Runner:
    made: Runner = request.param()
    return made


on_github = partial(FoldingLog, GITHUB.marks)


def github(act: Callable[[FoldingLog], None]) -> str:
    stream = StringIO()
    act(FoldingLog(GITHUB.marks, stream))
    return stream.getvalue()


HOSTILE = [
    "::error::x",
    "  \t::error::x",
    "\u00a0::error::x",
    "\u200b::error::x",
    "a\n::error::x",
    "a\r::error::x",
    "a\x85::error::x",
    "a\u2028::error::x",
    "##[error]x",
    "text ##[add-mask]x",
    "#\u00ad#[error]x",
    "##\ufe0f[error]x",
    "::stop-commands::mine",
    "::endgroup::",
    "::add-mask::e",
    "\x1b[31m::error::x",
    "::error::x\x1b[",
    "no newline",
    "no newline\r",
    "\x1b]0;",
]

hostile_text = st.one_of(
    st.text(),
    st.sampled_from(HOSTILE),
    st.lists(
        st.sampled_from([*HOSTILE, "\x1b[1m\n", "::", "#", "##[", "]", "error", "\n", "\r", " ", "\x1b", "x"])
    ).map("".join),
)


@given(pieces=st.lists(hostile_text))
@pytest.mark.parametrize("kind", [Runner, Act])
def test_no_output_of_a_build_is_a_command(kind: type[Runner], pieces: list[str]) -> None:
    def act(log: FoldingLog) -> None:
        with log.group("build api"):
            for piece in pieces:
                log.output(piece)
        log.warning("after")

    runner = kind()
    runner.read(github(act))
    assert runner.commands == [("group", "", "build api"), ("endgroup", "", ""), ("warning", "", "after")]


@given(text=hostile_text)
@pytest.mark.parametrize("kind", [Runner, Act])
def test_no_message_is_a_command(kind: type[Runner], text: str) -> None:
    def act(log: FoldingLog) -> None:
        log.info(text)
        log.output(text)
        with log.group(text):
            log.info(text)
            log.output(text)
            log.info(text)
        log.detail(text)

    runner = kind()
    runner.read(github(act))
    assert [name for name, _, _ in runner.commands] == ["group", "endgroup"]
    assert not runner.stopped


@given(text=hostile_text, file=hostile_text)
@pytest.mark.parametrize("kind", [Runner, Act])
def test_a_warning_is_one_command_whatever_it_says(kind: type[Runner], text: str, file: str) -> None:
    runner = kind()
    runner.read(github(lambda log: log.warning(text, place=Place(file, 3, 5))))
    ((name, properties, _),) = runner.commands
    assert name == "warning"
    assert properties.endswith(",line=3,endLine=5")
    assert properties.count(",") == 2


def test_a_warning_inside_a_group_is_a_warning_and_the_group_stays_closed_to_commands(runner: Runner) -> None:
    def act(log: FoldingLog) -> None:
        with log.group("build"):
            log.output("::error::before, no newline")
            log.warning("real")
            log.output("::error::after\n")

    runner.read(github(act))
    assert [name for name, _, _ in runner.commands] == ["group", "warning", "endgroup"]


def test_a_group_in_a_group_is_a_line(runner: Runner) -> None:
    def act(log: FoldingLog) -> None:
        with log.group("outer"), log.group("inner"):
            log.output("::error::x\n")

    output = github(act)
    runner.read(output)
    assert [name for name, _, _ in runner.commands] == ["group", "endgroup"]
    assert "\ninner\n" in output


def test_a_group_is_closed_when_the_build_fails(runner: Runner) -> None:
    stream = StringIO()

    def build() -> None:
        log = FoldingLog(GITHUB.marks, stream)
        with log.group("build"):
            log.output("no newline")
            raise BuildError("it broke")

    with pytest.raises(BuildError):
        build()
    runner.read(stream.getvalue())
    assert [name for name, _, _ in runner.commands] == ["group", "endgroup"]
    assert not runner.stopped


def test_every_group_has_a_token_of_its_own() -> None:
    def act(log: FoldingLog) -> None:
        for _ in range(20):
            with log.group("build"):
                pass

    tokens = re.findall("::stop-commands::(.*)", github(act))
    assert len(set(tokens)) == 20
    assert all(re.fullmatch("[0-9a-f]{32}", token) for token in tokens)


def test_a_group_reads_well() -> None:
    def act(log: FoldingLog) -> None:
        log.info("two images")
        with log.group("build api: 100%"):
            log.output("\x1b[31mStep 1/")
            log.output("1 : FROM scratch")
        log.warning("first\nsecond", place=Place("a,b:c.yml", 3))

    assert re.sub("[0-9a-f]{32}", "TOKEN", github(act)) == (
        "two images\n"
        "::group::build api: 100%25\n"
        "::stop-commands::TOKEN\n"
        "\x1b[31mStep 1/1 : FROM scratch\x1b[0m\n"
        "::TOKEN::\n"
        "::endgroup::\n"
        "::warning file=a%2Cb%3Ac.yml,line=3::first%0Asecond\n"
    )


def test_quiet_drops_output_and_progress_but_no_warning() -> None:
    for kind in (on_github, PlainLog):
        stream = StringIO()
        log = kind(stream, quiet=True)
        log.info("info")
        log.detail("detail")
        with log.group("title"):
            log.output("output")
        log.warning("told")
        assert "told" in stream.getvalue()
        assert not re.search("info|detail|output|title|group", stream.getvalue())


def test_details_are_for_the_verbose() -> None:
    for kind in (on_github, PlainLog):
        stream = StringIO()
        kind(stream).detail("detail")
        assert stream.getvalue() == ""
        kind(stream, verbose=True).detail("detail")
        assert stream.getvalue() == "detail\n"


def test_a_terminal_sees_headings_output_and_warnings() -> None:
    stream = StringIO()
    log = PlainLog(stream)
    with log.group("build api"):
        log.output("\x1b[31mno ne")
        log.output("wline")
    log.info("built\x1b[2J")
    log.warning("careful", place=Place("Dockerfile", 3))
    assert stream.getvalue() == (
        "build api\n\x1b[31mno newline\x1b[0m\nbuilt\ufffd[2J\nwarning: Dockerfile:3: careful\n"
    )
