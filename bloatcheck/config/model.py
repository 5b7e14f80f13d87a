"""The configuration after checking: frozen, defaults filled in, paths relative to the repository's root."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from bloatcheck.config.approvals import Approval, ApproveBy
from bloatcheck.config.dive_ci import DiveRules
from bloatcheck.config.limits import Limit, Threshold, When
from bloatcheck.errors import Place
from bloatcheck.oci.named_platforms import NamedPlatforms
from bloatcheck.oci.platform import Platform


@dataclass(frozen=True, slots=True)
class BuildSpec:
    """How to build an image. Paths are relative to the repository's root."""

    dockerfile: str
    context: str = "."
    target: str | None = None
    args: Mapping[str, str | None] = field(default_factory=dict)
    """None is taken from the environment by the builder, as `docker build --build-arg NAME` does."""
    secrets: tuple[str, ...] = ()
    """As `docker build --secret` takes them: `id=ca,src=/etc/ssl/certs/ca-certificates.crt`."""


@dataclass(frozen=True, slots=True)
class PrebuiltSpec:
    """An image that an earlier step made: a reference, or an entry of a bake or build-push metadata file.

    `dockerfile` is what it was built from, where the user says so; relative to the repository's root.
    """

    reference: str | None = None
    metadata_file: str | None = None
    metadata_target: str | None = None
    dockerfile: str | None = None


@dataclass(frozen=True, slots=True)
class ImageSpec:
    """One image of the configuration. Exactly one of `build` and `prebuilt` is set.

    `limits` are the limits in force for this image: its own, and the general ones where it has none.
    `place` is where the configuration lists it; None when it was found without a configuration.
    """

    name: str
    build: BuildSpec | None = None
    prebuilt: PrebuiltSpec | None = None
    platform: Platform | None = None
    tags: tuple[str, ...] = ()
    limits: tuple[Limit, ...] = ()
    place: Place | None = None
    source: str | None = None
    """What it was found by, for people, where the configuration doesn't list it."""
    inputs: tuple[str, ...] = ()
    """Patterns of the files that it is built from; none where they are derived from its Dockerfile."""
    platforms: tuple[Platform, ...] = ()
    """All that the image is listed for, where those are several; each has a specification of its own."""

    @property
    def label(self) -> str:
        """For people: the name, with the platform where one is asked for."""
        return f"{self.name} on {self.platform}" if self.platform else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoverySettings:
    """Which images are taken of those that are found: shell patterns of names and of files."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


class BuilderChoice(str, Enum):
    """What images are built with."""

    AUTO = "auto"
    """Docker where its engine answers, else buildah, else podman."""
    DOCKER = "docker"
    BUILDX = "buildx"
    BAKE = "bake"
    """All images in one solve of buildx."""
    PODMAN = "podman"
    BUILDAH = "buildah"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildxSettings:
    """How buildx builds: the builder instance, and caches as `--cache-from` and `--cache-to` take them."""

    builder: str | None = None
    cache_from: tuple[str, ...] = ()
    cache_to: tuple[str, ...] = ()


class CommentMode(str, Enum):
    """When a pull-request comment is created. An existing one is always edited."""

    AUTO = "auto"
    """For a broken limit, a new image, or a change that passes `min_change`."""
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class CommentPolicy:
    """Who comments, and when it is worth one."""

    mode: CommentMode = CommentMode.AUTO
    min_change_bytes: int = 100_000
    min_change_percent: float = 0.5
    author: str | None = None
    """The login whose comments are ours; None for the Actions bot, or the token's own user."""
    key: str | None = None
    """Tells apart several comments in one pull request; None for workflow path and configuration path."""
    check_run: bool = False
    """Whether the verdict is a check run too, with an annotation on every line that grew."""


TOLERANCE = Threshold(bytes=100_000, percent=0.5, when=When.ALL)
"""How far a size moves before its entry is renewed."""


class BaselineSource(str, Enum):
    """Where a baseline can come from."""

    FILE = "file"
    """The repository's file, as it stands at the commit that the run is compared with."""
    BRANCH = "branch"
    """The branch that runs on the default branch push what they measured to."""
    ARTIFACT = "artifact"
    """What the last run on the default branch left."""
    REGISTRY = "registry"
    """The published image."""
    BUILD = "build"
    """The images of that commit, built now."""


class Renewal(str, Enum):
    """How a run on the default branch renews the baseline."""

    NEVER = "never"
    COMMIT = "commit"
    BRANCH = "branch"
    ARTIFACT = "artifact"


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineSettings:
    """Where the baseline is kept, read and renewed.

    `registry` is a reference with `{image}` in the place of the image's name. `tolerance` is how far an
    image's size may move before a commit renews its entry. An entry older than `max_age` days is stale.
    """

    path: str = ".bloatcheck-baseline.json"
    sources: tuple[BaselineSource, ...] = (BaselineSource.FILE,)
    branch: str = "bloatcheck-baseline"
    registry: str | None = None
    renew: Renewal = Renewal.NEVER
    tolerance: Threshold = TOLERANCE
    max_age: int | None = None


class OnIncomparable(str, Enum):
    """What a baseline measured in another way leads to."""

    WARN = "warn"
    FAIL = "fail"


class PolicyFrom(str, Enum):
    """Whose limits, approvals and settings a change is judged by."""

    HEAD = "head"
    """Its own, with what it changed in them told first."""
    BASE = "base"
    """Those of the commit that it is compared with."""


class PlatformRows(str, Enum):
    """Which rows an image of several platforms has in the comment and on the terminal."""

    ALL = "all"
    WORST = "worst"


class ExportFormat(str, Enum):
    """A report in the format of another tool."""

    SARIF = "sarif"
    JUNIT = "junit"
    CODEQUALITY = "codequality"
    CSV = "csv"
    CSV_LAYERS = "csv-layers"
    OPENMETRICS = "openmetrics"
    BADGE = "badge"
    BADGE_SVG = "badge-svg"


@dataclass(frozen=True, slots=True)
class Creep:
    """The growth since a second, older reference: `last-release`, or a number of days, `30d`."""

    since: str
    limit: Limit


@dataclass(frozen=True, slots=True)
class Forbidden:
    """What may not be in an image: patterns of paths as `.gitignore` has them, shell patterns of packages."""

    paths: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AdviceSettings:
    """Which advice is left out: ids, and patterns of paths that none is about."""

    ignore: tuple[str, ...] = ()
    ignore_paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Config:
    """The whole configuration. `path` is None when there is no file and the defaults rule.

    `limits` are the general ones; each image has those in force for it already. `dive` are the rules of a
    `.dive-ci` file, where one is there. `notes` are sentences about what was looked for and left out.
    """

    root: Path
    images: tuple[ImageSpec, ...]
    others: tuple[ImageSpec, ...] = ()
    """Those whose names weren't asked for. Their files need not be there."""
    baseline: BaselineSettings = field(default_factory=BaselineSettings)
    comment: CommentPolicy = field(default_factory=CommentPolicy)
    enforce: bool = True
    on_incomparable: OnIncomparable = OnIncomparable.WARN
    limits: tuple[Limit, ...] = ()
    approvals: tuple[Approval, ...] = ()
    approve_by: ApproveBy = field(default_factory=ApproveBy)
    policy_from: PolicyFrom = PolicyFrom.HEAD
    creep: Creep | None = None
    forbidden: Forbidden = field(default_factory=Forbidden)
    advice: AdviceSettings = field(default_factory=AdviceSettings)
    dive: DiveRules | None = None
    builder: BuilderChoice = BuilderChoice.AUTO
    buildx: BuildxSettings = field(default_factory=BuildxSettings)
    jobs: int | None = None
    """How many images are built at once; None for as many as the machine is fit for."""
    discover: DiscoverySettings | None = None
    notes: tuple[str, ...] = ()
    exports: tuple[ExportFormat, ...] = ()
    inputs: tuple[str, ...] = ()
    """The general patterns; each image has those in force for it already."""
    platform_rows: PlatformRows = PlatformRows.ALL
    path: str | None = None

    @property
    def listed(self) -> NamedPlatforms:
        """Which images it lists for which platforms, those too that one run leaves to another."""
        return NamedPlatforms.of(
            (image.name, image.platforms or ((image.platform,) if image.platform else ()))
            for image in self.images
        )
