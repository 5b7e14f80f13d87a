"""The job summary takes what fits, after what is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from bloatcheck.errors import PublishError
from bloatcheck.publish.github.step_summary import (
    MAX_STEP_SUMMARY_BYTES,
    append_step_summary,
    step_summary_room,
)


@pytest.fixture
def summary(tmp_path: Path) -> Path:
    return tmp_path / "summary"


def test_it_is_added_after_what_another_tool_wrote(summary: Path) -> None:
    summary.write_text("# Tests\n- all well")
    append_step_summary(summary, "# Sizes\n")

    assert summary.read_text() == "# Tests\n- all well\n\n# Sizes\n"


def test_the_first_one_needs_no_file(summary: Path) -> None:
    append_step_summary(summary, "# Sizes")
    assert summary.read_text() == "# Sizes\n"


@pytest.mark.parametrize("used", [0, 1, 500_000, MAX_STEP_SUMMARY_BYTES - 10])
def test_what_fits_the_room_stays_within_the_limit(summary: Path, used: int) -> None:
    summary.write_bytes(b"x" * used)
    append_step_summary(summary, "ö" * (step_summary_room(summary) // 2))

    assert used < summary.stat().st_size <= MAX_STEP_SUMMARY_BYTES


def test_one_byte_more_is_refused_and_nothing_written(summary: Path) -> None:
    summary.write_text("before")
    with pytest.raises(PublishError, match=r"has room for 1,048,567 more bytes"):
        append_step_summary(summary, "x" * (step_summary_room(summary) + 1))
    assert summary.read_text() == "before"


def test_a_full_one_has_no_room(summary: Path) -> None:
    summary.write_bytes(b"x" * (MAX_STEP_SUMMARY_BYTES + 5))
    assert step_summary_room(summary) == 0


def test_one_that_can_not_be_written_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="can't be written"):
        append_step_summary(tmp_path, "x")
    with pytest.raises(PublishError, match="can't be written"):
        append_step_summary(tmp_path / "no" / "such" / "folder", "x")
