"""Where the report of a run outside of CI lies."""

from pathlib import Path

import pytest

from bloatcheck.ci.shell import SHELL
from bloatcheck.cli.common import desk_folder


def test_one_folder_in_the_cache_for_each_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    found = []
    for name in ("shop", "Käse shop", "shop"):
        (tmp_path / name).mkdir(exist_ok=True)
        monkeypatch.chdir(tmp_path / name)
        found.append(desk_folder(SHELL.name, environment))
    first, other, again = found
    assert first == again != other
    assert first
    assert first.parent == tmp_path / "cache" / "bloatcheck" / "reports"
    assert first.name.startswith("shop-")
    assert desk_folder("github", environment) is None
    assert desk_folder(SHELL.name, {"BLOATCHECK_CACHE": ""}) is None
