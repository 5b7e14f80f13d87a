"""What runs left in the storage that buildah and podman share."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bloatcheck.build.containers_tool import ContainersTool
from bloatcheck.errors import ReadError
from bloatcheck.units import parse_bytes

_SECONDS = 120
_GONE = ("no such container", "image not known", "container not known", "no such image")


@dataclass(frozen=True, slots=True)
class ToolStore:
    """See `Store`. Layers that are nothing but a cache go with the last image that they are in."""

    tool: ContainersTool
    environment: Mapping[str, str]

    @property
    def name(self) -> str:
        """See `Store`."""
        return self.tool.program

    def listed(self) -> tuple[Sequence[Mapping[str, Any]], Sequence[Mapping[str, Any]]]:
        """See `Store`."""
        if self.tool.program == "podman":
            images = self._json("images", "--no-trunc", "--format=json")
            containers = self._json("ps", "--all", "--external", "--no-trunc", "--format=json")
            # It lists an image once for each of its names, each time with all of them.
            return [
                _podmans(each) for each in {str(each.get("Id")): each for each in images}.values()
            ], containers
        images = self._json("images", "--no-trunc", "--json")
        containers = self._json("containers", "--all", "--notruncate", "--json")
        return [_buildahs(each) for each in images], [_buildahs_container(each) for each in containers]

    def remove_container(self, container_id: str, *, force: bool) -> str:
        """See `Store`."""
        forced = ["--force"] if force and self.tool.program == "podman" else []
        return self._refusal("rm", *forced, container_id)

    def remove_tag(self, tag: str) -> str:
        """See `Store`."""
        return self._refusal("rmi", tag)

    def holds(self, image_id: str) -> bool:
        """See `Store`."""
        return self._run("inspect", "--type=image", image_id).returncode == 0

    def close(self) -> None:
        """See `Store`."""

    def _json(self, *arguments: str) -> list[Mapping[str, Any]]:
        done = self._run(*arguments)
        try:
            answer = json.loads(done.stdout) if done.returncode == 0 else None
        except (ValueError, RecursionError):
            answer = ()
        if done.returncode or not isinstance(answer, (list, type(None))):
            raise ReadError(
                f"{self.name} could not list its {arguments[0]}: {_words(done.stderr)}",
                hint=f"see whether `{self.name} {arguments[0]}` works",
            )
        return [each for each in answer or () if isinstance(each, dict)]

    def _refusal(self, *arguments: str) -> str:
        done = self._run(*arguments)
        said = _words(done.stderr)
        if not done.returncode or any(words in said for words in _GONE):
            return ""
        return said or f"{self.name} {arguments[0]} ended with exit code {done.returncode}"

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                [self.tool.executable, *self.tool.options, *arguments],
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ReadError(f"{self.name} could not be asked: {error}") from error


def _podmans(image: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**image, "RepoTags": _texts(image.get("Names")), "RepoDigests": []}


def _buildahs(image: Mapping[str, Any]) -> Mapping[str, Any]:
    """Its size is one for people, in steps of a thousand."""
    try:
        size = parse_bytes(str(image.get("size")))
    except ValueError:
        size = 0
    return {
        "Id": str(image.get("id", "")).removeprefix("sha256:"),
        "RepoTags": _texts(image.get("names")),
        "Size": size,
        "Created": image.get("created"),
    }


def _buildahs_container(container: Mapping[str, Any]) -> Mapping[str, Any]:
    """None of its own runs: between two commands they are only there."""
    return {
        "Id": str(container.get("id", "")),
        "ImageID": str(container.get("imageid", "")).removeprefix("sha256:"),
        "Names": [str(container.get("containername", ""))],
        "State": "created",
    }


def _texts(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else []


def _words(text: str) -> str:
    return " ".join(text.split())[-500:]
