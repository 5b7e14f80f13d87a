"""Buildkite's agent, the program that a job speaks to its build by.

https://buildkite.com/docs/agent/cli/reference/annotate
https://buildkite.com/docs/agent/cli/reference/meta-data
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
from collections.abc import Mapping

from bloatcheck.errors import PublishError

PROGRAM = "buildkite-agent"
MAX_ANNOTATION_BYTES = 1024 * 1024
MAX_CONTEXT = 100

_SECONDS = 60
_SHOWN = 200
_PLAIN = re.compile(r"[^\x20-\x7e]")


def is_there() -> bool:
    """Whether the job has an agent to speak by."""
    return shutil.which(PROGRAM) is not None


def annotate(markdown: str, *, key: str, style: str) -> None:
    """One annotation on the build's page: one of the same key is replaced.

    Args:
        markdown: at most a mebibyte in UTF-8.
        key: tells it from those of others in the same build.
        style: `success`, `info`, `warning` or `error`.

    Raises:
        PublishError: there is no agent, or it refuses.
    """
    content = markdown.encode("utf-8", "replace")
    if len(content) > MAX_ANNOTATION_BYTES:
        raise PublishError(
            f"the annotation takes {len(content):,} bytes, and Buildkite takes {MAX_ANNOTATION_BYTES:,}",
            hint="please tell us: the report should have been shortened",
        )
    _run(
        "annotate",
        "--style",
        style,
        "--context",
        context_of(key),
        content=content,
        doing="annotate the build",
    )


def context_of(key: str) -> str:
    """The annotation's own name, of at most 100 characters."""
    context = f"bloatcheck-{key}"
    return (
        context if len(context) <= MAX_CONTEXT else f"bloatcheck-{hashlib.sha256(key.encode()).hexdigest()}"
    )


def set_meta_data(values: Mapping[str, str]) -> None:
    """Values for later steps, `bloatcheck-verdict`; blank ones, which the agent refuses, stay out.

    Raises:
        PublishError: there is no agent, or it refuses.
    """
    for name, value in values.items():
        if value.strip():
            content = value.encode("utf-8", "replace")
            _run("meta-data", "set", f"bloatcheck-{name}", content=content, doing=f"set the meta-data {name}")


def _run(*arguments: str, content: bytes, doing: str) -> None:
    program = shutil.which(PROGRAM)
    if program is None:
        raise PublishError(
            f"could not {doing}: {PROGRAM} is not on the PATH of this job",
            hint="in a container of the docker plugin, `mount-buildkite-agent: true` brings it",
        )
    try:
        done = subprocess.run(
            [program, *arguments], input=content, capture_output=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise PublishError(f"could not {doing}: {PROGRAM} took more than {_SECONDS} seconds") from None
    except OSError as error:
        raise PublishError(f"could not {doing}: {error.strerror or error}") from None
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines() or [
            f"exit code {done.returncode}"
        ]
        raise PublishError(f"could not {doing}: {_PLAIN.sub(' ', lines[-1])[:_SHOWN]}")
