"""Cuts GitHub's own description of its REST API down to the operations that bloatcheck uses.

    npm pack @octokit/openapi@23.0.2 && tar -xzf octokit-openapi-23.0.2.tgz
    python tests/support/github/trim_openapi.py package/generated/api.github.com.json

Examples and documentation go, and everything that no kept operation refers to.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

OPERATIONS = {
    "/repos/{owner}/{repo}/issues/{issue_number}/comments": ("get", "post"),
    "/repos/{owner}/{repo}/issues/comments/{comment_id}": ("patch", "delete"),
    "/repos/{owner}/{repo}/activity": ("get",),
    "/repos/{owner}/{repo}/collaborators/{username}/permission": ("get",),
    "/repos/{owner}/{repo}/issues/{issue_number}/events": ("get",),
    "/repos/{owner}/{repo}/pulls/{pull_number}": ("get", "patch"),
    "/repos/{owner}/{repo}/pulls": ("get", "post"),
    "/repos/{owner}/{repo}/check-runs": ("post",),
    "/repos/{owner}/{repo}/check-runs/{check_run_id}": ("patch",),
    "/repos/{owner}/{repo}/actions/artifacts": ("get",),
    "/repos/{owner}/{repo}/actions/artifacts/{artifact_id}/{archive_format}": ("get",),
    "/repos/{owner}/{repo}/commits": ("get",),
    "/repos/{owner}/{repo}/compare/{basehead}": ("get",),
    "/repos/{owner}/{repo}/contents/{path}": ("get",),
    "/repos/{owner}/{repo}/git/blobs/{file_sha}": ("get",),
    "/user": ("get",),
}
TRIMMED = Path(__file__).parent / "api.github.com.json"

_NO_CONTRACT = {"discriminator", "example", "examples", "externalDocs", "x-github", "x-octokit", "tags"}
_NAMES = {"properties", "responses", "headers"}
_REFERENCE = re.compile(r'"#/components/(\w+)/([^"]+)"')


def trim(description: dict[str, Any], operations: dict[str, tuple[str, ...]] = OPERATIONS) -> dict[str, Any]:
    """The kept operations, and the components that they refer to, directly or not."""
    paths = description["paths"]
    kept = {
        path: {key: value for key, value in paths[path].items() if key in methods or key == "parameters"}
        for path, methods in operations.items()
    }
    kept = without_prose(kept)
    components: dict[str, dict[str, Any]] = {}
    waiting = [kept]
    while waiting:
        for kind, name in _REFERENCE.findall(json.dumps(waiting.pop())):
            if name not in components.setdefault(kind, {}):
                component = without_prose(description["components"][kind][name])
                components[kind][name] = component
                waiting.append(component)
    return {
        "openapi": description["openapi"],
        "info": description["info"],
        "servers": description["servers"],
        "paths": kept,
        "components": components,
    }


def without_prose(value: Any, *, names: bool = False) -> Any:
    """Without what says nothing about shapes; required descriptions become empty.

    `names` is True for a mapping whose keys are the API's own words: there `example` is a name like another.
    """
    if isinstance(value, list):
        return [without_prose(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: ""
        if key == "description" and isinstance(item, str)
        else without_prose(item, names=key in _NAMES)
        for key, item in value.items()
        if names or key not in _NO_CONTRACT
    }


if __name__ == "__main__":
    source = json.loads(Path(sys.argv[1]).read_text())
    TRIMMED.write_text(json.dumps(trim(source), sort_keys=True, indent=1) + "\n")
