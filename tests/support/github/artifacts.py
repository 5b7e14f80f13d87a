"""An artifact as GitHub lists it."""

from __future__ import annotations

from typing import Any

from support.github.emulator import REPOSITORY


def stored_artifact(
    *, number: int, commit: str, branch: str = "main", head_repository: int = 1, expired: bool = False
) -> dict[str, Any]:
    """One that run 1000 + `number` left, for a commit of a branch; the repository itself has the number 1."""
    url = f"https://api.github.com/repos/{REPOSITORY}/actions/artifacts/{number}"
    return {
        "id": number,
        "node_id": "x",
        "name": "bloatcheck-baseline",
        "size_in_bytes": 7,
        "url": url,
        "archive_download_url": f"{url}/zip",
        "expired": expired,
        "created_at": "2026-01-31T00:00:00Z",
        "expires_at": "2026-04-30T00:00:00Z",
        "updated_at": "2026-01-31T00:00:00Z",
        "workflow_run": {
            "id": number + 1000,
            "repository_id": 1,
            "head_repository_id": head_repository,
            "head_branch": branch,
            "head_sha": commit,
        },
    }
