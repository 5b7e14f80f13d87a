"""Reading what a host's API answers, which may be anything."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, TypeVar

from pydantic import StringConstraints, TypeAdapter, ValidationError

from bloatcheck.errors import PublishError
from bloatcheck.publish.manners import Manners

Sha = Annotated[str, StringConstraints(pattern=r"^(?:[0-9a-f]{40}|[0-9a-f]{64})$")]
"""A commit. It becomes part of addresses, and an argument of git."""

_Value = TypeVar("_Value")
_DEEPEST = 4
"""Steps of the way to what is wrong that are told."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response, read whole. `headers` are looked up without regard to case; `body` is hostile."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    next_query: tuple[tuple[str, str], ...] | None = None
    """The query of the next page, from the Link header; None on the last page."""


def parsed(adapter: TypeAdapter[_Value], body: bytes, doing: str, manners: Manners) -> _Value:
    """The answer's values.

    Args:
        adapter: what it should be.
        body: as it came.
        doing: what it was asked for, to follow "could not" in an error.
        manners: the host's.

    Raises:
        PublishError: it is something else.
    """
    try:
        return adapter.validate_json(body)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"][:_DEEPEST]) or "its start"
        raise PublishError(
            f"could not {doing}: the answer is not what {manners.its} API gives (at {where})",
            hint=manners.answer_hint or f"does {manners.address_variable} name {manners.its} API?",
        ) from None


def check_size(size: int, doing: str, *, most: int) -> None:
    """Raises PublishError for a file of more than so many bytes."""
    if size > most:
        raise PublishError(f"could not {doing}: it is larger than {most:,} bytes")


def unpacked(content: str, doing: str, *, most: int) -> bytes:
    """A file's content, of at most so many bytes, that came as base64.

    Raises:
        PublishError: it is larger, or damaged.
    """
    try:
        found = b64decode(content)
    except ValueError:
        raise PublishError(f"could not {doing}: the answer is damaged") from None
    check_size(len(found), doing, most=most)
    return found
