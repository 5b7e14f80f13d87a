"""What the page is told: the report's figures and sentences as JSON. Sizes are bytes.

Texts from images are put in as they are, bounded in length and made printable: the page shows them as text
and as nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bloatcheck.analysis.advice import Advice
from bloatcheck.analysis.contents import Cause, Contents, PackageSize
from bloatcheck.analysis.folders import MOST_ITEMS
from bloatcheck.analysis.snapshot import ImageSnapshot
from bloatcheck.ci.registry import ci_named
from bloatcheck.diff.contents import PackageDiff, contents_diff
from bloatcheck.diff.model import ImageDiff, LayerChange, LayerDiff
from bloatcheck.errors import Place
from bloatcheck.policy.approval import Standing
from bloatcheck.policy.model import Level
from bloatcheck.report.approving import CHANGES_TOLD, icon, use_sentence
from bloatcheck.report.build_reason import build_reason
from bloatcheck.report.figures import percent
from bloatcheck.report.fleet import fleet_of, fleet_sentence
from bloatcheck.report.headline import headline
from bloatcheck.report.html.drawing import LayerNumbers, draw, layer_numbers
from bloatcheck.report.html.model import NOTHING_SEEN, Sight, Sights
from bloatcheck.report.links import advice_url, commit_url, limit_url, place_url, run_url
from bloatcheck.report.model import ImageReport, Origin, Report
from bloatcheck.report.plain import closed, harmless, harmless_lines, shorten, together
from bloatcheck.report.sentences import breach, broken, dive_rule, wont_start
from bloatcheck.report.shared_bases import shared_bases
from bloatcheck.report.unbuilt import unbuilt_note
from bloatcheck.report.view import Row, is_quiet, rows
from bloatcheck.report.why import MANAGERS
from bloatcheck.report.why_text import shared_base_sentence

_FEWEST_ITEMS = 200
"""Of each image's drawing, however many there are; MOST_ITEMS are those of all together."""
_MOST_PACKAGES = 20_000
_FEWEST_PACKAGES = 40
_MOST_LINES = 3_000
_MOST_MOMENTS = 2_000
_FEWEST_MOMENTS = 20
_LONGEST = 2_000
_LONGEST_INSTRUCTION = 8_000
_LONGEST_NAME = 200
_MOST_OUTPUT = 40
_MOST_BASES = 20


def items_for(images: int) -> int:
    """How many items one image's drawing may have."""
    return max(_FEWEST_ITEMS, MOST_ITEMS // max(1, images))


def page(report: Report, sights: Sights) -> dict[str, object]:
    """All of it, the images in the order that readers want."""
    told = headline(report)
    origin = report.origin
    return {
        "tool": _text(report.tool),
        "created": _text(report.created_at),
        "outcome": report.outcome.value,
        "headline": together(told.pattern).format(
            *(closed(shorten(harmless(name), _LONGEST_NAME)) for name in told.names)
        ),
        "repository": _text(origin.repository),
        "request": _request(origin),
        "commit": _commit(origin, origin.commit),
        "before": _commit(origin, origin.base_commit),
        "run": run_url(origin),
        "baseline": _text(report.baseline),
        "enforced": report.enforced,
        "judged_by_base": report.judged_by_base,
        "bases": [
            _sentence(shared_base_sentence(shared)) for shared in shared_bases(report.images)[:_MOST_BASES]
        ],
        "fleet": _sentence(fleet_sentence(fleet_of(report.images))),
        "notes": [_sentence(note) for note in report.notes],
        "changes_told": CHANGES_TOLD,
        "changes": [
            {"text": _sentence(change.sentence), "looser": change.looser} for change in report.changes
        ],
        "images": [_image(row, report, sights) for row in rows(report)],
    }


def _image(row: Row, report: Report, sights: Sights) -> dict[str, object]:
    image, origin = row.image, report.origin
    diff = image.diff
    shown: dict[str, object] = {
        "name": _text(row.name),
        "platform": _text(image.platform),
        "outcome": image.outcome.value,
        "figures": [row.before, row.after, row.delta],
        "icon": row.icon,
        "verdict": _text(row.verdict),
        "troubles": list(_troubles(image, origin)),
        "approvals": [
            *(
                f"☑️ accepted with the baseline that this change writes: {_sentence(broken(finding, image))}"
                for finding in image.accepted
            ),
            *(f"{icon(use)} {_sentence(use_sentence(use))}" for use in image.approvals),
            *([_text(note)] if (note := unbuilt_note([image])) else []),
        ],
        "quiet": is_quiet(image),
        "unbuilt": image.unbuilt is not None,
        "advice": [_advice(each, origin) for each in image.advice],
        "failure": None,
        "change": diff.change.value if diff else None,
    }
    if image.failure:
        shown["failure"] = {
            "reason": build_reason(image.failure.output),
            "message": _sentence(image.failure.message),
            "hint": _text(image.failure.hint),
            "place": _place(image.failure.place, origin),
            "output": list(harmless_lines(image.failure.output[-_MOST_OUTPUT:])),
        }
    if diff:
        sight = sights.get((diff.name, diff.platform), NOTHING_SEEN)
        shown |= _measured(image, diff, sight, origin, len(report.images))
    return shown


def _measured(
    image: ImageReport, diff: ImageDiff, sight: Sight, origin: Origin, images: int
) -> dict[str, object]:
    numbers = layer_numbers(diff)
    side = diff.after or diff.before
    contents = side.contents if side else None
    drawing = draw(diff, sight, most=items_for(images))
    return {
        "before": diff.before.content_size if diff.before else None,
        "after": diff.after.content_size if diff.after else None,
        "delta": diff.delta,
        "percent": percent(diff.percent) if diff.percent else None,
        "before_commit": _commit(origin, diff.before_commit),
        "base": _base(side),
        "layers": _layers(diff, numbers, origin),
        "shares": _shares(diff),
        "wasted": contents.wasted if contents else None,
        "wasted_before": diff.before.contents.wasted if diff.before and diff.before.contents else None,
        "hidden": _hidden(contents, numbers.after if diff.after else numbers.before),
        "packages": _packages(diff, numbers, images),
        "files": _files(diff, origin),
        "drawing": drawing,
        "dockerfile": _dockerfile(image, sight),
        "history": _history(sight, origin, images),
        "limit": sight.limit,
        "approved": _approved(image),
    }


def _troubles(image: ImageReport, origin: Origin) -> Iterable[dict[str, object]]:
    if image.diff and image.diff.incomparable_because:
        level = (image.incomparable or Level.WARN).value
        yield _trouble(level, f"can't be compared: {image.diff.incomparable_because}", None, origin)
    for finding in image.findings:
        yield _trouble(finding.level.value, breach(finding, image), finding.place, origin) | {
            "rule": finding.metric.value,
            "rule_url": limit_url(finding.metric),
        }
    for verdict in image.dive:
        if not verdict.passed:
            yield _trouble(Level.FAIL.value, dive_rule(verdict), None, origin)
    for problem in image.problems:
        yield _trouble(Level.WARN.value, wont_start(problem), None, origin)


def _trouble(level: str, text: str, place: Place | None, origin: Origin) -> dict[str, object]:
    return {"level": level, "text": _sentence(text), "place": _place(place, origin)}


def _advice(advice: Advice, origin: Origin) -> dict[str, object]:
    return {
        "id": _text(advice.id),
        "url": advice_url(advice.id),
        "message": _sentence(advice.message),
        "saves": advice.saves,
        "about": advice.about,
        "place": _place(advice.place, origin),
        "replacement": "\n".join(harmless_lines(advice.replacement.split("\n")))
        if advice.replacement
        else None,
        "append_to": _text(advice.append_to),
        "paths": [_text(path) for path in advice.paths],
    }


def _base(side: ImageSnapshot | None) -> dict[str, object] | None:
    if side is None or side.base is None:
        return None
    return {"name": _text(side.base.name), "digest": side.base.digest, "layers": side.base.layer_count}


def _layers(diff: ImageDiff, numbers: LayerNumbers, origin: Origin) -> list[object]:
    """As shown: the pairs, or where there are none the layers of the one side."""
    pairs: Sequence[LayerDiff] = diff.layers
    side = diff.after or diff.before
    if not pairs and side:
        pairs = [
            LayerDiff(change=LayerChange.ADDED, after=layer)
            if diff.after
            else LayerDiff(change=LayerChange.REMOVED, before=layer)
            for layer in side.layers
        ]
    compared = diff.delta is not None
    places = numbers.after if diff.after else numbers.before
    wasted, based = _per_layer(side, places)
    causes = _causes(side, places)
    shown: list[object] = []
    for number, pair in enumerate(pairs):
        layer = pair.after or pair.before
        if layer is None:
            continue
        shown.append(
            {
                "instruction": _text(layer.instruction, _LONGEST_INSTRUCTION),
                "place": _place(pair.after.place if pair.after else None, origin),
                "change": pair.change.value if compared else None,
                "before": pair.before.content_size if pair.before else None,
                "after": pair.after.content_size if pair.after else None,
                "compressed": layer.compressed_size,
                "base": number in based,
                "wasted": wasted.get(number, 0),
                "causes": causes.get(number),
            }
        )
    return shown


def _per_layer(side: ImageSnapshot | None, numbers: Sequence[int]) -> tuple[dict[int, int], frozenset[int]]:
    """Wasted bytes of the layers as shown, and which of them are the base image's."""
    wasted = {}
    if side and side.contents:
        wasted = {
            numbers[number]: layer.wasted
            for number, layer in enumerate(side.contents.layers[: len(numbers)])
            if layer.wasted
        }
    count = side.base.layer_count if side and side.base else 0
    return wasted, frozenset(numbers[:count])


def _causes(side: ImageSnapshot | None, numbers: Sequence[int]) -> dict[int, dict[str, int]]:
    """Each layer's bytes by cause, by its number as shown."""
    contents = side.contents if side else None
    found = {}
    for number, layer in zip(numbers, contents.layers if contents else (), strict=False):
        sums = {cause.value: 0 for cause in Cause}
        for share in layer.shares:
            sums[share.cause.value] += share.size
        found[number] = {cause: size for cause, size in sums.items() if size}
    return found


def _shares(diff: ImageDiff) -> list[object]:
    """Each cause's bytes, before and after; only those after where they can't be compared."""
    sides: list[dict[tuple[Cause, str | None], int]] = []
    for side in (diff.before, diff.after):
        contents = side.contents if side else None
        sides.append(
            {(share.cause, share.manager): share.size for share in contents.shares} if contents else {}
        )
    before, after = sides
    order = list(Cause)
    known = bool(before) and diff.delta is not None
    return [
        {
            "cause": cause.value,
            "packages": MANAGERS.get(manager, _text(f"{manager} packages")) if manager else None,
            "size": after.get((cause, manager), 0) if diff.after else before.get((cause, manager), 0),
            "before": before.get((cause, manager), 0) if known else None,
        }
        for cause, manager in sorted(
            {*before, *after} if known or not after else after,
            key=lambda key: (order.index(key[0]), key[1] or ""),
        )
    ]


def _hidden(contents: Contents | None, numbers: Sequence[int]) -> list[object]:
    return [
        {
            "path": _text(file.path),
            "size": file.size,
            "layer": numbers[file.layer],
            "by": numbers[file.by],
            "how": file.how.name.lower(),
        }
        for file in (contents.hidden if contents else ())
        if file.layer < len(numbers) and file.by < len(numbers)
    ]


def _packages(diff: ImageDiff, numbers: LayerNumbers, images: int) -> list[object]:
    """The largest, with what they were; those that are gone too."""
    most = max(_FEWEST_PACKAGES, _MOST_PACKAGES // max(1, images))
    side = diff.after or diff.before
    contents = side.contents if side else None
    places = numbers.after if diff.after else numbers.before
    compared = contents_diff(diff)
    changes = {(each.manager, each.name): each for each in compared.packages} if compared else {}
    shown: list[object] = []
    for package in (contents.packages if contents else ())[:most]:
        change = changes.pop((package.manager, package.name), None)
        place = places[package.layer] if package.layer is not None and package.layer < len(places) else None
        shown.append(_package(package, change, place, compared=compared is not None))
    gone = [change for change in changes.values() if change.before and not change.after]
    return [*shown, *(_package(change.before, change, None) for change in gone[:most] if change.before)]


def _package(
    package: PackageSize, change: PackageDiff | None, place: int | None, *, compared: bool = True
) -> dict[str, object]:
    old = change.before if change else None
    return {
        "manager": _text(package.manager),
        "name": _text(package.name),
        "version": _text(package.version),
        "size": 0 if change and not change.after else package.size,
        "layer": place,
        "base": package.base,
        "asked": package.asked_for,
        "needed_by": [_text(name) for name in package.needed_by],
        "change": change.change.value if change else None,
        "delta": change.delta if change else 0 if compared else None,
        "was": _text(old.version) if old else None,
    }


def _files(diff: ImageDiff, origin: Origin) -> list[object]:
    """Own files that changed, for where nobody listed them all, and for the lines that made them."""
    compared = contents_diff(diff)
    return [
        {
            "path": _text(file.path),
            "before": file.before,
            "after": file.after,
            "made": _place(file.made_at, origin),
        }
        for file in (compared.files if compared else ())
    ]


def _dockerfile(image: ImageReport, sight: Sight) -> dict[str, object] | None:
    if sight.dockerfile is None or image.dockerfile is None:
        return None
    lines = sight.dockerfile.replace("\r\n", "\n").split("\n")
    if lines and not lines[-1]:
        lines.pop()
    shown = [_line(line) for line in lines[:_MOST_LINES]]
    return {"file": _text(image.dockerfile), "lines": shown, "more": len(lines) > _MOST_LINES}


def _history(sight: Sight, origin: Origin, images: int) -> list[object]:
    """The newest moments, oldest first."""
    most = max(_FEWEST_MOMENTS, _MOST_MOMENTS // max(1, images))
    return [
        {"commit": _commit(origin, moment.commit), "date": _text(moment.date[:20]), "size": moment.size}
        for moment in sight.history[-most:]
    ]


def _approved(image: ImageReport) -> int | None:
    """The highest ceiling of the approvals that hold."""
    ceilings = [use.approval.up_to for use in image.approvals if use.standing is Standing.APPLIED]
    return max((ceiling for ceiling in ceilings if ceiling is not None), default=None)


def _line(line: str) -> str:
    [shown] = harmless_lines([line[:_LONGEST]]) or ("",)
    return shown


def _place(place: Place | None, origin: Origin) -> dict[str, object] | None:
    if place is None:
        return None
    return {
        "file": _text(place.file),
        "line": place.line,
        "end": place.end_line or place.line,
        "url": place_url(origin, place),
    }


def _request(origin: Origin) -> str | None:
    words = ci_named(origin.forge).words
    return f"{words.request} {words.sign}{origin.pull_request}" if origin.pull_request else None


def _commit(origin: Origin, commit: str | None) -> dict[str, object] | None:
    return {"name": _text(commit[:12]), "url": commit_url(origin, commit)} if commit else None


def _sentence(text: str | None) -> str | None:
    """The same, but that no figure of ours is parted from its unit."""
    shown = _text(text)
    return shown if shown is None else together(shown)


def _text(text: str | None, longest: int = _LONGEST) -> str | None:
    if text is None:
        return None
    shown = harmless(text[: longest + 1])
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"
