"""Names of images in the engine: which can be asked for, and which were meant."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

_ALIKE = 0.6
"""Of 1.0. Lower suggests names that share no more than a few letters."""
_UNTAGGED = "<none>:<none>"
"""What older engines write where an image has no name."""
# What the engine's own grammar accepts at most (distribution reference, short and full ids), and no more:
# the name becomes part of a request's path.
_ASKABLE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.\-/:@\[\]]{0,510})", re.ASCII)


def can_be_asked_for(name: str) -> bool:
    """Whether this can name an image at all, and is harmless as part of a URL's path."""
    return _ASKABLE.fullmatch(name) is not None and ".." not in name and "//" not in name


def nearest(name: str, known: Iterable[str], count: int = 3) -> list[str]:
    """The known names most like this one, best first: by repository, and among equals by tag."""
    repository, tag = _parts(name)

    def likeness(candidate: str) -> tuple[float, float]:
        other_repository, other_tag = _parts(candidate)
        return (
            difflib.SequenceMatcher(None, repository, other_repository).ratio(),
            difflib.SequenceMatcher(None, tag, other_tag).ratio(),
        )

    ranked = sorted(
        ((likeness(candidate), candidate) for candidate in set(known) - {_UNTAGGED}), reverse=True
    )
    return [candidate for (alike, _), candidate in ranked if alike >= _ALIKE][:count]


def _parts(name: str) -> tuple[str, str]:
    """Repository and tag: `registry:5000/team/api` and `1.2`; the tag is `latest` where none is written."""
    head, slash, last = name.partition("@")[0].rpartition("/")
    repository, _, tag = last.partition(":")
    return head + slash + repository, tag or "latest"
