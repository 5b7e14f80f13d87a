"""Building with the docker client."""

from __future__ import annotations

import shlex
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bloatcheck.build.client import DockerClient, ask
from bloatcheck.build.command import build_command, build_environment, repository_path, unset_arguments
from bloatcheck.build.cures import cure
from bloatcheck.build.failure import Trace, failing_place, trace_for
from bloatcheck.build.lines import LineCutter, Tail, without_escapes
from bloatcheck.build.model import BuiltImage
from bloatcheck.build.ours import DOMAIN, OurTag
from bloatcheck.build.process import follow, start
from bloatcheck.config.model import BuildSpec, ImageSpec
from bloatcheck.errors import BuildError
from bloatcheck.log import Log
from bloatcheck.oci.dockerfile import MAX_LENGTH, Instruction, parse_dockerfile


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
        if spec.build is None:
            raise BuildError(f"{spec.name} has nothing to build", place=spec.place)
        for argument in unset_arguments(spec.build, self.environment):
            self.log.info(f"{spec.name}: build arg {argument} isn't set, the Dockerfile's default is used")
        tag = self._tag(spec)
        with _temporary_directory(spec) as directory:
            iidfile = Path(directory, "iid")
            command = build_command(
                spec, spec.build, client=self.client, root=self.root, tag=tag, iidfile=iidfile
            )
            if self.fresh:
                command.insert(-1, "--no-cache")
            with self.log.group(f"build {spec.name} with {self.name}"):
                seconds = self._run(spec, spec.build, command)
            image_id = self._image_id(spec, tag, iidfile)
        self.log.info(f"{spec.name}: built {image_id} in {seconds:.1f} s")
        return BuiltImage(
            spec=spec,
            reference=f"docker-daemon:{image_id}",
            builder=self.name,
            dockerfile=repository_path(self.root, spec.build.dockerfile),
            build_seconds=seconds,
        )

    def _tag(self, spec: ImageSpec) -> str:
        image = spec.name if spec.platform is None else f"{spec.name}\n{spec.platform}"
        return str(OurTag.of(repository=self.repository, image=image, run=self.run_id))

    def _run(self, spec: ImageSpec, build: BuildSpec, command: Sequence[str]) -> float:
        """Seconds that the build took."""
        cutter, tail, trace = LineCutter(), Tail(), trace_for(self.client.frontend)

        def receive(text: str) -> None:
            self.log.output(text)
            for line in cutter.feed(text):
                _see(line)

        def _see(line: str) -> None:
            tail.see(line)
            trace.see(without_escapes(line))

        begin = time.monotonic()
        environment = build_environment(self.environment, self.client)
        try:
            process = start(command, directory=self.root, environment=environment)
        except (OSError, ValueError) as error:
            raise BuildError(
                f"{spec.name} could not be built: docker can't be started: {error}", place=spec.place
            ) from error
        code = follow(process, receive)
        seconds = time.monotonic() - begin
        for line in cutter.close():
            _see(line)
        if code:
            raise self._failure(spec, build, command, code=code, trace=trace, output=tail.lines)
        return seconds

    def _failure(
        self,
        spec: ImageSpec,
        build: BuildSpec,
        command: Sequence[str],
        *,
        code: int,
        trace: Trace,
        output: tuple[str, ...],
    ) -> BuildError:
        ending = f"docker ended with exit code {code}" if code > 0 else f"docker was ended by signal {-code}"
        dockerfile = repository_path(self.root, build.dockerfile)
        instructions = _read_instructions(self.root / dockerfile)
        return BuildError(
            f"{spec.name} could not be built: {trace.reason or ending}",
            hint=cure(trace.reason, output, instructions) or f"to see it by hand: {_by_hand(command)}",
            place=failing_place(trace, instructions, dockerfile),
            output=output,
        )

    def _image_id(self, spec: ImageSpec, tag: str, iidfile: Path) -> str:
        """The id the engine knows the image by: the iidfile's, or else that of our tag."""
        environment = build_environment(self.environment, self.client)
        written = iidfile.read_text(errors="replace").strip()[:200] if iidfile.is_file() else ""
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


def _by_hand(command: Sequence[str]) -> str:
    """The command as a person would give it: without what only serves us."""
    ours = ("--iidfile=", f"--tag={DOMAIN}/")
    return shlex.join(["docker", *(word for word in command[1:] if not word.startswith(ours))])


def _read_instructions(dockerfile: Path) -> tuple[Instruction, ...]:
    try:
        with dockerfile.open(encoding="utf-8", errors="replace") as file:
            return parse_dockerfile(file.read(MAX_LENGTH))
    except OSError:
        return ()


def _temporary_directory(spec: ImageSpec) -> tempfile.TemporaryDirectory[str]:
    try:
        return tempfile.TemporaryDirectory(prefix="bloatcheck-")
    except OSError as error:
        raise BuildError(
            f"{spec.name} could not be built: there is no directory for temporary files: {error}",
            hint="free some space there, or set TMPDIR to a directory that has some and may be written",
        ) from error
