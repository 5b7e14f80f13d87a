"""The request, for pulling or merging, that renews a baseline: opened once, and its text kept up to date."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from bloatcheck.errors import PublishError

Request = TypeVar("Request")
"""What a host tells of a request."""


def opened(
    text: str,
    *,
    find: Callable[[], Request | None],
    create: Callable[[], Request | PublishError],
    text_of: Callable[[Request], str | None],
    renew: Callable[[Request], object],
) -> Request:
    """The request that is open for a branch, with this text: there already, or opened now.

    Args:
        text: what it says, as the host takes it.
        find: the one that is open, of the project itself.
        create: opens one; gives the error for where the host says that it isn't new, and there is none.
        text_of: what a request says.
        renew: gives a request its title and text anew.

    Raises:
        PublishError: refused or unreachable.
    """
    found = find()
    if found is None:
        new = create()
        if not isinstance(new, PublishError):
            return new
        # Another run was quicker, or an earlier try of ours came through.
        found = find()
        if found is None:
            raise new
    if (text_of(found) or "").replace("\r\n", "\n").strip() != text.strip():
        renew(found)
    return found
