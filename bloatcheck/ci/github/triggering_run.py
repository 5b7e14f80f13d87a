"""The run that started this one: `workflow_run`, the event of a second workflow.

https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows#workflow_run
GitHub writes the event, so its facts are true; names in it, as a branch's, are chosen by the author of a pull
request all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, MaxLen
from pydantic import StringConstraints, TypeAdapter, ValidationError

from bloatcheck.ci.github.context import PULL_REQUEST_EVENTS, run_page
from bloatcheck.ci.model import ReadEvent, TriggeringRun, read_event
from bloatcheck.errors import DOCUMENTATION, UsageError
from bloatcheck.publish.answers import Sha

EVENT = "workflow_run"

_Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}$")]
_Text = Annotated[str, MaxLen(1000)]


@dataclass(frozen=True, slots=True)
class _Repository:
    full_name: _Name


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    id: Annotated[int, Ge(1)]
    event: _Text
    path: _Text
    head_sha: Sha
    head_branch: _Text | None = None
    head_repository: _Repository | None = None
    run_attempt: Annotated[int, Ge(1)] = 1


@dataclass(frozen=True, slots=True)
class _Event:
    workflow_run: _Run


_EVENT = TypeAdapter(_Event)


def read_triggering_run(
    environ: Mapping[str, str], read: ReadEvent = read_event, repository_url: str | None = None
) -> TriggeringRun:
    """The run that the event is about; with its page, where that of the repository is known.

    Raises:
        UsageError: this run was started by something else, or the event is damaged.
    """
    name = environ.get("GITHUB_EVENT_NAME", "").strip()
    path = environ.get("GITHUB_EVENT_PATH", "").strip()
    if name != EVENT or not path:
        raise UsageError(
            "only a run that another workflow's end started (`workflow_run`) comments for it; this one is "
            + (f"`{name}`" if name else "none of GitHub Actions"),
            hint=f"use it in a workflow `on: workflow_run`, as in {DOCUMENTATION}/forks.md",
        )
    try:
        run = _EVENT.validate_python(read(path)).workflow_run
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"][:4])
        raise UsageError(
            f"the event file holds no workflow_run as GitHub writes it (at {where or 'its start'})"
        ) from None
    except (OSError, ValueError) as error:
        raise UsageError(f"the event file can't be read: {error}") from None
    return TriggeringRun(
        number=run.id,
        attempt=run.run_attempt,
        event=run.event,
        # A reusable workflow's path is followed by the branch it was taken from.
        workflow=run.path.partition("@")[0],
        head_sha=run.head_sha,
        head_branch=run.head_branch,
        head_repository=run.head_repository.full_name if run.head_repository else None,
        url=run_page(repository_url, run.id, run.run_attempt) if repository_url else None,
        is_of_pull_request=run.event in PULL_REQUEST_EVENTS,
    )
