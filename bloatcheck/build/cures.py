"""What to do about a failed build, for the failures that have a known cure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bloatcheck.build.cross import HOW_TO_RUN_OTHERS
from bloatcheck.oci.dockerfile import Instruction

_NO_TARGET = re.compile(
    r"target stage .* could not be found|failed to reach build target"
    r"|The target .* was not found in the provided Dockerfile"
)
_NO_BASE = re.compile(
    r"pull access denied|failed to resolve (?:source metadata|reference)|failed to do request: Head"
    r"|repository does not exist|manifest unknown|manifest for .* not found|^Get \"https?://[^\"]+/v2/"
    r"|initializing source docker://"
)
_SHORT_NAME = re.compile(r"short-name .* did not resolve to an alias")
_NO_FILE = re.compile(
    r"\"?/.*\"?: not found|^(?:COPY|ADD) failed: file not found"
    r"|copier: stat: .*: no such file or directory"
)
_NO_SECRET = re.compile(
    r"secret [^ ]+: not found|failed to stat|could not parse secrets|failed to load secret"
)
_KILLED = re.compile(r"(?:exit code|non-zero code): 137\b")
_NO_PLATFORM = re.compile(r"exec format error|does not match the (?:specified|detected host) platform")
_NO_BUILDER = re.compile(r"waiting for connection|failed to (?:dial|list workers)|no valid drivers found")
_ENGINE_GONE = re.compile(
    r"Cannot connect to the Docker daemon|error reading from server: EOF|: closing transport"
)


_BY_REASON: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        _ENGINE_GONE,
        "the engine went away during the build: see its log (`journalctl -u docker`), and start it again",
    ),
    (
        _SHORT_NAME,
        (
            "write the base image's name in full (docker.io/library/debian:12), or list docker.io under "
            "unqualified-search-registries in /etc/containers/registries.conf"
        ),
    ),
    (_NO_BASE, "the base image could not be had: check its name, `docker login`, and the network"),
    (
        _NO_SECRET,
        "check `secrets:`; a file is given as `id=NAME,src=PATH`, a variable as `id=NAME,env=NAME`",
    ),
    (_NO_FILE, "the file is not in the context: check `context:`, the path in COPY, and .dockerignore"),
    (_KILLED, "the command was killed, most often for want of memory"),
)
_ANYWHERE: tuple[tuple[re.Pattern[str], str], ...] = (
    (_NO_PLATFORM, f"this machine can't run that platform's programs: {HOW_TO_RUN_OTHERS}"),
    (
        _NO_BUILDER,
        "the buildx builder does not answer: `docker buildx inspect --bootstrap NAME` tells which nodes",
    ),
)
"""Told by the output as well as by the reason."""


def cure(reason: str, output: Sequence[str], instructions: Sequence[Instruction]) -> str | None:
    """What to do next; None where only the output can tell."""
    everything = "\n".join((reason, *output))
    if "no space left on device" in everything:
        return (
            "the disk is full: see `docker system df`, and free the build cache with `docker builder prune` "
            "(or `podman system df` and `podman system prune`)"
        )
    if _NO_TARGET.search(reason):
        names = [i.stage_name for i in instructions if i.keyword == "FROM" and i.stage_name]
        return (
            f"the stages are: {', '.join(names[:20])}" if names else "no stage of this Dockerfile has a name"
        )
    known = [(reason, each) for each in _BY_REASON] + [(everything, each) for each in _ANYWHERE]
    return next((what for text, (pattern, what) in known if pattern.search(text)), None)
