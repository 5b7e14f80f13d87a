"""Approvals that people give on the pull request itself: a label, or a comment that begins with a command.

A comment reads `/bloatcheck approve COMMIT IMAGE up to SIZE [until DAY] because REASON`. It names the whole
commit, so that it approves what its author saw, and lapses with the next push.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from bloatcheck.config.approvals import Approval, ApprovalSource
from bloatcheck.config.grammar import IMAGE_NAME, MAX_NAME, MAX_TEXT
from bloatcheck.units import parse_bytes

COMMAND_FORM = "COMMIT IMAGE up to SIZE because REASON"

_FORM = re.compile(
    rf"(?P<commit>[0-9a-f]{{40}}|[0-9a-f]{{64}})\s+(?P<image>{IMAGE_NAME})"
    r"\s+up\s+to\s+(?P<size>[0-9][0-9_.]*\s*[kKmMgGtT]?i?[bB])"
    r"(?:\s+until\s+(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2}))?\s+because\s+(?P<because>\S.*)"
)


class Sign(Protocol):
    """What was found on the pull request. `way` is `label` or `command`.

    `words` are what follows the command on its line. `doubt` says why it does not count, as the end of a
    sentence that begins with it.
    """

    @property
    def way(self) -> str: ...  # noqa: D102 - described above
    @property
    def by(self) -> str: ...  # noqa: D102 - described above
    @property
    def words(self) -> str: ...  # noqa: D102 - described above
    @property
    def url(self) -> str | None: ...  # noqa: D102 - described above
    @property
    def doubt(self) -> str | None: ...  # noqa: D102 - described above


@dataclass(frozen=True, slots=True)
class Understood:
    """The approvals among the signs, and a sentence for each sign that is none."""

    approvals: tuple[Approval, ...] = ()
    remarks: tuple[str, ...] = ()


def understand(signs: Iterable[Sign], *, images: Iterable[str], head: str) -> Understood:
    """What signs mean for the images of this run.

    Args:
        signs: as they were found.
        images: the names of the configured images.
        head: the pull request's newest commit, in full.
    """
    known = frozenset(images)
    approvals, remarks = [], []
    for sign in signs:
        subject = f"{sign.by}'s {'label' if sign.way == 'label' else 'approving comment'}"
        if sign.doubt:
            remarks.append(f"{subject} approves nothing: {sign.doubt}.")
        elif sign.way == "label":
            approvals.append(Approval(source=ApprovalSource.LABEL, by=sign.by, url=sign.url))
        else:
            try:
                approvals.append(_approval(sign, known, head))
            except ValueError as error:
                remarks.append(f"{subject} approves nothing: {error}.")
    return Understood(tuple(approvals), tuple(dict.fromkeys(remarks)))


def _approval(sign: Sign, known: frozenset[str], head: str) -> Approval:
    match = _FORM.fullmatch(sign.words.strip()[: 2 * MAX_TEXT])
    if match is None:
        raise ValueError(f"its form is {COMMAND_FORM}")
    if match["commit"] != head:
        raise ValueError("it names another commit")
    image = match["image"]
    if len(image) > MAX_NAME or image not in known:
        raise ValueError("it names no image that is checked")
    return Approval(
        source=ApprovalSource.COMMAND,
        image=image,
        up_to=parse_bytes(match["size"]),
        until=date.fromisoformat(match["day"]) if match["day"] else None,
        because=match["because"][:MAX_TEXT],
        by=sign.by,
        url=sign.url,
    )
