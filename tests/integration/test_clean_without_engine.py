"""`bloatcheck clean` in the storage of buildah and podman: everything of ours goes, and nothing else."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.containers_tools import TOOLS, needed, own_storage
from support.docker_clients import BUSYBOX

from bloatcheck.build.ours import OurTag
from bloatcheck.cli.main import main
from bloatcheck.errors import ExitCode

DOCKERFILE = """\
FROM scratch
COPY busybox /bin/busybox
RUN ["/bin/busybox", "ln", "-s", "busybox", "/bin/sh"]
RUN busybox echo hello > /hello
"""


@dataclass(frozen=True)
class Storage:
    """A storage of its own, seen through one tool, and a repository, which is the current directory."""

    tool: str
    folder: Path
    environment: dict[str, str]

    def run(self, *arguments: str) -> str:
        done = subprocess.run(
            [self.tool, *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def image(self, name: str, *, run: str = "1", repository: str | None = None) -> str:
        """Builds an image under our tag."""
        tag = str(OurTag.of(repository=repository or str(self.folder.resolve()), image=name, run=run))
        isolation = ["--isolation=chroot"] if self.tool == "buildah" else []
        self.run("build", *isolation, "--layers", f"--tag={tag}", ".")
        return tag

    @property
    def images(self) -> list[str]:
        """Names, and `<none>` for each layer that is kept as a cache."""
        name = "Name" if self.tool == "buildah" else "Repository"
        names = self.run("images", "--all", "--noheading", f"--format={{{{.{name}}}}}:{{{{.Tag}}}}").split()
        return sorted(name.removesuffix(":<none>") for name in names)


@pytest.fixture(params=TOOLS)
def storage(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Storage]:
    tool = needed(request.param)
    if not BUSYBOX.exists():
        pytest.skip("there is no busybox: apt-get install busybox-static")
    shutil.copy(BUSYBOX.resolve(), tmp_path / "busybox")
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    with own_storage() as environment:
        for other in {*TOOLS} - {tool}:
            Path(environment["PATH"], other).unlink(missing_ok=True)
        for name, value in {
            **environment,
            "DOCKER_HOST": "unix:///nonexistent",
            "GITHUB_ACTIONS": "",
        }.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(tmp_path)
        yield Storage(tool, tmp_path, environment)


def clean(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    assert main(["clean", "--json", *arguments]) is ExitCode.OK
    images: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["images"]
    return images


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # docker-py drops the socket that it can't connect
def test_what_runs_left_is_listed_and_then_taken_away_with_its_cache(
    storage: Storage, capsys: pytest.CaptureFixture[str]
) -> None:
    api = storage.image("api")
    other = storage.image("api", repository="/elsewhere")
    theirs = "localhost/theirs:1"
    storage.run("tag", api, theirs)

    (image,) = clean(capsys)
    assert image["store"] == storage.tool
    assert image["tags"] == [api]
    assert image["other_references"] == sorted([other, theirs])
    assert image["engine_size"] > 1_000_000
    assert image["outcome"] is None

    (image,) = clean(capsys, "--yes")
    assert image["outcome"] == "untagged"
    assert {other, theirs} <= set(storage.images)
    assert api not in storage.images

    storage.run("rmi", theirs)
    (image,) = clean(capsys, "--yes", "--all-repositories")
    assert image["outcome"] == "removed"
    assert storage.images == []
    assert clean(capsys, "--all-repositories") == []


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # docker-py drops the socket that it can't connect
def test_a_container_that_uses_an_image_goes_before_it(
    storage: Storage, capsys: pytest.CaptureFixture[str]
) -> None:
    api = storage.image("api")
    if storage.tool == "podman":
        storage.run("create", "--network=none", "--name=user", api, "sh")
    else:
        storage.run("from", "--pull-never", "--name=user", api)
    (image,) = clean(capsys, "--yes")
    assert image["outcome"] == "removed"
    assert [(one["name"], one["state"]) for one in image["containers"]] == [("user", "created")]
    assert storage.images == []
