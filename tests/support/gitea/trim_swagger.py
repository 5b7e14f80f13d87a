"""Cuts Gitea's and Forgejo's own descriptions of their REST API down to the operations that bloatcheck uses.

    python tests/support/gitea/trim_swagger.py gitea.json forgejo.json

Each server gives its own as `/swagger.v1.json`; in Gitea's source it is templates/swagger/v1_json.tmpl. These
are of Gitea 1.25.3 and of Forgejo 16.0.1, both under the MIT licence as they say themselves (Forgejo's: "for
the purpose of interoperability"). They are Swagger 2.0, and become OpenAPI 3.0, which the checks know.
"""

import json
import sys
from pathlib import Path
from typing import Any

from support.github.trim_openapi import trim

_REPOSITORY = "/repos/{owner}/{repo}"
_ISSUES = f"{_REPOSITORY}/issues"
OPERATIONS: dict[str, tuple[str, ...]] = {
    f"{_ISSUES}/{{index}}/comments": ("get", "post"),
    f"{_ISSUES}/comments/{{id}}": ("patch", "delete"),
    f"{_ISSUES}/{{index}}/timeline": ("get",),
    f"{_REPOSITORY}/pulls/{{index}}": ("get", "patch"),
    f"{_REPOSITORY}/pulls": ("get", "post"),
    f"{_REPOSITORY}/collaborators/{{collaborator}}/permission": ("get",),
    f"{_REPOSITORY}/compare/{{basehead}}": ("get",),
    f"{_REPOSITORY}/contents/{{filepath}}": ("get",),
    f"{_REPOSITORY}/commits": ("get",),
    f"{_REPOSITORY}/statuses/{{sha}}": ("post",),
    f"{_REPOSITORY}/actions/artifacts": ("get",),
    f"{_REPOSITORY}/actions/artifacts/{{artifact_id}}/zip": ("get",),
    "/user": ("get",),
}
RUN = {
    "Gitea API": f"{_REPOSITORY}/actions/runs/{{run}}",
    "Forgejo API": f"{_REPOSITORY}/actions/runs/{{run_id}}",
}
HERE = Path(__file__).parent
_OF_SCHEMA = ("type", "format", "items", "enum", "default")


def converted(value: Any) -> Any:
    """With the places of OpenAPI 3.0 in references."""
    if isinstance(value, list):
        return [converted(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "$ref" in value:
        return {"$ref": value["$ref"].replace("#/definitions/", "#/components/schemas/")}
    return {key: converted(item) for key, item in value.items()}


def operation(swagger: dict[str, Any], described: dict[str, Any]) -> dict[str, Any]:
    """An operation with its parameters, its body and its answers."""
    parameters = [
        {
            "name": one["name"],
            "in": one["in"],
            "required": one.get("required", False),
            "schema": converted({key: one[key] for key in _OF_SCHEMA if key in one}),
        }
        for one in described.get("parameters", [])
        if one["in"] != "body"
    ]
    made: dict[str, Any] = {"parameters": parameters, "responses": {}}
    for one in described.get("parameters", []):
        if one["in"] == "body":
            content = {"application/json": {"schema": converted(one["schema"])}}
            made["requestBody"] = {"required": True, "content": content}
    for status, told in described["responses"].items():
        named = told.get("$ref", "").rpartition("/")[2]
        answer = swagger["responses"][named] if named else told
        made["responses"][status] = {"description": ""}
        if "schema" in answer:
            content = {"application/json": {"schema": converted(answer["schema"])}}
            made["responses"][status]["content"] = content
    return made


def as_openapi(swagger: dict[str, Any], operations: dict[str, tuple[str, ...]]) -> dict[str, Any]:
    """The same in OpenAPI 3.0."""
    paths = {
        path: {method: operation(swagger, swagger["paths"][path][method]) for method in methods}
        for path, methods in operations.items()
    }
    info = {key: swagger["info"][key] for key in ("title", "version", "license")}
    return {
        "openapi": "3.0.3",
        "info": info,
        "servers": [{"url": "https://git.example.com/api/v1"}],
        "paths": paths,
        "components": {"schemas": converted(swagger["definitions"])},
    }


def mended(description: dict[str, Any]) -> dict[str, Any]:
    """With what the prose of these descriptions says, and their schemas don't."""
    schemas = description["components"]["schemas"]
    for name in ("content", "encoding", "target", "submodule_git_url"):
        schemas["ContentsResponse"]["properties"][name]["nullable"] = True
    contents = description["paths"][f"{_REPOSITORY}/contents/{{filepath}}"]["get"]["responses"]["200"]
    one = {"$ref": "#/components/schemas/ContentsResponse"}
    contents["content"]["application/json"]["schema"] = {"oneOf": [one, {"type": "array", "items": one}]}
    archive = description["paths"][f"{_REPOSITORY}/actions/artifacts/{{artifact_id}}/zip"]["get"]
    archive["responses"].setdefault("302", {"description": ""})
    return description


if __name__ == "__main__":
    for file in sys.argv[1:]:
        source = json.loads(Path(file).read_text())
        title = source["info"]["title"]
        operations = {**OPERATIONS, RUN[title]: ("get",)}
        kept = trim(mended(as_openapi(source, operations)), operations)
        target = HERE / f"{title.partition(' ')[0].lower()}.json"
        target.write_text(json.dumps(kept, sort_keys=True, indent=1) + "\n")
