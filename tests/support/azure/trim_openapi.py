"""Cuts Microsoft's own description of Azure DevOps' Git API down to the operations that bloatcheck uses.

    python tests/support/azure/trim_openapi.py git.json

`git.json` is specification/git/7.1/git.json of https://github.com/MicrosoftDocs/vsts-rest-api-specs at
adb28786a3e9349d5b3deb43eb2134b682c33bb2, MIT License, Copyright (c) 2018 Microsoft Docs; and so is what is
left of it here. It is Swagger 2.0, written here as OpenAPI 3. Texts go, and everything that no kept operation
refers to. A list is described bare, and comes as `{"count": 1, "value": […]}`: contract.py takes it out.
"""

import json
import sys
from pathlib import Path
from typing import Any

from support.github.trim_openapi import trim

_REPOSITORY = "/{organization}/{project}/_apis/git/repositories/{repositoryId}"
_REQUEST = f"{_REPOSITORY}/pullRequests/{{pullRequestId}}"
OPERATIONS: dict[str, tuple[str, ...]] = {
    f"{_REQUEST}/threads": ("get", "post"),
    f"{_REQUEST}/threads/{{threadId}}": ("patch",),
    f"{_REQUEST}/threads/{{threadId}}/comments/{{commentId}}": ("patch", "delete"),
    f"{_REPOSITORY}/pullrequests": ("get", "post"),
    f"{_REPOSITORY}/pullrequests/{{pullRequestId}}": ("get", "patch"),
    f"{_REPOSITORY}/commits": ("get",),
    f"{_REPOSITORY}/items": ("get",),
    _REPOSITORY.replace("repositoryId", "repositoryNameOrId") + "/commits/{commitId}/mergebases": ("get",),
}
OVERLOADS = {
    f"{_REPOSITORY}/commits?": f"{_REPOSITORY}/commits",
    f"{_REPOSITORY}/items?path={{path}}": f"{_REPOSITORY}/items",
}
"""Microsoft describes one address twice, by what is asked for; the kept one takes either's parameters."""
TRIMMED = Path(__file__).parent / "git.json"
_SHAPE = ("type", "format", "enum", "items", "default")


def as_openapi(swagger: dict[str, Any]) -> dict[str, Any]:
    """Swagger 2.0, as far as this description uses it, as OpenAPI 3.0."""
    paths = swagger["paths"]
    for overload, path in OVERLOADS.items():
        known = {parameter.get("name") for parameter in paths[path]["get"]["parameters"]}
        paths[path]["get"]["parameters"] += [
            {**parameter, "in": "query", "required": False}
            for parameter in swagger["x-ms-paths"][overload]["get"]["parameters"]
            if parameter.get("name") and parameter["name"] not in known
        ]
        if path.endswith("/commits"):
            # The overload that lists by criteria has no push.
            _loosen(paths[path]["get"]["parameters"], "pushId")
    kept = {path: {verb: paths[path][verb] for verb in verbs} for path, verbs in OPERATIONS.items()}
    document = {
        "openapi": "3.0.3",
        "info": {"title": "Git", "version": swagger["info"]["version"]},
        "servers": [{"url": "https://dev.azure.com"}],
        "paths": {
            path: {verb: _operation(operation, swagger) for verb, operation in verbs.items()}
            for path, verbs in kept.items()
        },
        "components": {"schemas": swagger["definitions"]},
    }
    text = json.dumps(document).replace("#/definitions/", "#/components/schemas/")
    found: dict[str, Any] = json.loads(text)
    return found


def _loosen(parameters: list[dict[str, Any]], name: str) -> None:
    for parameter in parameters:
        if parameter.get("name") == name:
            parameter["required"] = False


def _operation(operation: dict[str, Any], swagger: dict[str, Any]) -> dict[str, Any]:
    parameters, content = [], None
    for given in operation["parameters"]:
        parameter = swagger["parameters"]["api-Version"] if "$ref" in given else given
        if parameter["in"] == "body":
            content = {"application/json": {"schema": parameter["schema"]}}
            continue
        shape = {key: parameter[key] for key in _SHAPE if key in parameter}
        parameters.append(
            {
                "name": parameter["name"],
                "in": parameter["in"],
                "required": parameter.get("required", False),
                "schema": shape,
            }
        )
    schema = operation["responses"]["200"].get("schema")
    answer: dict[str, Any] = {"description": ""}
    if schema:
        answer["content"] = {"application/json": {"schema": schema}}
        if operation["operationId"].startswith("Items"):
            answer["content"]["application/octet-stream"] = {"schema": {"type": "string", "format": "binary"}}
    made: dict[str, Any] = {"parameters": parameters, "responses": {"200": answer}}
    return made | ({"requestBody": {"required": True, "content": content}} if content else {})


if __name__ == "__main__":
    source = json.loads(Path(sys.argv[1]).read_text("utf-8-sig"))
    trimmed = trim(as_openapi(source), OPERATIONS)
    text = json.dumps(trimmed, sort_keys=True, indent=1)
    TRIMMED.write_text(text + "\n")
