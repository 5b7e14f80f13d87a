"""README.md says nothing that isn't so."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml
from support.config_files import problems
from support.report_cases import case

from bloatcheck.cli.main import COMMANDS
from bloatcheck.config.document import Document
from bloatcheck.errors import ExitCode
from bloatcheck.report.markdown import render_comment

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text()


def section(title: str) -> str:
    return README.split(f"## {title}\n")[1].split("\n## ")[0]


def rows(title: str) -> Iterator[list[str]]:
    """The cells of a section's table, without its head."""
    table = [line for line in section(title).splitlines() if line.startswith("|")]
    return ([cell.strip() for cell in line.strip("|").split(" | ")] for line in table[2:])


def yaml_block(start: str) -> str:
    [block] = [
        block for block in re.findall(r"```yaml\n(.*?)```", README, re.DOTALL) if block.startswith(start)
    ]
    return str(block)


def test_the_comment_it_shows_is_one_that_is_written() -> None:
    """`UPDATE_GOLDEN=1` writes it anew."""
    _, *comment = render_comment(case("explained")).splitlines()
    without_links = re.sub(r"\[([^]]+)]\(https://github\.com/[^)]+\)", r"\1", "\n".join(comment))
    quoted = "\n".join(f"> {line}".rstrip() for line in without_links.splitlines())
    before, shown, after = re.split(r"(?<=<!-- comment -->\n\n)|(?=\n\n<!-- /comment -->)", README)
    if os.environ.get("UPDATE_GOLDEN"):
        (ROOT / "README.md").write_text(before + quoted + after)
    else:
        assert shown == quoted


def test_the_commands_are_all_of_them() -> None:
    named = {row[0].strip("`").split()[1] for row in rows("Use it at the desk")}
    assert named == COMMANDS.keys()


def test_the_exit_codes_are_all_of_them() -> None:
    assert [int(row[0]) for row in rows("Exit codes")] == sorted(ExitCode)


def test_the_keys_of_the_configuration_are_all_of_them() -> None:
    fields = [field.alias or name for name, field in Document.model_fields.items()]
    assert {row[0].strip("`") for row in rows("Configuration")} == {*fields} - {"version"}


def test_the_configuration_it_shows_is_in_order(tmp_path: Path) -> None:
    files = ["services/api/Dockerfile", "services/worker/Dockerfile"]
    assert problems(tmp_path, yaml_block("version: 1"), files) == []


def test_the_workflow_to_paste_is_one_that_github_takes(tmp_path: Path) -> None:
    workflow = tmp_path / "images.yml"
    workflow.write_text(yaml_block("name: Images"))
    schema = "--builtin-schema=vendor.github-workflows"
    subprocess.run([sys.executable, "-m", "check_jsonschema", schema, workflow], check=True)


def test_the_workflow_to_paste_uses_the_action_as_it_is() -> None:
    workflow = yaml.safe_load(yaml_block("name: Images"))
    [job] = workflow["jobs"].values()
    inputs = yaml.safe_load((ROOT / "action.yml").read_text())["inputs"]
    [step] = [step for step in job["steps"] if step["uses"].startswith("bloatcheck/")]
    assert step.get("with", {}).keys() <= inputs.keys()


def test_the_make_targets_it_names_are_there() -> None:
    text = README + (ROOT / "CONTRIBUTING.md").read_text()
    targets = set(re.findall(r"(?:^    |`)make ([a-z][a-z-]+)\b", text, re.MULTILINE))
    assert {"demo", "test"} <= targets
    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert phony
    assert targets <= set(phony[1].split())
