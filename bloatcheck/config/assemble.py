"""From the file as it is written to the values that the rest works with: defaults and limits filled in."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bloatcheck.config.approvals import Approval, ApprovalSource, ApproveBy
from bloatcheck.config.approvals_section import ApprovalEntry
from bloatcheck.config.baseline_section import BaselineSection
from bloatcheck.config.document import BuildEntry, Document, MetadataEntry, ReferenceEntry
from bloatcheck.config.limits import Limit, Metric, Threshold
from bloatcheck.config.limits_section import (
    ContentsThreshold,
    GrowthLimit,
    GrowthThreshold,
    LayerCountLimit,
    Limits,
    SizeLimit,
    SizeThreshold,
)
from bloatcheck.config.model import (
    TOLERANCE,
    AdviceSettings,
    BaselineSettings,
    BuilderChoice,
    BuildSpec,
    BuildxSettings,
    CommentPolicy,
    Config,
    Creep,
    DiscoverySettings,
    Forbidden,
    ImageSpec,
    PrebuiltSpec,
)
from bloatcheck.errors import Place
from bloatcheck.oci.platform import Platform


def assemble(
    document: Document,
    *,
    root: Path,
    file: str,
    places: Mapping[str, Place],
    approved_at: Sequence[Place],
    found: Sequence[ImageSpec],
    notes: Sequence[str] = (),
) -> Config:
    """The configuration.

    Args:
        document: the file's content.
        root: the repository's root.
        file: the file, from the root.
        places: where each image is listed, by name.
        approved_at: where each approval is listed, in order.
        found: images to take that aren't listed.
        notes: what to say about how they were found.
    """
    images = [
        replace(
            image,
            limits=_limits(document.limits, entry.limits),
            place=places[entry.name],
            inputs=_inputs(document, entry),
        )
        for entry in document.images or ()
        for image in images_of(entry)
    ]
    images += [
        replace(each, limits=_limits(document.limits), inputs=tuple(document.inputs)) for each in found
    ]
    return Config(
        root=root,
        images=tuple(images),
        baseline=_baseline(document.baseline),
        comment=_comment(document),
        enforce=document.enforce,
        on_incomparable=document.on_incomparable,
        limits=_limits(document.limits),
        approvals=tuple(map(_approval, document.approvals, approved_at)),
        approve_by=_approve_by(document),
        policy_from=document.policy_from,
        creep=_creep(document),
        forbidden=Forbidden(tuple(document.forbidden.paths), tuple(document.forbidden.packages)),
        advice=AdviceSettings(tuple(document.advice.ignore), tuple(document.advice.ignore_paths)),
        discover=discovery_settings(document),
        notes=tuple(notes),
        builder=_builder(document),
        buildx=_buildx(document),
        jobs=document.jobs,
        exports=tuple(dict.fromkeys(document.exports)),
        inputs=tuple(document.inputs),
        platform_rows=document.platform_rows,
        path=file,
    )


def _inputs(document: Document, entry: BuildEntry | ReferenceEntry | MetadataEntry) -> tuple[str, ...]:
    """The image's own patterns, else the general ones; none for what isn't built here."""
    return tuple(entry.inputs or document.inputs) if isinstance(entry, BuildEntry) else ()


def _builder(document: Document) -> BuilderChoice:
    """Settings of buildx ask for it."""
    if document.builder is BuilderChoice.AUTO and document.buildx:
        return BuilderChoice.BUILDX
    return document.builder


def _buildx(document: Document) -> BuildxSettings:
    written = document.buildx
    if written is None:
        return BuildxSettings()
    return BuildxSettings(
        builder=written.builder, cache_from=tuple(written.cache_from), cache_to=tuple(written.cache_to)
    )


def _approval(entry: ApprovalEntry, place: Place) -> Approval:
    return Approval(
        source=ApprovalSource.CONFIGURATION,
        image=entry.image,
        platform=entry.platform,
        metric=entry.metric,
        up_to=entry.up_to,
        until=entry.until,
        because=entry.because,
        by=entry.by,
        place=place,
    )


def _creep(document: Document) -> Creep | None:
    written = document.creep
    if written is None:
        return None
    limit = Limit(Metric.CREEP, warn=_threshold(written.warn), fail=_threshold(written.fail))
    return Creep(since=written.since, limit=limit)


def _approve_by(document: Document) -> ApproveBy:
    written = document.approve_by
    return ApproveBy(label=written.label, command=written.command) if written else ApproveBy()


def _baseline(written: BaselineSection) -> BaselineSettings:
    return BaselineSettings(
        path=written.path,
        sources=tuple(written.sources),
        branch=written.branch,
        registry=written.registry,
        renew=written.renew,
        tolerance=_threshold(written.tolerance) or TOLERANCE,
        max_age=written.max_age,
    )


def _comment(document: Document) -> CommentPolicy:
    written = document.comment
    policy = CommentPolicy(
        mode=written.when, author=written.author, key=written.key, check_run=written.check_run
    )
    change = written.min_change
    if change is None:
        return policy
    return replace(policy, min_change_bytes=change.bytes, min_change_percent=change.percent)


def discovery_settings(document: Document) -> DiscoverySettings | None:
    """Which images are looked for; None where none are."""
    written = document.discover
    return (
        DiscoverySettings(include=tuple(written.include), exclude=tuple(written.exclude)) if written else None
    )


def images_of(entry: BuildEntry | ReferenceEntry | MetadataEntry) -> tuple[ImageSpec, ...]:
    """An image as it is listed, once for each of its platforms, without limits and place."""
    image = ImageSpec(
        name=entry.name,
        build=_build(entry) if isinstance(entry, BuildEntry) else None,
        prebuilt=None if isinstance(entry, BuildEntry) else _prebuilt(entry),
        tags=tuple(entry.tags) if isinstance(entry, BuildEntry) else (),
    )
    names = entry.platforms or ([entry.platform] if entry.platform else [])
    return for_platforms(image, tuple(map(Platform.parse, names)))


def for_platforms(image: ImageSpec, platforms: Sequence[Platform]) -> tuple[ImageSpec, ...]:
    """One specification for each platform; the image itself, for the builder's own, where none is named."""
    if not platforms:
        return (image,)
    several = tuple(platforms) if len(platforms) > 1 else ()
    return tuple(replace(image, platform=each, platforms=several) for each in platforms)


def _build(entry: BuildEntry) -> BuildSpec:
    return BuildSpec(
        dockerfile=entry.dockerfile or posixpath.normpath(posixpath.join(entry.context, "Dockerfile")),
        context=entry.context,
        target=entry.target,
        args=entry.args,
        secrets=tuple(entry.secrets),
    )


def _prebuilt(entry: ReferenceEntry | MetadataEntry) -> PrebuiltSpec:
    if isinstance(entry, ReferenceEntry):
        return PrebuiltSpec(reference=entry.image, dockerfile=entry.dockerfile)
    return PrebuiltSpec(
        metadata_file=entry.metadata.file, metadata_target=entry.metadata.target, dockerfile=entry.dockerfile
    )


def _limits(general: Limits, own: Limits | None = None) -> tuple[Limit, ...]:
    """The limits in force, in the metrics' order."""
    written = {**general.written(), **(own.written() if own else {})}
    limits = [_limit(metric, written[metric]) for metric in Metric if metric in written]
    return tuple(limit for limit in limits if limit.warn or limit.fail)


def _limit(metric: Metric, written: SizeLimit | GrowthLimit | LayerCountLimit) -> Limit:
    return Limit(metric, warn=_threshold(written.warn), fail=_threshold(written.fail))


def _threshold(written: SizeThreshold | GrowthThreshold | int | None) -> Threshold | None:
    if isinstance(written, GrowthThreshold):
        return Threshold(
            written.bytes,
            written.percent,
            written.when,
            noise=not isinstance(written, ContentsThreshold) or written.noise,
        )
    if isinstance(written, SizeThreshold):
        return Threshold(bytes=written.bytes)
    return None if written is None else Threshold(bytes=written)
