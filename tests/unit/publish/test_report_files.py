"""Report files appear whole, where they should, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from bloatcheck.errors import PublishError
from bloatcheck.publish.files import write_files


def test_they_are_written_and_their_paths_returned(tmp_path: Path) -> None:
    paths = write_files(tmp_path / "a" / "b", {"report.json": "{}", "comment.md": "Grüße\n"})

    assert paths == {
        "report.json": tmp_path / "a/b/report.json",
        "comment.md": tmp_path / "a/b/comment.md",
    }
    assert paths["comment.md"].read_bytes() == "Grüße\n".encode()
    assert paths["comment.md"].stat().st_mode & 0o777 == 0o644


def test_they_replace_older_ones_and_leave_no_litter(tmp_path: Path) -> None:
    write_files(tmp_path, {"report.json": "old"})
    write_files(tmp_path, {"report.json": "new"})

    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]
    assert (tmp_path / "report.json").read_text() == "new"


def test_a_symbolic_link_in_their_place_is_replaced_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "precious"
    outside.write_text("precious")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "report.json").symlink_to(outside)
    write_files(tmp_path / "out", {"report.json": "{}"})

    assert outside.read_text() == "precious"
    assert (tmp_path / "out" / "report.json").read_text() == "{}"


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "a\\b", "a\0b"])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="no plain file name"):
        write_files(tmp_path, {name: ""})


def test_half_a_character_does_not_stop_the_report(tmp_path: Path) -> None:
    write_files(tmp_path, {"comment.md": "\ud800"})
    assert (tmp_path / "comment.md").read_text() == "?"


def test_a_directory_that_can_not_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(PublishError, match=r"can't be written into .*file") as caught:
        write_files(tmp_path / "file", {"report.json": "{}"})
    assert caught.value.hint


def test_a_failed_write_leaves_no_litter(tmp_path: Path) -> None:
    (tmp_path / "report.json").mkdir()
    with pytest.raises(PublishError):
        write_files(tmp_path, {"report.json": "{}"})
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]
