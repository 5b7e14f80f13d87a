"""Reading what a host's API answers, which may be anything."""

from __future__ import annotations

from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from bloatcheck.errors import PublishError

_Value = TypeVar("_Value")
_DEEPEST = 4
"""Steps of the way to what is wrong that are told."""


def parsed(adapter: TypeAdapter[_Value], body: bytes, doing: str, *, host: str, hint: str) -> _Value:
    """The answer's values.

    Args:
        adapter: what it should be.
        body: as it came.
        doing: what it was asked for, to follow "could not" in an error.
        host: what the host is called.
        hint: what to look at where the answer is of another kind.

    Raises:
        PublishError: it is something else.
    """
    try:
        return adapter.validate_json(body)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"][:_DEEPEST])
        raise PublishError(
            f"could not {doing}: the answer is not what {host}'s API gives (at {where or 'its start'})",
            hint=hint,
        ) from None
