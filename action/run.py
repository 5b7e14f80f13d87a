"""Starts `bloatcheck run` with the action's inputs, which come as environment variables."""

# ruff: noqa: INP001, T201 - a script, and it prints

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

OPTIONS = {
    "BLOATCHECK_CONFIG": "--config",
    "BLOATCHECK_COMMENT": "--comment",
    "BLOATCHECK_REPORT_DIR": "--report-dir",
}
"""Variable -> the option that takes its value; an empty one is left out."""

TRUTHS = {"": [], "true": ["--enforce"], "false": ["--no-enforce"]}

NO_REPORT = (2, 4)
"""Exit codes of runs that end before the report tells the outputs."""


def arguments(environ: Mapping[str, str]) -> list[str]:
    """The command line for these inputs.

    Values are joined to their options with `=`, so that one that starts with a dash stays a value.

    Raises:
        ValueError: `enforce` is neither true nor false.
    """
    options = [f"{option}={environ[name]}" for name, option in OPTIONS.items() if environ.get(name)]
    images = [line.strip() for line in environ.get("BLOATCHECK_IMAGE", "").splitlines()]
    enforce = environ.get("BLOATCHECK_ENFORCE", "").strip().lower()
    if enforce not in TRUTHS:
        raise ValueError("the input `enforce` is true or false")
    return ["run", *options, *(f"--image={image}" for image in images if image), *TRUTHS[enforce]]


def main() -> int:
    """The exit code of `bloatcheck run`; 2 for an input that makes no sense."""
    try:
        argv = arguments(os.environ)
    except ValueError as error:
        print(f"::error title=bloatcheck::{error}")
        return 2
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
    from bloatcheck.cli.main import run_as_process  # noqa: PLC0415 - found only from here on

    code = run_as_process(argv)
    if code in NO_REPORT and os.environ.get("GITHUB_OUTPUT"):
        with suppress(OSError), Path(os.environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as outputs:
            outputs.write(f"exit-code={int(code)}\n")
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
