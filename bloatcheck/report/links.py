"""Addresses on the forge, made only from parts that are checked, since a report may come from a fork."""

from __future__ import annotations

import posixpath
import re
from urllib.parse import quote

from bloatcheck.ci.model import Pages
from bloatcheck.ci.registry import ci_named
from bloatcheck.config.limits import Metric
from bloatcheck.errors import DOCUMENTATION, Place
from bloatcheck.report.model import Origin

_SERVER = re.compile(
    r"https?://[A-Za-z0-9.-]{1,253}(?::\d{1,5})?(?:/[A-Za-z0-9._~-]{1,100}){0,5}/?", re.ASCII
)
_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_ADVICE = re.compile(r"[a-z][a-z-]{0,38}")


def place_url(origin: Origin, place: Place | None) -> str | None:
    """The lines as they stand at the measured commit; None where not enough is known."""
    repository, pages, commit = repository_url(origin), _pages(origin), origin.commit
    if repository is None or pages is None or place is None:
        return None
    if commit is None or not _COMMIT.fullmatch(commit):
        return None
    if not place.file:
        return None
    path = file_in_repository(origin, place)
    if not path or path.startswith("/") or ".." in path.split("/"):
        return None
    quoted = quote(path, safe="/", errors="replace")
    return pages.lines(repository, commit, quoted, place.line, place.end_line)


def documentation_url(page: str) -> str:
    """A page of ours: `configuration.md#limits`."""
    return f"{DOCUMENTATION}/{page}"


def limit_url(metric: Metric) -> str:
    """Where the documentation tells of this limit."""
    anchor = {Metric.CREEP: "creep", Metric.FORBIDDEN: "forbidden"}.get(metric, "limits")
    return documentation_url(f"configuration.md#{anchor}")


def advice_url(name: str) -> str | None:
    """Where the documentation tells of this advice; None for what is no id."""
    return documentation_url(f"advice.md#{name}") if _ADVICE.fullmatch(name) else None


def file_in_repository(origin: Origin, place: Place) -> str:
    """The place's file, from the repository's top."""
    return posixpath.join(origin.folder, place.file.removeprefix("./"))


def commit_url(origin: Origin, commit: str | None) -> str | None:
    """A commit's page; None where not enough is known."""
    repository, pages = repository_url(origin), _pages(origin)
    if repository is None or pages is None or commit is None or not _COMMIT.fullmatch(commit):
        return None
    return pages.commit(repository, commit)


def run_url(origin: Origin) -> str | None:
    """The page of the run that measured; None unless it is one of the repository's, or of the CI's own."""
    repository, pages = repository_url(origin), _pages(origin)
    if pages is None or origin.run_url is None:
        return None
    if pages.elsewhere is not None:
        return origin.run_url if pages.elsewhere.fullmatch(origin.run_url) else None
    if repository is None:
        return None
    rest = origin.run_url.removeprefix(repository)
    return origin.run_url if rest != origin.run_url and pages.run.fullmatch(rest) else None


def repository_url(origin: Origin) -> str | None:
    """The repository's page; None where not enough is known."""
    server, repository, pages = origin.server_url, origin.repository, _pages(origin)
    if server is None or repository is None or pages is None:
        return None
    if not _SERVER.fullmatch(server) or not pages.repository.fullmatch(repository):
        return None
    return f"{server.rstrip('/')}/{repository}"


def _pages(origin: Origin) -> Pages | None:
    return ci_named(origin.forge).pages
