"""The docker clients of this machine, and a small base image to build on."""

from __future__ import annotations

import fcntl
import io
import os
import subprocess
import tarfile
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

BUSYBOX = Path("/bin/busybox")
_DEBIAN_IMAGE = Path(__file__).parents[2] / "scripts" / "debian-image"
_DEBIAN_LOCK = Path(tempfile.gettempdir()) / "bloatcheck-tests-debian.lock"
"""Where all processes find it: noted before each has a folder of its own for temporary files."""


@dataclass(frozen=True)
class Client:
    """A docker client, and what is in its environment besides."""

    name: str
    program: str
    settings: Mapping[str, str]

    def environment(self, folder: Path) -> dict[str, str]:
        """Ours, with this client as the only `docker` of its name on PATH."""
        programs = folder / "programs"
        programs.mkdir(exist_ok=True)
        link = programs / "docker"
        link.unlink(missing_ok=True)
        link.symlink_to(self.program)
        kept = {name: value for name, value in os.environ.items() if name != "DOCKER_BUILDKIT"}
        return {**kept, **self.settings, "PATH": f"{programs}:{os.environ['PATH']}"}


CLIENTS = (
    Client("distribution", "/usr/bin/docker", {}),
    Client("distribution-legacy", "/usr/bin/docker", {"DOCKER_BUILDKIT": "0"}),
    Client("newer", "/usr/local/bin/docker", {}),
)
"""On the machines this is developed on: docker 20.10 with BuildKit and without, and 28 without buildx."""


def present(client: Client) -> Client:
    """The client, or a skipped test where the machine has none such."""
    if not Path(client.program).exists():
        pytest.skip(f"there is no {client.program}")
    return client


def run_docker(command: Sequence[str | Path], **options: Any) -> subprocess.CompletedProcess[bytes]:
    """Runs it; again, where the legacy builder fails for an image that another test removed meanwhile."""
    for _ in range(5):
        done = subprocess.run(command, capture_output=True, check=False, **options)
        if b'unable to find image "sha256:' not in done.stderr:
            break
    return done


def docker(*arguments: str, environment: Mapping[str, str] | None = None, check: bool = True) -> str:
    """What a docker command prints."""
    done = run_docker(["docker", *arguments], env=environment, timeout=120)
    assert done.returncode == 0 or not check, done.stderr.decode(errors="replace")
    return done.stdout.decode().strip()


def debian_image() -> str:
    """The name of a Debian in the engine; one process makes it, where it has to be made, and others wait."""
    with _DEBIAN_LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return subprocess.run([_DEBIAN_IMAGE], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


@contextmanager
def busybox_base(environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """A base image of one static program, 2 MB, under a name that nobody else uses."""
    if not BUSYBOX.exists():
        pytest.skip("there is no busybox: apt-get install busybox-static")
    name = f"bloatcheck-test/busybox:{uuid.uuid4().hex}"
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for folder in ("bin", "tmp"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(entry)
        tar.add(BUSYBOX.resolve(), "bin/busybox")
        for command in (
            "sh",
            "echo",
            "cat",
            "head",
            "tr",
            "sleep",
            "printf",
            "true",
            "false",
            "test",
            "touch",
        ):
            entry = tarfile.TarInfo(f"bin/{command}")
            entry.type, entry.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(entry)
    subprocess.run(
        ["docker", "import", "-", name],
        input=archive.getvalue(),
        env=environment,
        capture_output=True,
        timeout=120,
        check=True,
    )
    try:
        yield name
    finally:
        for image in (*_stages_on(name, environment), name):
            docker("rmi", image, environment=environment, check=False)


def _stages_on(base: str, environment: Mapping[str, str] | None) -> list[str]:
    """What the legacy builder keeps of stages that are in no image: the last step of each."""
    listed = set(docker("images", "--all", "--quiet", "--no-trunc", environment=environment).split())
    form = "--format={{.Id}} {{.Parent}}"
    told = docker("inspect", form, base, *listed, environment=environment, check=False)
    parents = dict(line.partition(" ")[::2] for line in told.splitlines())
    below = {docker("inspect", "--format={{.Id}}", base, environment=environment)}
    while more := {image for image, parent in parents.items() if parent in below} - below:
        below |= more
    return sorted(below - set(parents.values()))
