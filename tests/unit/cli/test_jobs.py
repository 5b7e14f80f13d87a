"""How many images are built at once, from the command line."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from bloatcheck.cli.jobs import add_jobs_option, with_jobs
from bloatcheck.config.model import Config

CONFIG = Config(root=Path(), images=(), jobs=3)


def parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_jobs_option(parser)
    return parser.parse_args(arguments)


def test_the_option_wins_over_the_configuration() -> None:
    assert with_jobs(CONFIG, parsed("--jobs", "8")).jobs == 8
    assert with_jobs(CONFIG, parsed()).jobs == 3


@pytest.mark.parametrize("text", ["0", "-1", "65", "two", "1.5", "²"])
def test_another_number_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parsed(f"--jobs={text}")
    assert "is no number from 1 to 64" in capsys.readouterr().err
