"""Where one thing in an image comes from, for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from bloatcheck.analysis.makers import Made
from bloatcheck.analysis.snapshot import ImageSnapshot
from bloatcheck.analysis.trace import DIRECTORY, HARD_LINK, REGULAR, Event, PackageTrace, PathTrace
from bloatcheck.ci.commands import disarm
from bloatcheck.report.columns import aligned
from bloatcheck.report.inspection import DEFAULT_WIDTH, finished
from bloatcheck.report.paint import Paint, Tone, unpainted
from bloatcheck.report.plain import Plain, harmless, shorten
from bloatcheck.report.why import MANAGERS
from bloatcheck.units import format_bytes

_LONGEST_PATH = 160
_MOST_PARTS = 10


def render_path(
    trace: PathTrace, snapshot: ImageSnapshot, *, width: int = DEFAULT_WIDTH, paint: Paint = unpainted
) -> str:
    """A path: what it is now, whose it is, and what each layer did to it."""
    parts = [Plain(f"{paint(disarm(_path(trace.path)), Tone.STRONG)}: {_now(trace)}")]
    if trace.leads_to is not None:
        parts.append(Plain(f"It leads to {_path(trace.leads_to)}."))
    if trace.package:
        package = trace.package
        manager = MANAGERS.get(package.manager, package.manager)
        parts.append(Plain(f"It belongs to {package.name} {package.version} ({manager})."))
    if trace.hidden:
        more = " more" if trace.size else ""
        parts.append(Plain(f"{format_bytes(trace.hidden)}{more} of it lie hidden in the layers."))
    if trace.steps:
        lines = [
            (
                str(step.layer + 1),
                step.event.value,
                "" if step.event is Event.DELETED else format_bytes(step.size),
                *_layer(snapshot, step.layer),
            )
            for step in trace.steps
        ]
        parts.append(
            aligned([("LAYER", "WHAT", "SIZE", "LINE", "INSTRUCTION"), *lines], "><>~*", width, paint)
        )
    elif trace.by_layer:
        parts.append(_by_layer(trace.by_layer, snapshot, width, paint))
    if trace.kind in (None, DIRECTORY) and trace.files:
        if trace.steps:
            parts.append(_by_layer(trace.by_layer, snapshot, width, paint))
        parts.append(_files(trace.files, width, paint))
    if trace.made:
        parts.append(_made(trace.made, width, paint))
    return finished("\n\n".join(parts))


def render_packages(
    traces: Sequence[PackageTrace],
    snapshot: ImageSnapshot,
    *,
    width: int = DEFAULT_WIDTH,
    paint: Paint = unpainted,
) -> str:
    """Packages of one name: sizes, why each is there, and the layers that brought it."""
    parts: list[Plain] = []
    for trace in traces:
        package = trace.package
        manager = MANAGERS.get(package.manager, package.manager)
        parts.append(
            Plain(
                f"{paint(disarm(harmless(package.name)), Tone.STRONG)} {harmless(package.version)} "
                f"({harmless(manager)}): {format_bytes(trace.size)}. {harmless(_reason(trace, snapshot))}"
            )
        )
        if trace.by_layer:
            parts.append(_by_layer(trace.by_layer, snapshot, width, paint))
        if trace.files:
            parts.append(_files(trace.files, width, paint))
        if trace.made:
            parts.append(_made(trace.made, width, paint))
        if package.parts:
            lines = [
                (format_bytes(part.size) if part.size is not None else "", part.name, part.version)
                for part in sorted(package.parts, key=lambda part: -(part.size or 0))[:_MOST_PARTS]
            ]
            parts.append(aligned([("SIZE", "HOLDS", "VERSION"), *lines], "><*", width, paint))
    return finished("\n\n".join(parts))


def _now(trace: PathTrace) -> str:
    if trace.kind is None and not trace.by_layer:
        return "not in the image any more"
    if trace.kind in (None, DIRECTORY):
        return f"a directory, {format_bytes(trace.size)} in it"
    if trace.kind == REGULAR:
        return format_bytes(trace.size)
    return f"a {trace.kind}" + (
        f" to a file of {format_bytes(trace.size)}" if trace.kind == HARD_LINK else ""
    )


def _reason(trace: PackageTrace, snapshot: ImageSnapshot) -> str:
    package = trace.package
    base = snapshot.base if trace.is_of(snapshot.base) else None
    brought = f"The base image {base.name} brought it." if base else ""
    if len(trace.chain) > 1:
        wanted = " <- ".join(trace.chain)
        how = "recommended" if package.only_recommended else "needed"
        return f"{brought} It is there because it is {how}: {wanted}.".lstrip()
    if brought:
        return brought
    if package.asked_for:
        return "It was asked for."
    if package.asked_for is False:
        return "It came along, and no installed package names it."
    return "Its database doesn't say who wanted it."


def _layer(snapshot: ImageSnapshot, number: int) -> tuple[str, str]:
    if number >= len(snapshot.layers):
        return "", ""
    layer = snapshot.layers[number]
    base = snapshot.base
    of_base = f"the base image {harmless(base.name)}: " if base and number < base.layer_count else ""
    return str(layer.place or ""), f"{of_base}{layer.instruction or '(no history)'}"


def _by_layer(sizes: Sequence[tuple[int, int]], snapshot: ImageSnapshot, width: int, paint: Paint) -> Plain:
    lines = [(str(number + 1), format_bytes(size), *_layer(snapshot, number)) for number, size in sizes]
    return aligned([("LAYER", "SIZE", "LINE", "INSTRUCTION"), *lines], ">>~*", width, paint)


def _made(made: Sequence[Made], width: int, paint: Paint) -> Plain:
    """What `COPY --from` brought, by the lines that made it; where several may have, each of them."""
    lines = [
        (
            "" if number else format_bytes(each.size),
            f"{'' if each.certain else 'or ' if number else 'perhaps '}{place}",
            instruction,
        )
        for each in made[:_MOST_PARTS]
        for number, (place, instruction) in enumerate(each.lines)
    ]
    return aligned([("SIZE", "MADE AT", "INSTRUCTION"), *lines], ">~*", width, paint)


def _files(files: Sequence[tuple[str, int]], width: int, paint: Paint) -> Plain:
    lines = [(format_bytes(size), _path(path)) for path, size in files]
    return aligned([("SIZE", "LARGEST FILES" if len(files) > 1 else "FILE"), *lines], ">~", width, paint)


def _path(path: str) -> str:
    return shorten(harmless(path), _LONGEST_PATH)
