"""By whose rules a run is judged, what the change does to them, and what people approve on its page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timezone

from bloatcheck.baseline.git import SHORT
from bloatcheck.ci.model import CiContext, Event
from bloatcheck.ci.registry import ci_named
from bloatcheck.config.approvals import Approval, ApproveBy
from bloatcheck.config.load import FILE_NAMES, rules_of
from bloatcheck.config.model import Config, PolicyFrom
from bloatcheck.errors import BloatcheckError, PublishError
from bloatcheck.log import Log
from bloatcheck.policy.changes import PolicyChange, in_force, policy_changes
from bloatcheck.policy.sign import understand

_OF_A_CHANGE = frozenset({Event.PULL_REQUEST, Event.QUEUE})


@dataclass(frozen=True, slots=True)
class Base:
    """The commit that a change is compared with, and how its files are read.

    `read` gives a file's content by its path from the folder that the run works in, None where the commit has
    none, and raises a BloatcheckError where that can't be told. `ruling` is the base branch as it stands now,
    where that is another commit: where a change starts, its author chooses, and must not choose rules by it.
    """

    commit: str | None
    read: Callable[[str], bytes | None]
    ruling: Base | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judging:
    """The rules in force for a run.

    `config` is what images are built and judged by. `approvals` are the configuration's, `from_people` those
    that were given on the pull request. `notes` are sentences for the reader. `today` is in UTC.
    """

    config: Config
    today: date
    approvals: tuple[Approval, ...] = ()
    from_people: tuple[Approval, ...] = ()
    changes: tuple[PolicyChange, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def accepts_renewed_entries(self) -> bool:
        """Whether a change can accept its own growth, by renewing the image's entry in the baseline."""
        return self.config.policy_from is PolicyFrom.HEAD


def judging_of(config: Config) -> Judging:
    """The configuration's own rules, where there is no change to be wary of."""
    return Judging(
        config=replace(config, approve_by=ApproveBy(), policy_from=PolicyFrom.HEAD),
        today=_today(),
        approvals=config.approvals,
    )


def read_judging(
    config: Config, context: CiContext, base: Callable[[], Base], *, token: str | None, log: Log
) -> Judging:
    """The rules that this run is judged by.

    On a pull request and in a merge queue the base's configuration is read too. That it can't be is told, and
    nobody can approve anything then, but by what the change itself says.

    Args:
        config: the work tree's.
        context: the run.
        base: asked for where there is one.
        token: asks who approves on the pull request; None where there is none.
        log: told of waiting, and of what the code host refuses.

    Raises:
        BloatcheckError: the base can't be read, and the configuration asks to be judged by it.
    """
    if context.event not in _OF_A_CHANGE:
        return judging_of(config)
    try:
        start = base()
        commit, before = _configuration_of(start, config)
        changes = policy_changes(before, _whole(config)) if before else ()
        commit, ruling = _configuration_of(start.ruling, config) if start.ruling else (commit, before)
    except BloatcheckError as error:
        if config.policy_from is PolicyFrom.BASE:
            raise
        note = f"What this change does to its own rules can't be told: {error.message}"
        return replace(judging_of(config), notes=(note,))
    judged = in_force(config, ruling)
    approvals, notes = _on_the_pull_request(judged, context, token=token, log=log)
    if judged.policy_from is PolicyFrom.BASE and commit:
        notes = (
            f"Judged by the limits, approvals and settings of {commit[:SHORT]} (policy-from: base).",
            *notes,
        )
    return Judging(
        config=judged,
        today=_today(),
        approvals=judged.approvals,
        from_people=approvals,
        changes=changes,
        notes=notes,
    )


def _configuration_of(base: Base, config: Config) -> tuple[str | None, Config | None]:
    """The base's commit, and its configuration; None where it has none.

    A run that is told of a file that the commit doesn't have is compared with the file of the usual name.
    """
    if base.commit is None:
        return None, None
    for file in dict.fromkeys((*_names(config.path), *FILE_NAMES)):
        content = base.read(file)
        if content is not None:
            return base.commit, rules_of(content.decode("utf-8-sig", "replace"), file, config.root)
    return base.commit, None


def _names(path: str | None) -> Iterable[str]:
    return (path,) if path else ()


def _whole(config: Config) -> Config:
    """As the file has it: not narrowed to the images of one run."""
    if config.path is None:
        return replace(config, images=())
    text = (config.root / config.path).read_bytes().decode("utf-8-sig", "replace")
    return rules_of(text, config.path, config.root)


def _on_the_pull_request(
    config: Config, context: CiContext, *, token: str | None, log: Log
) -> tuple[tuple[Approval, ...], tuple[str, ...]]:
    """The approvals by label and comment, and sentences about those that are none."""
    ways, in_queue = config.approve_by, context.event is Event.QUEUE
    number = context.queued if in_queue else context.pull_request
    if ways == ApproveBy() or context.repository is None or number is None:
        return (), ()
    try:
        host = ci_named(context.ci).host(context, token, log)
        if host is None:
            return (), ("Approvals by label or comment were not read: there is no token.",)
        # A push takes a pull request out of the queue: what is queued is its newest commit.
        head = host.conversation(number).newest_commit() if in_queue else context.head_sha
        if head is None:
            return (), (
                "Approvals by label or comment don't count: this CI tells no head of the pull request.",
            )
        signs = host.signs(number, head=head, label=ways.label, command=ways.command)
    except PublishError as error:
        log.warning(error.told)
        return (), ("Approvals by label or comment could not be read; the log says why.",)
    understood = understand(signs, images=[image.name for image in config.images], head=head)
    return understood.approvals, understood.remarks


def _today() -> date:
    return datetime.now(timezone.utc).date()
