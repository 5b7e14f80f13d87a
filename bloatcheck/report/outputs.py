"""What later steps of a workflow can read: the action's outputs."""

from __future__ import annotations

import json
from dataclasses import asdict

from bloatcheck.diff.model import ImageChange
from bloatcheck.report.model import Report
from bloatcheck.report.summary import summarize


def action_outputs(report: Report) -> dict[str, str]:
    """Output name -> value; sizes in bytes, lists as JSON on one line of ASCII.

    The paths of the written reports are added by whoever writes them.
    """
    summary = summarize(report)
    return {
        "verdict": summary.verdict.value,
        "exit-code": str(summary.exit_code),
        "total-before": str(summary.total_before),
        "total-after": str(summary.total_after),
        "total-delta": str(summary.total_delta),
        "images": _json([asdict(image) for image in summary.images]),
        "failed-images": _json(list(dict.fromkeys(image.name for image in report.images if image.failure))),
        "incomparable-images": _json(
            list(
                dict.fromkeys(
                    image.name for image in summary.images if image.change is ImageChange.INCOMPARABLE
                )
            )
        ),
    }


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
