"""A small text language for rich reports, so that tests show data and not constructors.

    image api linux/amd64
        limit content-growth fail 10 MB or 5%
        limit layers warn 20
        30 MB            FROM debian:bookworm-slim
        10 MB -> 22 MB   RUN apt-get install -y curl   @ Dockerfile:3-5
        - -> 4 MB        COPY models /models           @ Dockerfile:9
        2 MB -> -        RUN curl | sh
        1 MB ~           COPY . .                      @ Dockerfile:12
    image web new
        5 MB             COPY web /web
    image old gone
        5 MB             COPY old /old
    image db incomparable: measured as content/2, now as content/1
        5 MB             COPY db /db
    image broken failed build: exit code 1 @ Dockerfile:7
        > E: Unable to locate package
    note: A sentence about the run.

A size is `BEFORE -> AFTER`, with `-` for "not there"; one size alone is an unchanged layer, `~` behind it a
rebuilt one. Names, instructions and files may be JSON strings, for whatever does not fit a line.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field

from bloatcheck.analysis.snapshot import Fingerprint, ImageSnapshot, LayerSnapshot
from bloatcheck.config.limits import Limit, Metric, Threshold, When
from bloatcheck.diff.model import ImageChange, ImageDiff, LayerChange, LayerDiff
from bloatcheck.errors import Place
from bloatcheck.oci.digest import Digest, parse_digest
from bloatcheck.policy.judge import judge
from bloatcheck.policy.model import Level
from bloatcheck.report.model import Failure, ImageReport, Origin, Report
from bloatcheck.units import parse_bytes, parse_percent

ORIGIN = Origin(
    repository="octo/shop",
    server_url="https://github.com",
    commit="5f1f2b4c7a4f4d3f9f0f8f6c1a2b3c4d5e6f7a8b",
    base_commit="9c0d1e2f3a4b5c6d7e8f9a0b1c2d3e4f5a6b7c8d",
    pull_request=7,
    run_url="https://github.com/octo/shop/actions/runs/42",
)
MEASURED_AT = "2026-01-31T12:00:00Z"

_WORD = r'"(?:[^"\\]|\\.)*"|\S+'
_IMAGE = re.compile(
    rf"image (?P<name>{_WORD})(?: (?P<platform>[a-z]+/[a-z0-9/]+))?"
    r"(?: (?P<change>new|gone|incomparable|failed)(?P<rest>.*))?"
)
_SIZE = r"-|\d[\d.]* ?[kMG]?B"
_LAYER = re.compile(
    rf"(?P<before>{_SIZE})(?: -> (?P<after>{_SIZE})| (?P<rebuilt>~))?\s+"
    rf"(?P<instruction>\"(?:[^\"\\]|\\.)*\"|\S.*?)?(?:\s+@ (?P<place>{_WORD}))?"
)
_PLACE = re.compile(rf"(?P<file>{_WORD}?)(?::(?P<line>\d+)(?:-(?P<end>\d+))?)?")
_LIMIT = re.compile(r"limit (?P<metric>[a-z-]+) (?P<level>warn|fail) (?P<threshold>.+)")
_FAILED = re.compile(rf" (?P<stage>build|read): (?P<message>.*?)(?: @ (?P<place>{_WORD}))?")


@dataclass
class _Image:
    name: str
    platform: str
    change: ImageChange | None
    rest: str
    limits: list[Limit] = field(default_factory=list)
    layers: list[LayerDiff] = field(default_factory=list)
    output: list[str] = field(default_factory=list)


def report(
    text: str,
    *,
    origin: Origin = ORIGIN,
    key: str = ".github/workflows/size.yml .bloatcheck.yml",
    enforced: bool = True,
    baseline: str | None = ".bloatcheck-baseline.json at 9c0d1e2",
) -> Report:
    """The whole report that the text describes, judged by the limits it names."""
    images, notes = _parse(text)
    return Report(
        tool="bloatcheck 0.1.0",
        created_at=MEASURED_AT,
        key=key,
        images=tuple(_image_report(image) for image in images),
        origin=origin,
        baseline=baseline,
        notes=tuple(notes),
        enforced=enforced,
    )


def image_diff(text: str) -> ImageDiff:
    """The comparison of the one image that the text describes."""
    (image,), _ = _parse(text)
    return _diff(image)


def image_snapshot(text: str) -> ImageSnapshot:
    """The image after, of the one image that the text describes."""
    after = image_diff(text).after
    assert after is not None
    return after


def digest_of(*parts: object) -> Digest:
    """A made-up digest, the same for the same parts."""
    return parse_digest(f"sha256:{hashlib.sha256(repr(parts).encode()).hexdigest()}")


def _parse(text: str) -> tuple[list[_Image], list[str]]:
    images: list[_Image] = []
    notes: list[str] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        if line.startswith("note: "):
            notes.append(line.removeprefix("note: "))
        elif match := _IMAGE.fullmatch(line):
            change = match["change"]
            images.append(
                _Image(
                    name=_unquoted(match["name"]),
                    platform=match["platform"] or "linux/amd64",
                    change=None if change in (None, "failed") else ImageChange(change),
                    rest=match["rest"] or "",
                )
            )
        elif line.startswith("> "):
            images[-1].output.append(_unquoted(line.removeprefix("> ")))
        elif match := _LIMIT.fullmatch(line):
            threshold = _threshold(match["threshold"])
            level = {match["level"]: threshold}
            images[-1].limits.append(Limit(Metric(match["metric"]), **level))
        elif match := _LAYER.fullmatch(line):
            images[-1].layers.append(_layer(match, len(images[-1].layers)))
        else:
            raise ValueError(f"not understood: {line}")
    return images, notes


def _threshold(text: str) -> Threshold:
    parts = re.split(r" (and|or) ", text)
    percents = [part for part in parts[::2] if part.endswith("%")]
    sizes = [part for part in parts[::2] if not part.endswith("%")]
    return Threshold(
        bytes=parse_bytes(sizes[0]) if sizes else None,
        percent=parse_percent(percents[0]) if percents else None,
        when=When.ALL if "and" in parts else When.ANY,
    )


def _layer(match: re.Match[str], index: int) -> LayerDiff:
    instruction, place = _unquoted(match["instruction"] or ""), _place(match["place"])

    def side(size: str, build: str) -> LayerSnapshot | None:
        if size == "-":
            return None
        return LayerSnapshot(
            diff_id=digest_of(instruction, size, index, build),
            instruction=instruction,
            content_size=parse_bytes(size),
            place=place,
        )

    after = side(match["after"] or match["before"], "second" if match["rebuilt"] else "first")
    before = side(match["before"], "first")
    if before is None or after is None:
        change = LayerChange.ADDED if before is None else LayerChange.REMOVED
    elif before.content_size == after.content_size:
        change = LayerChange.REBUILT if match["rebuilt"] else LayerChange.UNCHANGED
    else:
        change = LayerChange.GROWN if after.content_size > before.content_size else LayerChange.SHRUNK
    return LayerDiff(change=change, before=before, after=after)


def _place(text: str | None) -> Place | None:
    if text is None:
        return None
    match = _PLACE.fullmatch(text)
    assert match
    line, end = match["line"], match["end"]
    return Place(_unquoted(match["file"]), int(line) if line else None, int(end) if end else None)


def _unquoted(text: str) -> str:
    return str(json.loads(text)) if text.startswith('"') else text


def _snapshot(image: _Image, layers: list[LayerSnapshot]) -> ImageSnapshot:
    return ImageSnapshot(
        name=image.name,
        platform=image.platform,
        image_id=digest_of(image.name, layers),
        layers=tuple(layers),
        measure=Fingerprint(tool="bloatcheck 0.1.0"),
    )


def _diff(image: _Image) -> ImageDiff:
    before = _snapshot(image, [layer.before for layer in image.layers if layer.before])
    after = _snapshot(image, [layer.after for layer in image.layers if layer.after])
    change = image.change
    if change is None:
        changed = any(layer.change is not LayerChange.UNCHANGED for layer in image.layers)
        change = ImageChange.CHANGED if changed else ImageChange.UNCHANGED
    return ImageDiff(
        name=image.name,
        platform=image.platform,
        change=change,
        before=None if change is ImageChange.NEW else before,
        after=None if change is ImageChange.GONE else after,
        before_commit=None if change is ImageChange.NEW else ORIGIN.base_commit,
        layers=tuple(image.layers) if change in (ImageChange.CHANGED, ImageChange.UNCHANGED) else (),
        incomparable_because=image.rest.removeprefix(": ") if change is ImageChange.INCOMPARABLE else None,
    )


def _image_report(image: _Image) -> ImageReport:
    if match := _FAILED.fullmatch(image.rest):
        place = _place(match["place"])
        return ImageReport(
            name=image.name,
            platform=image.platform,
            failure=Failure(
                stage=match["stage"],
                message=match["message"],
                hint="Look at the last lines of the output.",
                place=place,
                output=tuple(image.output),
            ),
            dockerfile=place.file if place else None,
            limits=tuple(image.limits),
        )
    diff = _diff(image)
    places = [layer.after.place.file for layer in diff.layers if layer.after and layer.after.place]
    return ImageReport(
        name=image.name,
        platform=image.platform,
        diff=diff,
        findings=judge(diff, image.limits),
        dockerfile=places[-1] if places else None,
        incomparable=Level.WARN if diff.change is ImageChange.INCOMPARABLE else None,
        limits=tuple(image.limits),
    )
