"""`--quiet`: the result is the same, and nothing but warnings and errors stands beside it."""

import json
from pathlib import Path

import pytest
from support.image_builder import ImageUnderTest, classic_archive_files, files, write_archive

from bloatcheck.cli.main import main
from bloatcheck.errors import ExitCode


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, size in (("before", 1000), ("after", 2000)):
        image = ImageUnderTest([files(**{"srv/app": b"x" * size})])
        write_archive(tmp_path / f"{name}.tar", classic_archive_files(image))
    (tmp_path / ".bloatcheck.yml").write_text(
        "version: 1\nimages: [{name: api, image: 'docker-archive:after.tar'}]\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("BLOATCHECK_CACHE", "")
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT", "GITHUB_REPOSITORY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.mark.parametrize(
    "command",
    [
        ["run", "--report-dir", "out"],
        ["inspect", "docker-archive:after.tar"],
        ["inspect", "docker-archive:after.tar", "--tree"],
        ["inspect", "docker-archive:after.tar", "--pull-size"],
        ["diff", "docker-archive:before.tar", "docker-archive:after.tar"],
        ["why", "docker-archive:after.tar", "/srv/app"],
        ["verify", "docker-archive:after.tar"],
    ],
    ids=" ".join,
)
@pytest.mark.usefixtures("repository")
def test_the_result_is_the_same_and_nothing_else_is_said(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command) is ExitCode.OK
    usual = capsys.readouterr()
    assert main([*command, "--quiet"]) is ExitCode.OK
    quiet = capsys.readouterr()
    assert quiet.out == usual.out
    assert not quiet.err


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize("options", [[], ["--quiet"], ["--verbose"]])
def test_with_json_standard_output_is_the_document_alone(
    options: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert main(["run", "--json", *options]) is ExitCode.OK
    assert json.loads(capsys.readouterr().out)["images"][0]["name"] == "api"
