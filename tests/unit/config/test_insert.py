"""`bloatcheck approve` puts one entry into the file, and leaves every other character of it as it is."""

from __future__ import annotations

import difflib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloatcheck.config.insert import as_block, with_approval
from bloatcheck.config.yaml_tree import plain, read_tree

ENTRY = {"image": "api", "up-to": "240 MB", "until": "2027-01-31", "because": "codecs: ffmpeg"}
TOLD = """\
  - image: api
    up-to: 240 MB
    until: 2027-01-31
    because: 'codecs: ffmpeg'
"""


def added(before: str, after: str) -> str:
    """What was added; fails where anything else was done."""
    lines = list(difflib.ndiff(before.splitlines(keepends=True), after.splitlines(keepends=True)))
    assert not [line for line in lines if line.startswith("- ")], after
    return "".join(line[2:] for line in lines if line.startswith("+ "))


def values(text: str) -> object:
    tree, problems = read_tree(text, "f")
    assert tree is not None
    assert problems == ()
    return plain(tree)


@pytest.mark.parametrize(
    "text",
    [
        "version: 1\n",
        "# yaml-language-server: $schema=x\nversion: 1  # 1\nlimits:\n    content:   5 MB\n\n\n# the end\n",
        "version: 1\ncomment: {when: auto}\n",
        "version: 1\nimages:\n- name: api\n",
    ],
)
def test_the_first_approval_goes_to_the_end(text: str) -> None:
    assert added(text, with_approval(text, ENTRY)) == f"\napprovals:\n{TOLD}"


def test_a_file_without_a_newline_at_its_end_gets_one() -> None:
    assert with_approval("version: 1", ENTRY) == f"version: 1\n\napprovals:\n{TOLD}"


def test_it_goes_before_the_marks_end_of_the_document() -> None:
    assert with_approval("---\nversion: 1\n...\n", ENTRY) == f"---\nversion: 1\n\napprovals:\n{TOLD}...\n"


@pytest.mark.parametrize("indent", ["", "  ", "      "])
def test_another_approval_goes_behind_the_last_indented_as_it_is(indent: str) -> None:
    text = (
        f"version: 1\napprovals:   # reviewed by ops\n{indent}- {{image: web, up-to: 1 GB, because: x}}\n"
        f"{indent}- image: web   # old\n{indent}  because: 'y'\n{indent}  up-to: 5 MB\n\n"
        "# what fails\nlimits:\n  content: 5 MB\n"
    )
    after = with_approval(text, ENTRY)
    entry = "".join(f"{indent}{line[2:]}" for line in TOLD.splitlines(keepends=True))
    assert added(text, after) == entry
    assert after.index("up-to: 5 MB\n") < after.index(entry) < after.index("\n# what fails")


def test_a_text_of_several_lines_at_the_end_of_the_last_approval_stays_whole() -> None:
    text = "version: 1\napprovals:\n  - image: web\n    because: |\n      first\n\n      # second\n"
    assert added(text, with_approval(text, ENTRY)) == TOLD


@pytest.mark.parametrize("empty", [" []", " ~", "", "  # none yet", " []  # none yet"])
def test_an_empty_list_gets_its_first_approval(empty: str) -> None:
    text = f"version: 1\napprovals:{empty}\nlimits: {{content: 5 MB}}\n"
    after = with_approval(text, ENTRY)
    assert TOLD in after
    assert after.endswith("limits: {content: 5 MB}\n")
    assert ("# none yet" in after) == ("# none yet" in text)


@pytest.mark.parametrize("end", ["]", " ]", ",]", "\n]"])
def test_a_list_on_one_line_stays_one(end: str) -> None:
    text = f"version: 1\napprovals: [{{image: web, up-to: 1 GB, because: x}}{end}\n"
    after = with_approval(text, ENTRY)
    assert "{image: api, up-to: 240 MB, until: 2027-01-31, because: 'codecs: ffmpeg'}" in after


def test_line_ends_of_windows_stay() -> None:
    after = with_approval("version: 1\r\nlimits:\r\n  content: 5 MB\r\n", ENTRY)
    assert after.count("\n") == after.count("\r\n") == 9


@pytest.mark.parametrize("text", ["{version: 1}\n", "version: 1\nlimits: &a []\napprovals: *a\n"])
def test_where_nothing_can_be_put_in_it_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="written in a way"):
        with_approval(text, ENTRY)


def test_the_entry_is_shown_to_be_put_in_by_hand() -> None:
    assert as_block(ENTRY) == f"approvals:\n{TOLD}"


_WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")) | st.just(" "), min_size=1).map(
    str.strip
)


@given(_WORDS.filter(bool), st.sampled_from(["version: 1\n", "version: 1\napprovals: [{image: b}]\n"]))
def test_any_reason_is_read_back_as_it_was_written(because: str, text: str) -> None:
    after = with_approval(text, {"image": "api", "up-to": "1 MB", "because": because})
    read = values(after)
    assert isinstance(read, dict)
    assert read["approvals"][-1]["because"] == because
