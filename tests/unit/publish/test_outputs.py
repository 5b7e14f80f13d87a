"""Outputs arrive as they were given, whatever they hold."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bloatcheck.errors import PublishError
from bloatcheck.publish.github.outputs import write_outputs

NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True)
VALUES = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


def read_as_the_runner_does(path: Path) -> dict[str, str]:
    """`name=value`, or `name<<word`, the value's lines, and the word alone on a line."""
    outputs = {}
    lines = iter(path.read_bytes().decode().split("\n")[:-1])
    for line in lines:
        name, _, word = line.partition("<<")
        assert word, f"a line that is no heading: {line!r}"
        value = []
        while (part := next(lines)) != word:
            value.append(part)
        outputs[name] = "\n".join(value)
    return outputs


@given(st.dictionaries(NAMES, VALUES, max_size=5))
def test_every_value_arrives_as_it_was(outputs: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as home:
        path = Path(home) / "output"
        write_outputs(path, outputs)
        assert read_as_the_runner_does(path) == outputs


def test_a_value_can_not_set_another_output(tmp_path: Path) -> None:
    value = "pass\nEOF\nverdict=pass\nend-0<<x\nverdict<<EOF\npass\nEOF"
    write_outputs(tmp_path / "output", {"summary": value})
    assert read_as_the_runner_does(tmp_path / "output") == {"summary": value}


def test_outputs_of_the_same_step_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "output"
    write_outputs(path, {"one": "1"})
    write_outputs(path, {"two": "2"})
    assert read_as_the_runner_does(path) == {"one": "1", "two": "2"}


@pytest.mark.parametrize("name", ["", "a b", "a=b", "a<<b", "a\nb", "A", "1"])
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="no name of an output"):
        write_outputs(tmp_path / "output", {name: "x"})


def test_too_much_is_refused_and_nothing_written(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="GitHub takes 1,048,576"):
        write_outputs(tmp_path / "output", {"big": "x" * 1_048_576})
    assert not (tmp_path / "output").exists()


def test_a_file_that_can_not_be_written_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="can't be written"):
        write_outputs(tmp_path, {"one": "1"})
