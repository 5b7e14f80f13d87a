"""`bloatcheck explore` opens a screen where there is one, and says what to do where there is none."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from bloatcheck.cli.main import COMMANDS, main
from bloatcheck.errors import ExitCode


def pretend_a_terminal(monkeypatch: pytest.MonkeyPatch, name: str = "xterm-256color") -> None:
    monkeypatch.setenv("TERM", name)
    for stream in (sys.stdin, sys.stdout):
        monkeypatch.setattr(stream, "isatty", lambda: True)


def test_without_a_terminal_it_names_what_works_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explore", "api"]) is ExitCode.USAGE
    said = capsys.readouterr().err
    assert "needs a terminal" in said
    assert "bloatcheck inspect api --tree" in said


def test_of_two_images_it_names_diff(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explore", "api:2", "--against", "api:1"]) is ExitCode.USAGE
    assert "bloatcheck diff api:1 api:2" in capsys.readouterr().err


def test_a_dumb_terminal_is_none(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_a_terminal(monkeypatch, "dumb")
    assert main(["explore", "api"]) is ExitCode.USAGE
    assert "needs a terminal" in capsys.readouterr().err


@pytest.mark.parametrize("missing", ["textual", "regex"])
def test_without_the_extra_it_says_how_to_install_it(
    missing: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend_a_terminal(monkeypatch)
    there = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *more: None if name == missing else there(name, *more)
    )
    assert main(["explore", "api"]) is ExitCode.USAGE
    assert "pip install 'bloatcheck[explore]'" in capsys.readouterr().err


def test_two_ways_to_name_the_other_image_are_one_too_many(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explore", "a", "b", "--against", "c"]) is ExitCode.USAGE
    assert "two ways" in capsys.readouterr().err


def test_help_says_what_to_use_for_scripts(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["explore", "--help"])
    assert "inspect IMAGE --tree --json" in capsys.readouterr().out


def test_no_other_command_imports_the_extra() -> None:
    commands = ", ".join(f"bloatcheck.cli.{name}" for name in COMMANDS)
    code = f"import sys, {commands}; assert not {{'textual', 'regex', 'rich'}} & sys.modules.keys()"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_is_not_the_screen_needs_no_textual() -> None:
    parts = (Path(__file__).parents[3] / "bloatcheck" / "explore").glob("*.py")
    assert all("textual" not in part.read_text() for part in parts if part.name != "__init__.py")
