"""Which builder makes an image."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bloatcheck.build.client import DockerClient, ask_client
from bloatcheck.build.containers import ContainersBuilder
from bloatcheck.build.containers_tool import ContainersTool, ask_tool
from bloatcheck.build.docker import DockerBuilder
from bloatcheck.build.model import Builder, BuiltImage, FailedBuild
from bloatcheck.build.prebuilt import PrebuiltBuilder
from bloatcheck.config.model import BuilderChoice, BuildxSettings, ImageSpec
from bloatcheck.errors import BuildError
from bloatcheck.log import Log


@dataclass(kw_only=True)
class Builders:
    """The builders of one run.

    What there is to build with is found out when the first image needs it, once: a run over images that
    exist already needs no docker at all.

    Args:
        root: the repository's root; paths in a specification are relative to it.
        log: where build output goes.
        run_id: `bloatcheck.build.ours.new_run_id`.
        repository: `bloatcheck.build.identity.repository_identity`.
        environment: what docker is started with, and where build args without a value come from.
        choice: what to build with; found, if it isn't said.
        buildx: how buildx builds, where it does.
        fresh: take nothing from the build cache.
    """

    root: Path
    log: Log
    run_id: str
    repository: str
    environment: Mapping[str, str]
    choice: BuilderChoice = BuilderChoice.AUTO
    buildx: BuildxSettings = field(default_factory=BuildxSettings)
    fresh: bool = False
    stop: threading.Event = field(default_factory=threading.Event, init=False, repr=False)
    """Ends what is being built, from another thread."""
    _asking: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)
    _instead_of: str = field(default="", init=False, repr=False)
    _found: DockerClient | ContainersTool | BuildError | None = field(default=None, init=False, repr=False)

    def builder_for(self, spec: ImageSpec, log: Log | None = None) -> Builder:
        """The builder for this image; its output goes to `log`, where that is another.

        Raises:
            BuildError: the one that was chosen isn't there or doesn't work; or there is none at all.
        """
        if spec.build is None:
            return PrebuiltBuilder(root=self.root, environment=self.environment)
        found = self._find()
        if isinstance(found, ContainersTool):
            return ContainersBuilder(
                tool=found,
                root=self.root,
                log=log or self.log,
                run_id=self.run_id,
                repository=self.repository,
                environment=self.environment,
                fresh=self.fresh,
                stop=self.stop,
            )
        return DockerBuilder(
            client=found,
            root=self.root,
            log=log or self.log,
            run_id=self.run_id,
            repository=self.repository,
            environment=self.environment,
            fresh=self.fresh,
            stop=self.stop,
            buildx=self.buildx,
        )

    def build(self, spec: ImageSpec, log: Log | None = None) -> BuiltImage | FailedBuild:
        """Builds one image; what is wrong with it stops no other."""
        try:
            return self.builder_for(spec, log).build(spec)
        except BuildError as error:
            if self._instead_of:
                # The cure may be the engine: a base image that only it holds, say.
                error.hint = f"{error.hint}; docker did not build it: {self._instead_of}"
            return FailedBuild(spec, error)

    def docker_client(self) -> DockerClient | None:
        """The docker client that builds, if one does."""
        try:
            found = self._find()
        except BuildError:
            return None
        return found if isinstance(found, DockerClient) else None

    def _find(self) -> DockerClient | ContainersTool:
        """Asked once, also where there is none: an engine may take a minute not to answer."""
        with self._asking:
            if self._found is None:
                try:
                    self._found = self._ask()
                except BuildError as error:
                    self._found = error
        if isinstance(self._found, BuildError):
            raise self._found
        return self._found

    def _ask(self) -> DockerClient | ContainersTool:
        if self.choice in (BuilderChoice.BUILDAH, BuilderChoice.PODMAN):
            return ask_tool(self.choice.value, self.environment)
        if self.choice is not BuilderChoice.AUTO:
            return self._docker_client()
        try:
            return self._docker_client()
        except BuildError as error:
            return self._without_engine(error)

    def _without_engine(self, docker: BuildError) -> ContainersTool:
        """Buildah first: with it, Dockerfiles can be built inside of an unprivileged container."""
        ways: list[str] = []
        for choice in (BuilderChoice.BUILDAH, BuilderChoice.PODMAN):
            try:
                tool = ask_tool(choice.value, self.environment)
            except BuildError as error:
                self.log.detail(error.message)
                if shutil.which(choice.value, path=self.environment.get("PATH")):
                    ways.append(error.told)
                continue
            self._instead_of = docker.message
            message = f"{docker.message}; so {tool.name} builds, which has a storage and a cache of its own"
            if shutil.which("docker", path=self.environment.get("PATH")):
                self.log.warning(f"{message} (`builder: {choice.value}` makes that the choice)")
            else:
                self.log.info(message)
            return tool
        ways = ways or ["or install buildah, which needs no engine (`apt-get install buildah`)"]
        raise BuildError(docker.message, hint="; ".join([str(docker.hint), *ways])) from docker

    def _docker_client(self) -> DockerClient:
        client = ask_client(
            self.environment,
            buildx=self.choice in (BuilderChoice.BUILDX, BuilderChoice.BAKE),
            builder=self.buildx.builder,
        )
        if client.unwanted_legacy:
            self.log.warning(
                f"docker {client.version} has no buildx, so its deprecated legacy builder is used; "
                "install it (https://docs.docker.com/go/buildx/) for BuildKit's speed and secrets"
            )
        return client
