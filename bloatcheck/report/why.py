"""Why an image's size changed: by cause and Dockerfile line, with the packages and files behind it.

Names of packages and files, versions and instructions are foreign text.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bloatcheck.analysis.base_image import BaseChange
from bloatcheck.analysis.base_image import base_change as base_change_between
from bloatcheck.analysis.contents import Cause, Contents, PackageSize
from bloatcheck.analysis.noise import is_noise
from bloatcheck.analysis.snapshot import LayerSnapshot
from bloatcheck.config.limits import Metric
from bloatcheck.diff.contents import ContentsDiff, FileDiff, PackageChange, PackageDiff, contents_diff
from bloatcheck.diff.model import ImageDiff, LayerDiff
from bloatcheck.errors import Place
from bloatcheck.oci.digest import encoded
from bloatcheck.policy.model import Finding

_SHORT = 12
_SMALLEST_REST = 1_000
"""Bytes that no package or file is known for, from which on they are told."""

_CAUSES = {
    Metric.CONTENT: frozenset(Cause),
    Metric.CONTENT_GROWTH: frozenset(Cause),
    Metric.CREEP: frozenset(Cause),
    Metric.BASE_GROWTH: frozenset({Cause.BASE}),
    Metric.PACKAGES_GROWTH: frozenset({Cause.PACKAGE}),
    Metric.OWN_GROWTH: frozenset({Cause.OWN}),
}
"""What makes a limit break that is about more than one layer."""

MANAGERS = {
    "deb": "Debian packages",
    "apk": "Alpine packages",
    "rpm": "RPM packages",
    "python": "Python packages",
    "npm": "npm packages",
    "gem": "Ruby gems",
    "go": "Go programs",
    "java": "Java archives",
}
"""What each manager's packages are called."""


@dataclass(frozen=True, slots=True)
class Named:
    """A package or file behind a change. `note` says what happened, such as `new, for ffmpeg`."""

    name: str
    delta: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """One cause at one Dockerfile line; `delta` is in bytes.

    `layer` is None where no single line is to blame. `names` are behind it, the largest first. `compared` is
    False where only what is there now is known, not what was: then the names are just the largest in it.
    """

    cause: Cause
    manager: str | None
    delta: int
    layer: LayerSnapshot | None = None
    names: tuple[Named, ...] = ()
    compared: bool = True

    @property
    def subject(self) -> str:
        """`Debian packages`, `the base image`, `own files`; nobody thinks of apt's lists as their own."""
        if self.cause is Cause.PACKAGE:
            return MANAGERS.get(self.manager or "", f"{self.manager} packages")
        if self.cause is Cause.BASE:
            return "the base image"
        noise = sum(abs(named.delta) for named in self.names if is_noise(named.name[1:].encode()))
        mostly = 2 * noise > sum(abs(named.delta) for named in self.names)
        return "caches, logs and databases" if mostly else "own files"


@dataclass(slots=True)
class _Group:
    delta: int = 0
    names: list[Named] = field(default_factory=list)


_Key = tuple[Cause, "str | None", "int | None"]


def reasons(diff: ImageDiff) -> tuple[Reason, ...]:
    """Why the image's size changed, the largest change first.

    Where both sides are known they add up to it, but for less than a kilobyte that has no name.
    Empty for an image that is gone, can't be compared, or of which nobody knows what it holds.
    """
    if diff.after is None or diff.after.contents is None or diff.delta is None:
        return ()
    changed = contents_diff(diff)
    if changed is None:
        found = _from_layers(diff.layers, diff.after.contents)
    else:
        found = _from_contents(changed, diff.layers, diff.after.contents)
    return tuple(sorted(found, key=lambda reason: -abs(reason.delta)))


def reasons_of(finding: Finding, found: Iterable[Reason]) -> tuple[Reason, ...]:
    """Those that the limit is about; none for limits that no cause explains, or that name it themselves."""
    changed = [reason for reason in found if reason.delta]
    if finding.metric is Metric.LAYER_GROWTH:
        return tuple(reason for reason in changed if reason.layer and _is_of(finding, reason.layer))
    causes = _CAUSES.get(finding.metric, frozenset())
    return tuple(reason for reason in changed if reason.cause in causes)


def _is_of(finding: Finding, layer: LayerSnapshot) -> bool:
    return (finding.instruction, finding.place) == (layer.instruction, layer.place)


def moved(change: BaseChange) -> tuple[str, str] | None:
    """The digests before and after in short, where the same name stands for another image."""
    before, after = change.before.digest, change.after.digest
    if change.before.name != change.after.name or before is None or after is None or before == after:
        return None
    return encoded(before)[:_SHORT], encoded(after)[:_SHORT]


def base_change(diff: ImageDiff) -> BaseChange | None:
    """The base image before and after; None where it is the same, or not known of both sides."""
    return base_change_between(diff.before, diff.after) if diff.before and diff.after else None


def _from_contents(changed: ContentsDiff, pairs: Iterable[LayerDiff], after: Contents) -> Iterable[Reason]:
    layers = _numbered(pairs)
    groups: dict[_Key, _Group] = defaultdict(_Group)
    for package in changed.packages:
        side = package.after or package.before
        if side is None:
            continue
        layer = package.after.layer if package.after else None
        group = groups[(Cause.BASE, None, None) if side.base else (Cause.PACKAGE, package.manager, layer)]
        group.delta += package.delta
        group.names.append(Named(package.name, package.delta, _note(package)))
    for file in changed.files:
        group = groups[(Cause.OWN, None, file.layer)]
        group.delta += file.delta
        group.names.append(Named(f"/{file.path}", file.delta, _file_note(file)))
    _give_what_is_gone_to_the_layer_that_shrank(groups, layers)
    for each in changed.causes:
        own = [key for key in groups if key[0] is each.cause and key[1] == each.manager]
        rest = each.delta - sum(groups[key].delta for key in own)
        if each.cause is Cause.BASE:
            groups[each.cause, None, None].delta += rest
        elif abs(rest) >= _SMALLEST_REST:
            # what has no name: files below the end of the lists, hidden copies
            for number, part in _parts(rest, (each.cause, each.manager), layers, after, groups):
                groups[each.cause, each.manager, number].delta += part
    for (cause_of, manager, layer), group in groups.items():
        if group.delta or group.names:
            yield Reason(
                cause_of,
                manager,
                group.delta,
                layers[layer].after if layer is not None and layer < len(layers) else None,
                tuple(sorted(group.names, key=lambda named: -abs(named.delta))),
            )


def _give_what_is_gone_to_the_layer_that_shrank(
    groups: dict[_Key, _Group], layers: Sequence[LayerDiff]
) -> None:
    """A package or file that is gone stands in no layer; it was in the only one that shrank by as much."""
    for key in [key for key, group in groups.items() if key[2] is None and group.delta < 0]:
        if key[0] is Cause.BASE:
            continue
        shrunk = [number for number, pair in enumerate(layers) if 2 * pair.delta <= groups[key].delta]
        if len(shrunk) == 1:
            gone = groups.pop(key)
            there = groups[key[0], key[1], shrunk[0]]
            there.delta += gone.delta
            there.names += gone.names


def _parts(
    rest: int,
    cause: tuple[Cause, str | None],
    layers: Sequence[LayerDiff],
    after: Contents,
    groups: Mapping[_Key, _Group],
) -> Iterable[tuple[int | None, int]]:
    """Bytes of one cause that have no name, by the layers that changed by more than is known of them.

    Those come first in which nothing else is. What is left is of no layer; where nobody knows what the
    layers hold, it is of the one that has names, if there is just one.
    """
    if not after.layers:
        known = [number for (*its, number) in groups if (*its,) == cause]
        yield known[0] if len(known) == 1 else None, rest
        return
    named: Counter[int | None] = Counter()
    for (_, _, number), group in groups.items():
        named[number] += group.delta
    unknown = []
    for number, (layer, contents) in enumerate(zip(layers, after.layers, strict=False)):
        left = layer.delta - named[number]
        causes = {(share.cause, share.manager) for share in contents.shares}
        if cause in causes and left * rest > 0:
            unknown.append((len(causes), -abs(left), number))
    for _, most, number in sorted(unknown):
        part = min(abs(rest), -most) * (1 if rest > 0 else -1)
        rest -= part
        yield number, part
    yield None, rest


def _numbered(pairs: Iterable[LayerDiff]) -> list[LayerDiff]:
    """The layers of the image after, in its order."""
    return [pair for pair in pairs if pair.after]


def _from_layers(pairs: Iterable[LayerDiff], contents: Contents) -> Iterable[Reason]:
    """What the grown layers hold, where nobody knows what they held."""
    for number, (pair, held) in enumerate(zip(_numbered(pairs), contents.layers, strict=False)):
        shares = held.shares
        if not shares or pair.delta <= 0:
            continue
        if pair.before is None:
            for share in shares:
                names = _in_layer(contents, number, share.cause, share.manager)
                yield Reason(share.cause, share.manager, share.size, pair.after, names)
            continue
        largest = max(shares, key=lambda share: share.size)
        names = _in_layer(contents, number, largest.cause, largest.manager)
        yield Reason(largest.cause, largest.manager, pair.delta, pair.after, names, compared=False)


def _in_layer(contents: Contents, layer: int, cause: Cause, manager: str | None) -> tuple[Named, ...]:
    if cause is Cause.OWN:
        return tuple(
            Named(f"/{file.path}", file.size, _made_at(file.made_at))
            for file in contents.files
            if file.layer == layer
        )
    return tuple(
        Named(package.name, package.size, _why(package))
        for package in contents.packages
        if package.layer == layer and (cause is Cause.BASE or package.manager == manager)
    )


def _note(package: PackageDiff) -> str:
    if package.after is None:
        return "removed"
    if package.change is PackageChange.UPGRADED and package.before:
        return f"{package.before.version} to {package.after.version}"
    if package.change is PackageChange.ADDED:
        return ", ".join(filter(None, ("new", _why(package.after))))
    return ""


def _why(package: PackageSize) -> str:
    """`for ffmpeg`; nothing where somebody asked for it, or nobody knows."""
    if package.asked_for is not False or not package.needed_by:
        return ""
    return f"for {package.needed_by[0]}"


def _file_note(file: FileDiff) -> str:
    if file.after is None:
        return "removed"
    return ", ".join(filter(None, ("new" if file.before is None else "", _made_at(file.made_at))))


def _made_at(place: Place | None) -> str:
    """Of a file that `COPY --from` brought: the line that made it."""
    return f"made at {place}" if place else ""
