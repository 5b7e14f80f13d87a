"""The docker command that builds an image. Pure but for asking the file system what a path is."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath

from bloatcheck.build.client import DockerClient, Frontend
from bloatcheck.build.dockerfile_check import has_stage
from bloatcheck.config.model import BuildSpec, BuildxSettings, ImageSpec
from bloatcheck.errors import BuildError, Place

_OURS = ("BLOATCHECK_", "INPUT_")
"""Environment variables that carry our own inputs, the token among them: none of a build's business."""


def build_command(
    image: ImageSpec,
    build: BuildSpec,
    *,
    client: DockerClient,
    root: Path,
    tag: str,
    iidfile: Path,
    buildx: BuildxSettings | None = None,
) -> list[str]:
    """The command line, to be run in `root`.

    Every value stands in one word with its option or behind `./`, so that none can become an option, standard
    input or a URL.

    Raises:
        BuildError: a path that isn't there or leaves the repository, or something this client can't do.
    """
    dockerfile, context = existing_paths(image, build, root)
    buildkit = client.frontend is not Frontend.LEGACY
    if build.secrets and not buildkit:
        raise BuildError(
            f"{image.name} needs build secrets, and the legacy builder has none",
            hint=f"{_how_to_get_buildkit(client)}, or drop `secrets:`",
            place=image.place,
        )
    command = [client.executable, *(["buildx"] if client.frontend is Frontend.BUILDX else []), "build"]
    if buildx and client.frontend is Frontend.BUILDX:
        command += [f"--builder={buildx.builder}"] if buildx.builder else []
        command += [f"--cache-from={cache}" for cache in buildx.cache_from]
        command += [f"--cache-to={cache}" for cache in buildx.cache_to]
    command += ["--progress=plain"] if buildkit else ["--force-rm"]
    command += [f"--iidfile={iidfile}", f"--tag={tag}", *(f"--tag={own}" for own in image.tags)]
    if not client.loads_by_itself:
        command.append("--load")
    if image.platform and (buildkit or image.platform != client.engine_platform):
        command.append(f"--platform={image.platform}")
    if not buildkit and len(image.platforms) > 1:
        # Its cache takes the layers of one platform for those of another.
        command.append("--no-cache")
    return [*command, *build_options(build), f"--file={dockerfile}", context]


def build_options(build: BuildSpec) -> list[str]:
    """The options that every builder has: the stage, build args and secrets."""
    options = [f"--target={build.target}"] if build.target is not None else []
    options += [_build_argument(name, value) for name, value in build.args.items()]
    return options + [f"--secret={secret}" for secret in build.secrets]


def existing_paths(image: ImageSpec, build: BuildSpec, root: Path) -> tuple[str, str]:
    """Dockerfile and context, relative to the root and begun with `./`.

    Raises:
        BuildError: one isn't there or leaves the repository, or the Dockerfile has no stage.
    """
    dockerfile = _existing(root, build.dockerfile, "Dockerfile", image.place)
    if not has_stage(root, build):
        # With such a file Docker 20.10's BuildKit brings the whole engine down.
        raise BuildError(
            f"{image.name} could not be built: {repository_path(root, build.dockerfile)} has no FROM",
            hint="begin with a base image, or with `FROM scratch`",
            place=Place(repository_path(root, build.dockerfile)),
        )
    return dockerfile, _existing(root, build.context, "context", image.place)


def without_our_inputs(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment that a build may see."""
    return {name: value for name, value in environment.items() if not name.startswith(_OURS)}


def build_environment(environment: Mapping[str, str], client: DockerClient) -> dict[str, str]:
    """What docker is started with: ours without our own inputs, and the choice of builder spelled out.

    Attestations are off unless the user turned them on: with one, the engine's image is an index that has
    another digest at every build.
    """
    kept = without_our_inputs(environment)
    kept["DOCKER_BUILDKIT"] = "0" if client.frontend is Frontend.LEGACY else "1"
    kept["DOCKER_CLI_HINTS"] = "false"
    kept.setdefault("BUILDX_NO_DEFAULT_ATTESTATIONS", "1")
    return kept


def unset_arguments(build: BuildSpec, environment: Mapping[str, str]) -> Sequence[str]:
    """The build args that are to come from the environment and aren't in it."""
    return [name for name, value in build.args.items() if value is None and name not in environment]


def _build_argument(name: str, value: str | None) -> str:
    return f"--build-arg={name}" if value is None else f"--build-arg={name}={value}"


def repository_path(root: Path, given: str) -> str:
    """A path of the configuration, relative to the root, with `/` between its parts and without dots."""
    path = Path(given)
    if path.is_absolute() and path.is_relative_to(root):
        path = path.relative_to(root)
    return PurePath(os.path.normpath(path)).as_posix()


def _existing(root: Path, given: str, what: str, place: Place | None) -> str:
    """`given`, relative to the root and begun with `./`.

    A context or Dockerfile outside of the repository, by `..` or through a symbolic link, is refused: a pull
    request that could name any directory could send the runner's files to its own build.
    """
    relative = repository_path(root, given)
    try:
        path = (root / relative).resolve()
        inside = path.is_relative_to(root.resolve())
        found = path.is_file() if what == "Dockerfile" else path.is_dir()
        exists = path.exists()
    except (OSError, ValueError, RuntimeError) as error:
        raise BuildError(f"{what} {given[:200]!r} can't be looked at: {error}", place=place) from error
    if not inside:
        raise BuildError(
            f"{what} {given!r} is outside of the repository",
            hint="give a path below the repository's root; for anything else, build the image in an earlier "
            "step and give it as `image:`",
            place=place,
        )
    if not found:
        kind = "a file" if what == "Dockerfile" else "a directory"
        base = "the context" if what == "Dockerfile" else "the Dockerfile"
        raise BuildError(
            f"{what} {given!r} is not {kind}" if exists else f"{what} {given!r} does not exist",
            hint=f"write it relative to the repository's root ({root}), not to {base}",
            place=place,
        )
    return "." if relative == "." else f"./{relative}"


def _how_to_get_buildkit(client: DockerClient) -> str:
    if client.unwanted_legacy:
        return "install buildx (https://docs.docker.com/go/buildx/)"
    return "take DOCKER_BUILDKIT=0 out of the environment"
