"""Which builder makes an image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bloatcheck.build.client import DockerClient, ask_client
from bloatcheck.build.docker import DockerBuilder
from bloatcheck.build.model import Builder, BuiltImage, FailedBuild
from bloatcheck.build.prebuilt import PrebuiltBuilder
from bloatcheck.config.model import ImageSpec
from bloatcheck.errors import BuildError
from bloatcheck.log import Log


@dataclass(kw_only=True)
class Builders:
    """The builders of one run.

    Docker is asked what it can do when the first image needs it, once: a run over images that exist already
    needs no docker at all.

    Args:
        root: the repository's root; paths in a specification are relative to it.
        log: where build output goes.
        run_id: `bloatcheck.build.ours.new_run_id`.
        repository: `bloatcheck.build.identity.repository_identity`.
        environment: what docker is started with, and where build args without a value come from.
        fresh: take nothing from the build cache.
    """

    root: Path
    log: Log
    run_id: str
    repository: str
    environment: Mapping[str, str]
    fresh: bool = False
    _client: DockerClient | None = field(default=None, init=False, repr=False)

    def builder_for(self, spec: ImageSpec) -> Builder:
        """The builder for this image.

        Raises:
            BuildError: it needs docker, and there is none, or its engine doesn't answer.
        """
        if spec.build is None:
            return PrebuiltBuilder(root=self.root, environment=self.environment)
        return DockerBuilder(
            client=self._docker_client(),
            root=self.root,
            log=self.log,
            run_id=self.run_id,
            repository=self.repository,
            environment=self.environment,
            fresh=self.fresh,
        )

    def build(self, spec: ImageSpec) -> BuiltImage | FailedBuild:
        """Builds one image; what is wrong with it stops no other."""
        try:
            return self.builder_for(spec).build(spec)
        except BuildError as error:
            return FailedBuild(spec, error)

    def _docker_client(self) -> DockerClient:
        if self._client is None:
            self._client = ask_client(self.environment)
            if self._client.unwanted_legacy:
                self.log.warning(
                    f"docker {self._client.version} has no buildx, so its deprecated legacy builder is used; "
                    "install it (https://docs.docker.com/go/buildx/) for BuildKit's speed and secrets"
                )
        return self._client
