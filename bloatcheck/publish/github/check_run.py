"""A check run: the verdict beside the commit, with more annotations than a job's log can carry.

https://docs.github.com/rest/checks/runs
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter

from bloatcheck.publish.check import MAX_SUMMARY_CHARACTERS, MAX_TITLE_CHARACTERS, Check, LineAnnotation
from bloatcheck.publish.http import Client

MAX_MESSAGE_BYTES = 64 * 1024
BATCH = 50
"""Annotations that one request may carry; those of later requests are added to them."""

_NEEDS = "checks: write"


@dataclass(frozen=True, slots=True)
class _Created:
    id: int


_CREATED = TypeAdapter(_Created)


def post_check_run(client: Client, repository: str, check: Check) -> int:
    """Makes the check run, finished at once, and adds its annotations in batches; its id.

    The conclusion goes with the first request: a fault later costs annotations only. A request whose answer
    was lost is sent again, and the newer of the two runs is the one that GitHub shows.

    Raises:
        PublishError: refused or unreachable, with a hint.
        ValueError: summary or title are too long.
    """
    if len(check.summary) > MAX_SUMMARY_CHARACTERS or len(check.title) > MAX_TITLE_CHARACTERS:
        raise ValueError("the check run's texts are too long")
    doing = f"make a check run in {repository[:200]}"
    batches = [check.annotations[at : at + BATCH] for at in range(0, len(check.annotations), BATCH)] or [()]
    body: dict[str, object] = {
        "name": check.name,
        "head_sha": check.head_sha,
        "status": "completed",
        "conclusion": check.conclusion.value,
        "output": _output(check, batches[0]),
    }
    if check.details_url:
        body["details_url"] = check.details_url
    answer = client.request("POST", f"/repos/{repository}/check-runs", doing=doing, body=body, needs=_NEEDS)
    number = client.parsed(_CREATED, answer, doing).id
    for batch in batches[1:]:
        client.request(
            "PATCH",
            f"/repos/{repository}/check-runs/{number}",
            doing=f"add annotations to a check run in {repository[:200]}",
            body={"output": _output(check, batch)},
            needs=_NEEDS,
        )
    return number


def _output(check: Check, batch: Sequence[LineAnnotation]) -> Mapping[str, object]:
    return {"title": check.title, "summary": check.summary, "annotations": list(map(_annotation, batch))}


def _annotation(annotation: LineAnnotation) -> Mapping[str, object]:
    return {
        "path": annotation.path,
        "start_line": annotation.start_line,
        "end_line": annotation.end_line,
        "annotation_level": annotation.level.value,
        "title": annotation.title[:MAX_TITLE_CHARACTERS],
        # No character takes more than four bytes.
        "message": annotation.message[: MAX_MESSAGE_BYTES // 4],
    }
