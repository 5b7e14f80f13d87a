"""The template engine escapes what nobody else did."""

import ast
from pathlib import Path

import pytest
from jinja2 import Environment, meta

import bloatcheck.report
from bloatcheck.report import templates

PACKAGE = Path(bloatcheck.report.__file__).parent


def test_a_value_without_a_filter_is_escaped_in_markdown() -> None:
    template = templates._markdown().from_string("{{ value }} {{ value ~ '!' }} {{ value | upper }}")
    assert template.render(value="<b>|*x*") == r"&lt;b&gt;|\*x\* &lt;b&gt;|\*x\*! &lt;B&gt;|\*X\*"


def test_a_value_without_a_filter_is_one_harmless_line_in_text() -> None:
    assert templates._plain().from_string("{{ value }}").render(value="a\x1b[2J\nb") == "a\ufffd[2J b"


def test_declaring_a_value_safe_as_for_html_does_not_pass() -> None:
    assert templates._markdown().from_string("{{ '<b>' | safe }}").render() == "&lt;b&gt;"


def test_a_value_that_is_missing_is_an_error() -> None:
    with pytest.raises(TypeError, match="prints a StrictUndefined"):
        templates._markdown().from_string("{{ missing }}").render()


def calls(name: str) -> list[tuple[str, ast.Call]]:
    """Every call of a function of this name, with the file it stands in."""
    return [
        (file.name, node)
        for file in PACKAGE.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(name)
    ]


@pytest.mark.parametrize("engine", ["markdown", "plain"])
def test_a_template_gets_what_it_prints_and_nothing_else(engine: str) -> None:
    environment = getattr(templates, f"_{engine}")()
    for file, call in calls(f"render_{engine}"):
        template = ast.literal_eval(call.args[0])
        given = {keyword.arg for keyword in call.keywords}
        assert given == _printed(environment, template), f"{file}: {template}"


def _printed(environment: Environment, template: str) -> set[str]:
    """The names that a template and those that it includes expect."""
    source = environment.loader.get_source(environment, template)[0]  # type: ignore[union-attr] # it has one
    tree = environment.parse(source)
    names = meta.find_undeclared_variables(tree) - set(environment.globals)
    for included in meta.find_referenced_templates(tree):
        assert included
        names |= _printed(environment, included)
    return names


def test_only_the_escaper_and_the_engine_declare_text_to_be_markdown() -> None:
    """Elsewhere `Markdown` is made of a literal, which an image can't write."""
    made = [(file, call.args[0]) for file, call in calls("Markdown")]
    assert {file for file, text in made if not isinstance(text, ast.Constant)} == {
        "escape.py",
        "templates.py",
    }


def test_only_a_literal_is_a_pattern() -> None:
    """`compose` trusts its pattern: a constant, constants joined, or the headline, a sentence of ours."""
    patterns = [call.args[0] for _, call in calls("compose")]
    assert {ast.unparse(pattern) for pattern in patterns if not isinstance(pattern, ast.Constant)} == {
        "told.pattern",
        "'; '.join(('{}' for _ in told))",
        "', '.join(('{}' for _ in items))",
        "'\\n'.join(('{}' for _ in items))",
        "'\\n'.join(('  - {}' for _ in items))",
    }
