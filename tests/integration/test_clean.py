"""`bloatcheck clean` on a real engine: everything of ours goes, and nothing else."""

from __future__ import annotations

import gc
import json
import subprocess
import uuid
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from support.docker_clients import busybox_base, docker

from bloatcheck.build.ours import OurTag
from bloatcheck.cli.main import main
from bloatcheck.errors import ExitCode

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with busybox_base() as name:
        yield name


@dataclass
class Leftovers:
    """What runs of a repository, which is the current directory, left in the engine."""

    base: str
    repository: str
    names: list[str] = field(default_factory=list)
    containers: list[str] = field(default_factory=list)

    def image(self, name: str, *, run: str = "1", parent: str | None = None) -> str:
        """Builds an image under our tag."""
        tag = str(OurTag.of(repository=self.repository, image=name, run=run))
        return self.tagged(tag, parent=parent)

    def tagged(self, tag: str, *, parent: str | None = None) -> str:
        """Builds an image under any tag."""
        dockerfile = f"FROM {parent or self.base}\nENV IMAGE={uuid.uuid4()}\n"
        subprocess.run(
            ["docker", "build", "--quiet", "--force-rm", f"--tag={tag}", "-"],
            input=dockerfile.encode(),
            capture_output=True,
            check=True,
        )
        self.names.append(tag)
        return tag

    def container(self, image: str, *, running: bool = False) -> str:
        name = f"bloatcheck-test-{uuid.uuid4().hex}"
        started = ["run", "--detach"] if running else ["create"]
        docker(*started, "--network=none", f"--name={name}", image, "sleep", "300")
        self.containers.append(name)
        return name

    def remaining(self) -> tuple[set[str], set[str]]:
        """The images and the containers that are still there."""
        images = set(docker("images", "--format={{.Repository}}:{{.Tag}}").split())
        containers = set(docker("ps", "--all", "--format={{.Names}}").split())
        return images & set(self.names), containers & set(self.containers)


@pytest.fixture
def leftovers(base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Leftovers]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    made = Leftovers(base, str(tmp_path.resolve()))
    yield made
    for container in made.containers:
        docker("rm", "--force", container, check=False)
    for name in reversed(made.names):
        docker("rmi", name, check=False)


def clean(*arguments: str) -> ExitCode:
    return main(["clean", *arguments])


def clean_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    clean("--json", *arguments)
    images: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["images"]
    return images


def test_nothing_of_ours_is_said_plainly(leftovers: Leftovers, capsys: pytest.CaptureFixture[str]) -> None:
    assert clean() is ExitCode.OK
    assert capsys.readouterr().out == (
        f"There is no image here that a run for {leftovers.repository} built.\n"
    )


def test_without_yes_it_only_lists(leftovers: Leftovers, capsys: pytest.CaptureFixture[str]) -> None:
    api, _ = leftovers.image("api"), leftovers.image("web")
    container = leftovers.container(api)
    before = leftovers.remaining()

    assert clean() is ExitCode.OK
    header, first, second, _, total = capsys.readouterr().out.splitlines()
    assert header.split() == [
        "IMAGE",
        "REPOSITORY",
        "RUN",
        "IN",
        "ID",
        "SIZE",
        "CREATED",
        "(UTC)",
        "CONTAINERS",
    ]
    assert {first.split()[0], second.split()[0]} == {"api", "web"}
    assert f"{container} (created)" in first + second
    assert total.startswith("Nothing was removed. To remove 2 images, ")
    assert leftovers.remaining() == before


def test_with_yes_containers_go_and_then_their_images(
    leftovers: Leftovers, capsys: pytest.CaptureFixture[str]
) -> None:
    api = leftovers.image("api")
    by_name = leftovers.container(api)
    by_id = leftovers.container(docker("image", "inspect", "--format={{.Id}}", api))

    assert clean("--yes") is ExitCode.OK
    output = capsys.readouterr().out
    assert leftovers.remaining() == (set(), set())
    for container in (by_name, by_id):
        assert f"removed container {container}, which used api (" in output
        assert output.index(container) < output.index("removed api (")


def test_a_second_cleaning_finds_nothing(leftovers: Leftovers) -> None:
    leftovers.image("api")
    assert clean("--yes") is ExitCode.OK
    assert clean("--yes") is ExitCode.OK


def test_running_containers_need_force(leftovers: Leftovers, capsys: pytest.CaptureFixture[str]) -> None:
    api, web = leftovers.image("api"), leftovers.image("web")
    running, stopped = leftovers.container(api, running=True), leftovers.container(api)

    assert clean() is ExitCode.OK
    assert "stays unless --force is given, since a container runs" in capsys.readouterr().out
    assert clean("--yes") is ExitCode.UNREADABLE
    assert f"running: {running}; --force stops and removes it" in capsys.readouterr().out
    assert leftovers.remaining() == ({api}, {running, stopped})
    assert web not in leftovers.remaining()[0]

    assert clean("--yes", "--force") is ExitCode.OK
    assert leftovers.remaining() == (set(), set())


def test_a_paused_container_counts_as_running(leftovers: Leftovers) -> None:
    container = leftovers.container(leftovers.image("api"), running=True)
    docker("pause", container)
    assert clean("--yes") is ExitCode.UNREADABLE
    assert clean("--yes", "--force") is ExitCode.OK
    assert leftovers.remaining() == (set(), set())


def test_an_image_with_another_name_loses_our_tag_only(
    leftovers: Leftovers, capsys: pytest.CaptureFixture[str]
) -> None:
    api = leftovers.image("api")
    other = f"bloatcheck-test/other:{uuid.uuid4().hex}"
    docker("tag", api, other)
    leftovers.names.append(other)
    container = leftovers.container(other, running=True)

    assert clean() is ExitCode.OK
    assert f"has other names, and stays: {other}" in capsys.readouterr().out
    assert clean("--yes", "--force") is ExitCode.OK
    assert "took our tag off api" in capsys.readouterr().out
    assert leftovers.remaining() == ({other}, {container})


def test_an_image_that_is_its_base_leaves_the_base(leftovers: Leftovers, base: str) -> None:
    """`FROM base` alone makes no new image: the base itself gets our tag."""
    tag = str(OurTag.of(repository=leftovers.repository, image="api", run="1"))
    docker("tag", base, tag)
    leftovers.names.append(tag)
    assert clean("--yes", "--force") is ExitCode.OK
    assert leftovers.remaining()[0] == set()
    assert docker("image", "inspect", "--format={{.Id}}", base)


def test_an_image_of_many_runs_loses_all_its_tags(
    leftovers: Leftovers, capsys: pytest.CaptureFixture[str]
) -> None:
    api = leftovers.image("api")
    for run in ("2", "3"):
        tag = str(OurTag.of(repository=leftovers.repository, image="api", run=run))
        docker("tag", api, tag)
        leftovers.names.append(tag)
    assert clean("--yes") is ExitCode.OK
    assert "1 and 2 more" in capsys.readouterr().out
    assert leftovers.remaining()[0] == set()


def test_what_others_built_on_ours_stays_with_its_containers(
    leftovers: Leftovers, capsys: pytest.CaptureFixture[str]
) -> None:
    api = leftovers.image("api")
    theirs = leftovers.tagged(f"bloatcheck-test/theirs:{uuid.uuid4().hex}", parent=api)
    container = leftovers.container(theirs, running=True)
    assert clean("--yes", "--force") is ExitCode.OK
    assert leftovers.remaining() == ({theirs}, {container})
    assert docker("run", "--rm", "--network=none", theirs, "echo", "works") == "works"
    assert "api (" in capsys.readouterr().out


def test_what_we_built_on_ours_goes_too(leftovers: Leftovers) -> None:
    child = leftovers.image("web", parent=leftovers.image("api"))
    leftovers.container(child)
    assert clean("--yes") is ExitCode.OK
    assert leftovers.remaining() == (set(), set())


def test_other_repositories_are_left_alone_unless_asked_for(
    leftovers: Leftovers, capsys: pytest.CaptureFixture[str]
) -> None:
    other = OurTag.of(repository=f"elsewhere/{uuid.uuid4()}", image="api", run="1")
    leftovers.tagged(str(other))
    assert clean("--yes") is ExitCode.OK
    capsys.readouterr()
    assert leftovers.remaining()[0] == {str(other)}
    listed = clean_json(capsys, "--all-repositories")
    assert str(other) in [tag for image in listed for tag in image["tags"]]


def test_json_tells_what_is_there_and_what_became_of_it(
    leftovers: Leftovers, capsys: pytest.CaptureFixture[str]
) -> None:
    api = leftovers.image("api")
    container = leftovers.container(api, running=True)
    (image,) = clean_json(capsys)
    assert image["id"] == docker("image", "inspect", "--format={{.Id}}", api)
    assert image["tags"] == [api]
    assert image["engine_size"] > 1_000_000
    assert image["outcome"] is None
    assert [(one["name"], one["running"]) for one in image["containers"]] == [(container, True)]

    (skipped,) = clean_json(capsys, "--yes")
    assert (skipped["outcome"], skipped["reason"]) == ("skipped", f"running: {container}")
    (removed,) = clean_json(capsys, "--yes", "--force")
    assert removed["outcome"] == "removed"
    assert removed["removed_containers"] == [image["containers"][0]["id"]]
    assert clean_json(capsys) == []


def test_no_engine_is_told_with_its_cure(
    leftovers: Leftovers, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nonexistent/socket")
    monkeypatch.setenv("PATH", "/nonexistent")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # docker-py drops the socket it can't connect
        assert clean() is ExitCode.UNREADABLE
        gc.collect()
    assert "no container engine answers at unix:///nonexistent/socket" in capsys.readouterr().err
    assert leftovers.names == []
