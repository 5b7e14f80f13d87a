"""What is misspelt on the command line is answered with what was meant, and that command's usage."""

from __future__ import annotations

import pytest

from bloatcheck.cli.main import COMMANDS, main
from bloatcheck.errors import ExitCode


def refused(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    with pytest.raises(SystemExit) as stopped:
        main(argv)
    assert stopped.value.code == ExitCode.USAGE
    out, err = capsys.readouterr()
    assert out == ""
    return err


@pytest.mark.parametrize(
    ("argv", "usage", "meant"),
    [
        (["runn"], "bloatcheck [-h]", "run"),
        (["run", "--imgae", "x"], "bloatcheck run", "--image"),
        (["run", "--report-dri=out"], "bloatcheck run", "--report-dir"),
        (["run", "--ci", "gihub"], "bloatcheck run", "github"),
        (["baseline", "shwo"], "bloatcheck baseline", "show"),
        (["baseline", "show", "--histroy"], "bloatcheck baseline show", "--history"),
    ],
)
def test_what_was_meant_is_named_with_the_usage_of_that_command(
    capsys: pytest.CaptureFixture[str], argv: list[str], usage: str, meant: str
) -> None:
    told = refused(capsys, *argv)
    assert told.startswith(f"usage: {usage}")
    assert told.endswith(f"; did you mean {meant}?\n")


def test_what_is_like_nothing_is_only_refused(capsys: pytest.CaptureFixture[str]) -> None:
    told = refused(capsys, "plan", "--zzz")
    assert told.startswith("usage: bloatcheck plan")
    assert told.endswith("bloatcheck plan: error: unrecognized arguments: --zzz\n")


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_every_command_has_examples(capsys: pytest.CaptureFixture[str], command: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([command, "--help"])
    assert stopped.value.code == 0
    assert f"examples:\n  bloatcheck {command}" in capsys.readouterr().out.replace('echo "matrix=$(', "")
