"""Content digests (OCI image-spec, descriptor.md, "Digests")."""

from __future__ import annotations

import re
from typing import NewType

Digest = NewType("Digest", str)
"""A checked digest such as `sha256:<64 hex digits>`. Made by `parse_digest` only."""

_HEX_LENGTH = {"sha256": 64, "sha384": 96, "sha512": 128}
_GRAMMAR = re.compile(r"(?P<algorithm>[a-z0-9]+(?:[+._-][a-z0-9]+)*):(?P<encoded>[a-zA-Z0-9=_-]+)")


def parse_digest(text: object) -> Digest:
    """Checks `text` against the registered algorithms and returns it.

    Raises:
        ValueError: not a digest of a known algorithm with its exact number of lower-case hex digits.
    """
    if isinstance(text, str) and (match := _GRAMMAR.fullmatch(text)):
        length = _HEX_LENGTH.get(match["algorithm"])
        if length is not None and re.fullmatch(f"[a-f0-9]{{{length}}}", match["encoded"]):
            return Digest(text)
    shown = repr(text)
    raise ValueError(f"not a digest: {shown[:100]}")


def algorithm(digest: Digest) -> str:
    """The part before the colon, a name `hashlib.new` knows."""
    return digest.partition(":")[0]


def encoded(digest: Digest) -> str:
    """The part after the colon: safe as a file name, since it is checked to be hex digits."""
    return digest.partition(":")[2]
