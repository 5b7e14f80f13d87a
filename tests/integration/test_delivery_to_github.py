"""A report delivered to a stateful GitHub, by tokens that may and tokens that may not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from support.github.act import plain
from support.github.emulator import BOT_TOKEN, REPOSITORY
from support.github.faults import read_only_token
from support.github.proxy import PretendGitHub
from support.recording_log import RecordingLog
from support.reports import report

from bloatcheck.ci.model import CiContext, Event
from bloatcheck.config.model import CommentMode, CommentPolicy
from bloatcheck.delivery import Delivered, deliver
from bloatcheck.report.model import Origin

GROWN = "image api\n limit content-growth fail 1 MB\n 10 MB -> 12 MB RUN make @ Dockerfile:3"
QUIET = "image api\n 10 MB RUN make @ Dockerfile:3"
POLICY = CommentPolicy()


@dataclass
class Run:
    """One run for one pull request; each delivery is another attempt."""

    github: PretendGitHub
    context: CiContext
    folder: Path
    log: RecordingLog

    def deliver(
        self,
        text: str,
        *,
        policy: CommentPolicy = POLICY,
        attempt: int = 1,
        base: str = "b" * 40,
        leg: bool = False,
        **context: Any,
    ) -> Delivered:
        origin = Origin(
            repository=REPOSITORY,
            server_url="https://github.com",
            commit=self.context.head_sha,
            base_commit=base,
            pull_request=self.context.pull_request,
            run_url=f"https://github.com/{REPOSITORY}/actions/runs/42/attempts/{attempt}",
        )
        return deliver(
            report(text, origin=origin, baseline=f"baseline.json at {base[:7]}"),
            context=replace(self.context, **context),
            policy=policy,
            token=BOT_TOKEN,
            directory=self.folder,
            cache_folder=None,
            log=self.log,
            leg=leg,
        )

    @property
    def comments(self) -> list[str]:
        assert self.context.pull_request
        return [plain(each["body"]) for each in self.github.emulator.comments(self.context.pull_request)]


@pytest.fixture
def run(running_github: PretendGitHub, tmp_path: Path) -> Iterator[Run]:
    running_github.forget()
    number = running_github.emulator.open_pull_request()
    context = CiContext(
        ci="github",
        event=Event.PULL_REQUEST,
        event_name="pull_request",
        repository=REPOSITORY,
        api_url=running_github.url,
        pull_request=number,
        head_sha=running_github.emulator.pull_request(number)["head"]["sha"],
        output_path=str(tmp_path / "outputs"),
    )
    yield Run(running_github, context, tmp_path / "report", RecordingLog())
    assert running_github.violations == []


class TestSilence:
    def test_an_attempt_that_finds_the_same_edits_nothing(self, run: Run) -> None:
        run.deliver(GROWN)
        run.github.forget()
        run.deliver(GROWN, attempt=2)

        assert run.github.writes() == []

    def test_a_base_that_moved_under_the_pull_request_edits_nothing(self, run: Run) -> None:
        """The prospective merge is another one then, and the baseline's commit too."""
        run.deliver(GROWN)
        run.github.forget()
        run.deliver(GROWN, base="c" * 40, attempt=2)

        assert run.github.writes() == []

    def test_other_figures_do(self, run: Run) -> None:
        run.deliver(GROWN)
        run.deliver(GROWN.replace("12 MB", "13 MB"))

        (comment,) = run.comments
        assert "grew by 3.00 MB" in comment

    def test_coming_back_to_size_is_told_once(self, run: Run) -> None:
        run.deliver(GROWN)
        run.deliver(QUIET)
        run.github.forget()
        run.deliver(QUIET, attempt=2)

        (comment,) = run.comments
        assert comment.splitlines()[1] == "### ✅ `api` is back to its size"
        assert run.github.writes() == []

    def test_nothing_to_say_is_not_said(self, run: Run) -> None:
        assert run.deliver(QUIET) == Delivered(run.folder)
        assert run.comments == []


class TestTokensThatOnlyRead:
    @pytest.mark.parametrize(
        ("context", "why"),
        [
            ({"from_fork": True}, "this pull request comes from a fork"),
            ({"actor": "dependabot[bot]"}, "Dependabot opened this pull request"),
        ],
    )
    def test_where_it_can_not_be_another_it_is_told_what_happens_instead(
        self, run: Run, context: dict[str, Any], why: str
    ) -> None:
        run.github.faults.append(read_only_token())
        delivered = run.deliver(GROWN, **context)

        assert delivered.comment_pending
        assert run.log.warnings == []
        told = f"{why}, so the token only reads and there is no comment from here. The report is "
        assert any(line.startswith(told) for line in run.log.lines)
        assert any(str(run.folder) in line and "docs/forks.md" in line for line in run.log.lines)
        assert "comment-pending<<" in (run.folder.parent / "outputs").read_text()

    def test_a_fork_that_gets_a_token_that_writes_comments_itself(self, run: Run) -> None:
        """A private repository may hand them out."""
        assert not run.deliver(GROWN, from_fork=True).comment_pending
        assert len(run.comments) == 1

    def test_a_fork_with_nothing_to_say_may_have_something_to_take_back(self, run: Run) -> None:
        assert run.deliver(QUIET, from_fork=True).comment_pending
        told = "this pull request comes from a fork: a comment that is there already is a second workflow's"
        assert any(line.startswith(told) for line in run.log.lines)

    def test_a_permission_that_the_workflow_forgot_is_a_warning_with_its_cure(self, run: Run) -> None:
        run.github.faults.append(read_only_token())
        delivered = run.deliver(GROWN)

        assert delivered.comment_pending
        assert "pull-requests: write" in run.log.warnings[0]


class TestCheckRun:
    def test_it_is_made_where_it_is_asked_for(self, run: Run) -> None:
        run.deliver(GROWN, policy=CommentPolicy(check_run=True))

        assert run.context.head_sha
        (check,) = run.github.emulator.check_runs(run.context.head_sha)
        assert check["conclusion"] == "failure"
        assert [each["start_line"] for each in check["annotations"]] == [3]

    def test_it_is_not_made_unasked(self, run: Run) -> None:
        run.deliver(GROWN)

        assert not [each for each in run.github.exchanges if "check-runs" in str(each)]

    def test_a_token_that_may_not_is_told_which_permission_is_missing(self, run: Run) -> None:
        policy = CommentPolicy(mode=CommentMode.NEVER, check_run=True)
        run.github.faults.append(read_only_token())
        run.deliver(GROWN, policy=policy)

        assert len(run.log.warnings) == 1
        assert "checks: write" in run.log.warnings[0]

    def test_a_fork_has_none_and_nothing_is_wrong(self, run: Run) -> None:
        run.github.faults.append(read_only_token())
        run.deliver(GROWN, policy=CommentPolicy(check_run=True), from_fork=True)

        assert run.log.warnings == []
        assert any("there is no check run from here" in line for line in run.log.lines)


def test_a_leg_asks_github_for_nothing(run: Run) -> None:
    delivered = run.deliver(GROWN, policy=CommentPolicy(check_run=True), leg=True)

    assert delivered == Delivered(run.folder)
    assert run.github.exchanges == []
    assert (run.folder / "report.json").exists()
