"""Files that come and go by themselves, so that a change of them says little about a change of the image."""

from __future__ import annotations

import re

_FOLDERS = re.compile(
    rb"""
      (?: var/(?:cache|log|tmp)/ | tmp/ | root/\.(?:cache|npm)/ | home/[^/]+/\.(?:cache|npm)/ )
    | var/lib/(?:apt|dpkg|rpm|dnf|yum)/
    | usr/lib/sysimage/rpm/
    | (?:usr/)?lib/apk/
    | etc/(?:ld\.so\.cache|machine-id)\Z
    """,
    re.VERBOSE,
)


def is_noise(path: bytes) -> bool:
    """Whether the file at this clean path is a cache, a log, compiled Python or a package database."""
    # a pattern that is looked for all along each of a hundred thousand paths takes five times as long
    return (
        path.endswith((b".pyc", b".pyo"))
        or _FOLDERS.match(path) is not None
        or (b"__pycache__/" in path and b"/__pycache__/" in b"/" + path)
    )
