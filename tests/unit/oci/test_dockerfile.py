"""How the lines of a Dockerfile become instructions."""

import os
import time
from pathlib import Path

import pytest

from bloatcheck.oci.dockerfile import MAX_LENGTH, Heredoc, Instruction, parse_dockerfile, read_dockerfile


def only(text: str) -> Instruction:
    (instruction,) = parse_dockerfile(text)
    return instruction


def lines(text: str) -> list[tuple[str, int, int]]:
    return [(i.keyword, i.line, i.end_line) for i in parse_dockerfile(text)]


def test_an_instruction_has_keyword_arguments_and_lines() -> None:
    instruction = only("\n# comment\nrun  echo hi  \n")
    assert instruction == Instruction(
        keyword="RUN",
        text="run  echo hi",
        raw="run  echo hi  \n",
        arguments="echo hi",
        line=3,
        end_line=3,
    )


def test_continuations_are_joined_and_comments_and_empty_lines_between_them_left_out() -> None:
    text = "RUN one \\\n  # about two\n\n  && two \\  \n\t&& three\nCMD x\n"
    run, cmd = parse_dockerfile(text)
    assert run.text == "RUN one   && two \t&& three"
    assert (run.line, run.end_line) == (1, 5)
    assert run.raw == text.removesuffix("CMD x\n")
    assert cmd.line == 6


def test_an_escaped_escape_character_continues_nothing() -> None:
    assert lines("RUN one \\\\\nRUN two") == [("RUN", 1, 1), ("RUN", 2, 2)]


def test_a_file_may_end_in_a_continuation() -> None:
    assert only("RUN one \\\n").text == "RUN one"


def test_the_escape_directive_chooses_another_continuation() -> None:
    instruction = only("# syntax=docker/dockerfile:1\n# escape=`\nRUN dir C:\\ `\n  && more")
    assert instruction.text == "RUN dir C:\\   && more"
    assert (instruction.line, instruction.end_line) == (3, 4)


@pytest.mark.parametrize("before", ["# a comment\n", "\n", "FROM a\n", "#!/bin/sh\n"])
def test_a_directive_after_anything_else_is_a_comment(before: str) -> None:
    assert parse_dockerfile(f"{before}# escape=`\nRUN one `\nRUN two")[-1].text == "RUN two"


def test_check_and_syntax_directives_may_stand_before_escape() -> None:
    assert only("#check=error=true\n#Syntax = x\n#escape = `\nRUN a `\n b").text == "RUN a  b"


def test_windows_line_ends_and_a_byte_order_mark_do_not_show() -> None:
    from_, run = parse_dockerfile("\ufeffFROM a\r\nRUN one \\\r\n  two\r\n")
    assert from_.keyword == "FROM"
    assert (run.text, run.line, run.end_line) == ("RUN one   two", 2, 3)


def test_flags_are_told_from_arguments() -> None:
    instruction = only('COPY --link --from="build stage" --chown=1:1 -- --not-a-flag /x')
    assert instruction.flags == ("--link", "--from=build stage", "--chown=1:1")
    assert instruction.arguments == "--not-a-flag /x"
    assert instruction.words == ("--not-a-flag", "/x")


def test_the_json_form_is_read() -> None:
    instruction = only('COPY --chown=1 ["a b", "c\\u0020d"]')
    assert instruction.json == ("a b", "c d")
    assert instruction.words == ("a b", "c d")


@pytest.mark.parametrize(
    "arguments", ['["a", 1]', "['a']", '["a"', '["a"] b', "[" * 100_000, '[{"a": "b"}]', '"a"']
)
def test_what_is_no_json_list_of_strings_is_the_shell_form(arguments: str) -> None:
    assert only(f"RUN {arguments}").json is None


def test_half_a_surrogate_pair_in_json_is_replaced() -> None:
    assert only('CMD ["\\ud800"]').json == ("\N{REPLACEMENT CHARACTER}",)


def test_here_documents_belong_to_their_instruction() -> None:
    run, cmd = parse_dockerfile("RUN cat <<ONE <<'TWO WORDS' > /x\na\n  b\nONE\nRUN no\nTWO WORDS\nCMD x")
    assert run.text == "RUN cat <<ONE <<'TWO WORDS' > /x"
    assert run.heredocs == (
        Heredoc(name="ONE", body="a\n  b\n"),
        Heredoc(name="TWO WORDS", body="RUN no\n"),
    )
    assert (run.line, run.end_line) == (1, 6)
    assert cmd.line == 7


def test_a_dash_lets_the_end_of_a_here_document_be_indented_by_tabs() -> None:
    run = only("RUN <<-EOF\n\techo\n EOF\n\t\tEOF\n")
    assert run.heredocs == (Heredoc(name="EOF", body="\techo\n EOF\n", strip_tabs=True),)


@pytest.mark.parametrize("word", ["EOF", '"EOF"', "'EOF'", '"E"OF', "\\EOF", " EOF"])
def test_the_name_of_a_here_document_may_be_quoted(word: str) -> None:
    assert only(f"COPY <<{word} /x\nbody\nEOF").heredocs[0].name == "EOF"


def test_a_file_descriptor_may_stand_before_a_here_document() -> None:
    assert only("RUN cat 3<<E\nbody\nE").heredocs == (Heredoc(name="E", body="body\n"),)


@pytest.mark.parametrize(
    "text",
    [
        "RUN cat <<<EOF",
        "RUN echo $((1<<2))",
        "RUN echo '<<EOF'",
        "ENV A=<<EOF",
        'RUN ["cat", "<<EOF"]',
        "RUN echo it's <<EOF",
        'RUN cat <<""',
    ],
)
def test_what_only_resembles_a_here_document_takes_no_lines(text: str) -> None:
    assert lines(f"{text}\nCMD x")[-1] == ("CMD", 2, 2)


def test_an_unclosed_here_document_ends_the_file_and_keeps_what_came_before() -> None:
    assert lines("FROM a\nRUN one\nRUN <<EOF\nCMD x\n") == [("FROM", 1, 1), ("RUN", 2, 2)]


def test_stages_are_numbered_and_named() -> None:
    text = "ARG V\nFROM a as Build\nRUN one\nFROM --platform=x b\nRUN two\nFROM c AS last\n"
    assert [(i.keyword, i.stage, i.stage_name) for i in parse_dockerfile(text)] == [
        ("ARG", None, None),
        ("FROM", 0, "build"),
        ("RUN", 0, "build"),
        ("FROM", 1, None),
        ("RUN", 1, None),
        ("FROM", 2, "last"),
    ]


def test_onbuild_holds_the_instruction_it_triggers() -> None:
    instruction = only("ONBUILD copy --chown=1 \\\n a b")
    assert instruction.keyword == "ONBUILD"
    assert instruction.trigger is not None
    assert instruction.trigger.keyword == "COPY"
    assert instruction.trigger.flags == ("--chown=1",)
    assert instruction.trigger.words == ("a", "b")
    assert (instruction.trigger.line, instruction.trigger.end_line) == (1, 2)


def test_a_here_document_of_a_trigger_is_read_too() -> None:
    onbuild, cmd = parse_dockerfile("ONBUILD RUN <<E\nbody\nE\nCMD x")
    assert onbuild.trigger is not None
    assert onbuild.trigger.heredocs == (Heredoc(name="E", body="body\n"),)
    assert cmd.line == 4


def test_what_a_builder_would_refuse_is_passed_over() -> None:
    assert lines("FROM a\nENV\nFOO bar\nONBUILD\nRUN x") == [
        ("FROM", 1, 1),
        ("ENV", 2, 2),
        ("FOO", 3, 3),
        ("ONBUILD", 4, 4),
        ("RUN", 5, 5),
    ]


@pytest.mark.parametrize("text", ["", "\n\n", "# only\n# comments", "\\", "\\\n\\\n"])
def test_a_file_without_instructions_has_none(text: str) -> None:
    assert parse_dockerfile(text) == ()


def test_a_text_without_end_is_refused() -> None:
    with pytest.raises(ValueError, match="1,048,577 characters"):
        parse_dockerfile("#" * (MAX_LENGTH + 1))


@pytest.mark.parametrize(
    "piece",
    [
        "a\n",
        "\\\n",
        "#\n",
        "RUN \\\n",
        "<<E ",
        "RUN a <<E\nE\n",
        "ONBUILD ",
        "RUN <<'",
        'RUN <<"\\',
        "--x ",
        "\\ ",
        "<",
        "[",
        " ",
    ],
)
def test_time_grows_with_the_length_only(piece: str) -> None:
    text = "RUN " + piece * ((MAX_LENGTH - 4) // len(piece))
    started = time.process_time()
    parse_dockerfile(text)
    assert time.process_time() - started < 15


@pytest.mark.parametrize(
    ("text", "ignores"),
    [
        ("# bloatcheck ignore=apt-lists\nRUN x", {"apt-lists"}),
        ("# why\n  #bloatcheck  ignore = apt-lists , docs\n# more\nRUN x", {"apt-lists", "docs"}),
        ("# bloatcheck ignore=all because we ship them\nRUN x", {"all"}),
        ("RUN a && \\\n  # bloatcheck ignore=apt-lists\n  b # bloatcheck ignore=docs", {"apt-lists", "docs"}),
        ("RUN a # bloatcheck ignore=docs", {"docs"}),
        ("# bloatcheck ignore=a,\nRUN x", {"a"}),
        ("# bloatcheck ignore=docs\n\nRUN x", set()),
        ("# bloatcheck ignore=docs\nENV A=b\nRUN x", set()),
        ("# bloatcheck ignore=\nRUN x", set()),
        ("# bloatcheckignore=a\nRUN x", set()),
        ("RUN echo no#bloatcheck ignore=docs", set()),
    ],
)
def test_comments_right_above_and_within_an_instruction_say_what_it_ignores(
    text: str, ignores: set[str]
) -> None:
    assert parse_dockerfile(f"FROM a\n{text}\n")[-1].ignores == ignores


def test_a_comment_in_a_here_document_counts_for_its_instruction_and_a_trigger_has_onbuilds() -> None:
    heredoc, onbuild = parse_dockerfile(
        "RUN <<EOF\nmake # bloatcheck ignore=docs\nEOF\n# bloatcheck ignore=all\nONBUILD RUN x\n"
    )
    assert heredoc.ignores == {"docs"}
    assert onbuild.trigger is not None
    assert onbuild.ignores == onbuild.trigger.ignores == {"all"}


@pytest.mark.parametrize("piece", ["# bloatcheck ignore=a ", "#", "# bloatcheck ", "a,", " ", "\t#"])
def test_time_to_read_comments_grows_with_their_length_only(piece: str) -> None:
    text = f"# bloatcheck ignore=a{piece * (500_000 // len(piece))}\nRUN x\n"
    started = time.process_time()
    parse_dockerfile(text)
    assert time.process_time() - started < 2


def test_a_file_is_read_as_its_lines_are(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_bytes(b"FROM a\r\nRUN \xe9\rb\n")
    assert read_dockerfile(tmp_path / "Dockerfile") == "FROM a\r\nRUN \ufffd\rb\n"
    (tmp_path / "long").write_text("#" * (MAX_LENGTH + 1))
    with pytest.raises(ValueError, match="has more than 1,048,576 characters"):
        read_dockerfile(tmp_path / "long")


@pytest.mark.parametrize("where", ["pipe", "zeros", "folder"])
def test_what_is_no_file_is_not_waited_for(tmp_path: Path, where: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zeros").symlink_to("/dev/zero")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="it is no file"):
        read_dockerfile(tmp_path / where)
