"""Files that come and go by themselves, so that a change of them says little about a change of the image."""

from __future__ import annotations

import re

_NOISE = re.compile(
    rb"""
      \A (?: var/(?:cache|log|tmp)/ | tmp/ | root/\.(?:cache|npm)/ | home/[^/]+/\.(?:cache|npm)/ )
    | \A var/lib/(?:apt|dpkg|rpm|dnf|yum)/
    | \A usr/lib/sysimage/rpm/
    | \A (?:usr/)?lib/apk/
    | \A etc/(?:ld\.so\.cache|machine-id)\Z
    | (?: \A | / ) __pycache__ /
    | \.py[co] \Z
    """,
    re.VERBOSE,
)


def is_noise(path: bytes) -> bool:
    """Whether the file at this clean path is a cache, a log, compiled Python or a package database."""
    return _NOISE.search(path) is not None
