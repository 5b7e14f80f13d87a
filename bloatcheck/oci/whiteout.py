"""Whiteouts (OCI image-spec, layer.md, "Whiteouts")."""

from __future__ import annotations

from enum import Enum

PREFIX = b".wh."
OPAQUE_NAME = b".wh..wh..opq"
_RESERVED_PREFIX = b".wh..wh."


class Marker(Enum):
    """What a record named `.wh.…` says about the layers below."""

    WHITEOUT = "whiteout"
    """The sibling it names is gone."""
    OPAQUE = "opaque"
    """Everything that lower layers put in its directory is gone."""
    RESERVED = "reserved"
    """Bookkeeping of the AUFS driver, from old images: neither a file nor a whiteout."""


def marker(path: bytes) -> Marker | None:
    """What the record at this path marks; None for an ordinary record. Its type is no matter."""
    name = path[path.rfind(b"/") + 1 :]
    if not name.startswith(PREFIX):
        return None
    if name == OPAQUE_NAME:
        return Marker.OPAQUE
    return Marker.RESERVED if name.startswith(_RESERVED_PREFIX) else Marker.WHITEOUT


def hidden_path(path: bytes) -> bytes:
    """What a whiteout or opaque marker hides: `a/.wh.b` hides `a/b`, `a/.wh..wh..opq` all in `a`."""
    directory, slash, name = path.rpartition(b"/")
    return directory if name == OPAQUE_NAME else directory + slash + name.removeprefix(PREFIX)
