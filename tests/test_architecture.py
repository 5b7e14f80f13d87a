"""The house keeps its shape: data flows one way, and the imports prove it."""

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "bloatcheck"

MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "units": set(),
    "log": {"errors"},
    "works": set(),
    "whole_file": set(),
    "untrusted_json": set(),
    "oci": {"errors"},
    "publish": {"errors", "units", "log", "oci", "whole_file"},
    "ci": {"errors", "log", "whole_file", "publish"},
    "config": {"errors", "units", "oci", "ci"},
    "build": {"errors", "units", "log", "works", "oci", "config"},
    "image": {"errors", "units", "log", "oci"},
    "analysis": {"errors", "units", "log", "oci", "image"},
    "baseline": {"errors", "units", "log", "whole_file", "untrusted_json", "oci", "ci", "config", "analysis"},
    "inputs": {"errors", "log", "oci", "config", "build", "image", "analysis", "baseline"},
    "diff": {"errors", "units", "oci", "analysis", "baseline"},
    "policy": {"errors", "units", "oci", "config", "analysis", "baseline", "diff"},
    "report": {"errors", "units", "untrusted_json", "oci", "ci", "config", "analysis", "diff", "policy"},
    "explore": {"errors", "units", "log", "image", "analysis", "baseline", "diff", "report"},
    "starter": {"errors", "units", "oci", "config"},
    "judging": {"errors", "log", "ci", "config", "baseline", "policy", "publish"},
    "pipeline": {
        "errors",
        "units",
        "log",
        "works",
        "oci",
        "ci",
        "config",
        "build",
        "image",
        "analysis",
        "baseline",
        "inputs",
        "diff",
        "policy",
        "report",
        "publish",
        "judging",
    },
    "references": {
        "errors",
        "log",
        "whole_file",
        "oci",
        "ci",
        "config",
        "image",
        "analysis",
        "baseline",
        "publish",
        "pipeline",
        "judging",
    },
    "check_run": {"ci", "policy", "report", "publish"},
    "delivery": {"errors", "log", "ci", "config", "policy", "report", "publish", "check_run"},
}
"""Part -> the parts it may import. `cli` and `__main__` may import everything; nobody imports `cli`."""


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_parts(path: Path) -> set[str]:
    parts = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            package, _, rest = name.partition(".")
            if package == "bloatcheck" and rest:
                parts.add(rest.split(".")[0])
    return parts - {"__version__"}


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_a_module_imports_only_what_stands_before_it(path: Path) -> None:
    part = part_of(path)
    if part in {"cli", "__main__", "__init__"}:
        return
    assert imported_parts(path) <= MAY_IMPORT[part] | {part}


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_nothing_of_any_ci_stands_outside_of_its_own_file(path: Path) -> None:
    """Its variables: what they say, and what to do about them. Help may have them in examples."""
    name = str(path.relative_to(PACKAGE))
    if name.startswith(("ci/", "publish/", "starter/")) or name in {"cli/init.py", "cli/plan.py"}:
        return
    text = path.read_text()
    assert not re.findall(
        r"\b(?:GITHUB|GITLAB|GITEA|RUNNER|CI|BUILDKITE|JENKINS|CIRCLE|SYSTEM)_[A-Z]\w+", text
    )
    assert not re.findall(r"actions/checkout `|fetch-depth", text)


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_only_the_command_line_prints_or_exits(path: Path) -> None:
    if part_of(path) in {"cli", "__main__"}:
        return
    calls = {
        ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)
    }
    assert not calls & {"print", "sys.exit", "exit", "quit"}
