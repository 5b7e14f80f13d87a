"""Advice as a whole: what is left out, what is told once, in which order."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.advice import facts_of
from support.layers import Entry, file, hard_link, layer, symlink, whiteout

from bloatcheck.analysis import advice as package
from bloatcheck.analysis.advice import ADVISERS, IDS, Advice, Facts, Program, advise
from bloatcheck.analysis.advice.edit import on_lines
from bloatcheck.analysis.advice.model import MAX_EXAMPLES
from bloatcheck.analysis.advice.one_text import one_text_for_each_line
from bloatcheck.analysis.advice.shown import MAX_MESSAGE, MAX_REPLACEMENT
from bloatcheck.errors import Place

BIG = 400_000
HELPERS = {
    "advise",
    "caches",
    "compiling",
    "edit",
    "model",
    "one_text",
    "paths",
    "registry",
    "removable",
    "shown",
    "__init__",
}


def image(*entries: Entry, command: str = "make") -> Facts:
    return facts_of(
        layer(file("base", 1)), layer(*entries), dockerfile=f"FROM a\nRUN {command}\n", filled_by=[0, 2]
    )


def test_every_adviser_is_registered_under_the_name_of_its_module() -> None:
    modules = {path.stem for path in Path(package.__path__[0]).glob("*.py")} - HELPERS
    assert {name.replace("-", "_") for name in ADVISERS} == modules
    assert tuple(ADVISERS) == IDS


def test_every_id_has_its_section_in_the_documentation() -> None:
    text = (Path(__file__).parents[4] / "docs/advice.md").read_text()
    headings = [line.removeprefix("## ").strip("`") for line in text.splitlines() if line.startswith("## `")]
    assert sorted(headings) == sorted(IDS)


def test_an_empty_image_gets_no_advice() -> None:
    assert advise(facts_of()) == ()
    assert advise(facts_of(layer())) == ()


def test_the_largest_saving_comes_first() -> None:
    facts = image(file("root/.cache/pip/a", BIG), file("root/.npm/_cacache/a", 2 * BIG))
    assert [each.id for each in advise(facts)] == ["npm-cache", "pip-cache"]


def test_what_is_too_little_is_not_worth_a_word() -> None:
    assert not advise(image(file("root/.cache/pip/a", 99_999)))
    assert not advise(image(file("root/.cache/pip/a", BIG), file("huge", 1_000_000_000)))


def test_no_byte_is_promised_twice() -> None:
    facts = image(file("usr/lib/python3/site-packages/x/tests/__pycache__/a.pyc", BIG))
    assert [(each.id, each.saves) for each in advise(facts)] == [("tests-shipped", BIG)]


def test_symbols_of_a_program_that_goes_anyway_are_not_promised_too() -> None:
    facts = dataclasses.replace(
        image(file("root/.cargo/registry/bin", 3 * BIG)),
        program=lambda _: Program(static=False, symbols=BIG),
    )
    assert [(each.id, each.saves) for each in advise(facts)] == [("cargo-cache", 3 * BIG)]


def test_advice_is_switched_off_by_its_id() -> None:
    facts = image(file("root/.cache/pip/a", BIG))
    assert not advise(facts, ignore={"pip-cache"})
    assert advise(facts, ignore={"npm-cache"})


def test_advice_is_switched_off_by_a_comment_at_the_line_that_it_is_about() -> None:
    layers = [layer(), layer(file("root/.cache/pip/a", BIG))]
    text = "FROM a\n# bloatcheck ignore=pip-cache\nRUN pip install a\n"
    assert not advise(facts_of(*layers, dockerfile=text, filled_by=[0, 3]))
    assert advise(facts_of(*layers, dockerfile=text.replace("pip-", "npm-"), filled_by=[0, 3]))


def test_bytes_of_ignored_advice_are_free_for_other_advice() -> None:
    facts = image(file("usr/lib/python3/site-packages/x/tests/__pycache__/a.pyc", BIG))
    assert [each.id for each in advise(facts, ignore={"tests-shipped"})] == ["pycache"]


def test_paths_are_left_out_of_all_advice() -> None:
    facts = image(file("root/.cache/pip/a", BIG), file("root/.cache/pip/b", BIG))
    (advice,) = advise(facts, ignore_paths=["/root/.cache/pip/a"])
    assert (advice.saves, advice.paths) == (BIG, ("/root/.cache/pip/b",))
    assert not advise(facts, ignore_paths=["root/.cache"])


def test_what_many_files_are_is_shown_with_a_few_of_them() -> None:
    (advice,) = advise(image(*(file(f"root/.cache/pip/{number}", BIG + number) for number in range(9))))
    assert advice.paths[0] == "/root/.cache/pip/8"
    assert len(advice.paths) == MAX_EXAMPLES


def test_below_the_first_known_line_everything_is_the_base_images() -> None:
    facts = facts_of(
        layer(file("root/.cache/pip/a", BIG)), layer(), dockerfile="FROM a\nRUN b\n", filled_by=[0, 2]
    )
    assert not advise(facts)
    assert advise(facts_of(layer(file("root/.cache/pip/a", BIG))))


def test_a_replacement_with_what_no_editor_should_see_is_none() -> None:
    (advice,) = advise(image(file("root/.cache/pip/a", BIG), command="echo '\x1b[2J\u202e'"))
    assert advice.replacement is None


def test_a_path_that_one_layer_has_twice_is_looked_at_once() -> None:
    twice = [file("srv/.git/HEAD", BIG, content=b"x")] * 2
    facts = facts_of(layer(), layer(*twice), dockerfile="FROM a\nCOPY . /srv\n", filled_by=[0, 2])
    assert [(each.id, each.saves) for each in advise(facts)] == [("git-folder", BIG)]


@pytest.mark.parametrize(
    "command",
    [
        "chown" + " -----" * 5_000 + " x",
        "apt-get" + " -o --o" * 5_000,
        "apt-get " * 6_000,
        "npm ci " * 6_000,
        "go build " * 6_000,
        "A=1 " * 12_000 + "gcc",
        ";a-" * 12_000,
    ],
    ids=lambda command: command[:8],
)
def test_no_command_takes_long(command: str) -> None:
    same = [file("a", BIG, content=b"x"), file("a", BIG, content=b"x", uid=7)]
    more = [
        file(path, BIG) for path in ("var/lib/apt/lists/a", "root/.npm/_cacache/a", "root/.cache/go-build/a")
    ]
    facts = facts_of(
        layer(),
        layer(same[0]),
        layer(same[1], *more),
        dockerfile=f"FROM a\nCOPY a /\nRUN {command}\n",
        filled_by=[0, 2, 3],
    )
    facts = dataclasses.replace(facts, program=lambda _: Program(static=False, symbols=BIG))
    start = time.process_time()
    assert advise(facts)
    assert time.process_time() - start < 2


names = st.sampled_from(
    [
        b"srv/.git/HEAD",
        b"srv/tests/a",
        b"srv/node_modules/x/test/a",
        b"root/.cache/pip/\xff\x1b[2J",
        b"root/.cache/pip",
        b"var/lib/apt/lists/a b;c",
        b"usr/share/locale/fr/a",
        b"usr/share/doc/a/\n",
        b"lib.a",
        b"srv/libx.a",
        b"usr/lib/python3/__pycache__/a.pyc",
        b"root/go/pkg/mod/m",
        b"hello",
    ]
)
records = st.one_of(
    st.builds(file, names, st.integers(0, 3_000_000)),
    st.builds(file, names, st.sampled_from([200_000, 1_200_000]), content=st.sampled_from([b"x", b"y"])),
    st.builds(whiteout, names),
    st.builds(hard_link, names, names),
    st.builds(symlink, names, names),
)
dockerfiles = st.lists(
    st.sampled_from(
        [
            "RUN pip install x",
            "RUN apt-get update",
            "RUN chown -R a /srv",
            "COPY . /srv",
            'RUN ["a"]',
            "RUN gcc x",
            "RUN <<EOF\nnpm ci\nEOF",
        ]
    ),
    min_size=4,
    max_size=4,
)


@given(st.lists(st.lists(records, max_size=8), max_size=4), dockerfiles, st.integers(0, 2))
def test_whatever_an_image_holds_no_more_is_promised_than_there_is(
    layers: list[list[Entry]], lines: list[str], base: int
) -> None:
    text = "FROM a\n" + "\n".join(lines) + "\n"
    starts = [text[: text.index(line)].count("\n") + 1 for line in lines]
    facts = facts_of(*(layer(*each) for each in layers), dockerfile=text, filled_by=[0] * base + starts)
    facts = dataclasses.replace(facts, program=lambda _: Program(static=True, symbols=5_000))
    total = sum(each.content_size for each in facts.tree.layers)
    found = advise(facts)
    assert sum(each.saves or 0 for each in found) <= total
    for each in found:
        assert each.message.isprintable()
        assert len(each.message) <= MAX_MESSAGE
        assert len(each.replacement or "") <= MAX_REPLACEMENT
        assert all(path.isprintable() for path in each.paths)


@pytest.mark.parametrize("name", IDS)
def test_an_id_is_written_in_small_letters_and_hyphens(name: str) -> None:
    assert name.replace("-", "").isalpha()
    assert name == name.lower()


def test_one_text_does_all_that_is_advised_for_an_instruction() -> None:
    facts = image(
        file("root/.cache/pip/a", BIG), file("var/lib/apt/lists/a", 2 * BIG), command="pip install x"
    )
    apt, pip = advise(facts)
    assert (apt.id, pip.id) == ("apt-lists", "pip-cache")
    assert apt.replacement == (
        "RUN pip install --no-cache-dir x && apt-get clean && rm -rf /var/lib/apt/lists/*"
    )
    assert (apt.together_with, pip.together_with) == (("pip-cache",), ("apt-lists",))
    assert pip.replacement is None


def test_texts_for_the_same_lines_that_can_not_be_joined_name_each_other() -> None:
    def advice(name: str, first: int, last: int) -> Advice:
        return Advice(id=name, message="", place=Place("Dockerfile", first, last), replacement="RUN x")

    wide, narrow, other = one_text_for_each_line(
        [(advice("wide", 2, 5), None), (advice("narrow", 4, 4), "RUN a"), (advice("other", 6, 6), "RUN b")]
    )
    assert (wide.conflicts_with, narrow.conflicts_with, other.conflicts_with) == (("narrow",), ("wide",), ())


def test_a_text_of_many_commands_to_paste_has_each_on_its_own_line_where_that_is_certain() -> None:
    packages = "git curl file tree wget"
    long = f"RUN apt-get update && apt-get install -y --no-install-recommends {packages} && apt-get clean"
    assert on_lines(long).splitlines() == [
        "RUN apt-get update \\",
        f"    && apt-get install -y --no-install-recommends {packages} \\",
        "    && apt-get clean",
    ]
    for quoted in (long.replace("git", "'a && b'"), long.replace("RUN", "RUN <<E"), f"{long} # && x"):
        assert on_lines(quoted) == quoted
