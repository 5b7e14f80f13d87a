"""What a change does to the rules that it is judged by: limits, approvals, settings, and what is checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import Enum

from bloatcheck.baseline.model import Baseline
from bloatcheck.config.approvals import Approval, ApproveBy
from bloatcheck.config.limits import Limit, Metric, Threshold, When
from bloatcheck.config.model import CommentMode, Config, ImageSpec, PolicyFrom
from bloatcheck.oci.platform import Platform
from bloatcheck.policy.told import told_approval
from bloatcheck.units import format_bytes

MOST_CHANGES = 50
"""More than this no reader goes through one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyChange:
    """One change, as a sentence without its full stop. `looser` unless it can only make the rules stricter.

    The sentence holds names and reasons that others chose.
    """

    sentence: str
    looser: bool


def in_force(head: Config, base: Config | None) -> Config:
    """The configuration that a pull request is judged by.

    What is built and checked is the head's. Whether the rest is, the base decides; and who may approve, the
    base alone, or a pull request could make a label that it already has its approval. Nor can it switch off
    the comment that says what it does to its own rules.
    """
    if base is None:
        return replace(head, approve_by=ApproveBy())
    if base.policy_from is PolicyFrom.HEAD:
        silent = head.comment.mode is CommentMode.NEVER
        comment = replace(head.comment, mode=base.comment.mode) if silent else head.comment
        return replace(head, approve_by=base.approve_by, policy_from=PolicyFrom.HEAD, comment=comment)
    limits = {image.name: image.limits for image in base.images}
    images = tuple(replace(image, limits=limits.get(image.name, base.limits)) for image in head.images)
    return replace(
        base,
        root=head.root,
        path=head.path,
        images=images,
        builder=head.builder,
        buildx=head.buildx,
        jobs=head.jobs,
        notes=head.notes,
    )


def policy_changes(before: Config, after: Config) -> tuple[PolicyChange, ...]:
    """Everything that the rules after say otherwise than before, in the order in which it matters.

    `before` and `after` are whole: not narrowed to the images of one run.
    """
    changes = [
        *_limits(before, after),
        *_approvals(before.approvals, after.approvals),
        *_settings(before, after),
        *_images(before.images, after.images),
        *_tags(before.images, after.images),
        *_inputs(before, after),
    ]
    more = len(changes) - MOST_CHANGES
    if more > 0:
        rest = PolicyChange(
            sentence=f"{more:,} more changes", looser=any(change.looser for change in changes[MOST_CHANGES:])
        )
        return (*changes[:MOST_CHANGES], rest)
    return tuple(changes)


def noise_changes(before: Baseline, proposed: Baseline) -> tuple[PolicyChange, ...]:
    """Noise floors that the change raises: what is under them is silent.

    Args:
        before: what the change is compared with.
        proposed: the entries that it brings.
    """
    changes = []
    for entry in proposed.entries:
        old = before.entry(*entry.key)
        known = {each.instruction: each.bytes for each in (old and old.noise) or ()}
        new = {each.instruction: each.bytes for each in entry.noise or ()}
        if any(size > known.get(instruction, 0) for instruction, size in new.items()):
            one, other = (format_bytes(sum(floor.values())) for floor in (known, new))
            name = entry.snapshot.name
            changes.append(PolicyChange(sentence=f"{name}: noise raised from {one} to {other}", looser=True))
    return tuple(changes)


# Limits ----------------------------------------------------------------------------------------------------


def _limits(before: Config, after: Config) -> Iterator[PolicyChange]:
    general = dict(_limit_changes(before.limits, after.limits))
    for sentence, looser in general.items():
        yield PolicyChange(sentence=f"for every image: {sentence}", looser=looser)
    old = {image.name: image.limits for image in before.images}
    for image in {image.name: image for image in after.images}.values():
        # The same on every platform. A new image is new in the table; its limits take nothing away.
        for sentence, looser in _limit_changes(old.get(image.name, image.limits), image.limits):
            if sentence not in general:
                yield PolicyChange(sentence=f"{image.name}: {sentence}", looser=looser)


def _limit_changes(before: Sequence[Limit], after: Sequence[Limit]) -> Iterator[tuple[str, bool]]:
    old, new = ({limit.metric: limit for limit in limits} for limits in (before, after))
    for metric in Metric:
        for level in ("fail", "warn"):
            one, other = (
                getattr(limits[metric], level) if metric in limits else None for limits in (old, new)
            )
            if one != other:
                what, looser = _threshold_change(metric, one, other)
                yield f"{metric.value} {level} {what}", looser


def _threshold_change(metric: Metric, before: Threshold | None, after: Threshold | None) -> tuple[str, bool]:
    if before is None or after is None:
        if after is None:
            return f"removed (was {_threshold(metric, before)})", True
        return f"added: {_threshold(metric, after)}", False
    told = f"from {_threshold(metric, before)} to {_threshold(metric, after)}"
    for one, other, rest_is_same in (
        (before.bytes, after.bytes, before.percent == after.percent),
        (before.percent, after.percent, before.bytes == after.bytes),
    ):
        alike = rest_is_same and before.when is after.when and before.noise is after.noise
        if one is not None and other is not None and alike:
            return f"{'raised' if other > one else 'lowered'} {told}", other > one
    return f"changed {told}", True


def _threshold(metric: Metric, threshold: Threshold | None) -> str:
    if threshold is None:
        return "nothing"
    measures = []
    if threshold.bytes is not None:
        measures.append(str(threshold.bytes) if metric.value == "layers" else format_bytes(threshold.bytes))
    if threshold.percent is not None:
        measures.append(f"{threshold.percent:g} %")
    told = (" and " if threshold.when is When.ALL else " or ").join(measures)
    return told if threshold.noise else f"{told} without noise"


# Approvals -------------------------------------------------------------------------------------------------


def _approvals(before: Iterable[Approval], after: Iterable[Approval]) -> Iterator[PolicyChange]:
    old, new = ([replace(approval, place=None) for approval in approvals] for approvals in (before, after))
    for approval in new:
        if approval not in old:
            yield PolicyChange(sentence=f"approval added: {told_approval(approval)}", looser=True)
    for approval in old:
        if approval not in new:
            yield PolicyChange(sentence=f"approval removed: {told_approval(approval)}", looser=False)


# Settings --------------------------------------------------------------------------------------------------

_ELSEWHERE = frozenset({"root", "path", "images", "limits", "approvals", "jobs"})
"""Told in another place, or, as how many are built at once, without effect on what is measured."""
_NAMES = {"comment.mode": "comment.when"}
_STRICTER = {("enforce", "true"), ("on-incomparable", "fail"), ("policy-from", "base")}
_NOT_SET = "not set"


def _settings(before: Config, after: Config) -> Iterator[PolicyChange]:
    old, new = _flat(before), _flat(after)
    for name in dict.fromkeys((*old, *new)):
        one, other = old.get(name, _NOT_SET), new.get(name, _NOT_SET)
        if one != other:
            yield PolicyChange(
                sentence=f"`{_NAMES.get(name, name)}` changed from {one} to {other}",
                looser=(name, other) not in _STRICTER,
            )


def _flat(config: Config) -> Mapping[str, str]:
    return dict(
        pair
        for field in fields(config)
        if field.name not in _ELSEWHERE
        for pair in _flattened(field.name.replace("_", "-"), getattr(config, field.name))
    )


def _flattened(name: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, Limit):
        for level in ("warn", "fail"):
            threshold = getattr(value, level)
            yield f"{name.removesuffix('.limit')}.{level}", _threshold(value.metric, threshold)
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from _flattened(f"{name}.{field.name.replace('_', '-')}", getattr(value, field.name))
    else:
        yield name, _shown(name, value)


def _shown(name: str, value: object) -> str:
    if value is None or value == ():
        return _NOT_SET
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and name.endswith("bytes"):
        return format_bytes(value)
    if isinstance(value, (tuple, frozenset)):
        return ", ".join(_shown(name, item) for item in value)
    return str(value)


# Images ----------------------------------------------------------------------------------------------------


def _images(before: Sequence[ImageSpec], after: Sequence[ImageSpec]) -> Iterator[PolicyChange]:
    new = {image.name: image for image in after}
    for image in {image.name: image for image in before}.values():
        if image.name not in new:
            yield PolicyChange(sentence=f"{image.name} is no longer checked", looser=True)
            continue
        old, now = (_source(each) for each in (image, new[image.name]))
        changed = [name for name in dict.fromkeys((*old, *now)) if old.get(name) != now.get(name)]
        gone = [each for each in _platforms(image) if each not in _platforms(new[image.name])]
        if gone and image.platforms:
            told = ", ".join(map(str, gone))
            yield PolicyChange(sentence=f"{image.name} is no longer checked on {told}", looser=True)
        elif gone:
            changed.append("platform")
        if changed:
            names = ", ".join(f"`{name}`" for name in changed)
            yield PolicyChange(sentence=f"{image.name} is made from something else: {names}", looser=True)
    known = {image.name for image in before}
    for image in after:
        if image.name not in known and image.build and image.build.secrets:
            # A secret is any file that the job can read.
            told = ", ".join(image.build.secrets)
            yield PolicyChange(
                sentence=f"{image.name}, which is new, is built with secrets: {told}", looser=True
            )


def _tags(before: Sequence[ImageSpec], after: Sequence[ImageSpec]) -> Iterator[PolicyChange]:
    """Whoever's FROM names a tag is built on the image that has it: no other change of theirs tells."""
    old = {image.name: image.tags for image in before}
    for image in {image.name: image for image in after}.values():
        was = old.get(image.name, ())
        if set(image.tags) != set(was):
            told = f"from {_shown('tags', was)} to {_shown('tags', image.tags)}"
            yield PolicyChange(
                sentence=f"{image.name}: `tags`, which others may be built on, changed {told}", looser=True
            )


def _inputs(before: Config, after: Config) -> Iterator[PolicyChange]:
    """What lies outside of an image's `inputs` leads to no build; a general change is among the settings."""
    new = {image.name: image.inputs for image in after.images}
    for image in {image.name: image for image in before.images}.values():
        now = new.get(image.name, image.inputs)
        if now != image.inputs and (image.inputs, now) != (before.inputs, after.inputs):
            told = f"from {_shown('inputs', image.inputs)} to {_shown('inputs', now)}"
            yield PolicyChange(sentence=f"{image.name}: `inputs` changed {told}", looser=True)


def _source(image: ImageSpec) -> Mapping[str, object]:
    """What decides which bytes are measured, and what the build may see, by the names of the file's keys."""
    if image.build:
        build = image.build
        made: dict[str, object] = {
            "context": build.context,
            "dockerfile": build.dockerfile,
            "target": build.target,
            "args": dict(build.args),
            "secrets": build.secrets,
        }
    else:
        prebuilt = image.prebuilt
        made = {
            "image": prebuilt.reference if prebuilt else None,
            "metadata": (prebuilt.metadata_file, prebuilt.metadata_target) if prebuilt else None,
        }
    return made


def _platforms(image: ImageSpec) -> tuple[Platform | None, ...]:
    """What it is made for; None is the builder's own."""
    return image.platforms or (image.platform,)
