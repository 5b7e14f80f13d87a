"""YAML is read as texts with line numbers, and within bounds."""

from contextlib import suppress

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bloatcheck.config import yaml_tree
from bloatcheck.config.yaml_tree import MAX_DEPTH, MAX_NODES, NO_VALUE, Node, plain, read_tree
from bloatcheck.errors import ConfigError


@pytest.fixture(params=["libyaml", "pure Python"], autouse=True)
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything here holds with either of PyYAML's parsers."""
    loader = yaml.CSafeLoader if request.param == "libyaml" else yaml.SafeLoader
    monkeypatch.setattr(yaml_tree, "_LOADER", loader)


def read(text: str) -> Node:
    tree, problems = read_tree(text, "c.yml")
    assert tree is not None
    assert problems == ()
    return tree


def refusal(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read_tree(text, "c.yml")
    (problem,) = caught.value.problems
    return str(problem)


@pytest.mark.parametrize(
    "word", ["1.10", "no", "0o17", "1_000", "2024-01-01", "1e3", "0x10", "yes", "5%", "12:30"]
)
def test_a_scalar_stays_the_text_that_was_written(word: str) -> None:
    assert plain(read(f"key: {word}")) == {"key": word}


@pytest.mark.parametrize("nothing", ["", "~", "null", "Null", "NULL"])
def test_nothing_and_null_are_no_value(nothing: str) -> None:
    assert plain(read(f"key: {nothing}")) == {"key": NO_VALUE}


@pytest.mark.parametrize("quoted", ["''", '"null"', "'~'"])
def test_a_quoted_null_is_a_text(quoted: str) -> None:
    assert plain(read(f"key: {quoted}")) == {"key": quoted[1:-1]}


def test_entries_know_the_line_of_their_key_and_items_their_own() -> None:
    tree = read("a: 1\n\nb:\n  - x\n  - y: 2\n    z: |\n      long\n")
    assert isinstance(tree.value, dict)
    assert [line for line, _ in tree.value.values()] == [1, 3]
    (x, y) = tree.value["b"][1].value
    assert (x.line, y.line) == (4, 5)
    assert [line for line, _ in y.value.values()] == [5, 6]


@pytest.mark.parametrize("text", ["", "\n\n", "# a comment\n"])
def test_a_file_without_content_has_no_tree(text: str) -> None:
    assert read_tree(text, "c.yml") == (None, ())


def test_a_byte_order_mark_or_a_document_start_is_no_content() -> None:
    assert plain(read("---\na: 1\n...\n")) == {"a": "1"}


def test_aliases_stand_for_what_they_name() -> None:
    assert plain(read("a: &x {b: 1}\nc: *x\nd: [*x, *x]")) == {
        "a": {"b": "1"},
        "c": {"b": "1"},
        "d": [{"b": "1"}, {"b": "1"}],
    }


def test_a_key_can_be_an_alias() -> None:
    assert plain(read("{&k a: &v b, *v : c}")) == {"a": "b", "b": "c"}


def test_a_key_given_twice_is_a_problem_that_leaves_the_rest_readable() -> None:
    tree, problems = read_tree("a: 1\nb: 2\na: 3\n", "c.yml")
    assert tree
    assert plain(tree) == {"a": "1", "b": "2"}
    assert [str(problem) for problem in problems] == [
        "c.yml:3: 'a' is given a second time; the first is on line 1\n  hint: leave one of them"
    ]


def test_a_key_that_is_a_list_is_a_problem() -> None:
    _, problems = read_tree("? [a, b]\n: 1\nc: 2\n", "c.yml")
    assert "c.yml:1: a key is a single word here" in str(problems[0])


def test_a_control_character_is_a_problem_and_never_comes_through() -> None:
    tree, problems = read_tree('a: "x\\0\\u0007y"\nb: "\\x1b[2J"', "c.yml")
    assert tree
    assert plain(tree) == {"a": "x��y", "b": "�[2J"}
    assert [problem.place and problem.place.line for problem in problems] == [1, 2]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: b: c", "c.yml:1: not YAML, column 5: mapping values are not allowed"),
        ("a: [1\nb: 2", "c.yml:2: not YAML, column"),
        ("a:\n\t- b", "c.yml:2: not YAML, column 1:"),
        ("a: @b", "c.yml:1: not YAML, column 4:"),
        ("a: 'b", "not YAML"),
        ("a: 1\n--- \nb: 2", "c.yml:2: a second YAML document begins here"),
        ("a: !!python/object:os.system x", "the YAML tag"),
        ("a: ! x", "the YAML tag '!' is not supported"),
        ("a: *x", "c.yml:1: the alias '*x' names no anchor before it"),
        ("a: &x [*x]", "c.yml:1: the alias '*x' stands inside what it names"),
        ("a: 1\n\x00", "c.yml:2: the file holds '\\x00', which YAML does not allow"),
        ("a: 1\n\ud800", "c.yml:2: the file holds '\\ud800'"),
    ],
)
def test_what_is_no_yaml_is_refused_with_its_line(text: str, reason: str) -> None:
    assert reason in refusal(text)


def test_a_syntax_error_says_how_to_mend_it() -> None:
    assert "indent with spaces" in refusal("a:\n\t- b")
    assert "quote a value" in refusal("a: b: c")
    assert "close quotes and brackets" in refusal("a: [1\nb: 2")


def test_depth_is_bounded_however_it_comes_about() -> None:
    too_deep = f"nested deeper than {MAX_DEPTH} levels"
    assert too_deep in refusal("[" * 100_000)
    assert too_deep in refusal("{a: " * 50_000)
    assert too_deep in refusal("- " * 5_000)
    levels = ["a0: &a0 [[[x]]]", *(f"a{i}: &a{i} [[[*a{i - 1}]]]" for i in range(1, 10))]
    assert too_deep in refusal("\n".join(levels))


def test_aliases_of_aliases_are_counted_as_all_that_they_stand_for() -> None:
    bomb = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    bomb += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 10)]
    assert f"more than {MAX_NODES:,} values" in refusal("\n".join(bomb))


def test_values_are_counted() -> None:
    assert f"more than {MAX_NODES:,} values" in refusal("[" + "x," * (MAX_NODES + 1) + "]")


@given(st.text() | st.text("{}[]:,-?&*!|>'\"%@` \n\tab~#"))
def test_any_text_is_a_tree_or_a_refusal(text: str) -> None:
    with suppress(ConfigError):
        tree, _ = read_tree(text, "c.yml")
        assert tree is None or plain(tree) is not None


@given(
    st.recursive(
        st.text(
            alphabet=st.characters(
                exclude_categories=["Cc", "Cs"], exclude_characters="\u2028\u2029\ufffe\uffff"
            ),
            min_size=1,
        ),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(alphabet="abc", min_size=1), inner),
        max_leaves=10,
    )
)
def test_what_is_dumped_as_quoted_text_is_read_back(value: object) -> None:
    text = yaml.safe_dump({"value": value}, default_style='"', allow_unicode=True)
    assert plain(read(text)) == {"value": value}
