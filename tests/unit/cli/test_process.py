"""The program as a process: closed and full streams, signals, and a folder that is gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bloatcheck.cli import inspect
from bloatcheck.cli.main import main, run_as_process
from bloatcheck.errors import ExitCode


@pytest.fixture
def restored_signals() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("restored_signals")
@pytest.mark.parametrize(
    ("before", "code"), [(signal.SIG_DFL, ExitCode.INTERNAL), (signal.SIG_IGN, ExitCode.OK)]
)
def test_a_terminal_that_is_closed_ends_it_unless_nohup_said_otherwise(
    monkeypatch: pytest.MonkeyPatch, before: signal.Handlers, code: ExitCode
) -> None:
    def wait(_: object) -> ExitCode:
        os.kill(os.getpid(), signal.SIGHUP)
        return ExitCode.OK

    monkeypatch.setattr(inspect, "execute", wait)
    signal.signal(signal.SIGHUP, before)
    assert run_as_process(["inspect", "api"]) is code


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&- <&-"])
def test_a_closed_stream_changes_no_exit_code(tmp_path: Path, closed: str) -> None:
    command = f'"$0" -m bloatcheck inspect oci:"$1" {closed}'
    done = subprocess.run(
        ["sh", "-c", command, sys.executable, tmp_path / "nothing"], capture_output=True, check=False
    )
    assert done.returncode == ExitCode.UNREADABLE
    assert b"fault" not in done.stdout + done.stderr


def test_a_full_disk_behind_stdout_is_told_and_no_fault_of_ours() -> None:
    with Path("/dev/full").open("wb") as stdout:
        done = subprocess.run(
            [sys.executable, "-m", "bloatcheck", "config", "schema"],
            stdout=stdout,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == ExitCode.INTERNAL
    assert done.stderr.startswith(
        b"bloatcheck: no room to write: [Errno 28] No space left on device\n  hint: "
    )
    assert b"fault" not in done.stderr


def test_a_folder_that_is_gone_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert main(["config", "check"]) is ExitCode.USAGE
    assert "the current directory is no longer there" in capsys.readouterr().err
