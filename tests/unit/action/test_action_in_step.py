"""action.yml, its scripts, its documentation and the code that fills its outputs say the same."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from support.action import PROJECT, metadata, script

DOCUMENTATION = (PROJECT / "docs" / "action.md").read_text()
NOT_AN_OPTION = {"token", "working-directory"}
"""Inputs that have no option: a secret, and something for the runner."""


def table(heading: str) -> list[list[str]]:
    """The cells of the first table under a heading, without its head."""
    section = DOCUMENTATION.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[2:]]


def step() -> dict[str, object]:
    (only,) = metadata()["runs"]["steps"]
    assert isinstance(only, dict)
    return only


def test_the_documentation_lists_every_input_as_it_is() -> None:
    assert table("Inputs") == [
        [f"`{name}`", f"`{given['default']}`" if given["default"] else "", given["description"]]
        for name, given in metadata()["inputs"].items()
    ]


def test_the_documentation_lists_every_output_as_it_is() -> None:
    assert table("Outputs") == [
        [f"`{name}`", given["description"]] for name, given in metadata()["outputs"].items()
    ]


def test_every_input_reaches_the_code() -> None:
    run = script("run")
    known = {
        *run.OPTIONS,
        *run.LISTS,
        *run.TRUTHS,
        "BLOATCHECK_ALLOW_PULL_REQUEST_TARGET",
        "BLOATCHECK_COMMAND",
        "BLOATCHECK_REPORTS",
        "BLOATCHECK_STORAGE",
        "BLOATCHECK_TOKEN",
    }
    variables = step()["env"]
    assert isinstance(variables, dict)

    assert set(variables) == known
    for name in metadata()["inputs"]:
        variable = f"BLOATCHECK_{name.upper().replace('-', '_')}"
        assert variable in variables or name == "working-directory"
    assert {row[0].strip("`") for row in table("The command line behind it")} == known


def test_inputs_reach_scripts_by_the_environment_only() -> None:
    assert "${{" not in str(step()["run"])


def test_every_output_comes_from_the_step() -> None:
    for name, given in metadata()["outputs"].items():
        assert given["value"] == f"${{{{ steps.run.outputs.{name} }}}}"


def test_no_input_is_required() -> None:
    assert not [name for name, given in metadata()["inputs"].items() if given.get("required")]


@pytest.mark.parametrize("lock", ["runtime.txt", "dev.txt"])
class TestLockFiles:
    def test_every_package_is_pinned_and_hashed(self, lock: str) -> None:
        text = re.sub(r"(?m)^#.*\n", "", (PROJECT / "requirements" / lock).read_text()).replace("\\\n", "")
        for line in text.splitlines():
            assert re.match(r"[a-z0-9-]+==[0-9][0-9a-z.]*( ;[^-]*)?\s+--hash=sha256:", line), line[:80]

    def test_no_index_is_named(self, lock: str) -> None:
        assert not re.findall(
            r"https?:|file:|-index|find-links", (PROJECT / "requirements" / lock).read_text()
        )

    def test_it_has_every_package_that_the_project_asks_for(self, lock: str) -> None:
        project = (PROJECT / "pyproject.toml").read_text()
        lists = re.findall(r"(?ms)^(dependencies|dev) = \[(.*?)^\]", project)
        wanted = {
            re.split(r"[^A-Za-z0-9.-]", name)[0].lower().replace(".", "-")
            for kind, block in lists
            if kind == "dependencies" or lock == "dev.txt"
            for name in re.findall(r'"([^"]+)"', block)
        }
        text = (PROJECT / "requirements" / lock).read_text()
        assert wanted
        assert [name for name in wanted if f"\n{name}==" not in text] == []


NEWER_STANDARD_LIBRARY = {"compression"}
"""Imported only where the interpreter has it."""


def test_the_lock_file_has_every_package_that_the_code_imports() -> None:
    lock = (PROJECT / "requirements" / "runtime.txt").read_text()
    distributions = packages_distributions()
    foreign = {
        name
        for path in (PROJECT / "bloatcheck").rglob("*.py")
        # An extra, which needs a terminal and is nothing for the action.
        if "explore" not in path.relative_to(PROJECT / "bloatcheck").parts[:1]
        for name in imported_packages(path)
        if name not in sys.stdlib_module_names | NEWER_STANDARD_LIBRARY | {"bloatcheck"}
    }
    assert "requests" in foreign
    for name in foreign:
        owners = {re.sub(r"[-_.]+", "-", owner).lower() for owner in distributions.get(name, [name])}
        assert any(f"\n{owner}==" in lock for owner in owners), f"{name} is not locked"


def imported_packages(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def test_the_lockfile_of_the_npm_tools_names_no_registry() -> None:
    assert "resolved" not in (PROJECT / "tests/support/github/package-lock.json").read_text()


@pytest.mark.parametrize(
    "check",
    [
        ["zizmor", "--offline", "--no-progress", "action.yml"],
        ["check-jsonschema", "--builtin-schema", "vendor.github-actions", "action.yml"],
        ["shellcheck", "action/start"],
    ],
    ids=lambda check: check[0],
)
def test_linters_find_nothing(check: list[str]) -> None:
    program = Path(sys.prefix) / "bin" / check[0]
    done = subprocess.run([program, *check[1:]], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
