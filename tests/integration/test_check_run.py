"""A check run on a stateful GitHub, and what the two newer calls do on GitHub's bad days."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from support.github.emulator import BOT_TOKEN, FORK, REPOSITORY
from support.github.faults import (
    bad_credentials,
    not_found,
    read_only_token,
    says,
    secondary_limit,
    server_error,
    too_many_requests,
    unprocessable,
)
from support.github.proxy import PretendGitHub
from support.hosts.faults import Cut, Fault, Reply, Wait
from support.reports import report

from bloatcheck.check_run import as_check_run
from bloatcheck.config.load import load_config
from bloatcheck.errors import PublishError
from bloatcheck.publish.check import Check, Conclusion
from bloatcheck.publish.github.check_run import post_check_run
from bloatcheck.publish.github.manners import GITHUB
from bloatcheck.publish.github.pull_requests import open_pull_requests
from bloatcheck.publish.http import Client
from bloatcheck.publish.patience import Patience

QUICK = Patience(answer_seconds=5, total_seconds=8, tries=4, first_pause_seconds=0.01)
GROWTH = """
    image api
        limit content-growth fail 1 MB
        10 MB -> 12 MB   RUN make   @ Dockerfile:3-5
"""


@pytest.fixture
def commit(github: PretendGitHub) -> str:
    number = github.emulator.open_pull_request()
    return str(github.emulator.pull_request(number)["head"]["sha"])


def client(github: PretendGitHub, patience: Patience = QUICK) -> Client:
    return Client(BOT_TOKEN, manners=GITHUB, api_url=github.url, patience=patience)


def grown(lines: int) -> str:
    """An image with that many layers over their limit, each on a line of its own."""
    layers = [f"1 MB -> 3 MB  RUN step-{line}  @ Dockerfile:{line}" for line in range(1, lines + 1)]
    return "\n".join(["image api", "limit layer-growth fail 1 MB", *layers])


class TestCheckRun:
    def test_it_shows_verdict_headline_and_line(self, github: PretendGitHub, commit: str) -> None:
        post_check_run(client(github), REPOSITORY, as_check_run(report(GROWTH), commit=commit, key=None))

        (shown,) = github.emulator.check_runs(commit)
        assert (shown["name"], shown["status"], shown["conclusion"]) == ("bloatcheck", "completed", "failure")
        assert shown["output"]["title"].startswith("api grew by 2.00")
        assert "| ❌" in shown["output"]["summary"]
        (annotation,) = shown["annotations"]
        assert (annotation["path"], annotation["start_line"], annotation["end_line"]) == ("Dockerfile", 3, 5)
        assert annotation["annotation_level"] == "failure"

    def test_a_configuration_asks_for_it(self, tmp_path: Path) -> None:
        images = 'images: [{name: api, image: "oci:a"}]'
        for text, asked in (("", False), ("comment: {check-run: true}\n", True)):
            (tmp_path / ".bloatcheck.yml").write_text(f"version: 1\n{text}{images}\n")
            assert load_config(tmp_path).comment.check_run is asked

    def test_another_attempt_replaces_it(self, github: PretendGitHub, commit: str) -> None:
        for text in (GROWTH, GROWTH.replace("12 MB", "10500 kB")):
            post_check_run(client(github), REPOSITORY, as_check_run(report(text), commit=commit, key=None))

        (shown,) = github.emulator.check_runs(commit)
        assert shown["conclusion"] == "success"

    def test_annotations_come_in_batches_of_fifty(self, github: PretendGitHub, commit: str) -> None:
        post_check_run(client(github), REPOSITORY, as_check_run(report(grown(120)), commit=commit, key=None))

        # What GitHub adds up, the emulator lets the last one replace: so the requests are looked at.
        bodies = [json.loads(exchange.request.body) for exchange in github.exchanges]
        batches = [body["output"]["annotations"] for body in bodies]
        assert github.writes() == ["POST", "PATCH", "PATCH"]
        assert [len(batch) for batch in batches] == [50, 50, 20]
        assert sorted(each["start_line"] for batch in batches for each in batch) == list(range(1, 121))

    def test_a_fault_among_the_batches_leaves_the_verdict(self, github: PretendGitHub, commit: str) -> None:
        github.faults.append(Fault(says(403, "Resource not accessible by integration"), method="PATCH"))
        with pytest.raises(PublishError, match="add annotations to a check run"):
            post_check_run(
                client(github), REPOSITORY, as_check_run(report(grown(60)), commit=commit, key=None)
            )

        (shown,) = github.emulator.check_runs(commit)
        assert (shown["conclusion"], len(shown["annotations"])) == ("failure", 50)

    def test_checks_of_several_configurations_stand_side_by_side(
        self, github: PretendGitHub, commit: str
    ) -> None:
        for key in ("api", "web"):
            post_check_run(client(github), REPOSITORY, as_check_run(report(GROWTH), commit=commit, key=key))

        assert {run["name"] for run in github.emulator.check_runs(commit)} == {
            "bloatcheck api",
            "bloatcheck web",
        }

    def test_a_workflow_takes_no_other_ones_failure_away(self, github: PretendGitHub, commit: str) -> None:
        for text, workflow in ((GROWTH, "size.yml"), (GROWTH.replace("12 MB", "10500 kB"), "nightly.yaml")):
            check = as_check_run(
                report(text), commit=commit, key=None, workflow=f".github/workflows/{workflow}"
            )
            post_check_run(client(github), REPOSITORY, check)

        conclusions = {run["name"]: run["conclusion"] for run in github.emulator.check_runs(commit)}
        assert conclusions == {"bloatcheck size": "failure", "bloatcheck nightly": "success"}

    @pytest.mark.parametrize(
        ("text", "enforced", "conclusion"),
        [
            (GROWTH, True, Conclusion.FAILURE),
            (GROWTH, False, Conclusion.NEUTRAL),
            (GROWTH.replace("fail", "warn"), True, Conclusion.NEUTRAL),
            ("image api\n 10 MB RUN make", True, Conclusion.SUCCESS),
            ("image api failed build: exit code 1", False, Conclusion.FAILURE),
        ],
    )
    def test_it_concludes_what_the_exit_code_says(
        self, text: str, *, enforced: bool, conclusion: Conclusion
    ) -> None:
        check = as_check_run(report(text, enforced=enforced), commit="a" * 40, key=None)
        assert check.conclusion is conclusion

    def test_its_texts_fit_however_long_the_report_is(self) -> None:
        name = "x" * 400
        text = "\n".join(
            f'image "{name}{n}"\n limit content fail 1 B\n 1 MB RUN {"y" * 300}' for n in range(900)
        )
        check = as_check_run(report(text, key="k"), commit="a" * 40, key="k" * 300)
        assert len(check.summary) <= 65_535
        assert len(check.title) <= 255
        assert len(check.name) <= 100


Call = Callable[[PretendGitHub, Patience], object]


def _make_check_run(github: PretendGitHub, patience: Patience) -> object:
    commit = "0123456789" * 4
    check = Check(
        name="bloatcheck", head_sha=commit, conclusion=Conclusion.SUCCESS, title="fine", summary="fine"
    )
    return post_check_run(client(github, patience), REPOSITORY, check)


def _find_pull_request(github: PretendGitHub, patience: Patience) -> object:
    return open_pull_requests(
        client(github, patience), REPOSITORY, head_repository=FORK, head_branch="x", head_sha="a" * 40
    )


@pytest.mark.parametrize(
    ("call", "permission"),
    [(_make_check_run, "checks: write"), (_find_pull_request, "pull-requests: read")],
    ids=["check run", "pull request"],
)
class TestFaults:
    @pytest.mark.parametrize(
        ("fault", "told", "hint"),
        [
            (bad_credentials(), r"\(status 401\): Bad credentials", "renew"),
            (Fault(read_only_token().effect), r"\(status 403\): Resource not accessible", "PERMISSION"),
            (not_found(), r"\(status 404\): Not Found", "PERMISSION"),
            (Fault(unprocessable().effect), r"\(status 422\): Validation Failed; no", "tell us"),
            (server_error(502, times=9), r"GitHub failed to .* \(status 502\)", "GitHub's side"),
            (too_many_requests("3600"), r"\(status 429\): You are too quick", "later"),
            (Fault(secondary_limit("3600").effect), r"\(status 403\): You have exceeded a sec", "later"),
            (Fault(Cut()), r"the connection failed or was cut", "reachable"),
            (Fault(Reply(200, b"null", lawful=False)), r"not what GitHub's API gives", "GITHUB_API_URL"),
        ],
        ids=["401", "403", "404", "422", "502", "429", "secondary-limit", "cut", "no-json-of-githubs"],
    )
    def test_a_refusal_says_what_and_what_to_do(
        self, github: PretendGitHub, call: Call, permission: str, *, fault: Fault, told: str, hint: str
    ) -> None:
        github.faults.append(replace(fault))
        with pytest.raises(PublishError, match=told) as caught:
            call(github, QUICK)

        assert re.search(hint.replace("PERMISSION", permission), caught.value.hint or "")
        assert BOT_TOKEN not in str(caught.value)

    @pytest.mark.parametrize(
        "fault",
        [
            too_many_requests("1"),
            Fault(secondary_limit("1").effect, times=1),
            server_error(503, times=2),
            Fault(Cut(), times=2),
        ],
        ids=["429", "secondary-limit", "503", "cut"],
    )
    def test_a_passing_fault_is_waited_out(
        self, github: PretendGitHub, call: Call, permission: str, fault: Fault
    ) -> None:
        assert permission
        github.faults.append(replace(fault))
        call(github, QUICK)

    def test_silence_is_given_up(self, github: PretendGitHub, call: Call, permission: str) -> None:
        assert permission
        github.faults.append(Fault(Wait(3)))
        patience = Patience(answer_seconds=0.3, total_seconds=2, tries=2, first_pause_seconds=0.01)
        start = time.monotonic()
        with pytest.raises(PublishError, match="no answer in time"):
            call(github, patience)

        assert time.monotonic() - start < 2.5
