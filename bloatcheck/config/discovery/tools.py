"""Asking docker's plugins what a file means."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

_SECONDS = 60
_LONGEST_ANSWER = 20_000_000
_NO_PLUGIN = ("unknown flag: --", "unknown shorthand flag", "unknown command", "is not a docker command")
_OURS = ("BLOATCHECK_", "INPUT_")


def ask_docker(
    arguments: Sequence[str], *, folder: Path, environment: Mapping[str, str]
) -> Mapping[str, object]:
    """What a command of docker prints, as JSON.

    Raises:
        ValueError: no docker, no such plugin, or it refuses; says so in a few words.
    """
    executable = shutil.which("docker", path=environment.get("PATH"))
    if executable is None:
        raise ValueError("docker is not installed")
    kept = {name: value for name, value in environment.items() if not name.startswith(_OURS)}
    try:
        # Through a file: what is printed may be long, and memory is not.
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(
                [executable, *arguments],
                cwd=folder,
                env=kept,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.PIPE,
                timeout=_SECONDS,
                check=False,
            )
            output.seek(0)
            answer = output.read(_LONGEST_ANSWER + 1)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ValueError(str(error)) from error
    if done.returncode:
        said = " ".join(done.stderr.decode(errors="replace").split())
        if any(words in said for words in _NO_PLUGIN):
            raise ValueError(f"this docker has no {arguments[0]}")
        raise ValueError(said[-300:] or "it failed")
    try:
        document = json.loads(answer) if len(answer) <= _LONGEST_ANSWER else None
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise ValueError("its answer can't be read")  # noqa: TRY004 - the one error of this function
    return document
