"""From a repository with a Dockerfile to a pull request that is checked: real git, act and engine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.content import filler
from support.github.act import Artifacts, plain, run_workflow
from support.github.emulator import BOT, BOT_TOKEN
from support.github.proxy import PretendGitHub, pretend_github
from support.github.repository import UsersRepository

pytestmark = pytest.mark.engine

KB = 1000
OFFLINE = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "http.proxy", "GIT_CONFIG_VALUE_0": "127.0.0.1:9"}
"""`bloatcheck init` asks GitHub for the commit of our action, and does without where it can't."""


@pytest.fixture
def github() -> Iterator[PretendGitHub]:
    with pretend_github() as running:
        yield running
        assert running.violations == []


def bloatcheck(repository: UsersRepository, *arguments: str) -> str:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    done = subprocess.run(
        [sys.executable, "-m", "bloatcheck", *arguments],
        cwd=repository.path,
        env={**environ, **OFFLINE},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_what_init_writes_checks_the_next_pull_request(github: PretendGitHub, tmp_path: Path) -> None:
    repository = UsersRepository.create(
        tmp_path / "hello",
        {
            "services/api/Dockerfile": "FROM scratch\nCOPY app /app\n",
            "services/api/app": filler(b"a", 3000 * KB),
        },
    )
    told = bloatcheck(repository, "init")
    assert ".github/workflows/bloatcheck.yml" in told
    repository.commit("Check image sizes")
    number = github.emulator.open_pull_request()
    event = repository.push_to_pull_request(number, {"services/api/app": filler(b"b", 9000 * KB)})
    job = run_workflow(
        repository.path,
        event_name="pull_request",
        event=event,
        token=BOT_TOKEN,
        api_url=github.url,
        home=tmp_path / "run",
        artifacts=Artifacts(tmp_path / "artifacts", 1),
    )

    assert not job.succeeded, job.log
    assert github.emulator.comments(number), job.log
    (comment,) = github.emulator.comments(number)
    assert comment["user"]["login"] == BOT
    body = plain(comment["body"])
    assert "❌ `api` is 9.00 MB, 5.00 MB over the limit of 4.00 MB" in body
    assert "**content-growth**](" in body
    assert ": 5.00 MB over the limit of 1.00 MB" in body
    assert job.outputs("size")["verdict"] == "fail"
