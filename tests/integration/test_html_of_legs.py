"""The page of a merged report, and of a kept one, is as fine as the page that the run itself wrote."""

from __future__ import annotations

import base64
import json
import re
import zlib
from pathlib import Path

import pytest
from support.image_builder import ImageUnderTest, files, layout_of

from bloatcheck.cli.main import main
from bloatcheck.errors import ExitCode

DATA = re.compile(r'<script type="application/json" id="data">"([^"]*)"')


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with two images, each of which has changed since its baseline."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for variable in ("GITHUB_ACTIONS", "GITHUB_TOKEN", "BLOATCHECK_TOKEN"):
        monkeypatch.delenv(variable, raising=False)
    (tmp_path / ".bloatcheck.yml").write_text(
        'version: 1\nimages: [{name: api, image: "oci:api"}, {name: web, image: "oci:web"}]\n'
    )
    for name in ("api", "web"):
        layout_of(ImageUnderTest([files(**{f"srv/{name}.js": b"a" * 3_000})])).write(tmp_path / name)
    assert main(["baseline", "update", "--quiet"]) is ExitCode.OK
    (tmp_path / "api").rename(tmp_path / "old")
    new = files(**{"srv/api.js": b"a" * 5_000, "srv/new.js": b"n" * 1_200})
    layout_of(ImageUnderTest([new])).write(tmp_path / "api")
    return tmp_path


def legs(home: Path) -> None:
    for name in ("api", "web"):
        arguments = ["run", "--quiet", "--leg", "--image", name, "--report-dir", str(home / "legs" / name)]
        assert main(arguments) is ExitCode.OK


def drawn(page: Path) -> list[object]:
    """The maps of a page."""
    found = DATA.search(page.read_text())
    assert found
    images = json.loads(zlib.decompress(base64.b64decode(found[1])))["images"]
    return [image["drawing"] for image in images]


def test_merged_legs_show_every_file(home: Path) -> None:
    legs(home)
    assert main(["merge", "legs", "--quiet", "--report-dir", "merged"]) is ExitCode.OK
    assert main(["run", "--quiet", "--report-dir", "whole"]) is ExitCode.OK
    assert drawn(home / "merged" / "report.html") == drawn(home / "whole" / "report.html")
    assert "new.js" in str(drawn(home / "merged" / "report.html"))


def test_a_list_that_cannot_be_read_costs_its_images_map_and_nothing_else(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    legs(home)
    (home / "legs" / "api" / "files.json").write_text("{")
    (home / "legs" / "web" / "files.json").unlink()
    (home / "legs" / "web" / "files.json").symlink_to("/etc/passwd")
    assert main(["merge", "legs", "--report-dir", "merged"]) is ExitCode.OK
    assert "the map shows what the report has" in capsys.readouterr().err
    assert len(drawn(home / "merged" / "report.html")) == 2
    assert not (home / "merged" / "files.json").exists()


def test_a_kept_report_makes_the_same_page_again(home: Path) -> None:
    assert main(["run", "--quiet", "--report-dir", "whole"]) is ExitCode.OK
    page = home / "whole" / "report.html"
    written = page.read_text()
    page.unlink()
    assert main(["report", "whole", "--quiet"]) is ExitCode.OK
    assert page.read_text() == written
