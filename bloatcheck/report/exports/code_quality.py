"""GitLab's code quality report: what is wrong, on the lines that a merge request changes.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
GitLab knows a finding again by its fingerprint, and shows what the merge request adds and takes away.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from bloatcheck.report.exports.remarks import Remark, fingerprint, grouped, place_in, rank, text
from bloatcheck.report.model import Report

MOST_FINDINGS = 5_000

_SEVERITIES = {"error": "critical", "warning": "minor", "note": "info"}


def render(report: Report) -> str:
    """The document, the worst findings first; each on the Dockerfile, or on the configuration."""
    found = [_finding(remarks, report) for remarks in grouped(report, MOST_FINDINGS)]
    # what GitLab would not tell apart stands once
    findings = list({finding["fingerprint"]: finding for finding in reversed(found)}.values())[::-1]
    return json.dumps(findings, ensure_ascii=False, indent=2) + "\n"


def _finding(remarks: Sequence[Remark], report: Report) -> dict[str, object]:
    worst = min(remarks, key=rank)
    place = place_in(report, worst.place)
    return {
        "description": text(remarks).replace("\n", "; "),
        "check_name": f"bloatcheck/{worst.rule.id}",
        "fingerprint": fingerprint(remarks),
        "severity": _SEVERITIES[worst.level],
        "location": {
            "path": place.file.encode("utf-8", "replace").decode(),
            "lines": {"begin": place.line},
        },
    }
