"""What a runner tells a run: variables and the event, as GitHub writes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from support.github.emulator import REPOSITORY

WORKFLOW = ".github/workflows/images.yml"


def workflow_run(
    pull: dict[str, Any],
    *,
    event: str = "pull_request",
    path: str = WORKFLOW,
    number: int = 42,
    **more: object,
) -> dict[str, Any]:
    """The event of a second workflow, after a run of the first one for this pull request."""
    repository = pull["head"]["repo"]
    head = {"full_name": repository["full_name"]} if repository else None
    run = {
        "id": number,
        "name": "Images",
        "path": path,
        "event": event,
        "status": "completed",
        "conclusion": "failure",
        "head_sha": pull["head"]["sha"],
        "head_branch": pull["head"]["ref"],
        "head_repository": head,
        "repository": {"full_name": REPOSITORY},
        "run_attempt": 1,
        # Empty for a fork, which is why this is of no use.
        "pull_requests": [],
    }
    return {
        "action": "completed",
        "workflow_run": run | more,
        "repository": {"full_name": REPOSITORY, "default_branch": "main"},
    }


def variables(folder: Path, event_name: str, event: dict[str, Any], **more: str) -> dict[str, str]:
    """The environment of a step on a runner whose files are in `folder`."""
    payload = folder / "event.json"
    payload.write_text(json.dumps(event))
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": event_name,
        "GITHUB_EVENT_PATH": str(payload),
        "GITHUB_REPOSITORY": REPOSITORY,
        "GITHUB_WORKFLOW_REF": f"{REPOSITORY}/.github/workflows/comment.yml@refs/heads/main",
        "GITHUB_RUN_ID": "77",
        "GITHUB_RUN_ATTEMPT": "1",
        "GITHUB_OUTPUT": str(folder / "outputs"),
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
        **more,
    }
