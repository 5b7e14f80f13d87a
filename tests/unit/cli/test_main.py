"""The program's frame: what a caller gets whatever happens inside."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.image_builder import ImageUnderTest, files, layout_of, sha256

from bloatcheck.cli import inspect
from bloatcheck.cli.main import main, run_as_process
from bloatcheck.cli.stdout import tell, tell_json
from bloatcheck.errors import ExitCode

IMAGE = ImageUnderTest([files(a=b"x" * 2000), files(b=b"y")])


@pytest.fixture
def damaged(tmp_path: Path) -> str:
    """An image of which `verify` finds a layer missing: exit code 3."""
    layout = layout_of(IMAGE)
    del layout.files["blobs/" + sha256(IMAGE.layers[0]).replace(":", "/")]
    return f"oci:{layout.write(tmp_path / 'layout')}"


@pytest.fixture
def restored_signals() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize("before", [None, "github"])
def test_a_ci_that_is_named_for_one_command_is_not_named_for_the_next(
    before: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BLOATCHECK_CI", raising=False)
    if before:
        monkeypatch.setenv("BLOATCHECK_CI", before)
    assert main(["run", "--ci", "shell"]) is ExitCode.USAGE
    assert os.environ.get("BLOATCHECK_CI") == before


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_reader_who_stops_reading_does_not_turn_a_failure_into_a_success(
    damaged: str, options: tuple[str, ...]
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as stdout:
        done = subprocess.run(
            [sys.executable, "-m", "bloatcheck", "verify", damaged, *options],
            stdout=stdout,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (done.returncode, done.stderr) == (ExitCode.UNREADABLE, b"")


def test_a_reader_who_stops_reading_is_no_fault() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as stdout:
        done = subprocess.run(
            [sys.executable, "-m", "bloatcheck", "config", "schema"],
            stdout=stdout,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (done.returncode, done.stderr) == (ExitCode.OK, b"")


@pytest.mark.parametrize("on_github", [True, False])
def test_a_fault_is_told_in_harmless_words(
    on_github: bool,  # noqa: FBT001 - a parameter of the test
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(_: object) -> ExitCode:
        raise RuntimeError("boom\n::add-mask::a\x1b[2J\n##[add-mask]b")

    monkeypatch.setattr(inspect, "execute", fail)
    monkeypatch.delenv("BLOATCHECK_DEBUG", raising=False)
    monkeypatch.setenv("GITHUB_ACTIONS", str(on_github).lower())

    assert main(["inspect", "api"]) is ExitCode.INTERNAL
    out, err = capsys.readouterr()
    assert err.startswith("bloatcheck: this is a fault in bloatcheck itself: RuntimeError: boom\n")
    assert "\x1b" not in err
    if on_github:
        assert out.startswith("::error title=bloatcheck::this is a fault")
        assert out.count("\n") == 1
        assert not any(line.startswith("::") or "##[" in line for line in err.splitlines())
    else:
        assert out == ""


def test_what_stdout_cannot_encode_is_no_fault(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "bloatcheck",
            "inspect",
            f"oci:{layout_of(IMAGE).write(tmp_path / ('ö' * 60))}",
        ],
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (ExitCode.OK, b"")
    assert b"? (linux/amd64)\n2.00 kB in 2 layers" in done.stdout


@pytest.mark.usefixtures("restored_signals")
def test_a_process_that_is_told_to_end_ends_as_with_ctrl_c(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def wait(_: object) -> ExitCode:
        os.kill(os.getpid(), signal.SIGTERM)
        return ExitCode.OK

    monkeypatch.setattr(inspect, "execute", wait)
    assert run_as_process(["inspect", "api"]) is ExitCode.INTERNAL
    assert capsys.readouterr().err == "bloatcheck: interrupted\n"


@pytest.mark.parametrize("on_github", [True, False])
def test_json_on_stdout_is_no_command_and_has_the_same_values(
    on_github: bool,  # noqa: FBT001 - a parameter of the test
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", str(on_github).lower())
    value = {"instruction": ["##[add-mask]x", "###[group]\\", "::error::y"]}
    tell_json(json.dumps(value, indent=2))
    out = capsys.readouterr().out
    assert json.loads(out) == value
    assert ("##[" in out) is not on_github
    assert not any(line.lstrip().startswith("::") for line in out.splitlines())


def test_text_on_stdout_is_no_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    tell("one\n  ::error::two\nthree ##[group]")
    assert capsys.readouterr().out == "one\n>   ::error::two\nthree ## [group]\n"


def test_a_log_that_nobody_reads_does_not_turn_a_failure_into_a_success(damaged: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as unread:
        done = subprocess.run(
            [sys.executable, "-c", _LOGS, damaged], stdout=unread, stderr=unread, check=False
        )
    assert done.returncode == ExitCode.UNREADABLE


def test_an_error_that_nobody_reads_keeps_its_exit_code(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as unread:
        done = subprocess.run(
            [sys.executable, "-m", "bloatcheck", "config", "check"],
            cwd=tmp_path,
            stdout=unread,
            stderr=unread,
            check=False,
        )
    assert done.returncode == ExitCode.USAGE


_LOGS = """
import sys
from bloatcheck.cli import verify
from bloatcheck.cli.common import log_for
from bloatcheck.cli.main import run_as_process

execute = verify.execute

def verify_with_a_log(args):
    with log_for(args).group("a group"):
        log_for(args).output("output")
        log_for(args).warning("a warning")
    return execute(args)

verify.execute = verify_with_a_log
sys.exit(run_as_process(["verify", sys.argv[1]]))
"""


def test_without_a_command_the_help_is_shown_and_it_is_no_success(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) is ExitCode.USAGE
    told = capsys.readouterr()
    assert "Begin with `bloatcheck init`" in told.err
    assert not told.out
