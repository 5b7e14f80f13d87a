"""Building with buildah or podman, without an engine."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bloatcheck.build.attempt import SHOWN_ID, Attempt, build_of, image_id_in, temporary_directory
from bloatcheck.build.command import (
    build_options,
    existing_paths,
    repository_path,
    without_our_inputs,
)
from bloatcheck.build.containers_tool import ContainersTool
from bloatcheck.build.cross import check_platform
from bloatcheck.build.emulation import local_platforms
from bloatcheck.build.failure import ContainersTrace
from bloatcheck.build.model import BuiltImage
from bloatcheck.build.ours import our_tag
from bloatcheck.build.process import follow, start
from bloatcheck.config.model import BuildSpec, ImageSpec
from bloatcheck.errors import BuildError
from bloatcheck.log import Log

_ARCHIVE = "image.tar"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainersBuilder:
    """Builds through `buildah build` or `podman build`, in the repository's root.

    The image stays in the tool's storage, as the next build's cache, and is handed over as a docker archive:
    that is quicker than compressing it into a layout, and keeps layers and digests as they are.

    A `fresh` build takes nothing from the cache.
    """

    tool: ContainersTool
    root: Path
    log: Log
    run_id: str
    repository: str
    environment: Mapping[str, str]
    fresh: bool = False
    stop: threading.Event | None = None

    @property
    def name(self) -> str:
        """For example `buildah 1.28.2`."""
        return self.tool.name

    def build(self, spec: ImageSpec) -> BuiltImage:
        """Builds one image under a group of its own in the log.

        Raises:
            BuildError: with the failing Dockerfile line and the last output.
        """
        build = build_of(spec, self.environment, self.log)
        check_platform(spec, build, root=self.root, runs=local_platforms(), builder=self.name)
        tag = our_tag(spec, repository=self.repository, run_id=self.run_id)
        with temporary_directory(spec) as directory:
            iidfile = Path(directory, "iid")
            command = self._command(spec, build, tag=tag, iidfile=iidfile)
            attempt = Attempt(
                spec=spec,
                build=build,
                command=command,
                environment=without_our_inputs(self.environment),
                program=self.tool.program,
                stop=self.stop,
            )
            with self.log.group(f"build {spec.label} with {self.name}"):
                seconds = attempt.run(self.root, ContainersTrace(), self.log)
            image_id = image_id_in(iidfile)
        folder = self._hand_over(spec, image_id or tag)
        self.log.info(f"{spec.label}: built {image_id[:SHOWN_ID] or tag} in {seconds:.1f} s")
        return BuiltImage(
            spec=spec,
            reference=f"docker-archive:{folder / _ARCHIVE}",
            builder=self.name,
            dockerfile=repository_path(self.root, build.dockerfile),
            build_seconds=seconds,
            handed_over=folder,
        )

    def _command(self, spec: ImageSpec, build: BuildSpec, *, tag: str, iidfile: Path) -> list[str]:
        """Docker's image format, since the other drops HEALTHCHECK and SHELL.

        Without an engine, commands of the Dockerfile run in a chroot unless the user chose otherwise: that
        works inside of an unprivileged container, too.
        """
        dockerfile, context = existing_paths(spec, build, self.root)
        command = [self.tool.executable, *self.tool.options, "build", "--format=docker", "--layers"]
        if self.tool.program == "buildah" and not self.environment.get("BUILDAH_ISOLATION"):
            command.append("--isolation=chroot")
        command += [f"--iidfile={iidfile}", f"--tag={tag}", *(f"--tag={own}" for own in spec.tags)]
        command += [f"--platform={spec.platform}"] if spec.platform else []
        command += ["--no-cache"] if self.fresh else []
        return [*command, *build_options(build), f"--file={dockerfile}", context]

    def _hand_over(self, spec: ImageSpec, image: str) -> Path:
        """A folder with the image's archive."""
        try:
            # Where it is read, and taken away after, is the business of others.
            folder = Path(tempfile.mkdtemp(prefix="bloatcheck-"))
        except OSError as error:
            raise self._not_handed_over(spec, str(error)) from error
        try:
            # The archive is named from within the folder: a colon in its path would end the path.
            command = [self.tool.executable, *self.tool.options, "push", image, f"docker-archive:{_ARCHIVE}"]
            said = deque[str](maxlen=20)
            process = start(command, directory=folder, environment=without_our_inputs(self.environment))
            code = follow(process, said.append, self.stop)
        except BaseException as error:
            shutil.rmtree(folder, ignore_errors=True)
            if isinstance(error, (OSError, ValueError)):
                raise self._not_handed_over(spec, str(error)) from error
            raise
        if code:
            shutil.rmtree(folder, ignore_errors=True)
            raise self._not_handed_over(spec, " ".join("".join(said).split())[-500:])
        return folder

    def _not_handed_over(self, spec: ImageSpec, reason: str) -> BuildError:
        return BuildError(
            f"{spec.name} was built, but {self.tool.program} could not hand it over: {reason}",
            hint="free some space for temporary files, or set TMPDIR to a directory that has some",
            place=spec.place,
        )
