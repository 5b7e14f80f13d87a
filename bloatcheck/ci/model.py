"""The facts of a run as any CI tells them, and what every CI has to be able to do."""

from __future__ import annotations

import hashlib
import json
import posixpath
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote as percent_encode

from bloatcheck.errors import Place

if TYPE_CHECKING:
    import re

    from bloatcheck.ci.host import Checks, Host
    from bloatcheck.log import Log

MAX_EVENT_SIZE = 32 << 20
"""GitHub, whose events are the largest, delivers none above 25 MB."""
MAX_KEY = 200


class Event(str, Enum):
    """What a run is about, whatever its CI calls it."""

    PULL_REQUEST = "pull request"
    """A change that is proposed; a merge request."""
    QUEUE = "merge queue"
    """A change on top of those that are merged before it; a merge train."""
    PUSH = "push"
    BRANCH = "branch"
    """A branch as it stands: by the clock, or by hand."""
    OTHER = "other"
    """Something else, with anything checked out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CiContext:
    """The facts of a run. None where a fact doesn't apply or isn't told.

    `ci` is the CI's name in the registry. `commit` is what the CI says it checks: a test merge, a head, a
    base. `base_*` and `head_*` belong to the pull request, the queue or, on a push, to the commits before and
    after; `base_sha` is what the CI says, and the base branch may have moved since. `merge_commit_sha` is a
    test merge of base and head. `notes` are sentences for the reader about facts that could not be had.
    """

    ci: str = "shell"
    event: Event | None = None
    event_name: str | None = None
    """The CI's own word for it, for people."""
    repository: str | None = None
    """`owner/name`; more levels where the host has them."""
    server_url: str | None = None
    api_url: str | None = None
    commit: str | None = None
    ref: str | None = None
    pull_request: int | None = None
    queued: int | None = None
    """The pull request that a merge queue made this run's commit of, on top of those before it."""
    from_fork: bool = False
    base_ref: str | None = None
    """A branch's name, without `refs/heads/`."""
    base_sha: str | None = None
    head_ref: str | None = None
    head_sha: str | None = None
    merge_commit_sha: str | None = None
    parted_sha: str | None = None
    """Where head and base parted, as the CI says."""
    in_fork: bool = False
    """Whether the run itself is one of the fork's, so that the clone is the fork's too."""
    default_branch: str | None = None
    workflow: str | None = None
    """Which of several definitions this run follows: a path, or its name."""
    run_id: int | None = None
    run_attempt: int | None = None
    run_url: str | None = None
    actor: str | None = None
    token: str | None = field(default=None, repr=False)
    summary_path: str | None = None
    output_path: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def on_default_branch(self) -> bool:
        """Whether this run checks the default branch itself."""
        return self.default_branch is not None and self.ref == f"refs/heads/{self.default_branch}"

    @property
    def repository_url(self) -> str | None:
        """The repository's page."""
        return f"{self.server_url}/{self.repository}" if self.server_url and self.repository else None


def comment_key(context: CiContext, config_path: str | None, folder: str = "") -> str:
    """What tells this workflow's and this configuration's comment from others on the same pull request.

    `folder` is where the configuration's path starts, below the repository's top. Never a run's or a matrix
    leg's. Letters, digits and `.-_~/:%` only, at most 200 characters.
    """
    paths = (context.workflow or "local", posixpath.join(folder, config_path or ".bloatcheck.yml"))
    key = ":".join(percent_encode(path, safe="/", errors="surrogatepass") for path in paths)
    return key if len(key) <= MAX_KEY else hashlib.sha256(key.encode()).hexdigest()


ReadEvent = Callable[[str], object]
"""Reads the event's file. Raises OSError or ValueError where it can't."""


def read_event(path: str) -> object:
    """The event as JSON values.

    Raises:
        OSError: it can't be read.
        ValueError: it is larger than any event, or no JSON.
    """
    with Path(path).open("rb") as stream:
        content = stream.read(MAX_EVENT_SIZE + 1)
    if len(content) > MAX_EVENT_SIZE:
        raise ValueError("larger than any event")
    try:
        return json.loads(content)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggeringRun:
    """A finished run, whose end started this one.

    `workflow` is the workflow's path, `event` its CI's own word. `head_repository` is the repository that the
    measured commit is from, None for a fork that was deleted since.
    """

    number: int
    attempt: int
    event: str
    workflow: str
    head_sha: str
    head_branch: str | None
    head_repository: str | None
    url: str | None = None
    is_of_pull_request: bool = False

    def is_of_fork(self, repository: str | None) -> bool:
        """Whether what it checked is another repository's than ours."""
        return (
            self.head_repository is None or self.head_repository.casefold() != (repository or "").casefold()
        )


class AnnotationLevel(str, Enum):
    """How loud a remark is; only `error` is red."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Annotation:
    """A remark beside a line, or about the run where there is no place. Title and message are harmless."""

    level: AnnotationLevel
    title: str
    message: str
    place: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who a commit is by."""

    name: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What people are told to do, as this CI's files and pages call it. Each ends a sentence."""

    name: str = "this shell"
    request: str = "pull request"
    sign: str = "#"
    """What stands before a request's number."""
    bot: str = "the token's user"
    whole_history: str = "the whole history"
    history: str = "fetch the whole history: git fetch --unshallow"
    history_or_api: str = "fetch the whole history: git fetch --unshallow"
    reach_remote: str = "see whether `git ls-remote origin` answers"
    push: str = "see whether `git push` is allowed"
    artifacts: str = "artifacts are a CI's: use the source `file` or `branch`"
    read_artifacts: str = "artifacts are a CI's: use the source `file` or `branch`"
    requesting: str = "choose `renew: branch`"
    open_request: str = "open it by hand"
    renewing: str = "runs on the default branch"
    tokenless: str = "The report is in its files"
    summary: str = ""
    """Where else the report is, beside its files: `in the job summary`."""
    second_run: str = ""
    """Who can post what a token that only reads can't."""
    second_comment: str = ""
    """Whose a comment is that stands there already, under a change whose run can't write."""


class Marks(Protocol):
    """The marks that make a CI's log fold, and warnings stand out. Every text that is given is harmless."""

    def group(self, title: str) -> tuple[str, Callable[[], str]]:
        """The line that opens a group, and what makes the line that closes it."""
        ...

    def fence(self) -> tuple[str, str] | None:
        """The lines between which the runner takes nothing for a command; None where there are none."""
        ...

    @property
    def tame(self) -> Callable[[str], str] | None:
        """Changes a line of foreign output where the runner would act on it; None where nothing has to be."""
        ...

    def warning(self, message: str, place: Place | None) -> str | None:
        """The line that shows a warning; None where it is a line like any other."""
        ...


class Pages(Protocol):
    """The addresses of a code host. Every part that is given is checked, and percent-encoded."""

    @property
    def repository(self) -> re.Pattern[str]: ...  # noqa: D102 - `owner/name`, as far as it may go

    @property
    def run(self) -> re.Pattern[str]:
        """A run's page below the repository's."""
        ...

    @property
    def elsewhere(self) -> re.Pattern[str] | None:
        """A run's whole address, of a CI that is none of the code host's; None where it is."""
        ...

    def commit(self, repository_url: str, commit: str) -> str:
        """A commit's page."""
        ...

    def lines(self, repository_url: str, commit: str, path: str, line: int | None, end: int | None) -> str:
        """Lines of a file as they stand at a commit."""
        ...


class Ci(Protocol):
    """One CI. `shell.py` is the one that has nothing; others say what they have."""

    @property
    def name(self) -> str: ...  # noqa: D102 - as `--ci` takes it

    @property
    def words(self) -> Words: ...  # noqa: D102 - for hints

    @property
    def author(self) -> Author: ...  # noqa: D102 - of the commits that renew a baseline

    @property
    def git_user(self) -> str: ...  # noqa: D102 - the name that git gives beside the token

    @property
    def pages(self) -> Pages | None: ...  # noqa: D102 - of its code host; None where it has none of its own

    @property
    def marks(self) -> Marks | None: ...  # noqa: D102 - None for a plain log

    @property
    def reads_log(self) -> bool: ...  # noqa: D102 - whether its runner acts on lines that are printed

    @property
    def secrets(self) -> frozenset[str]: ...  # noqa: D102 - variables that no build may see

    @property
    def most_annotations(self) -> int: ...  # noqa: D102 - of a level, that it shows

    def detects(self, environ: Mapping[str, str]) -> bool:
        """Whether this run is one of this CI's."""
        ...

    def wants_details(self, environ: Mapping[str, str]) -> bool:
        """Whether who started the run asked its CI for a log with every detail."""
        ...

    def read_context(self, environ: Mapping[str, str], read: ReadEvent = read_event) -> CiContext:
        """The run's facts.

        Raises:
            UsageError: a variable that requests are made of doesn't look as it must.
        """
        ...

    def annotation(self, annotation: Annotation) -> str | None:
        """The line that makes the CI show it; None where it shows none."""
        ...

    def summary_room(self, context: CiContext) -> int | None:
        """Bytes of markdown that the run's page still takes; None where it takes none.

        Raises:
            PublishError: it can't be told.
        """
        ...

    def write_summary(
        self, context: CiContext, markdown: str, *, key: str, level: AnnotationLevel | None
    ) -> None:
        """Puts markdown on the run's page.

        `key` tells it from others of the same run; `level` is how loud it is, None where all is well.

        Raises:
            PublishError: it can't be.
        """
        ...

    def write_outputs(self, context: CiContext, outputs: Mapping[str, str], home: Path | None) -> None:
        """Hands values to later steps or jobs; `home` is the folder that the report's files are in.

        Raises:
            PublishError: they can't be.
        """
        ...

    def why_read_only(self, context: CiContext) -> str | None:
        """Why this run's token reads only, whatever the CI's file says; None where it need not be so."""
        ...

    def check_may_build(self, context: CiContext, environ: Mapping[str, str]) -> None:
        """Building runs what the Dockerfile says, which must not meet a token that writes, nor secrets.

        Raises:
            UsageError: this run has both, for a pull request that may be anybody's.
        """
        ...

    def triggering_run(self, environ: Mapping[str, str], read: ReadEvent = read_event) -> TriggeringRun:
        """The run that this one is started by, to post for it.

        Raises:
            UsageError: there is none.
        """
        ...

    def host(self, context: CiContext, token: str | None, log: Log | None) -> Host | None:
        """The code host, as far as this token opens it; None without a token or a repository.

        Raises:
            PublishError: the token or the address can't be right.
        """
        ...

    def checks(self, context: CiContext, token: str | None, log: Log | None) -> Checks | None:
        """Where a verdict is shown beside the commit; None where the job itself is that.

        Raises:
            PublishError: the token or the address can't be right.
        """
        ...

    def requests_of(
        self, run: TriggeringRun, context: CiContext, token: str, log: Log | None
    ) -> tuple[int, ...]:
        """Numbers of the open pull requests that have the commit of a triggering run as their head now.

        Raises:
            UsageError: this CI has no such runs.
            PublishError: refused or unreachable.
        """
        ...
