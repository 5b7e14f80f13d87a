"""Cuts GitLab's own description of its REST API down to the operations that bloatcheck uses.

    python tests/support/gitlab/trim_openapi.py openapi.json

`openapi.json` is GitLab's doc/api/openapi/openapi_v3.yaml as JSON, whose lists are lists. The description is
licensed CC BY-SA 4.0 (https://gitlab.com/gitlab-org/gitlab/-/blob/master/LICENSE), and so is what is left of
it here. Texts go, and everything that no kept operation refers to.
"""

import json
import sys
from pathlib import Path
from typing import Any

from support.github.trim_openapi import trim

_PROJECT = "/api/v4/projects/{id}"
_REQUEST = f"{_PROJECT}/merge_requests"
OPERATIONS: dict[str, tuple[str, ...]] = {
    f"{_REQUEST}/{{noteable_id}}/notes": ("get", "post"),
    f"{_REQUEST}/{{noteable_id}}/notes/{{note_id}}": ("put", "delete"),
    f"{_REQUEST}/{{eventable_id}}/resource_label_events": ("get",),
    f"{_REQUEST}/{{merge_request_iid}}": ("get", "put"),
    f"{_REQUEST}/{{merge_request_iid}}/versions": ("get",),
    _REQUEST: ("get", "post"),
    f"{_PROJECT}/members/all/{{user_id}}": ("get",),
    f"{_PROJECT}/jobs": ("get",),
    f"{_PROJECT}/jobs/{{job_id}}/artifacts": ("get",),
    f"{_PROJECT}/repository/commits": ("get",),
    f"{_PROJECT}/repository/files/{{file_path}}": ("get",),
    f"{_PROJECT}/repository/merge_base": ("get",),
    f"{_PROJECT}/repository/tree": ("get",),
    "/api/v4/user": ("get",),
    "/api/v4/users/{id}": ("get",),
}
TRIMMED = Path(__file__).parent / "gitlab.com.json"


def mended(description: dict[str, Any]) -> dict[str, Any]:
    """Without what GitLab's documentation and its answers contradict."""
    schemas = description["components"]["schemas"]
    # https://docs.gitlab.com/api/members/: a number, written as one.
    schemas["APIEntitiesMember"]["properties"]["access_level"]["type"] = "integer"
    for path in description["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict) and "204" in operation.get("responses", {}):
                operation["responses"]["204"].pop("content", None)
    return description


if __name__ == "__main__":
    source = mended(json.loads(Path(sys.argv[1]).read_text()))
    TRIMMED.write_text(json.dumps(trim(source, OPERATIONS), sort_keys=True, indent=1) + "\n")
