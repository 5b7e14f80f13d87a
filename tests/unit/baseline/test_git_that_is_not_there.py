"""Git may be missing, or be no program; both are an answer and no fault of ours."""

from pathlib import Path

import pytest

from bloatcheck.baseline.git import Git


@pytest.mark.parametrize("is_there", [False, True])
def test_without_a_git_that_starts_a_folder_is_no_repository(
    *, is_there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if is_there:
        (tmp_path / "git").touch(mode=0o644)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert not Git(tmp_path).is_repository()
