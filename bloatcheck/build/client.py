"""What the docker client on this machine can do, found out by asking it."""

from __future__ import annotations

import json
import platform as machine
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from bloatcheck.build.emulation import local_platforms
from bloatcheck.errors import BuildError
from bloatcheck.oci.platform import Platform

_ASKING_SECONDS = 60
_BUILDKIT_API = (1, 39)
_OFF = {"0", "f", "F", "false", "FALSE", "False"}
_MISSING_HINT = (
    "install Docker (https://docs.docker.com/engine/install/), or build the image in an earlier step and "
    "give it as `image:`"
)


class Frontend(str, Enum):
    """Which of docker's three ways to build."""

    BUILDX = "buildx"
    """The plugin; all that BuildKit can."""
    BUILDKIT = "BuildKit"
    """Built into the clients before 23.0."""
    LEGACY = "legacy builder"


@dataclass(frozen=True, slots=True)
class DockerClient:
    """A client that can build. `driver` is the buildx driver, "" without buildx or where it didn't tell."""

    executable: str
    version: str
    frontend: Frontend
    engine_platform: Platform | None = None
    buildx_version: str = ""
    driver: str = ""
    runs: frozenset[Platform] | None = None
    """The platforms whose programs its builds can start; None where nothing tells."""
    unwanted_legacy: bool = False
    """The legacy builder was not asked for: it is all there is."""

    @property
    def name(self) -> str:
        """For people: `docker (BuildKit)`, `docker buildx 0.13.1 (docker-container)`."""
        if self.frontend is Frontend.BUILDX:
            return f"docker buildx {self.buildx_version}" + (f" ({self.driver})" if self.driver else "")
        return f"docker ({self.frontend.value})"

    @property
    def loads_by_itself(self) -> bool:
        """Whether the image lands in the engine without `--load`: not so where BuildKit runs elsewhere."""
        return self.frontend is not Frontend.BUILDX or self.driver == "docker"


def ask_client(
    environment: Mapping[str, str], *, buildx: bool = False, builder: str | None = None
) -> DockerClient:
    """Finds the docker client and the best way it has to build; `DOCKER_BUILDKIT=0` is obeyed.

    Args:
        environment: what docker is started with.
        buildx: buildx was asked for: nothing else will do.
        builder: the buildx builder that was asked for; None for the one that is chosen there.

    Raises:
        BuildError: no client, an engine that doesn't answer, or no buildx where it was asked for.
    """
    executable = shutil.which("docker", path=environment.get("PATH"))
    if executable is None:
        raise BuildError("docker is not installed: there is no `docker` on PATH", hint=_MISSING_HINT)
    version, engine = _ask_version(executable, environment)
    platform = _engine_platform(engine)
    runs = _engine_runs(engine)
    if environment.get("DOCKER_BUILDKIT") in _OFF and not buildx:
        return DockerClient(executable, version, Frontend.LEGACY, platform, runs=runs)
    if buildx_version := _ask_buildx_version(executable, environment):
        driver, runs = _ask_buildx_builder(executable, environment, builder)
        return DockerClient(executable, version, Frontend.BUILDX, platform, buildx_version, driver, runs)
    if buildx:
        raise BuildError(
            f"docker {version} has no buildx",
            hint="install it (https://docs.docker.com/go/buildx/), or take another `builder:`",
        )
    if _has_buildkit(executable, environment, engine):
        return DockerClient(executable, version, Frontend.BUILDKIT, platform, runs=runs)
    return DockerClient(executable, version, Frontend.LEGACY, platform, runs=runs, unwanted_legacy=True)


def ask(executable: str, environment: Mapping[str, str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, output and errors of a docker command that takes no time.

    Raises:
        BuildError: it takes long, or can't be started.
    """
    try:
        done = subprocess.run(
            [executable, *arguments],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_ASKING_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise BuildError(
            f"the Docker engine does not answer: `docker {' '.join(arguments)}` took more than "
            f"{_ASKING_SECONDS} s",
            hint="see whether `docker version` answers at all, and restart the engine if it doesn't",
        ) from error
    except OSError as error:
        raise BuildError(f"docker can't be started: {error}", hint=_MISSING_HINT) from error
    return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")


def _ask_version(executable: str, environment: Mapping[str, str]) -> tuple[str, dict[str, object]]:
    """The client's version, and what the engine says about itself."""
    code, output, errors = ask(executable, environment, "version", "--format", "{{json .}}")
    try:
        answer = json.loads(output)
        client, server = answer.get("Client"), answer.get("Server")
    except (ValueError, AttributeError, RecursionError):
        client, server = None, None
    if code == 0 and isinstance(server, dict):
        return str(client.get("Version", "?")) if isinstance(client, dict) else "?", server
    raise _engine_error(errors.strip() or output.strip() or f"`docker version` ended with exit code {code}")


def _engine_error(reason: str) -> BuildError:
    """An engine that doesn't answer, with the cure for what the client said about it."""
    reason = " ".join(reason.split())[:500]
    if "permission denied" in reason.lower():
        hint = "let your user talk to the engine: `sudo usermod -aG docker $USER`, then log in again"
    elif "context" in reason.lower() and "not found" in reason.lower():
        hint = "choose a context that exists: `docker context ls`, `docker context use default`"
    else:
        hint = (
            "start it (`sudo systemctl start docker`, or Docker Desktop), or set DOCKER_HOST to one that runs"
        )
    return BuildError(f"the Docker engine does not answer: {reason}", hint=hint)


def _engine_platform(engine: Mapping[str, object]) -> Platform | None:
    os, architecture = engine.get("Os"), engine.get("Arch")
    if isinstance(os, str) and isinstance(architecture, str) and os and architecture:
        return Platform.of(os, architecture)
    return None


def _ask_buildx_version(executable: str, environment: Mapping[str, str]) -> str:
    """For example `0.13.1`; "" without the plugin."""
    code, output, _ = ask(executable, environment, "buildx", "version")
    match = re.search(r"buildx\s+v?(\d[\w.-]*)", output)
    return match[1] if code == 0 and match else ""


def _engine_runs(engine: Mapping[str, object]) -> frozenset[Platform] | None:
    """What an engine on this very kernel can start."""
    return local_platforms() if engine.get("KernelVersion") == machine.release() else None


def _ask_buildx_builder(
    executable: str, environment: Mapping[str, str], builder: str | None
) -> tuple[str, frozenset[Platform] | None]:
    """Its driver, and what its nodes can start, as far as it tells: one that isn't up yet doesn't."""
    code, output, errors = ask(executable, environment, "buildx", "inspect", *([builder] if builder else []))
    if code and builder:
        reason = " ".join(errors.split())[:300]
        raise BuildError(
            f"there is no buildx builder {builder!r} that can be used: {reason}",
            hint="`docker buildx ls` lists them, `docker buildx create --name NAME` makes one",
        )
    match = re.search(r"^Driver:[ \t]*(\S+)", output, re.MULTILINE)
    listed = re.findall(r"^Platforms:[ \t]*(\S.*)", output, re.MULTILINE)
    runs = frozenset(
        platform for line in listed for word in line.split(",") if (platform := _platform(word.strip(" *\t")))
    )
    return match[1] if match else "", runs or None


def _platform(text: str) -> Platform | None:
    try:
        return Platform.parse(text)
    except ValueError:
        return None


def _has_buildkit(executable: str, environment: Mapping[str, str], engine: Mapping[str, object]) -> bool:
    """Whether client and engine have BuildKit without the plugin."""
    numbers = re.fullmatch(r"(\d+)\.(\d+)", str(engine.get("ApiVersion", "")))
    if numbers is None or (int(numbers[1]), int(numbers[2])) < _BUILDKIT_API:
        return False
    code, output, _ = ask(executable, {**environment, "DOCKER_BUILDKIT": "1"}, "build", "--help")
    return code == 0 and "--progress" in output
