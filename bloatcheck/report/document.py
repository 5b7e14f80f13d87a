"""The JSON report: written without loss, read with suspicion. Described in docs/report.md.

A pull request from a fork hands its report over as a file, so a report that is read may be made by anyone.
"""

from __future__ import annotations

import json
import math
import re
from codecs import BOM_UTF8
from typing import Any

from pydantic import TypeAdapter, ValidationError

from bloatcheck.analysis.snapshot import ImageSnapshot
from bloatcheck.diff.model import ImageChange, ImageDiff, LayerChange
from bloatcheck.errors import ReadError
from bloatcheck.oci.digest import parse_digest
from bloatcheck.report.fleet import Fleet, fleet_of
from bloatcheck.report.model import REPORT_VERSION, ImageReport, Report
from bloatcheck.report.summary import Summary, summarize
from bloatcheck.untrusted_json import first_problem_only, has_too_many_values

LARGEST_DOCUMENT = 64 * 1024 * 1024
"""Bytes of JSON: more than a thousand images in full. A larger report is refused unread."""

_MOST_DIGITS = 18
_VERSION = re.compile(r"(?P<major>\d{1,4})\.\d{1,4}", re.ASCII)
_SURROGATE = re.compile("[\ud800-\udfff]")
_SCHEMA_ID = "https://raw.githubusercontent.com/bloatcheck/bloatcheck/main/docs/report.schema.json"
_REPORT = TypeAdapter(Report)
_READING = first_problem_only(_REPORT)
_SUMMARY = TypeAdapter(Summary)
_FLEET = TypeAdapter(Fleet)


def to_json(report: Report) -> str:
    """The report as JSON, with the figures worth reading by scripts under `summary` and `fleet`.

    `from_json` gives the same report back. Lone surrogates, which are not Unicode text, become U+FFFD.
    """
    document = _REPORT.dump_python(report, mode="json")
    document["summary"] = _SUMMARY.dump_python(summarize(report), mode="json")
    document["fleet"] = _FLEET.dump_python(fleet_of(report.images), mode="json")
    lines = ",\n".join(f"{json.dumps(name)}: {_in_lines(value)}" for name, value in document.items())
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", f"{{\n{lines}\n}}\n")


def _in_lines(value: object) -> str:
    """A list of objects with a line for each; anything else on one line.

    With one for each value, a report is more than twice as large, most of it white space.
    """
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(map(_on_a_line, value)) + "\n]"
    return _on_a_line(value)


def _on_a_line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def from_json(document: str | bytes) -> Report:
    """Reads a report of any version 1.x; unknown fields are ignored, `summary` and `fleet` too.

    A byte order mark, which PowerShell leaves where it redirects, is none of it.

    Raises:
        ReadError: not a report, one of another major version, or one that contradicts itself.
    """
    data = document.encode("utf-8", "replace") if isinstance(document, str) else document
    data = data.removeprefix(BOM_UTF8)
    if len(data) > LARGEST_DOCUMENT:
        raise ReadError(f"the report is larger than {LARGEST_DOCUMENT:,} bytes")
    if has_too_many_values(data):
        raise ReadError("not a bloatcheck report: it has more values than any")
    _check_version(_loads(data))
    try:
        report: Report = _READING.validate_json(data, strict=True)
    except ValidationError as error:
        raise ReadError(f"not a bloatcheck report: {_first_problem(error)}") from None
    for image in report.images:
        problem = _contradiction(image)
        if problem:
            raise ReadError(f"the report contradicts itself: image {image.name[:100]!r} {problem}")
    return report


def json_schema() -> dict[str, Any]:
    """The JSON Schema of version 1; published as docs/report.schema.json."""
    schemas, definitions = TypeAdapter.json_schemas(
        [
            ("report", "validation", _REPORT),
            ("summary", "validation", _SUMMARY),
            ("fleet", "validation", _FLEET),
        ],
        ref_template="#/$defs/{model}",
    )
    defs = definitions["$defs"]
    report = defs.pop(schemas[("report", "validation")]["$ref"].rpartition("/")[2])
    report["properties"]["version"] |= {"pattern": r"^1\.[0-9]+$"}
    report["properties"]["summary"] = schemas[("summary", "validation")]
    report["properties"]["fleet"] = schemas[("fleet", "validation")]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": _SCHEMA_ID,
        **report,
        "title": "bloatcheck report, version 1",
        "required": ["version", *report["required"]],
        "$defs": dict(sorted(defs.items())),
    }


def _loads(data: bytes) -> object:
    try:
        return json.loads(data, parse_int=_whole, parse_float=_finite, parse_constant=_finite)
    except RecursionError:
        raise ReadError("not a bloatcheck report: nested too deeply") from None
    except ValueError as error:
        raise ReadError(f"not a bloatcheck report: {error}") from None


def _whole(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"a number of {len(digits)} digits")
    return int(digits)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:20]} is not a number")
    return value


def _check_version(document: object) -> None:
    version = document.get("version") if isinstance(document, dict) else None
    match = _VERSION.fullmatch(version) if isinstance(version, str) else None
    if match is None:
        raise ReadError("not a bloatcheck report: it has no version such as 1.0")
    if match["major"] != REPORT_VERSION.partition(".")[0]:
        raise ReadError(
            f"the report is of version {version}, and this bloatcheck reads 1.x",
            hint="Use the same version of bloatcheck to write and to read reports.",
        )


def _first_problem(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"])[:200]
    return f"{where}: {first['msg'][:200]}" if where else first["msg"][:200]


def _contradiction(image: ImageReport) -> str | None:
    if (image.diff is None) == (image.failure is None):
        return "needs either a diff or a failure"
    return _diff_contradiction(image.diff) if image.diff else None


def _diff_contradiction(diff: ImageDiff) -> str | None:
    before, after = diff.change is not ImageChange.NEW, diff.change is not ImageChange.GONE
    if (diff.before is not None, diff.after is not None) != (before, after):
        return f"is {diff.change.value}, which its sides do not bear out"
    if (diff.change is ImageChange.INCOMPARABLE) != (diff.incomparable_because is not None):
        return "is incomparable without a reason, or has a reason without being so"
    for layer in diff.layers:
        before, after = layer.change is not LayerChange.ADDED, layer.change is not LayerChange.REMOVED
        if (layer.before is not None, layer.after is not None) != (before, after):
            return f"has a layer that is {layer.change.value}, which its sides do not bear out"
    try:
        for snapshot in filter(None, (diff.before, diff.after)):
            _check_digests(snapshot)
    except ValueError as error:
        return f"has {error}"
    return None


def _check_digests(snapshot: ImageSnapshot) -> None:
    parse_digest(snapshot.image_id)
    for layer in snapshot.layers:
        parse_digest(layer.diff_id)
