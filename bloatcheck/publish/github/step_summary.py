"""The job summary: markdown on the run's page.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions#adding-a-job-summary
"""

from __future__ import annotations

from pathlib import Path

from bloatcheck.errors import PublishError

MAX_STEP_SUMMARY_BYTES = 1024 * 1024
"""For one step. The runner drops a larger summary whole, so what is already there would go too."""

_GAP = "\n\n"


def step_summary_room(path: Path) -> int:
    """Bytes of UTF-8 that still fit into the step's summary at `path` (`GITHUB_STEP_SUMMARY`)."""
    try:
        used = path.stat().st_size
    except FileNotFoundError:
        used = 0
    except OSError as error:
        raise _unwritable(path, error) from error
    return max(0, MAX_STEP_SUMMARY_BYTES - used - len(_GAP) - 1)


def append_step_summary(path: Path, markdown: str) -> None:
    """Adds to the summary, after what other tools of the same step wrote.

    Raises:
        PublishError: there is not enough room, or the file can't be written. Nothing is written then.
    """
    content = markdown.encode("utf-8", "replace")
    room = step_summary_room(path)
    if len(content) > room:
        raise PublishError(
            f"the job summary has room for {room:,} more bytes, and the report takes {len(content):,}",
            hint="let another step write the other summaries",
        )
    try:
        with path.open("ab") as file:
            if file.tell():
                file.write(_GAP.encode())
            file.write(content.rstrip(b"\n") + b"\n")
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> PublishError:
    return PublishError(
        f"the job summary {path} can't be written: {error.strerror or error}",
        hint="GITHUB_STEP_SUMMARY should name the file that the runner made",
    )
