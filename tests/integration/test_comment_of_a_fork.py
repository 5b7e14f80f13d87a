"""`bloatcheck comment`: a fork's report becomes a comment, and nothing else; on a stateful GitHub."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from support.github.act import plain
from support.github.emulator import BOT, BOT_TOKEN, FORK
from support.github.events import WORKFLOW, variables, workflow_run
from support.github.faults import bad_credentials, not_found, read_only_token, says
from support.github.proxy import PretendGitHub
from support.hosts.faults import Fault, Reply
from support.reports import report

from bloatcheck.cli.main import main
from bloatcheck.errors import ExitCode
from bloatcheck.report.document import to_json
from bloatcheck.report.model import Origin, Report

GROWTH = """
    image api
        limit content-growth fail 1 MB
        10 MB -> 12 MB   RUN make   @ Dockerfile:3
    note: This change was approved by the maintainers. Merge it.
"""
FORGED = Origin(
    repository="evil/shop",
    server_url="https://evil.example",
    commit="e" * 40,
    base_commit="b" * 40,
    folder="../..",
    pull_request=1,
    run_url="https://evil.example/evil/shop/actions/runs/1",
)
"""Where a hostile report says it is from."""


@dataclass
class Second:
    """The second workflow: what it gets, and what came of it."""

    github: PretendGitHub
    folder: Path
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def open(self) -> dict[str, Any]:
        return self.github.emulator.pull_request(self.github.emulator.open_pull_request_from_fork())

    def hand_over(self, handed: Report | str | bytes) -> Path:
        content = to_json(handed) if isinstance(handed, Report) else handed
        file = self.folder / "handed-over" / "bloatcheck-report" / "report.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def run(self, event: dict[str, Any], *options: str, event_name: str = "workflow_run") -> ExitCode:
        self.monkeypatch.chdir(self.folder)
        environ = variables(self.folder, event_name, event, GITHUB_API_URL=self.github.url)
        for name, value in {**environ, "BLOATCHECK_TOKEN": BOT_TOKEN}.items():
            self.monkeypatch.setenv(name, value)
        self.capsys.readouterr()
        return main(["comment", "--report-dir", "handed-over", *options])

    def said(self) -> str:
        captured = self.capsys.readouterr()
        assert BOT_TOKEN not in captured.out + captured.err
        return captured.out + captured.err

    def comments(self, pull: dict[str, Any]) -> list[str]:
        found = self.github.emulator.comments(pull["number"])
        assert all(comment["user"]["login"] == BOT for comment in found)
        return [plain(comment["body"]) for comment in found]


@pytest.fixture
def second(
    running_github: PretendGitHub,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Second]:
    running_github.forget()
    yield Second(running_github, tmp_path, monkeypatch, capsys)
    assert running_github.violations == []


class TestPosting:
    def test_the_comment_is_created_and_then_edited(self, second: Second) -> None:
        pull = second.open()
        second.hand_over(report(GROWTH))

        assert second.run(workflow_run(pull)) is ExitCode.OK
        (first,) = second.comments(pull)
        assert (
            f"grew by 2.00 MB (+20.0 %), 1.00 MB over the limit of 1.00 MB, reported by the fork `{FORK}`"
            in first
        )
        assert f"**Reported by the fork `{FORK}`.**" in first

        second.hand_over(report(GROWTH.replace("12 MB", "13 MB")))
        assert second.run(workflow_run(pull, number=43)) is ExitCode.OK
        (edited,) = second.comments(pull)
        assert "grew by 3.00 MB" in edited
        assert second.github.writes() == ["POST", "PATCH"]

    def test_a_broken_limit_decides_no_exit_code_and_no_check(self, second: Second) -> None:
        pull = second.open()
        second.hand_over(report(GROWTH))

        assert second.run(workflow_run(pull)) is ExitCode.OK
        assert all("check" not in str(exchange) for exchange in second.github.exchanges)

    def test_coming_back_to_size_is_told(self, second: Second) -> None:
        pull = second.open()
        second.hand_over(report(GROWTH))
        second.run(workflow_run(pull))
        second.hand_over(report(GROWTH.replace("12 MB", "10 MB").replace("10 MB -> 10 MB", "10 MB")))
        second.run(workflow_run(pull))

        (comment,) = second.comments(pull)
        assert "`api` is back to its size, reported by the fork" in comment

    def test_another_run_that_says_the_same_edits_nothing(self, second: Second) -> None:
        pull = second.open()
        second.hand_over(report(GROWTH))
        second.run(workflow_run(pull, number=42))
        second.github.forget()
        second.run(workflow_run(pull, number=43))

        assert second.github.writes() == []
        assert "comment unchanged" in second.said()

    def test_a_read_only_run_of_our_own_repository_shares_the_comment_of_others(self, second: Second) -> None:
        """Dependabot's, whose next run a person may start, with a token that comments itself."""
        pull = second.github.emulator.pull_request(second.github.emulator.open_pull_request())
        second.hand_over(report(GROWTH))
        second.run(workflow_run(pull))

        (comment,) = second.comments(pull)
        assert comment.startswith(f"<!-- bloatcheck:v1 key={WORKFLOW}:.bloatcheck.yml -->\n")
        assert "reported by a run whose token only reads" in comment

    def test_what_was_done_is_told_as_json_and_as_an_output(self, second: Second) -> None:
        pull = second.open()
        second.hand_over(report(GROWTH))
        second.run(workflow_run(pull), "--json")

        done = json.loads(second.capsys.readouterr().out)
        (comment,) = second.github.emulator.comments(pull["number"])
        assert done == {
            "action": "created",
            "why": None,
            "pull_request": pull["number"],
            "url": comment["html_url"],
        }
        assert comment["html_url"] in (second.folder / "outputs").read_text()


class TestWhatIsBelieved:
    def test_the_pull_request_that_the_report_names_is_not_the_one(self, second: Second) -> None:
        victim = second.open()
        pull = second.open()
        second.hand_over(replace(report(GROWTH), origin=replace(FORGED, pull_request=victim["number"])))
        second.run(workflow_run(pull))

        assert second.comments(victim) == []
        assert len(second.comments(pull)) == 1

    def test_no_link_and_no_word_in_our_name_is_the_reports(self, second: Second) -> None:
        pull = second.open()
        second.hand_over(replace(report(GROWTH), origin=FORGED, tool="evil 6.6", baseline="[x](http://evil)"))
        second.run(workflow_run(pull))

        (comment,) = second.comments(pull)
        assert "evil.example" not in comment
        assert "evil 6.6" not in comment
        assert "approved by the maintainers" not in comment
        assert f"/blob/{pull['head']['sha']}/Dockerfile#L3" in comment
        assert "/octo/hello/actions/runs/42/attempts/1" in comment

    def test_the_key_of_the_report_reaches_no_other_comment(self, second: Second) -> None:
        pull = second.open()
        marker = f"<!-- bloatcheck:v1 key={WORKFLOW}:.bloatcheck.yml -->"
        second.github.emulator.write_comment(pull["number"], f"{marker}\nmeasured here", BOT_TOKEN)
        second.hand_over(report(GROWTH, key=f"{WORKFLOW}:.bloatcheck.yml"))
        second.run(workflow_run(pull))

        ours, forks = second.comments(pull)
        assert ours == f"{marker}\nmeasured here"
        assert forks.startswith(f"<!-- bloatcheck:v1 key=fork:{WORKFLOW}:.bloatcheck.yml -->\n")

    def test_a_branch_of_any_name_is_only_a_value(self, second: Second) -> None:
        pull = second.open()
        second.hand_over(report(GROWTH))
        event = workflow_run(pull, head_branch="x&state=all&head=octo:main#\r\nX: y")

        assert second.run(event) is ExitCode.OK
        assert second.comments(pull) == []
        assert "no open pull request has" in second.said()

    @pytest.mark.parametrize(
        "changed", [{"head_sha": "a" * 40}, {"head_repository": {"full_name": "mallory/other"}}]
    )
    def test_a_pull_request_that_is_not_at_that_commit_of_that_fork_is_left_alone(
        self, second: Second, changed: dict[str, Any]
    ) -> None:
        """It was pushed to since, and the newer run reports for itself."""
        pull = second.open()
        second.hand_over(report(GROWTH))

        assert second.run(workflow_run(pull, **changed)) is ExitCode.OK
        assert second.comments(pull) == []
        assert second.github.writes() == []

    def test_a_closed_pull_request_is_left_alone(self, second: Second) -> None:
        pull = second.open()
        second.github.emulator.api("PATCH", f"/repos/octo/hello/pulls/{pull['number']}", state="closed")
        second.hand_over(report(GROWTH))

        assert second.run(workflow_run(pull)) is ExitCode.OK
        assert second.github.writes() == []

    def test_of_two_pull_requests_from_one_commit_none_is_guessed(self, second: Second) -> None:
        pull = second.open()
        path = f"/repos/octo/hello/pulls?state=open&head=mallory:{pull['head']['ref']}"
        (listed,) = second.github.emulator.api("GET", path)
        both = json.dumps([listed, {**listed, "number": listed["number"] + 1}]).encode()
        second.github.faults.append(Fault(Reply(200, both), method="GET", path=".*/pulls"))
        second.hand_over(report(GROWTH))

        assert second.run(workflow_run(pull)) is ExitCode.OK
        assert "which one was measured can't be told" in second.said()
        assert second.github.writes() == []

    def test_a_fork_that_is_gone_gets_no_comment(self, second: Second) -> None:
        pull = second.open()
        second.hand_over(report(GROWTH))

        assert second.run(workflow_run(pull, head_repository=None)) is ExitCode.OK
        assert "the fork is gone" in second.said()


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        "content",
        [
            "",
            "null",
            "{}",
            '{"version": "2.0"}',
            "[" * 100_000,
            "9" * 5000,
            b"\xff\xfe",
            to_json(report(GROWTH))[:-40],
        ],
        ids=["empty", "null", "object", "version 2", "deep", "huge number", "bad utf-8", "cut"],
    )
    def test_what_is_no_report_is_refused_before_github_is_asked(
        self, second: Second, content: str | bytes
    ) -> None:
        pull = second.open()
        second.github.forget()
        second.hand_over(content)

        assert second.run(workflow_run(pull)) is ExitCode.UNREADABLE
        assert second.github.exchanges == []
        assert "report" in second.said()

    def test_a_report_that_contradicts_itself_is_refused(self, second: Second) -> None:
        pull = second.open()
        document = json.loads(to_json(report(GROWTH)))
        document["images"][0]["diff"]["before"]["image_id"] = "sha256:../../etc"
        second.hand_over(json.dumps(document))

        assert second.run(workflow_run(pull)) is ExitCode.UNREADABLE
        assert "contradicts itself" in second.said()

    def test_a_link_is_not_followed(self, second: Second) -> None:
        pull = second.open()
        file = second.hand_over(report(GROWTH))
        file.rename(second.folder / "secret.json")
        file.symlink_to(second.folder / "secret.json")

        assert second.run(workflow_run(pull)) is ExitCode.UNREADABLE
        assert "it is a symbolic link" in second.said()

    @pytest.mark.parametrize("unpacked", [".", "..", "/"])
    def test_an_artifact_unpacked_where_the_configuration_would_be_is_refused(
        self, second: Second, unpacked: str
    ) -> None:
        assert second.run(workflow_run(second.open()), "--report-dir", unpacked) is ExitCode.USAGE
        assert "a folder of its own" in second.said()

    def test_several_reports_are_too_many(self, second: Second) -> None:
        pull = second.open()
        for name in ("a", "b"):
            file = second.folder / "handed-over" / name / "report.json"
            file.parent.mkdir(parents=True)
            file.write_text(to_json(report(GROWTH)))

        assert second.run(workflow_run(pull)) is ExitCode.USAGE
        assert "bloatcheck merge" in second.said()

    def test_nothing_handed_over_is_nothing_to_do(self, second: Second) -> None:
        assert second.run(workflow_run(second.open())) is ExitCode.OK
        assert "nothing was handed over" in second.said()

    def test_a_run_that_was_for_no_pull_request_is_nothing_to_do(self, second: Second) -> None:
        second.hand_over(report(GROWTH))

        assert second.run(workflow_run(second.open(), event="push")) is ExitCode.OK
        assert "that run was for push" in second.said()

    def test_another_event_is_a_mistake_with_its_cure(self, second: Second) -> None:
        assert second.run(workflow_run(second.open()), event_name="pull_request") is ExitCode.USAGE
        assert "on: workflow_run" in second.said()

    def test_a_small_change_is_worth_no_comment(self, second: Second) -> None:
        pull = second.open()
        second.hand_over(report("image api\n 10 MB -> 10001 kB RUN make"))

        assert second.run(workflow_run(pull)) is ExitCode.OK
        assert second.comments(pull) == []


class TestFaults:
    """Of finding the pull request. Those of commenting are shown where the comment is."""

    @pytest.mark.parametrize(
        ("fault", "told"),
        [
            (bad_credentials(), r"(status 401): Bad credentials"),
            (
                Fault(says(403, "Resource not accessible by integration"), path=".*/pulls"),
                "pull-requests: read",
            ),
            (read_only_token(), "(status 403): Resource not accessible by integration"),
            (not_found(), "(status 404): Not Found"),
            (Fault(says(422, "Validation Failed"), path=".*/pulls"), "(status 422): Validation Failed"),
            (Fault(Reply(200, b'{"a": 1}', lawful=False), path=".*/pulls"), "not what GitHub's API gives"),
            (Fault(says(429, "You are too quick", {"Retry-After": "3600"})), "(status 429)"),
        ],
        ids=["401", "403", "403-on-writing", "404", "422", "no-json-of-githubs", "429"],
    )
    def test_a_refusal_is_told_and_is_exit_code_3(self, second: Second, fault: Fault, told: str) -> None:
        pull = second.open()
        second.hand_over(report(GROWTH))
        second.github.faults.append(fault)

        assert second.run(workflow_run(pull)) is ExitCode.UNREADABLE
        assert told in second.said()
        assert second.comments(pull) == []
