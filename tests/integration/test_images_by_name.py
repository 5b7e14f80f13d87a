"""After `bloatcheck run`, what it built is looked at by its name in the configuration."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.docker_clients import docker
from support.git import Repository

from bloatcheck.build.ours import DOMAIN
from bloatcheck.cli.main import main
from bloatcheck.errors import ExitCode

pytestmark = pytest.mark.engine


@pytest.fixture
def name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An image's name that nobody else uses; it is listed in the current directory's configuration."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BLOATCHECK_CI", "shell")
    monkeypatch.setenv("BLOATCHECK_CACHE", str(tmp_path / "cache"))
    made = f"api-{uuid.uuid4().hex[:12]}"
    Path("Dockerfile").write_text("FROM scratch\nCOPY app /usr/bin/app\n")
    Path(".bloatcheck.yml").write_text(f"version: 1\nimages:\n  - name: {made}\n    dockerfile: Dockerfile\n")
    yield made
    images = docker("images", "--format={{.Repository}}:{{.Tag}}").split()
    for image in images:
        if made in image:
            docker("rmi", image, check=False)


def run(name: str, app: str) -> None:
    Path("app").write_text(app)
    assert main(["run", "--all", "--quiet", "--image", name]) is ExitCode.OK


def size_of(name: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Of its only layer, and what was told of it."""
    capsys.readouterr()
    assert main(["inspect", name, "--sizes", "--json"]) is ExitCode.OK
    shown = capsys.readouterr()
    document = json.loads(shown.out)
    assert document["name"] == name
    return document["content_size"], shown.err


def test_every_command_takes_the_name_and_tells_which_build_it_is(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run(name, "app")
    for command in (
        ["inspect", name],
        ["inspect", name, "--tree"],
        ["inspect", name, "--efficiency"],
        ["inspect", name, "--pull-size"],
        ["why", name, "/usr/bin/app"],
        ["diff", name, name],
        ["diff", name, name, "--sizes"],
        ["verify", name],
    ):
        capsys.readouterr()
        assert main(command) is ExitCode.OK
        shown = capsys.readouterr()
        assert f"{name} is the build of a moment ago, {DOMAIN}/" in shown.err
        assert "build of" not in shown.out
        assert DOMAIN not in shown.out


def test_a_build_that_came_whole_from_the_cache_is_the_newest_again(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run(name, "1")
    run(name, "333")
    assert size_of(name, capsys)[0] == 3
    run(name, "1")
    assert size_of(name, capsys)[0] == 1


def test_an_image_of_the_engine_wins(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(name, "1")
    Path("app").write_text("4444")
    docker("build", "--quiet", f"--tag={name}:latest", ".")
    size, told = size_of(name, capsys)
    assert (size, told) == (4, "")


def test_an_id_of_the_engine_wins(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("app").write_text(name)
    docker("build", "--quiet", f"--tag={name}:latest", ".")
    short = docker("image", "inspect", "--format={{.Id}}", name).removeprefix("sha256:")[:12]
    Path(".bloatcheck.yml").write_text(f"version: 1\nimages:\n  - name: x{name}\n  - name: '{short}'\n")
    size, told = size_of(short, capsys)
    assert (size, told) == (len(name), "")


def test_with_a_tag_only_the_engine_is_asked(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(name, "1")
    for reference in (f"{name}:latest", f"docker-daemon:{name}"):
        assert main(["inspect", reference]) is ExitCode.UNREADABLE
        assert "in the configuration" not in capsys.readouterr().err


def test_what_was_not_built_yet_is_told_with_how_to(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", name]) is ExitCode.UNREADABLE
    told = capsys.readouterr().err
    assert f"has no image {name}, and there is no build of this repository's image {name}" in told
    assert f"`bloatcheck run --all --image {name}` builds it" in told


def test_another_repositorys_build_is_none_of_this_one(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(name, "1")
    other = tmp_path / "other"
    other.mkdir()
    for file in ("Dockerfile", ".bloatcheck.yml", "app"):
        (other / file).write_text((tmp_path / file).read_text())
    monkeypatch.chdir(other)
    assert main(["inspect", name]) is ExitCode.UNREADABLE
    assert "there is no build of this repository's image" in capsys.readouterr().err


def test_of_several_platforms_it_is_this_machines_or_the_one_that_is_wanted(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = docker("version", "--format={{.Server.Os}}/{{.Server.Arch}}")
    other = "linux/s390x" if engine != "linux/s390x" else "linux/amd64"
    with Path(".bloatcheck.yml").open("a") as file:
        file.write(f"    platforms: [{other}, {engine}]\n")
    Path("app").write_text("1")
    assert main(["run", "--all", "--quiet", "--image", name, "--platform", other]) is ExitCode.OK
    assert main(["inspect", name]) is ExitCode.UNREADABLE
    assert f"there are builds of {name} for {other}, and none for {engine}" in capsys.readouterr().err
    assert main(["inspect", name, "--sizes", "--platform", other]) is ExitCode.OK
    assert f"{name} ({other})" in capsys.readouterr().out

    run(name, "22")
    assert main(["inspect", name, "--sizes"]) is ExitCode.OK
    assert f"{name} ({engine})" in capsys.readouterr().out
    assert main(["inspect", name, "--platform", "linux/mips"]) is ExitCode.USAGE
    assert f"not listed for linux/mips\n  hint: it is for {other}, {engine}" in capsys.readouterr().err


def test_two_work_trees_of_one_origin_are_one_repository(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    repository = Repository(tmp_path)
    repository.git("init", "--quiet")
    repository.git("remote", "add", "origin", f"https://git.example/acme/{name}.git")
    repository.git("add", "Dockerfile", ".bloatcheck.yml")
    repository.git("commit", "--quiet", "--message=first")
    repository.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "tree"))
    run(name, "1")
    monkeypatch.chdir(tmp_path / "tree")
    run(name, "22")
    assert size_of(name, capsys)[0] == 2
    monkeypatch.chdir(tmp_path)
    assert size_of(name, capsys)[0] == 2
