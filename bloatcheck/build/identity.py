"""Which repository this is, told the same way at a desk and in CI."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

_GIT_SECONDS = 20
_URL = re.compile(r"[a-z][a-z0-9+.-]*://(?:[^/]*@)?(?P<host>[^/:]+)(?::\d+)?/(?P<path>.+)", re.IGNORECASE)
_SCP = re.compile(r"(?:[^/@:]*@)?(?P<host>[^/:@]+):(?!//)(?P<path>.+)")


def repository_identity(root: Path, environment: Mapping[str, str], page: str | None = None) -> str:
    """`github.com/acme/shop`, in small letters, from the page that the CI names or the remote `origin`.

    A repository without either is known by its top directory. Never holds user names or tokens of a URL.
    """
    if page and (identity := identity_of_url(page)):
        return identity
    if identity := identity_of_url(_git(root, environment, "config", "--get", "remote.origin.url")):
        return identity
    return str(Path(_git(root, environment, "rev-parse", "--show-toplevel") or root).resolve())


def identity_of_url(url: str) -> str | None:
    """Host and path of a git URL, `https://…`, `ssh://…` or `git@host:path`; None for anything else."""
    match = _URL.fullmatch(url.strip()) or _SCP.fullmatch(url.strip())
    if match is None:
        return None
    path = match["path"].strip("/").removesuffix(".git").strip("/")
    return f"{match['host']}/{path}".lower() if path else None


def _git(root: Path, environment: Mapping[str, str], *arguments: str) -> str:
    """What git answers; "" without git, or where it has no answer."""
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd=root,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode(errors="replace").strip() if done.returncode == 0 else ""
