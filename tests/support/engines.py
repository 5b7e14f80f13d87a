"""Container engines for tests: the one that answers, and private ones that a test session starts and stops.

What has to be downloaded is kept in `$XDG_CACHE_HOME/bloatcheck-tests`. A machine that can't have one of
these engines skips the tests that need it, and says why.
"""

from __future__ import annotations

import fcntl
import json
import os
import platform
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.docker_clients import run_docker
from support.tls import Authority

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bloatcheck-tests"
"""Never inside the repository; safe to delete."""

_USUAL_HOST = os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"
"""Noted before any test sets another."""
_PATIENCE = 60
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_TRIXIE = "deb [signed-by={keyring}] http://deb.debian.org/debian trixie main\n"
_PACKAGES = ("docker.io", "containerd", "docker-buildx", "docker-compose")


@dataclass(frozen=True)
class Engine:
    """An engine that answers at `host` (a DOCKER_HOST). `root` is where it keeps its images."""

    host: str
    root: Path

    @property
    def environment(self) -> dict[str, str]:
        """For programs that are to talk to this engine."""
        return {**os.environ, "DOCKER_HOST": self.host}

    def docker(self, *arguments: str | Path, input: bytes | None = None, **environment: str) -> str:  # noqa: A002 - as subprocess calls it
        """Runs the docker client and returns what it prints; its errors fail the test."""
        done = run_docker([client(), *arguments], env={**self.environment, **environment}, input=input)
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        return done.stdout.decode().strip()

    def build(self, context: Path, tag: str, *, dockerfile: str = "Dockerfile", buildkit: bool = True) -> str:
        """Builds an image and returns its tag."""
        self.docker(
            *("build", "--quiet", "--tag", tag, "--file", context / dockerfile, context),
            DOCKER_BUILDKIT="1" if buildkit else "0",
        )
        return tag


def client() -> str:
    """A docker client that has BuildKit without a plugin, where there is one (Debian 12's own)."""
    return next(path for path in ("/usr/bin/docker", shutil.which("docker")) if path and Path(path).exists())


def usual_engine() -> Engine:
    """The engine that answers at `DOCKER_HOST`, or else at the usual socket."""
    root = Engine(_USUAL_HOST, Path("/")).docker("info", "--format", "{{.DockerRootDir}}")
    return Engine(_USUAL_HOST, Path(root))


@contextmanager
def containerd_store_engine(data: Path | None = None) -> Iterator[Engine]:
    """Debian 13's docker 26.1.5 with the containerd image store, in a network namespace of its own.

    Its images are kept in `data` where that is given.
    """
    programs = _debian_13_docker()
    if os.geteuid() != 0:
        pytest.skip("a private dockerd needs root")
    with _folder() as folder:
        host = f"unix://{folder}/s"
        settings = folder / "daemon.json"
        settings.write_text(json.dumps({"features": {"containerd-snapshotter": True}}))
        root = data or folder / "data"
        start = (
            "ip link set lo up; exec dockerd "
            f"--config-file {settings} --host {host} --data-root {root} "
            f"--exec-root {folder}/exec --pidfile {folder}/pid"
        )
        path = f"{programs}/usr/sbin:{programs}/usr/bin:{os.environ['PATH']}:/usr/sbin:/sbin"
        command = ["unshare", "--net", "sh", "-c", start]
        with _running(command, host, folder / "log", {**os.environ, "PATH": path}):
            yield Engine(host, root)


def buildx_plugins() -> Path:
    """The folder with Debian 13's buildx 0.13.1 and compose 2.26.1, to be `$DOCKER_CONFIG/cli-plugins`."""
    return _debian_13_docker() / "usr/libexec/docker/cli-plugins"


@dataclass(frozen=True)
class TlsEngine:
    """An engine that answers over TLS alone, as docker-in-docker does, in a network of its own.

    `inside` is what a command begins with that runs in this network; `variables` tell it of the engine.
    """

    inside: tuple[str, ...]
    variables: dict[str, str]


@contextmanager
def tls_engine() -> Iterator[TlsEngine]:
    """This machine's dockerd on tcp, which takes only clients with a certificate of its authority."""
    if os.geteuid() != 0 or not shutil.which("dockerd"):
        pytest.skip("a private dockerd needs root")
    with _folder() as folder:
        authority = Authority.create(folder)
        certificates = folder / "client"
        certificates.mkdir()
        for name, file in (
            ("ca", authority.certificate),
            ("cert", authority.server_certificate),
            ("key", authority.server_key),
        ):
            shutil.copy(file, certificates / f"{name}.pem")
        tls = f"--tlsverify --tlscacert {certificates}/ca.pem --tlscert {certificates}/cert.pem"
        start = (
            f"echo $$ > {folder}/network; ip link set lo up; exec dockerd {tls} "
            f"--tlskey {certificates}/key.pem --host unix://{folder}/s --host tcp://127.0.0.1:2376 "
            f"--data-root {folder}/data "
            f"--exec-root {folder}/exec --pidfile {folder}/pid"
        )
        command = ["unshare", "--net", "sh", "-c", start]
        with _running(command, f"unix://{folder}/s", folder / "log", os.environ):
            network = (folder / "network").read_text().strip()
            yield TlsEngine(
                ("nsenter", f"--net=/proc/{network}/ns/net"),
                {
                    "DOCKER_HOST": "tcp://localhost:2376",
                    "DOCKER_TLS_VERIFY": "1",
                    "DOCKER_CERT_PATH": str(certificates),
                },
            )


@contextmanager
def podman_service() -> Iterator[Engine]:
    """Podman's compatible API, on a store of its own."""
    podman = shutil.which("podman")
    if podman is None or os.geteuid() != 0:
        pytest.skip("needs podman, and root for its store")
    with _folder() as folder:
        host = f"unix://{folder}/s"
        store = ["--root", f"{folder}/data", "--runroot", f"{folder}/run", "--storage-driver", "overlay"]
        command = [podman, *store, "system", "service", "--time", "0", host]
        with _running(command, host, folder / "log", os.environ):
            yield Engine(host, folder / "data")


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder on a real disk (overlayfs takes no tmpfs), with a path short enough for sockets."""
    folder = Path(tempfile.mkdtemp(prefix="bloatcheck-", dir="/var/tmp"))
    try:
        yield folder
    finally:
        mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
        for mount in sorted((mount for mount in mounts if mount.startswith(f"{folder}/")), reverse=True):
            subprocess.run(["umount", "--lazy", mount], check=False)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(command: list[str], host: str, log: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """The engine, from its first answer until its last word."""
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as engine,
    ):
        try:
            deadline = time.monotonic() + _PATIENCE
            while not _answers(host):
                if engine.poll() is not None or time.monotonic() > deadline:
                    last = log.read_text(errors="replace").splitlines()[-1:]
                    pytest.skip(f"{command[0]} did not come up: {last}")
                time.sleep(0.1)
            yield
        finally:
            engine.terminate()
            try:
                engine.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                engine.kill()


def _answers(host: str) -> bool:
    asked = subprocess.run(
        [client(), "version"], env={**os.environ, "DOCKER_HOST": host}, capture_output=True, check=False
    )
    return asked.returncode == 0


def _debian_13_docker() -> Path:
    """The unpacked packages; downloaded once, whatever number of test processes asks for them."""
    folder = CACHE / "debian-13-docker-and-plugins"
    if not _KEYRING.exists() or not shutil.which("dpkg-deb") or platform.machine() != "x86_64":
        pytest.skip("Debian 13's docker can be had on Debian amd64 only")
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            with tempfile.TemporaryDirectory(dir=CACHE) as temporary:
                _download(Path(temporary)).rename(folder)
    return folder


def _download(folder: Path) -> Path:
    """The packages through apt lists of their own, unpacked beside this machine's."""
    for name in ("lists/partial", "archives/partial", "unpacked"):
        (folder / name).mkdir(parents=True)
    sources = folder / "sources.list"
    sources.write_text(_TRIXIE.format(keyring=_KEYRING))
    apt = [
        "apt-get",
        *("-o", f"Dir::Etc::sourcelist={sources}", "-o", "Dir::Etc::sourceparts=/dev/null"),
        *(
            "-o",
            f"Dir::State::lists={folder}/lists",
            "-o",
            f"Dir::Cache={folder}",
            "-o",
            "APT::Sandbox::User=",
        ),
    ]
    for command in ([*apt, "update"], [*apt, "download", *_PACKAGES]):
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
        if done.returncode:
            pytest.skip(
                f"Debian 13's docker can't be downloaded: {done.stderr.decode(errors='replace')[-300:]}"
            )
    for package in folder.glob("*.deb"):
        subprocess.run(["dpkg-deb", "--extract", package, folder / "unpacked"], check=True)
    return folder / "unpacked"
