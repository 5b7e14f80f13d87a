"""Starts bloatcheck with the action's inputs, which come as environment variables."""

# ruff: noqa: INP001, T201 - a script, and it prints

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

COMMANDS = {
    "run": ["run"],
    "plan": ["plan"],
    "leg": ["run", "--leg"],
    "merge": ["merge"],
    "comment": ["comment"],
}
"""Input `command` -> what the command line begins with."""

OPTIONS = {
    "BLOATCHECK_CONFIG": "--config",
    "BLOATCHECK_COMMENT": "--comment",
    "BLOATCHECK_REPORT_DIR": "--report-dir",
    "BLOATCHECK_LEGS": "--legs",
}
"""Variable -> the option that takes its value; an empty one is left out."""

LISTS = {
    "BLOATCHECK_IMAGE": "--image",
    "BLOATCHECK_PLATFORM": "--platform",
    "BLOATCHECK_EXPECT": "--expect",
}
"""Variable -> the option that takes each of its lines."""

TRUTHS = {
    "BLOATCHECK_ENFORCE": {"": [], "true": ["--enforce"], "false": ["--no-enforce"]},
    "BLOATCHECK_ALL": {"": [], "true": ["--all"], "false": []},
}

NOT_FOR = {
    "run": ("BLOATCHECK_REPORTS", "BLOATCHECK_EXPECT", "BLOATCHECK_LEGS"),
    "plan": (
        "BLOATCHECK_REPORTS",
        "BLOATCHECK_EXPECT",
        "BLOATCHECK_COMMENT",
        "BLOATCHECK_ENFORCE",
        "BLOATCHECK_PLATFORM",
    ),
    "leg": (
        "BLOATCHECK_REPORTS",
        "BLOATCHECK_EXPECT",
        "BLOATCHECK_COMMENT",
        "BLOATCHECK_ENFORCE",
        "BLOATCHECK_LEGS",
    ),
    "merge": ("BLOATCHECK_IMAGE", "BLOATCHECK_LEGS", "BLOATCHECK_PLATFORM"),
    "comment": (
        "BLOATCHECK_IMAGE",
        "BLOATCHECK_EXPECT",
        "BLOATCHECK_ENFORCE",
        "BLOATCHECK_LEGS",
        "BLOATCHECK_PLATFORM",
    ),
}
"""Command -> inputs that would be without effect, so that giving one is a mistake."""


def arguments(environ: Mapping[str, str]) -> list[str]:
    """The command line for these inputs.

    Values are joined to their options with `=`, and folders stand behind `--`, so that one that starts with
    a dash stays a value.

    Raises:
        ValueError: inputs that make no sense, alone or together.
    """
    command = environ.get("BLOATCHECK_COMMAND", "").strip() or "run"
    if command not in COMMANDS:
        raise ValueError("the input `command` is run, plan, leg, merge or comment")
    for name in NOT_FOR[command]:
        if environ.get(name, "").strip():
            raise ValueError(f"the input `{_input(name)}` is not for the command `{command}`")
    truths = [_truth(environ, name) for name in TRUTHS if name != "BLOATCHECK_ALL" or command != "comment"]
    reports = _lines(environ, "BLOATCHECK_REPORTS")
    given = dict(environ)
    if command == "plan":
        # It leaves no report, and every action has a folder for one.
        given.pop("BLOATCHECK_REPORT_DIR", None)
    if command == "comment":
        if len(reports) != 1:
            raise ValueError("the input `reports` names the one folder of the report to post")
        # Nothing is written then: the option of this name says where the report is.
        given["BLOATCHECK_REPORT_DIR"] = reports.pop()
    if command == "merge" and not reports:
        raise ValueError("the input `reports` names the folder of the reports to merge")
    return [
        *COMMANDS[command],
        *(f"{option}={given[name]}" for name, option in OPTIONS.items() if given.get(name)),
        *(f"{option}={line}" for name, option in LISTS.items() for line in _lines(environ, name)),
        *(option for options in truths for option in options),
        *(["--", *reports] if reports else []),
    ]


def _truth(environ: Mapping[str, str], name: str) -> list[str]:
    value = environ.get(name, "").strip().lower()
    if value not in TRUTHS[name]:
        raise ValueError(f"the input `{_input(name)}` is true or false")
    return TRUTHS[name][value]


def _lines(environ: Mapping[str, str], name: str) -> list[str]:
    return [line.strip() for line in environ.get(name, "").splitlines() if line.strip()]


def _input(variable: str) -> str:
    return variable.removeprefix("BLOATCHECK_").lower().replace("_", "-")


def main() -> int:
    """The exit code, told as an output too; 2 for inputs that make no sense."""
    try:
        argv = arguments(os.environ)
    except ValueError as error:
        print(f"::error title=bloatcheck::{error}")
        return _told(2)
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from bloatcheck.cli.main import run_as_process  # noqa: PLC0415 - found only from here on

    return _told(int(run_as_process(argv)))


def _told(code: int) -> int:
    """Of several values for one output the last counts, so this one may repeat what a report told."""
    path = os.environ.get("GITHUB_OUTPUT")
    if path:
        with suppress(OSError), Path(path).open("a", encoding="utf-8") as outputs:
            outputs.write(f"exit-code={code}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
