"""Why images were not built: told once for all of them, beside the table that says which."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from bloatcheck.report.escape import Markdown, code, compose, link, sentence
from bloatcheck.report.links import commit_url
from bloatcheck.report.model import ImageReport, Origin
from bloatcheck.report.plain import harmless

_COMMIT = re.compile(r"(?<= since )[0-9a-f]{7,64}\Z")
_SHORT = 7
_MOST_REASONS = 3


def unbuilt_note(images: Iterable[ImageReport]) -> str | None:
    """`Not built: inputs unchanged since 1a2b3c4`; None where all were. It holds foreign text."""
    reasons = _reasons(images)
    if not reasons:
        return None
    return f"Not built: {'; '.join(_shortened(harmless(reason)) for reason in reasons)}"


def unbuilt_line(images: Iterable[ImageReport], origin: Origin) -> Markdown | None:
    """The same as markdown, its commits linked."""
    reasons = _reasons(images)
    if not reasons:
        return None
    told = [_linked(reason, origin) for reason in reasons]
    return compose("Not built: {}", compose("; ".join("{}" for _ in told), *told))


def _reasons(images: Iterable[ImageReport]) -> Sequence[str]:
    """Each once; of many only the first."""
    return list(dict.fromkeys(image.unbuilt for image in images if image.unbuilt))[:_MOST_REASONS]


def _shortened(reason: str) -> str:
    return _COMMIT.sub(lambda match: match[0][:_SHORT], reason)


def _linked(reason: str, origin: Origin) -> Markdown:
    found = _COMMIT.search(reason)
    if found is None:
        return sentence(reason)
    commit = link(code(found[0][:_SHORT]), commit_url(origin, found[0]))
    return compose("{} {}", reason[: found.start()].strip(), commit)
