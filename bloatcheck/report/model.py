"""The report: everything a run found out, in one value that text, markdown and JSON are made from."""

from __future__ import annotations

from dataclasses import dataclass, field

from bloatcheck.analysis.advice import Advice
from bloatcheck.analysis.snapshot import Bytes
from bloatcheck.analysis.start_problem import StartProblem
from bloatcheck.config.approvals import ApproveBy
from bloatcheck.config.limits import Limit
from bloatcheck.config.model import PlatformRows
from bloatcheck.diff.model import ImageDiff
from bloatcheck.errors import ExitCode, Place
from bloatcheck.policy.approval import ApprovalUse
from bloatcheck.policy.changes import PolicyChange
from bloatcheck.policy.dive import DiveVerdict
from bloatcheck.policy.model import Finding, Level, Outcome

REPORT_VERSION = "1.0"
MOST_PAST_SIZES = 100
"""Of an image; older ones are in the baseline's branch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why an image could not be built or read.

    `output` holds the builder's last lines. A `fault` is bloatcheck's own.
    """

    stage: str
    message: str
    hint: str | None = None
    place: Place | None = None
    output: tuple[str, ...] = ()
    fault: bool = False

    @property
    def told(self) -> str:
        """`message (hint)`, to stand within a line."""
        return f"{self.message} ({self.hint})" if self.hint else self.message


@dataclass(frozen=True, slots=True, kw_only=True)
class PastSize:
    """An image's content size in bytes at a commit before; `date` is that commit's, RFC 3339."""

    commit: str
    date: str
    size: Bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageReport:
    """One row. Exactly one of `diff` and `failure` is set. `limits` are those in force, broken or not.

    `accepted` are broken limits that the change itself accepts, by renewing the image's baseline entry;
    `approvals` those that people have accepted, and the approvals that hold no longer. None of the accepted
    ones is among the `findings`.
    `advice` is what would make the image smaller, `problems` why it won't start, and `dive` how the rules of
    a `.dive-ci` file were kept.
    `incomparable` is how bad the configuration finds it that the baseline can't be compared; None where it
    can, or where there is none.
    `history` are its sizes at commits before, oldest first, as far as the baseline keeps them.
    `unbuilt` is why the image was not built and the baseline's entry stands for it; None where it was.
    `platforms` are all that the image is listed for, where those are several; each has a row of its own.
    """

    name: str
    platform: str | None
    diff: ImageDiff | None = None
    failure: Failure | None = None
    findings: tuple[Finding, ...] = ()
    dockerfile: str | None = None
    incomparable: Level | None = None
    accepted: tuple[Finding, ...] = ()
    advice: tuple[Advice, ...] = ()
    problems: tuple[StartProblem, ...] = ()
    dive: tuple[DiveVerdict, ...] = ()
    approvals: tuple[ApprovalUse, ...] = ()
    limits: tuple[Limit, ...] = ()
    history: tuple[PastSize, ...] = ()
    platforms: tuple[str, ...] = ()
    unbuilt: str | None = None

    @property
    def outcome(self) -> Outcome:
        """The row's verdict."""
        if self.failure:
            return Outcome.ERROR
        levels = {self.incomparable, *(finding.level for finding in self.findings)}
        if Level.FAIL in levels or not all(verdict.passed for verdict in self.dive):
            return Outcome.FAIL
        return Outcome.WARN if Level.WARN in levels or self.problems else Outcome.PASS


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What was measured: the repository (`owner/name`), commits, pull request number and the run's page.

    `forge` is the CI whose code host the repository lies on.

    `base_commit` is the commit that the baseline was read at. `folder` is where the run worked, and all
    places start, below the repository's top; empty at the top.
    """

    repository: str | None = None
    server_url: str | None = None
    commit: str | None = None
    base_commit: str | None = None
    folder: str = ""
    pull_request: int | None = None
    run_url: str | None = None
    forge: str = "github"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A whole run.

    `notes` are sentences for the reader about the run itself ("no baseline at 1a2b3c4 yet"). `enforced` is
    False where broken limits are only told. `config` is the configuration's path; None where there is none.
    `changes` are what the change does to the rules that it is judged by; `approve_by` how it can be approved
    on the pull request. `judged_by_base` says that limits, approvals and settings are those of the base.
    `platform_rows` says which rows are shown of an image of several platforms; all of them are here.
    """

    version: str = REPORT_VERSION
    tool: str
    created_at: str
    key: str
    images: tuple[ImageReport, ...]
    origin: Origin
    baseline: str | None = None
    notes: tuple[str, ...] = ()
    enforced: bool = True
    config: str | None = None
    changes: tuple[PolicyChange, ...] = ()
    approve_by: ApproveBy = field(default_factory=ApproveBy)
    judged_by_base: bool = False
    platform_rows: PlatformRows = PlatformRows.ALL

    @property
    def outcome(self) -> Outcome:
        """The worst of the rows: error, then fail, then warn, then pass."""
        order = (Outcome.PASS, Outcome.WARN, Outcome.FAIL, Outcome.ERROR)
        return max((image.outcome for image in self.images), key=order.index, default=Outcome.PASS)

    @property
    def exit_code(self) -> ExitCode:
        """The worst of: 1 for an enforced broken limit, 3 for an image not built or read, 4 for a fault."""
        failures = [image.failure for image in self.images if image.failure]
        codes = [ExitCode.INTERNAL if failure.fault else ExitCode.UNREADABLE for failure in failures]
        if self.enforced and any(image.outcome is Outcome.FAIL for image in self.images):
            codes.append(ExitCode.LIMIT_BROKEN)
        return ExitCode.worst(*codes)
