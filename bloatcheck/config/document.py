"""The configuration file as it may be written: keys, forms, bounds, and what an editor says about them.

The models read texts, since `yaml_tree` leaves every scalar one. `schema` makes the JSON Schema of them, and
`explain` takes known keys and examples out of them: a field's example is what its error shows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    model_validator,
)

from bloatcheck.config.approvals_section import ApprovalEntry, ApproveBySection
from bloatcheck.config.baseline_section import BaselineForms, BaselineSection
from bloatcheck.config.buildx_section import BuildxSection, for_buildx
from bloatcheck.config.checkout import Checkout
from bloatcheck.config.contents_section import AdviceSection, ForbiddenSection
from bloatcheck.config.creep_section import CreepSection, short_creep
from bloatcheck.config.discover_section import DiscoverSection
from bloatcheck.config.fields import (
    VERSION,
    Arguments,
    CommentKey,
    Flag,
    Jobs,
    Login,
    Name,
    PathPattern,
    Percent,
    PercentText,
    PlatformText,
    ReferenceText,
    RepositoryPath,
    Secret,
    Size,
    SizeText,
    TagText,
    Target,
    Version,
)
from bloatcheck.config.limits import Metric
from bloatcheck.config.limits_section import Limits, short_growth
from bloatcheck.config.model import (
    BuilderChoice,
    CommentMode,
    ExportFormat,
    OnIncomparable,
    PlatformRows,
    PolicyFrom,
)
from bloatcheck.config.section import Section

MAX_IMAGES = 2_000
MAX_PLATFORMS = 20
MAX_APPROVALS = 1_000
MAX_INPUTS = 200


def _checkout(info: ValidationInfo) -> Checkout | None:
    """Where to look for files: nowhere, for an image that isn't asked for or whose name is wrong."""
    checkout = info.context
    name = info.data.get("name")
    return checkout if isinstance(checkout, Checkout) and name and checkout.wants(name) else None


def _context(path: str, info: ValidationInfo) -> str:
    checkout = _checkout(info)
    return checkout.folder(path) if checkout else path


def _dockerfile(path: str | None, info: ValidationInfo) -> str | None:
    checkout, context = _checkout(info), info.data.get("context")
    return checkout.dockerfile(path, context) if checkout and context else path


def _known_dockerfile(path: str | None, info: ValidationInfo) -> str | None:
    checkout = _checkout(info)
    return checkout.dockerfile(path, ".") if checkout and path else path


InputPatterns = Annotated[list[PathPattern], Field(max_length=MAX_INPUTS)]
_INPUTS = (
    "Patterns of the files that an image is built from, as `.gitignore` writes them; while none of them "
    "changes, it is not built."
)


class ImageEntry(Section):
    """What every image has."""

    name: Name = Field(
        description="What the image is called here: in reports, in the baseline, in `--image`. "
        "Lower-case letters and digits, with `.`, `_` or `-` between them.",
        examples=["api"],
    )
    platform: PlatformText | None = Field(
        default=None,
        description="The platform to build for, or to choose from an image of several. "
        "Default: the engine's own.",
        examples=["linux/amd64"],
    )
    platforms: list[PlatformText] = Field(
        default_factory=list,
        min_length=1,
        max_length=MAX_PLATFORMS,
        description="Several platforms, in place of `platform`. Each is built, or chosen from an image of "
        "several, and has a row, a baseline entry and a verdict of its own.",
        examples=[["linux/amd64", "linux/arm64"]],
    )
    limits: Limits | None = Field(
        default=None,
        description="This image's own limits. Each replaces the general one of the same metric; "
        "`none` lifts it.",
        examples=[{"content": "250 MB"}],
    )

    @model_validator(mode="after")
    def _has_one_list_of_platforms(self) -> ImageEntry:
        if self.platform and self.platforms:
            raise ValueError("has both `platform` and `platforms`; keep one of them")
        if repeated := [each for each, times in Counter(self.platforms).items() if times > 1]:
            raise ValueError(f"`platforms` has {repeated[0]} twice")
        return self


class BuildEntry(ImageEntry):
    """An image that bloatcheck builds."""

    context: Annotated[RepositoryPath, AfterValidator(_context)] = Field(
        default=".",
        description="The build context: a folder, from the repository's root. Default: the root.",
        examples=["services/api"],
    )
    dockerfile: Annotated[RepositoryPath | None, AfterValidator(_dockerfile)] = Field(
        default=None,
        validate_default=True,
        description="The Dockerfile, from the repository's root (not from the context), as `docker build "
        "--file` takes it. Default: `Dockerfile` in the context, or `Containerfile`.",
        examples=["services/api/Dockerfile"],
    )
    target: Target | None = Field(
        default=None, description="The stage to build. Default: the last.", examples=["runtime"]
    )
    args: Arguments = Field(
        default_factory=dict,
        description="Build arguments. Values are taken as they are written: `1.10` stays `1.10`. "
        "One without a value is taken from the environment.",
        examples=[{"PYTHON_VERSION": "3.13"}],
    )
    secrets: list[Secret] = Field(
        default_factory=list,
        max_length=100,
        description="Build secrets, as `docker build --secret` takes them.",
        examples=[["id=npmrc,src=.npmrc"]],
    )
    tags: list[TagText] = Field(
        default_factory=list,
        max_length=100,
        description="Tags that the built image gets as well.",
        examples=[["acme/api:ci"]],
    )
    inputs: InputPatterns = Field(
        default_factory=list,
        description=f"{_INPUTS} Default: the general ones, else what its Dockerfile takes.",
        examples=[["services/api/**", "libs/**"]],
    )


_NOT_BUILT = "it belongs to a build, and an image with `image` or `metadata` is not built here"


class PrebuiltEntry(ImageEntry):
    """What every image has that an earlier step made."""

    misplaced: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("context", "target", "args", "secrets", "tags", "inputs"), _NOT_BUILT
    )

    dockerfile: Annotated[RepositoryPath | None, AfterValidator(_known_dockerfile)] = Field(
        default=None,
        description="The Dockerfile that the image was built from, so that findings can name its lines.",
        examples=["services/api/Dockerfile"],
    )


class ReferenceEntry(PrebuiltEntry):
    """An image that an earlier step built or pulled, by its reference."""

    misplaced: ClassVar[Mapping[str, str]] = {
        **PrebuiltEntry.misplaced,
        "metadata": "an image has either `image` or `metadata`",
    }

    image: ReferenceText = Field(
        description="The image's reference or ID, as `docker run` takes it, or a transport and its path: "
        "`docker-archive:api.tar`.",
        examples=["acme/api:ci"],
    )


class MetadataFile(Section):
    """The file that `--metadata-file` of `docker buildx build` and `docker buildx bake` writes."""

    file: RepositoryPath = Field(
        description="The file, from the repository's root. It is read when the image is.",
        examples=["bake-metadata.json"],
    )
    target: Target | None = Field(
        default=None, description="The bake target, where the file holds several.", examples=["api"]
    )


class MetadataEntry(PrebuiltEntry):
    """An image that an earlier step built, by the metadata file that its builder wrote."""

    metadata: MetadataFile = Field(
        description="Where the builder wrote down what it built.",
        examples=[{"file": "bake-metadata.json", "target": "api"}],
    )


def _kind(value: object) -> str:
    keys = value.keys() if isinstance(value, Mapping) else ()
    return "<image>" if "image" in keys else "<metadata>" if "metadata" in keys else "<build>"


AnyEntry = Annotated[
    Annotated[BuildEntry, Tag("<build>")]
    | Annotated[ReferenceEntry, Tag("<image>")]
    | Annotated[MetadataEntry, Tag("<metadata>")],
    Discriminator(_kind),
]
"""The tags appear in the locations of errors; no key looks like them."""


# The rest --------------------------------------------------------------------------------------------------


class MinChange(Section):
    """A change worth a comment passes every measure that is given."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    bytes: Size = Field(default=0, description="The smallest change, as a size.", examples=["100 kB"])
    percent: Percent = Field(default=0, description="The smallest change, in percent.", examples=["0.5%"])

    @model_validator(mode="after")
    def _measures_something(self) -> MinChange:
        if not self.model_fields_set:
            raise ValueError("has neither `bytes` nor `percent`")
        return self


class Comment(Section):
    """The comment on the pull request."""

    when: CommentMode = Field(
        default=CommentMode.AUTO,
        description="When a comment is created: for a broken limit, a new image or a change of at least "
        "`min-change` (`auto`), always, or never. One that is there is always kept up to date.",
        examples=["auto"],
    )
    min_change: (
        Annotated[
            MinChange,
            BeforeValidator(short_growth, json_schema_input_type=SizeText | PercentText | MinChange),
        ]
        | None
    ) = Field(
        default=None,
        description="The smallest change that is worth a comment. Default: 100 kB and 0.5%.",
        examples=["1 MB", {"bytes": "100 kB", "percent": "0.5%"}],
    )
    author: Login | None = Field(
        default=None,
        description="The login that comments are written as. Default: the token's, for the workflow's own "
        "token `github-actions[bot]`.",
        examples=["github-actions[bot]"],
    )
    key: CommentKey | None = Field(
        default=None,
        description="Tells two comments on one pull request apart. Default: made of the workflow's and the "
        "configuration's paths.",
        examples=["nightly"],
    )
    check_run: Flag = Field(
        default=False,
        description="Whether the verdict is a check run too, with an annotation on every line that grew and "
        "not only the worst ten. The job needs `checks: write`.",
        examples=[False],
    )


class Document(Section):
    """Configuration of bloatcheck, which keeps container images from growing unseen."""

    misplaced: ClassVar[Mapping[str, str]] = {
        **{
            metric.value: "it belongs under `limits`"
            for metric in Metric
            if metric not in (Metric.CREEP, Metric.FORBIDDEN)
        },
        **dict.fromkeys(("name", "dockerfile", "context", "target", "image"), "it belongs into `images`"),
    }

    version: Version = Field(description="The version of this file's format.", examples=[VERSION])
    images: list[AnyEntry] | None = Field(
        default=None,
        min_length=1,
        max_length=MAX_IMAGES,
        description="The images to check. Default: the one Dockerfile at the repository's root.",
        examples=[[{"name": "api", "dockerfile": "services/api/Dockerfile", "context": "services/api"}]],
    )
    limits: Limits = Field(
        default_factory=Limits,
        description="Limits for every image that has none of its own.",
        examples=[{"content-growth": "10 MB"}],
    )
    baseline: BaselineForms = Field(
        default_factory=BaselineSection,
        description="The baseline: its path alone, or where it is kept, read and renewed.",
        examples=[".bloatcheck-baseline.json"],
    )
    comment: Comment = Field(
        default_factory=Comment,
        description="The comment on the pull request.",
        examples=[{"when": "auto", "min-change": "100 kB"}],
    )
    enforce: Flag = Field(
        default=True,
        description="Whether a broken limit fails the job. With `false` it is only reported.",
        examples=[True],
    )
    on_incomparable: OnIncomparable = Field(
        default=OnIncomparable.WARN,
        description="What it leads to when the baseline was measured in another way, so that nothing can be "
        "compared.",
        examples=["warn"],
    )
    approvals: list[ApprovalEntry] = Field(
        default_factory=list,
        max_length=MAX_APPROVALS,
        description="Growth that is accepted: ceilings, each with a reason and, if you like, an end.",
        examples=[[{"image": "api", "up-to": "240 MB", "until": "2027-01-31", "because": "ffmpeg"}]],
    )
    approve_by: ApproveBySection | None = Field(
        default=None,
        description="How a pull request is approved without a commit. Always taken from the commit that it "
        "is compared with. Default: in no way.",
        examples=[{"command": "/bloatcheck approve"}],
    )
    policy_from: PolicyFrom = Field(
        default=PolicyFrom.HEAD,
        description="Whose limits, approvals and settings a pull request is judged by: its own (`head`), or "
        "those of the commit that it is compared with (`base`), which then decides this too.",
        examples=["head"],
    )
    creep: Annotated[CreepSection, BeforeValidator(short_creep)] | None = Field(
        default=None,
        description="The limit on slow growth, measured from the last release or from some days ago. "
        "Default: none.",
        examples=[{"since": "last-release", "fail": "10%"}],
    )
    forbidden: ForbiddenSection = Field(
        default_factory=ForbiddenSection,
        description="Paths and packages that fail the job where they are in an image.",
        examples=[{"paths": [".git"], "packages": ["gcc*"]}],
    )
    advice: AdviceSection = Field(
        default_factory=AdviceSection,
        description="Which advice is left out.",
        examples=[{"ignore": ["docs-shipped"]}],
    )
    discover: DiscoverSection | None = Field(
        default=None,
        description="Looks for images beside those of `images`: Dockerfiles, compose services, bake targets. "
        "Default: off.",
        examples=[{"include": ["services/*"], "exclude": ["*.dev"]}],
    )
    builder: BuilderChoice = Field(
        default=BuilderChoice.AUTO,
        description="What images are built with. `auto`: docker where its engine answers, else buildah, "
        "else podman; and buildx where `buildx` is given. `bake` builds all images in one solve of buildx, "
        "so that they share stages.",
        examples=["buildah"],
    )
    buildx: Annotated[BuildxSection | None, AfterValidator(for_buildx)] = Field(
        default=None,
        description="How buildx builds: with which builder instance, and which caches.",
        examples=[{"builder": "ci", "cache-from": ["type=gha"], "cache-to": ["type=gha,mode=max"]}],
    )
    jobs: Jobs | None = Field(
        default=None,
        description="How many images are built at once. Default: as many as there are processors, and at "
        "most 4.",
        examples=[2],
    )
    platform_rows: PlatformRows = Field(
        default=PlatformRows.ALL,
        description="Whether an image of several platforms has a row for each in the comment and on the "
        "terminal (`all`), or one for the worst of them (`worst`). Each is judged either way.",
        examples=["worst"],
    )
    inputs: InputPatterns = Field(
        default_factory=list,
        description=f"{_INPUTS} For images without their own. Default: what their Dockerfiles take.",
        examples=[["src/**", "go.*"]],
    )
    exports: list[ExportFormat] = Field(
        default_factory=list,
        max_length=len(ExportFormat),
        description="Formats of other tools that the report is written in, too, into the report's folder.",
        examples=[["sarif", "junit"]],
    )
