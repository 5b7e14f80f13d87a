"""Reading what GitHub's API answers."""

from __future__ import annotations

from typing import TypeVar

from pydantic import TypeAdapter

from bloatcheck.publish import answers

_Value = TypeVar("_Value")


def parsed(adapter: TypeAdapter[_Value], body: bytes, doing: str) -> _Value:
    """The answer's values; see `bloatcheck.publish.answers.parsed`."""
    hint = "does GITHUB_API_URL name a GitHub API?"
    return answers.parsed(adapter, body, doing, host="GitHub", hint=hint)
