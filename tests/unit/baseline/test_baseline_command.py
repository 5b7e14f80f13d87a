"""`bloatcheck baseline` on a repository without an engine."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from support.snapshots import entry, layer, snapshot

from bloatcheck.baseline.document import to_json
from bloatcheck.baseline.model import Baseline
from bloatcheck.baseline.store import write_baseline
from bloatcheck.cli.baseline import render_baseline, render_update
from bloatcheck.cli.main import main
from bloatcheck.errors import ExitCode

FILE = ".bloatcheck-baseline.json"
API = entry(snapshot("api", layer(1, 12_345_678), layer(2, 1)), commit="1a2b3c4d" * 5)
WEB = entry(snapshot("web", platform="linux/arm64"))

Run = Callable[..., ExitCode]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def show(*arguments: str) -> ExitCode:
    return main(["baseline", "show", *arguments])


def test_show_has_a_line_for_each_image(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_baseline(root, FILE, [API, WEB])
    assert show() is ExitCode.OK
    assert (
        capsys.readouterr().out
        == """\
.bloatcheck-baseline.json

  IMAGE  PLATFORM        SIZE  LAYERS  COMMIT        MEASURED
  api    linux/amd64  12.3 MB       2  1a2b3c4d1a2b  2026-01-31
  web    linux/arm64      0 B       0  1a2b3c4       2026-01-31
"""
    )


def test_show_json_is_the_document(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_baseline(root, FILE, [API, WEB])
    assert show("--json") is ExitCode.OK
    assert capsys.readouterr().out == (root / FILE).read_text()


def test_show_json_makes_one_document_of_a_folder(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / ".bloatcheck.yml").write_text("version: 1\nbaseline: ci/\n")
    write_baseline(root, "ci/", [API, WEB])
    assert show("--json") is ExitCode.OK
    assert capsys.readouterr().out == to_json([API, WEB])


def test_show_says_how_to_make_a_baseline(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert root.exists()
    assert show() is ExitCode.OK
    assert "there is no baseline yet. To make one: bloatcheck baseline update" in capsys.readouterr().out
    assert show("--json") is ExitCode.OK
    assert json.loads(capsys.readouterr().out)["images"] == []


def test_show_reads_the_baseline_at_a_commit(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_baseline(root, FILE, [API])
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@example.org")
    for command in (
        ("init", "-q"),
        ("add", FILE),
        ("commit", "-q", "-m", "x", "--date=2026-01-31T00:00:00Z"),
    ):
        subprocess.run([*git, *command], check=True)
    write_baseline(root, FILE, [WEB])
    assert show("--ref", "HEAD") is ExitCode.OK
    out = capsys.readouterr().out
    assert out.startswith(".bloatcheck-baseline.json at ")
    assert ", committed 20" in out
    assert "api" in out
    assert "web" not in out


@pytest.mark.parametrize("ref", ["nope", "--exec=x", "-"])
def test_a_commit_that_is_not_there_is_an_error(
    root: Path, capsys: pytest.CaptureFixture[str], ref: str
) -> None:
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    assert show(f"--ref={ref}") is ExitCode.USAGE
    assert f"no commit '{ref}' in this repository" in capsys.readouterr().err


@pytest.mark.parametrize("action", ["show", "update"])
def test_a_foreign_file_is_an_error_and_stays(
    root: Path, capsys: pytest.CaptureFixture[str], action: str
) -> None:
    """`update` finds out before it builds anything: there is no engine in this test."""
    (root / FILE).write_text('{"name": "package"}')
    assert main(["baseline", action]) is ExitCode.USAGE
    assert f"{FILE}: this is not a baseline of bloatcheck" in capsys.readouterr().err
    assert (root / FILE).read_text() == '{"name": "package"}'


def test_an_update_tells_what_changed() -> None:
    larger = entry(snapshot("api", layer(1, 12_400_000)))
    new = entry(snapshot("new", layer(9, 500)))
    before, after = Baseline(entries=(API, WEB)), Baseline(entries=(larger, new))
    assert (
        render_update(before, after, ["b.json"])
        == """\
api on linux/amd64: 12.4 MB (+54.3 kB)
new on linux/amd64: 500 B, new
web on linux/arm64: dropped, no longer configured
Written: b.json. Commit it to accept these sizes.
"""
    )
    assert render_update(before, before, ()) == "Nothing changed.\n"


def test_an_update_tells_what_moved_too_little_and_how_to_renew_it_all_the_same() -> None:
    more = entry(snapshot("api", layer(1, API.snapshot.content_size + 1)))
    before = Baseline(entries=(API,))
    assert (
        render_update(before, before, (), [more])
        == """\
api on linux/amd64: +1 B is within the tolerance; to renew it all the same: --image api
Nothing changed.
"""
    )


def test_no_name_reaches_the_terminal_as_it_is() -> None:
    hostile = entry(snapshot("\x1b[2J\u202ex", layer(1)))
    texts = [
        render_baseline(Baseline(entries=(hostile,)), "\x1b[31mpath", columns=80),
        render_update(Baseline(), Baseline(entries=(hostile,)), ["\x1b]0;x"]),
        render_update(Baseline(entries=(hostile,)), Baseline(), ()),
    ]
    for text in texts:
        assert all(character.isprintable() or character == "\n" for character in text)


@pytest.mark.parametrize("arguments", [[], ["show"], ["update"]])
def test_help_has_a_description(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["baseline", *arguments, "--help"])
    assert caught.value.code == 0
    assert "aseline" in capsys.readouterr().out
