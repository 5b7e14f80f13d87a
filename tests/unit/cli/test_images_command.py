"""`bloatcheck images` tells what would be built and why, and builds nothing."""

import json
from pathlib import Path

import pytest

from bloatcheck.cli.main import main
from bloatcheck.errors import ExitCode


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in {
        "api/Dockerfile": "FROM debian:12 AS final\nCOPY go.mod cmd/*.go ./\nCOPY --from=x a b\n",
        "api/.dockerignore": ".git\n",
        "compose.yaml": "services: {web: {build: {context: api, target: final, args: {TOKEN: $SECRET}}}}\n",
        ".bloatcheck.yml": "version: 1\nimages:\n- {name: api, context: api}\n- {name: old, image: old}\n",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setenv("SECRET", "s3cret")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("root")
def test_what_is_listed_is_told_with_what_can_not_be_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["images"]) is ExitCode.OK
    assert (
        capsys.readouterr().out
        == """\
api
  found   listed in .bloatcheck.yml:3
  build   api/Dockerfile in api
  inputs  can't be told: go.mod is not there
  run     built: go.mod is not there
old
  found   listed in .bloatcheck.yml:4
  read    old
"""
    )


def test_what_there_is_is_told_without_regard_to_the_configuration(
    root: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("go.mod", "cmd/a.go", "cmd/b.go"):
        (root / "api" / name).parent.mkdir(exist_ok=True)
        (root / "api" / name).write_text("")
    assert main(["images", "--discover", "--json"]) is ExitCode.OK
    out = capsys.readouterr().out
    assert json.loads(out) == {
        "images": [
            {
                "name": "web",
                "source": "service 'web' of 'compose.yaml'",
                "file": "compose.yaml",
                "platforms": [],
                "dockerfile": "api/Dockerfile",
                "context": "api",
                "target": "final",
                "args": ["TOKEN"],
                "inputs": ["api/Dockerfile", "api/.dockerignore", "api/cmd/*.go", "api/go.mod"],
                "files": [
                    "api/.dockerignore",
                    "api/Dockerfile",
                    "api/cmd/a.go",
                    "api/cmd/b.go",
                    "api/go.mod",
                ],
                "unresolved": None,
            }
        ],
        "notes": [],
    }
    assert "s3cret" not in out


@pytest.mark.usefixtures("root")
def test_only_some_can_be_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["images", "--image", "o*"]) is ExitCode.OK
    assert capsys.readouterr().out.startswith("old\n")
    assert main(["images", "--discover", "--image", "o*"]) is ExitCode.USAGE


def test_the_only_dockerfile_needs_no_configuration(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / ".bloatcheck.yml").unlink()
    (root / "Dockerfile").write_text("FROM scratch\n")
    assert main(["images"]) is ExitCode.OK
    assert "found   the only Dockerfile at the root" in capsys.readouterr().out


def test_nothing_of_a_compose_file_reaches_the_terminal_raw(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "compose.yaml").write_text('services: {"\\e[2Jx\\n::error::": {build: api}}\n')
    assert main(["images", "--discover"]) is ExitCode.OK
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "\n::error" not in out
