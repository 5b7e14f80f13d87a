"""A step's outputs, safe for values of any shape.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions#multiline-strings
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from pathlib import Path

from bloatcheck.errors import PublishError

MAX_OUTPUTS_BYTES = 1024 * 1024
"""GitHub's limit for all outputs of a job."""

_NAME = re.compile(r"[a-z][a-z0-9-]{0,63}")


def write_outputs(path: Path, outputs: Mapping[str, str]) -> None:
    """Adds outputs to the runner's file (`GITHUB_OUTPUT`).

    Every value stands between two lines with a random word, so that no value, however hostile, can end
    itself early and set another output.

    Raises:
        PublishError: too large, or the file can't be written.
        ValueError: a name that is no output's name.
    """
    for name in outputs:
        if not _NAME.fullmatch(name):
            raise ValueError(f"no name of an output: {name!r}")
    word = f"end-{secrets.token_hex(16)}"
    content = "".join(f"{name}<<{word}\n{value}\n{word}\n" for name, value in outputs.items())
    encoded = content.encode("utf-8", "replace")
    if len(encoded) > MAX_OUTPUTS_BYTES:
        raise PublishError(
            f"the outputs take {len(encoded):,} bytes, and GitHub takes {MAX_OUTPUTS_BYTES:,}",
            hint="please tell us: the outputs should be short",
        )
    try:
        with path.open("ab") as file:
            file.write(encoded)
    except OSError as error:
        raise PublishError(
            f"the outputs can't be written to {path}: {error.strerror or error}",
            hint="GITHUB_OUTPUT should name the file that the runner made",
        ) from error
