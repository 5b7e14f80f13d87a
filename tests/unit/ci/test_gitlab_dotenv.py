"""The file of values for later jobs, whatever lies in its place."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bloatcheck.ci.gitlab.dotenv import FILE, MAX_BYTES, write_dotenv
from bloatcheck.errors import PublishError


def test_values_are_added_and_replaced(tmp_path: Path) -> None:
    write_dotenv(tmp_path, {"verdict": "warn", "failed-images": "api"})
    write_dotenv(tmp_path, {"verdict": "fail", "comment-url": "https://gitlab.example/1"})
    assert (tmp_path / FILE).read_text() == (
        "BLOATCHECK_VERDICT=fail\nBLOATCHECK_FAILED_IMAGES=api\nBLOATCHECK_COMMENT_URL=https://gitlab.example/1\n"
    )


@pytest.mark.parametrize("value", ["a\nLD_PRELOAD=/x", "a\rb", "x" * 501, "\x1b[m", "ü"])
def test_what_a_line_can_not_hold_stays_out(tmp_path: Path, value: str) -> None:
    write_dotenv(tmp_path, {"verdict": value})
    assert (tmp_path / FILE).read_text() == ""


@pytest.mark.parametrize(
    "make",
    [
        lambda file: file.symlink_to("/dev/zero"),
        lambda file: file.symlink_to("/proc/self/environ"),
        os.mkfifo,
        lambda file: file.write_text("LD_PRELOAD=/x\nBLOATCHECK_X=\x1b\nPATH=BLOATCHECK_Y=1\n"),
        lambda file: file.write_text("A=" + "x" * MAX_BYTES),
        lambda file: file.write_bytes(b"\xff\xfe\n"),
    ],
)
def test_what_lies_there_gives_a_later_job_nothing(tmp_path: Path, make: Callable[[Path], object]) -> None:
    make(tmp_path / FILE)
    try:
        write_dotenv(tmp_path, {"verdict": "ok"})
    except PublishError:
        assert (tmp_path / FILE).is_symlink()
    else:
        assert (tmp_path / FILE).read_text() == "BLOATCHECK_VERDICT=ok\n"
