"""Buildah and podman, which build without an engine: what is there, found out by asking it.

Podman builds with buildah's own code, and both keep images in the same storage, so they differ in few words.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

from bloatcheck.errors import BuildError

_ASKING_SECONDS = 60
_HOW_TO_GET = {
    "buildah": "install it (https://github.com/containers/buildah/blob/main/install.md), "
    "on Debian and Ubuntu by `apt-get install buildah`",
    "podman": "install it (https://podman.io/docs/installation), on Debian and Ubuntu by "
    "`apt-get install podman`",
}


@dataclass(frozen=True, slots=True)
class ContainersTool:
    """A tool that can build. `program` is `buildah` or `podman`; `options` go before its every command."""

    program: str
    executable: str
    version: str
    options: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """For people: `buildah 1.28.2`."""
        return f"{self.program} {self.version}"


def ask_tool(program: str, environment: Mapping[str, str]) -> ContainersTool:
    """Finds the tool, and sees that its storage works.

    Raises:
        BuildError: it isn't there, or can't work on this machine.
    """
    executable = shutil.which(program, path=environment.get("PATH"))
    if executable is None:
        raise BuildError(
            f"{program} is not installed: there is no `{program}` on PATH", hint=_HOW_TO_GET[program]
        )
    options = _storage(program, executable, environment)
    version = _ask(program, executable, environment, "--version").split()
    return ContainersTool(program, executable, version[2] if len(version) > 2 else "?", options)  # noqa: PLR2004 - `buildah version 1.28.2 …`


def _storage(program: str, executable: str, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Which storage driver works, spelled out.

    Where overlay doesn't work (over a container's own overlay, say) the first command finds that out and
    takes the slow vfs; every later one would find what overlay left behind, and refuse.
    """
    if environment.get("STORAGE_DRIVER"):
        _ask(program, executable, environment, "info")
        return ()
    try:
        driver = _driver(_ask(program, executable, environment, "info"))
    except BuildError as error:
        try:
            _ask(program, executable, environment, "--storage-driver=vfs", "info")
        except BuildError:
            raise error from None
        return ("--storage-driver=vfs",)
    return (f"--storage-driver={driver}",) if driver else ()


def _ask(program: str, executable: str, environment: Mapping[str, str], *arguments: str) -> str:
    asked = f"`{program} {' '.join(arguments)}`"
    hint = f"see what {asked} says, or take another `builder:`"
    # Buildah's is JSON without being asked.
    format_ = ("--format=json",) if program == "podman" and arguments[-1] == "info" else ()
    try:
        done = subprocess.run(
            [executable, *arguments, *format_],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_ASKING_SECONDS,
            check=False,
        )
    except (subprocess.TimeoutExpired, OSError) as error:
        raise BuildError(f"{program} can't be used: {asked}: {error}", hint=hint) from error
    if done.returncode:
        reason = " ".join(done.stderr.decode(errors="replace").split())[-500:]
        if "unshare" in reason:
            hint = (
                "a container that builds needs user namespaces: start it with `--security-opt "
                "seccomp=unconfined`, or `--cap-add SYS_ADMIN`"
            )
        raise BuildError(f"{program} can't be used: {reason or f'{asked} failed'}", hint=hint)
    return done.stdout.decode(errors="replace")


def _driver(info: str) -> str:
    """The storage driver; buildah and podman have it in different places. "" where it isn't told."""
    try:
        answer = json.loads(info)
        store = answer["store"]
        return str(store.get("GraphDriverName") or store.get("graphDriverName") or "")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ""
