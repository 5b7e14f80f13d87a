"""SARIF 2.1.0, which code scanning reads: what is wrong, and what would help, on the Dockerfile's lines.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning

GitHub knows an alert again by its rule and by a hash of the line, which its upload makes itself: a
`primaryLocationLineHash` of ours would only be warned about. Two results of one rule on one line would be one
alert there, with the text of one of them. So they are one result here, with the text of both.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from urllib.parse import quote

from bloatcheck.errors import Place
from bloatcheck.report.exports.remarks import LAST_LINE, Remark, fingerprint, grouped, place_in, rank, text
from bloatcheck.report.exports.rules import Rule
from bloatcheck.report.links import repository_url
from bloatcheck.report.model import Origin, Report
from bloatcheck.report.plain import harmless, shorten

MOST_RESULTS = 5_000
"""As many as GitHub shows of a run; it refuses more than 25,000."""

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_INFORMATION = "https://github.com/bloatcheck/bloatcheck"
_TOP = "%SRCROOT%"
"""By this name GitHub knows the repository's top."""
_LONGEST_KEY = 300


def render(report: Report) -> str:
    """The document, the worst results first."""
    told = grouped(report, MOST_RESULTS)
    rules = {remarks[0].rule.id: remarks[0].rule for remarks in told}
    numbers = {name: number for number, name in enumerate(rules)}
    name, _, version = report.tool.partition(" ")
    run: dict[str, object] = {
        "tool": {
            "driver": {
                "name": harmless(name) or "bloatcheck",
                **({"version": harmless(version)} if harmless(version) else {}),
                "informationUri": _INFORMATION,
                "rules": [_rule(rule) for rule in rules.values()],
            }
        },
        # What stands before the last slash is GitHub's category: a later upload replaces its alerts.
        "automationDetails": {"id": f"bloatcheck/{shorten(harmless(report.key), _LONGEST_KEY)}/"},
        "columnKind": "unicodeCodePoints",
        "results": [_result(remarks, report, numbers) for remarks in told],
    }
    if provenance := _provenance(report.origin):
        run["versionControlProvenance"] = [provenance]
    document = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _rule(rule: Rule) -> dict[str, object]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.summary},
        "helpUri": rule.url,
        "help": {"text": f"{rule.summary} See {rule.url}", "markdown": f"{rule.summary} [More]({rule.url})"},
        "defaultConfiguration": {"level": "note" if rule.is_advice else "warning"},
        "properties": {"tags": ["container", "size"]},
    }


def _result(remarks: Sequence[Remark], report: Report, numbers: dict[str, int]) -> dict[str, object]:
    first = min(remarks, key=rank)
    return {
        "ruleId": first.rule.id,
        "ruleIndex": numbers[first.rule.id],
        "level": first.level,
        "message": {"text": text(remarks)},
        "locations": [_location(first.place, report)],
        "partialFingerprints": {"bloatcheck/v1": fingerprint(remarks)},
    }


def _location(place: Place | None, report: Report) -> dict[str, object]:
    """Where the line is; the configuration for what has no place, since GitHub drops what has none."""
    shown = place_in(report, place)
    start = shown.line or 1
    region = {"startLine": start}
    if shown.end_line and start < shown.end_line <= LAST_LINE:
        region["endLine"] = shown.end_line
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(shown.file, safe="/", errors="replace"), "uriBaseId": _TOP},
            "region": region,
        }
    }


def _provenance(origin: Origin) -> dict[str, object] | None:
    repository = repository_url(origin)
    if repository is None:
        return None
    commit = {"revisionId": harmless(origin.commit)} if origin.commit else {}
    return {"repositoryUri": repository, **commit, "mappedTo": {"uriBaseId": _TOP}}
