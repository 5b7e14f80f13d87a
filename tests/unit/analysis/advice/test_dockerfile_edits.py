"""Changes to the text of instructions, and where none is made."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloatcheck.analysis.advice.edit import (
    joined,
    merged,
    neighbours,
    quoted,
    removal,
    with_command,
    with_words,
)
from bloatcheck.oci.dockerfile import Instruction, parse_dockerfile


def run(text: str) -> Instruction:
    return parse_dockerfile(f"FROM a\n{text}\n")[1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RUN a", "RUN a && x"),
        ("run  a; b", "run  a; b && x"),
        ("RUN a \\\n && b", "RUN a \\\n && b \\\n    && x"),
        ("RUN --mount=type=cache,target=/c a", "RUN --mount=type=cache,target=/c a && x"),
        ("RUN <<EOF\na\nb\nEOF", "RUN <<EOF\na\nb\nx\nEOF"),
        ("RUN <<-EOF\n\ta\n\tEOF", "RUN <<-EOF\n\ta\n\tx\n\tEOF"),
    ],
)
def test_a_command_is_put_at_the_end(text: str, expected: str) -> None:
    assert with_command(run(text), "x") == expected


@pytest.mark.parametrize(
    "text",
    [
        'RUN ["a"]',
        "RUN a # why",
        "RUN a &",
        "RUN a;",
        "RUN a ||",
        "COPY a b",
        "RUN cat <<EOF > x\na\nEOF",
        "RUN <<A <<B\na\nA\nb\nB",
    ],
)
def test_no_command_is_put_where_it_would_mean_something_else(text: str) -> None:
    assert with_command(run(text), "x") is None


def test_words_are_put_behind_every_match() -> None:
    pattern = re.compile(r"\bpip install\b")
    assert with_words(run("RUN pip install a && \\\n  pip install b"), pattern, "-q") == (
        "RUN pip install -q a && \\\n  pip install -q b"
    )
    assert with_words(run("RUN pip \\\n  install a"), pattern, "-q") is None
    assert with_words(run("RUN true"), pattern, "-q") is None
    assert with_words(None, pattern, "-q") is None


def test_commands_are_joined_as_they_are_written() -> None:
    assert joined([run("RUN a && \\\n    b"), run("RUN c; d")]) == "RUN a && \\\n    b \\\n    && c; d"


def test_what_a_command_changes_for_its_shell_ends_with_it() -> None:
    assert joined([run("RUN cd /srv && a"), run("RUN b")]) == "RUN (cd /srv && a) \\\n    && b"


def test_flags_are_written_once() -> None:
    flag = "--mount=type=cache,target=/c"
    assert joined([run(f"RUN {flag} a"), run(f"RUN {flag} b")]) == f"RUN {flag} a \\\n    && b"


@pytest.mark.parametrize(
    "other", ['RUN ["b"]', "RUN --network=none b", "COPY a b", "RUN b # c", "RUN a || b", "RUN b &"]
)
def test_what_can_not_be_joined_is_not(other: str) -> None:
    assert joined([run("RUN a"), run(other)]) is None


def test_only_commands_side_by_side_are_neighbours() -> None:
    first, copy, last = parse_dockerfile("RUN a\nCOPY a b\nRUN c\n")
    assert not neighbours([first, copy, last], first, last)
    assert neighbours([first, last], first, last)
    second = parse_dockerfile("FROM a\nRUN x\nFROM b\nRUN y\n")
    assert not neighbours(second, second[1], second[3])


def test_paths_are_quoted_for_a_shell_and_refused_where_no_dockerfile_could_have_them() -> None:
    assert quoted(b"srv/a@1.0") == "/srv/a@1.0"
    assert quoted(b"srv/a b;c") == "'/srv/a b;c'"
    assert quoted(b"srv/a\nRUN evil") is None
    assert quoted(b"srv/\xff") is None
    assert removal([b"b", b"a", b"a"]) == "rm -rf /a /b"
    assert removal([]) is None
    assert removal([b"a\n"]) is None


def test_edits_of_one_instruction_are_merged_each_in_its_place() -> None:
    text = "RUN apt-get update \\\n    && apt-get install -y git"
    flagged = text.replace("install", "install --no-install-recommends")
    emptied = text + " \\\n    && rm -rf /var/lib/apt/lists/*"
    stripped = text + " \\\n    && strip /usr/bin/x"
    assert merged(text, [emptied, flagged, stripped, emptied]) == (
        "RUN apt-get update \\\n    && apt-get install --no-install-recommends -y git"
        " \\\n    && rm -rf /var/lib/apt/lists/* \\\n    && strip /usr/bin/x"
    )


def test_an_option_at_the_end_of_a_command_comes_before_the_next_command() -> None:
    edits = ["RUN npm ci && rm -rf /root/.npm", "RUN npm ci --omit=dev"]
    assert merged("RUN npm ci", edits) == "RUN npm ci --omit=dev && rm -rf /root/.npm"
    assert merged("RUN npm ci", edits[::-1]) == "RUN npm ci --omit=dev && rm -rf /root/.npm"


def test_edits_of_a_here_document_stay_inside_it() -> None:
    text = "RUN <<EOF\na\nEOF"
    assert merged(text, [f"RUN <<EOF\na\n{each}\nEOF" for each in "xy"]) == "RUN <<EOF\na\nx\ny\nEOF"


def test_an_edit_that_takes_something_away_is_merged_with_none() -> None:
    assert merged("RUN a && b", ["RUN a", "RUN a && b && c"]) is None


@given(st.lists(st.sampled_from(["a", "--b", "&&", "\\\n"]), min_size=1), st.integers(0), st.integers(0))
def test_merged_edits_hold_what_each_of_them_adds(words: list[str], at: int, other: int) -> None:
    def edit(place: int, word: str) -> str:
        index = place % (len(words) + 1)
        return " ".join((*words[:index], word, *words[index:]))

    both = merged(" ".join(words), [edit(at, "x"), edit(other, "y")])
    assert both is not None
    assert sorted(both.split()) == sorted(f"{' '.join(words)} x y".split())
