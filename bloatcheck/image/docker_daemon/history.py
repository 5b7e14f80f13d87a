"""Which entries of the engine's history API made a layer: proven, or not said at all.

The Engine API's `GET /images/{name}/history` leaves out the configuration's `empty_layer` flags. On a
graphdriver store a size above 0 proves that an entry made a layer, and an instruction that only changes
the configuration proves that it made none. Where both together leave one reading, that is the answer;
everything else (a `WORKDIR` that may have made its directory, the legacy builder's `RUN true`, squashed
and imported images) takes the configuration itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_METADATA = "ARG|CMD|ENTRYPOINT|ENV|EXPOSE|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|SHELL|STOPSIGNAL|USER|VOLUME"
_BUILDKIT_METADATA = re.compile(rf"(?:{_METADATA}) ")
# The legacy builder writes two spaces before what changes the configuration and one before what may
# change files. buildah writes one before everything, and can name any instruction as its one layer's.
_LEGACY_METADATA = re.compile(rf".*#\(nop\)  (?:{_METADATA}) ", re.DOTALL)
_BUILDKIT_COMMENT = "buildkit.dockerfile.v0"


@dataclass(frozen=True, slots=True)
class ApiHistoryEntry:
    """One entry of the history API. `size` is in bytes, as the store counts them."""

    created_by: str
    comment: str
    size: int


def empty_layer_flags(history: Sequence[ApiHistoryEntry], layer_count: int) -> tuple[bool, ...] | None:
    """The `empty_layer` flag of each entry, in the order given; None where the API alone doesn't prove them.

    Only for graphdriver stores: the containerd store's sizes are disk blocks and prove nothing.
    """
    proven = [entry.size > 0 for entry in history]
    possible = [not _is_metadata(entry) for entry in history]
    if any(made and not may for made, may in zip(proven, possible, strict=True)):
        return None
    for made_a_layer in (possible, proven):
        if sum(made_a_layer) == layer_count:
            return tuple(not made for made in made_a_layer)
    return None


def _is_metadata(entry: ApiHistoryEntry) -> bool:
    pattern = _BUILDKIT_METADATA if entry.comment == _BUILDKIT_COMMENT else _LEGACY_METADATA
    return pattern.match(entry.created_by) is not None
