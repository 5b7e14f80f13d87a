"""The docker clients of this machine, and a small base image to build on."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

BUSYBOX = Path("/bin/busybox")


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


def docker(*arguments: str, environment: Mapping[str, str] | None = None, check: bool = True) -> str:
    """What a docker command prints."""
    done = subprocess.run(
        ["docker", *arguments], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0 or not check, done.stderr
    return done.stdout.strip()


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
        docker("rmi", name, environment=environment, check=False)
