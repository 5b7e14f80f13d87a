"""The baseline: the last accepted snapshot of every image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bloatcheck.analysis.snapshot import ImageSnapshot


@dataclass(frozen=True, slots=True)
class LayerNoise:
    """How many bytes a layer differs by between two builds of the same files, by its instruction."""

    instruction: str
    bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineEntry:
    """One image's snapshot, with the commit (hex digits) and the moment (RFC 3339, UTC) it was taken at.

    `noise` is what `bloatcheck calibrate` measured, without the layers that come out alike; None where it
    never did. `stale_because` is why nothing should be compared with it any more, for people; it is never
    stored.
    """

    snapshot: ImageSnapshot
    commit: str | None = None
    measured_at: str | None = None
    noise: tuple[LayerNoise, ...] | None = None
    stale_because: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Name and platform."""
        return self.snapshot.name, self.snapshot.platform

    def succeeding(self, before: BaselineEntry | None) -> BaselineEntry:
        """This entry in the place of an older one, whose noise it keeps: to tell that takes two builds."""
        if before is None or self.noise is not None:
            return self
        return replace(self, noise=before.noise)

    def confirmed_by(self, measured: BaselineEntry) -> BaselineEntry:
        """This entry, with the inputs that a later build of about the same sizes was made from.

        The accepted sizes stay, so that small steps add up until a limit sees them.
        """
        inputs = measured.snapshot.inputs_digest
        if inputs in (None, self.snapshot.inputs_digest):
            return self
        return replace(
            self,
            snapshot=replace(self.snapshot, inputs_digest=inputs),
            commit=measured.commit,
            measured_at=measured.measured_at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """Entries by (name, platform), each pair once.

    `origin` says where it was read, for people: `.bloatcheck-baseline.json at 1a2b3c4`; `commit` is the
    commit that it was read at, in full, and None for the files on disk. `notes` are sentences for the reader
    about how it was found.
    """

    entries: tuple[BaselineEntry, ...] = ()
    origin: str | None = None
    commit: str | None = None
    notes: tuple[str, ...] = ()
    _by_name: dict[str, list[BaselineEntry]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Entries are looked up for every image."""
        by_name: dict[str, list[BaselineEntry]] = {}
        for entry in self.entries:
            by_name.setdefault(entry.snapshot.name, []).append(entry)
        object.__setattr__(self, "_by_name", by_name)

    def entry(self, name: str, platform: str) -> BaselineEntry | None:
        """The entry of this image on this platform."""
        return next((entry for entry in self.named(name) if entry.snapshot.platform == platform), None)

    def named(self, name: str) -> Sequence[BaselineEntry]:
        """The entries of this image on any platform."""
        return self._by_name.get(name, ())


@dataclass(frozen=True, slots=True)
class Baselines:
    """What the images are compared with, and the entries as the change leaves them."""

    before: Baseline
    proposed: Baseline
