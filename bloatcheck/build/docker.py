"""Building with the docker client."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bloatcheck.build.attempt import SHOWN_ID, Attempt, build_of, image_id_in, temporary_directory
from bloatcheck.build.client import DockerClient, Frontend, ask
from bloatcheck.build.command import build_command, build_environment, repository_path
from bloatcheck.build.cross import check_platform
from bloatcheck.build.failure import trace_for
from bloatcheck.build.model import BuiltImage
from bloatcheck.build.ours import our_tag
from bloatcheck.config.model import BuildxSettings, ImageSpec
from bloatcheck.errors import BuildError
from bloatcheck.log import Log

_LOST_RACE = re.compile(r'unable to find image "sha256:[0-9a-f]{64}"')
"""What the legacy builder ends with where an image, anybody's, is removed while it looks through those of the
engine for its cache (`FROM scratch` makes it look at all). It has nothing to do with what is built."""
_RACES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class DockerBuilder:
    """Builds through `docker build`, in the repository's root, with the environment given.

    A `fresh` build takes nothing from the cache.
    """

    client: DockerClient
    root: Path
    log: Log
    run_id: str
    repository: str
    environment: Mapping[str, str]
    fresh: bool = False
    stop: threading.Event | None = None
    buildx: BuildxSettings = field(default_factory=BuildxSettings)

    @property
    def name(self) -> str:
        """For example `docker (BuildKit)`."""
        return self.client.name

    def build(self, spec: ImageSpec) -> BuiltImage:
        """Builds one image under a group of its own in the log.

        The reference is the id that the engine knows the image by; on the containerd store that is its
        manifest's digest, where buildx may write its configuration's into the iidfile.

        Raises:
            BuildError: with the failing Dockerfile line and the last output.
        """
        build = build_of(spec, self.environment, self.log)
        check_platform(spec, build, root=self.root, runs=self.client.runs, builder=self.name)
        tag = our_tag(spec, repository=self.repository, run_id=self.run_id)
        with temporary_directory(spec) as directory:
            iidfile = Path(directory, "iid")
            command = build_command(
                spec,
                build,
                client=self.client,
                root=self.root,
                tag=tag,
                iidfile=iidfile,
                buildx=self.buildx,
            )
            if self.fresh:
                command.insert(-1, "--no-cache")
            attempt = Attempt(
                spec=spec,
                build=build,
                command=command,
                environment=build_environment(self.environment, self.client),
                program="docker",
                stop=self.stop,
            )
            with self.log.group(f"build {spec.label} with {self.name}"):
                seconds = self._run(attempt)
            image_id = self._image_id(spec, tag, iidfile)
        self.log.info(f"{spec.label}: built {image_id[:SHOWN_ID]} in {seconds:.1f} s")
        return BuiltImage(
            spec=spec,
            reference=f"docker-daemon:{image_id}",
            builder=self.name,
            dockerfile=repository_path(self.root, build.dockerfile),
            build_seconds=seconds,
        )

    def _run(self, attempt: Attempt) -> float:
        """Seconds of the attempt that was no lost race."""
        left = _RACES if self.client.frontend is Frontend.LEGACY else 1
        while True:
            trace = trace_for(self.client.frontend)
            left -= 1
            try:
                return attempt.run(self.root, trace, self.log)
            except BuildError:
                if not left or not _LOST_RACE.fullmatch(trace.reason):
                    raise
            self.log.info("an image was removed while docker looked for its cache: building again")

    def _image_id(self, spec: ImageSpec, tag: str, iidfile: Path) -> str:
        """The id the engine knows the image by: the iidfile's, or else that of our tag."""
        environment = build_environment(self.environment, self.client)
        written = image_id_in(iidfile)
        for reference in (written, tag):
            if not reference:
                continue
            code, output, _ = ask(
                self.client.executable, environment, "image", "inspect", "--format={{.Id}}", "--", reference
            )
            if code == 0:
                return output.strip()
        raise BuildError(
            f"{spec.name}: docker reported success, but the engine holds no image {written or tag}",
            hint="use a builder that loads what it built into the engine: `docker buildx use default`",
            place=spec.place,
        )
