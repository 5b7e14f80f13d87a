"""What changed in what two images hold: causes, packages, files. Pure, and computed where it is needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from bloatcheck.analysis.contents import Cause, Contents, FileSize, PackageSize, Share
from bloatcheck.diff.model import ImageDiff
from bloatcheck.errors import Place


class PackageChange(str, Enum):
    """What happened to a package; `changed` has the version it had."""

    ADDED = "added"
    REMOVED = "removed"
    UPGRADED = "upgraded"
    """It has another version, be it an older one."""
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class PackageDiff:
    """One package by manager and name. Of several versions side by side, all together."""

    change: PackageChange
    manager: str
    name: str
    before: PackageSize | None
    after: PackageSize | None

    @property
    def delta(self) -> int:
        """Growth in bytes; negative when it shrank."""
        return (self.after.size if self.after else 0) - (self.before.size if self.before else 0)


@dataclass(frozen=True, slots=True)
class FileDiff:
    """One own file. `before` is None for a new one, `after` for a removed one; sizes in bytes.

    `made_at` is the line of another stage that made it, as far as that is certain.
    """

    path: str
    before: int | None
    after: int | None
    layer: int | None
    made_at: Place | None = None

    @property
    def delta(self) -> int:
        """Growth in bytes; negative when it shrank."""
        return (self.after or 0) - (self.before or 0)


@dataclass(frozen=True, slots=True)
class CauseDiff:
    """One cause, and manager where it is packages; bytes of `content_size`, `noise` among them."""

    cause: Cause
    manager: str | None
    before: int
    after: int
    noise: int

    @property
    def delta(self) -> int:
        """Growth in bytes; negative when it shrank. All causes' add up to the image's."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class ContentsDiff:
    """Everything that changed, the largest change first; `noise` of a cause is the growth of its noise."""

    causes: tuple[CauseDiff, ...]
    packages: tuple[PackageDiff, ...]
    files: tuple[FileDiff, ...]
    wasted_before: int
    wasted_after: int

    def delta_of(self, cause: Cause) -> int:
        """Growth of one cause in bytes, those of all managers together."""
        return sum(each.delta for each in self.causes if each.cause is cause)


def contents_diff(diff: ImageDiff) -> ContentsDiff | None:
    """What changed in what the image holds; None unless both sides can be compared, and are known."""
    if diff.delta is None or diff.before is None or diff.after is None:
        return None
    before, after = diff.before.contents, diff.after.contents
    return compare_contents(before, after) if before and after else None


def compare_contents(before: Contents, after: Contents) -> ContentsDiff:
    """Both sides' lists end somewhere: what could lie below the other's end is not called a change."""
    return ContentsDiff(
        causes=_causes(before.shares, after.shares),
        packages=_packages(before, after),
        files=_files(before, after),
        wasted_before=before.wasted,
        wasted_after=after.wasted,
    )


def _causes(before: Iterable[Share], after: Iterable[Share]) -> tuple[CauseDiff, ...]:
    old = {(share.cause, share.manager): share for share in before}
    new = {(share.cause, share.manager): share for share in after}
    found = []
    for cause, manager in {**old, **new}:
        was, is_ = old.get((cause, manager)), new.get((cause, manager))
        sizes = (was.size if was else 0, is_.size if is_ else 0)
        noise = (is_.noise if is_ else 0) - (was.noise if was else 0)
        found.append(CauseDiff(cause, manager, *sizes, noise))
    return tuple(sorted(found, key=lambda each: -abs(each.delta)))


def _packages(before: Contents, after: Contents) -> tuple[PackageDiff, ...]:
    old, new = _by_name(before.packages), _by_name(after.packages)
    found = []
    for manager, name in {**new, **old}:
        was, is_ = old.get((manager, name)), new.get((manager, name))
        if was is None and is_ and is_.size < before.packages_floor:
            continue
        if is_ is None and was and was.size < after.packages_floor:
            continue
        if was and is_ and was.version == is_.version and was.size == is_.size:
            continue
        found.append(PackageDiff(_change(was, is_), manager, name, was, is_))
    return tuple(sorted(found, key=lambda each: (-abs(each.delta), each.manager, each.name)))


def _change(before: PackageSize | None, after: PackageSize | None) -> PackageChange:
    if before is None:
        return PackageChange.ADDED
    if after is None:
        return PackageChange.REMOVED
    return PackageChange.CHANGED if before.version == after.version else PackageChange.UPGRADED


def _by_name(packages: Sequence[PackageSize]) -> Mapping[tuple[str, str], PackageSize]:
    """By manager and name; several versions side by side (npm has them) become one."""
    found: dict[tuple[str, str], PackageSize] = {}
    for package in packages:
        key = package.manager, package.name
        other = found.get(key)
        if other is None:
            found[key] = package
            continue
        found[key] = PackageSize(
            manager=package.manager,
            name=package.name,
            version=", ".join(sorted({*other.version.split(", "), package.version}))[:200],
            size=other.size + package.size,
            layer=other.layer if other.size >= package.size else package.layer,
            base=other.base and package.base,
            asked_for=other.asked_for or package.asked_for,
            needed_by=other.needed_by or package.needed_by,
        )
    return found


def _files(before: Contents, after: Contents) -> tuple[FileDiff, ...]:
    old = {file.path: file for file in before.files}
    new = {file.path: file for file in after.files}
    found = []
    for path in {**new, **old}:
        was, is_ = old.get(path), new.get(path)
        if (was is None and is_ and _may_hide(is_, before)) or (
            is_ is None and was and _may_hide(was, after)
        ):
            continue
        if was and is_ and was.size == is_.size:
            continue
        found.append(
            FileDiff(
                path,
                was.size if was else None,
                is_.size if is_ else None,
                is_.layer if is_ else None,
                is_.made_at if is_ else None,
            )
        )
    return tuple(sorted(found, key=lambda each: (-abs(each.delta), each.path)))


def _may_hide(file: FileSize, other: Contents) -> bool:
    """Whether the other side may have it too, below the end of its list."""
    return file.size < other.files_floor
