"""Foreign text in markdown: it shows as it is, and does nothing."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.github_markdown import Page
from support.hostile import ATTACKS, hostile_text
from support.workflow_commands import Runner

from bloatcheck.ci.commands import disarm
from bloatcheck.report.escape import (
    LONGEST_CODE,
    Markdown,
    code,
    compose,
    fenced,
    html_code,
    link,
    rendered,
    row,
    sentence,
)
from bloatcheck.report.plain import harmless, shorten


def shown(text: str) -> str:
    """What a reader should see of foreign text: one line, no HTML comment, no command, not endless."""
    without = harmless(text).replace("<!--", "<!- -").replace("-->", "- ->")
    return shorten(disarm(without), LONGEST_CODE)


def table(*cells: Markdown | str) -> str:
    columns = len(cells)
    return "\n".join((row(*["head"] * columns), row(*[Markdown("---")] * columns), row(*cells)))


every_attack = pytest.mark.parametrize("text", ATTACKS, ids=range(len(ATTACKS)))


@every_attack
def test_a_known_attack_is_only_text_in_a_table_cell(text: str) -> None:
    page = Page.of(table(code(text), text, "end"))
    assert set(page.tags) <= {"table", "thead", "tbody", "tr", "th", "td", "code"}
    assert page.links == []
    assert page.references == []
    assert len(page.cells[1]) == 3
    assert page.cells[1][0] == shown(text)
    assert page.cells[1][2] == "end"


@given(hostile_text)
def test_code_shows_exactly_the_text_in_a_sentence(text: str) -> None:
    page = Page.of(f"before {code(text)} after")
    assert set(page.tags) <= {"p", "code"}
    assert page.code == ([shown(text)] if shown(text) else [])


@given(hostile_text, hostile_text)
def test_code_in_a_table_cell_shows_exactly_the_text_and_ends_no_cell(one: str, other: str) -> None:
    page = Page.of(table(code(one), code(other)))
    assert page.cells[1:] == [[shown(one), shown(other)]]
    assert set(page.tags) <= {"table", "thead", "tbody", "tr", "th", "td", "code"}


@given(hostile_text, hostile_text)
def test_a_sentence_in_a_table_cell_ends_no_cell_and_refers_to_nothing(one: str, other: str) -> None:
    page = Page.of(table(one, other, "end"))
    assert [len(cells) for cells in page.cells] == [3, 3]
    assert page.cells[1][2] == "end"
    assert page.links == []
    assert page.references == []


@given(hostile_text)
@example("x`y`@octocat")
@example("`a` `b`@c")
def test_a_sentence_has_no_markup_link_or_reference_and_keeps_its_words(text: str) -> None:
    page = Page.of(f"Told: {sentence(text)}")
    assert set(page.tags) <= {"p", "code"}
    assert page.links == []
    assert page.references == []
    if len(text) < 100 and "::" not in text and "##[" not in text and "--" not in text:
        words = page.text.replace("\N{NO-BREAK SPACE}", " ").replace("`", "")
        assert words.split() == ["Told:", *harmless(text).replace("`", "").split()]


@pytest.mark.parametrize("place", ["### {}", "- {}", "**What:** {}", "> {}", "<sub>{}</sub>"])
@given(text=hostile_text)
def test_a_sentence_is_as_safe_wherever_a_line_began_with_words_of_ours(place: str, text: str) -> None:
    page = Page.of(place.format(f"Note: {sentence(text)} {code(text)}"))
    assert set(page.tags) <= {"h3", "ul", "li", "p", "strong", "blockquote", "sub", "code"}
    assert page.links == []
    assert page.references == []


@given(hostile_text)
def test_a_summary_shows_exactly_the_text(text: str) -> None:
    page = Page.of(f"<details><summary>{html_code(text)}: more</summary>\n\nx\n\n</details>")
    assert page.tags == ["details", "summary", "code", "p"]
    assert page.code == [shown(text)]


@given(hostile_text)
def test_a_link_s_label_does_not_end_the_link(text: str) -> None:
    label = code(text)
    page = Page.of(f"see {link(label, 'https://github.com/octo/shop')} there")
    assert page.links == ["https://github.com/octo/shop"]
    assert page.code == ([shown(text)] if shown(text) else [])


@given(st.lists(hostile_text, min_size=1, max_size=5))
def test_output_is_one_block_that_nothing_in_it_ends(lines: list[str]) -> None:
    page = Page.of(f"<details>\n\n{fenced(lines)}\n\n</details>\n\nafter")
    assert page.tags == ["details", "pre", "code", "p"]
    assert page.attributes == ["lang"]
    assert len(page.code) == 1


_OF_GITLAB = re.compile(
    r"(?P<block>^```.+?\n```$)|(?P<inline>`\n*.+?\n*`)|^/(?P<command>merge|approve|label)(?= |\s*$)",
    re.MULTILINE | re.DOTALL | re.IGNORECASE,
)
"""How an older GitLab looks for quick actions: by what it takes for code, before markdown is read."""


@pytest.mark.parametrize(
    "lines",
    [
        ["/merge"],
        ["```", "/approve", "```"],
        ["````", "/merge", "/label ~approved"],
        ["`", "/MERGE", "`"],
        ["a ` b", "/merge \r", "\x1b[31m/approve\x1b[0m"],
    ],
)
@pytest.mark.parametrize("before", ["", "``a`b`` and `c`\n\n", "one ` alone\n\n"])
def test_no_line_of_output_is_a_quick_action_however_backticks_pair(lines: list[str], before: str) -> None:
    for markdown in (fenced(lines), fenced(lines, "dockerfile")):
        found = _OF_GITLAB.finditer(f"{before}{markdown}\n\n`after`")
        assert [match["command"] for match in found if match["command"]] == []


def test_a_path_in_output_is_no_quick_action() -> None:
    line = "/bin/sh: 1: frob: not found"
    assert fenced([line]).splitlines()[1] == line


@pytest.mark.parametrize("words", ["acme/shop!7", "a/b/c&3", "acme/shop~bug", "acme/shop%5", "acme/shop$4"])
def test_another_project_s_reference_is_code_on_gitlab(words: str) -> None:
    assert sentence(f"see {words} there") == f"see `{words}` there"


def test_text_to_paste_is_not_cut_where_output_is() -> None:
    line = "RUN " + " && ".join(f"apt-get install package-{number}" for number in range(60))
    assert line in str(fenced([line], "dockerfile"))
    assert line not in str(fenced([line]))


def test_output_keeps_indentation_and_loses_colour() -> None:
    block = fenced(["\x1b[31mred\x1b[0m", "    indented\ttab", "50%\r100%\n"])
    assert block.splitlines()[1:-1] == ["red", "    indented    tab", "100%", ""]


@given(hostile_text)
def test_no_foreign_text_starts_a_workflow_command_or_an_html_comment(text: str) -> None:
    for markdown in (code(text), sentence(text), html_code(text), fenced([text]), row(text, code(text))):
        runner = Runner()
        runner.read(markdown)
        assert runner.commands == []
        assert not runner.stopped
        assert "<!--" not in markdown


def test_what_can_not_be_seen_is_shown_as_such() -> None:
    assert code("a\u202eb\0c\u200bd") == "`a\ufffdb\ufffdc\ufffdd`"


def test_text_is_cut_with_an_ellipsis() -> None:
    assert code("x" * 4096) == f"`{'x' * (LONGEST_CODE - 1)}…`"


def test_emphasis_in_words_is_shown_as_characters() -> None:
    assert Page.of(f"x {sentence('**bold** _it_ ~~gone~~ $x$')}").text == "x **bold** _it_ ~~gone~~ $x$"


def test_what_stands_between_backticks_is_code_in_a_sentence_too() -> None:
    page = Page.of(f"x {sentence('run (`docker build .`), then `go`.')}")
    assert page.code == ["docker build .", "go"]
    assert page.text == "x run (docker build .), then go."


def test_a_figure_stays_on_one_line_with_its_unit() -> None:
    assert sentence("grew by 12.4 MB (+3 %), 5 B over") == (
        "grew by 12.4\N{NO-BREAK SPACE}MB (+3\N{NO-BREAK SPACE}%), 5\N{NO-BREAK SPACE}B over"
    )


def test_markdown_is_printed_as_it_is_and_anything_else_escaped() -> None:
    assert rendered(Markdown("**x**")) == "**x**"
    assert rendered("**x**") == r"\*\*x\*\*"
    assert compose("**{}**", "<b>") == "**&lt;b&gt;**"


def test_markdown_joined_to_text_is_text_again() -> None:
    assert rendered(Markdown("**x** ") + "<b>") == r"\*\*x\*\* &lt;b&gt;"


def test_a_value_that_is_no_text_is_refused() -> None:
    with pytest.raises(TypeError, match="prints a list"):
        rendered(["x"])


@pytest.mark.parametrize("word", ["!12", "~bug", '~"two', "%v1", "$7", "&3", "/close", "/label"])
def test_what_gitlab_would_take_for_a_reference_or_a_command_is_code(word: str) -> None:
    assert f"`{word}`" in sentence(f"see {word} there")


def test_signs_that_stand_alone_are_none() -> None:
    assert "`" not in sentence("90 % of 3 $ & more ~ or less! 1/2")


def test_what_follows_a_name_that_runs_from_right_to_left_stays_behind_it() -> None:
    assert code("שלום") == "`שלום`\N{LEFT-TO-RIGHT MARK}"
    assert html_code("שלום") == "<code>שלום</code>\N{LEFT-TO-RIGHT MARK}"
    assert code("café-🚀") == "`café-🚀`"
