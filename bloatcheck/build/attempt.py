"""One run of a program that builds an image: its output streamed, its failure explained."""

from __future__ import annotations

import shlex
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bloatcheck.build.command import repository_path, unset_arguments
from bloatcheck.build.cures import cure
from bloatcheck.build.failure import Trace, failing_place
from bloatcheck.build.lines import LineCutter, Tail, without_escapes
from bloatcheck.build.ours import DOMAIN
from bloatcheck.build.process import follow, start
from bloatcheck.config.model import BuildSpec, ImageSpec
from bloatcheck.errors import BuildError
from bloatcheck.log import Log
from bloatcheck.oci.dockerfile import Instruction, parse_dockerfile, read_dockerfile

SHOWN_ID = len("sha256:") + 12
"""Characters of an image's id in a line for people, as docker shows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What is started to build an image, and how to tell of it.

    `program` is the program's name for people; `stop` ends it from another thread.
    """

    spec: ImageSpec
    build: BuildSpec
    command: Sequence[str]
    environment: Mapping[str, str]
    program: str
    stop: threading.Event | None = None

    def run(self, root: Path, trace: Trace, log: Log) -> float:
        """Builds in `root`.

        Returns:
            Seconds that the build took.

        Raises:
            BuildError: with the failing Dockerfile line and the last output.
            StoppedError: it was told to stop.
        """
        cutter, tail = LineCutter(), Tail()

        def receive(text: str) -> None:
            log.output(text)
            for line in cutter.feed(text):
                _see(line)

        def _see(line: str) -> None:
            tail.see(line)
            trace.see(without_escapes(line))

        begin = time.monotonic()
        try:
            process = start(self.command, directory=root, environment=self.environment)
        except (OSError, ValueError) as error:
            raise BuildError(
                f"{self.spec.name} could not be built: {self.program} can't be started: {error}",
                place=self.spec.place,
            ) from error
        code = follow(process, receive, self.stop)
        seconds = time.monotonic() - begin
        for line in cutter.close():
            _see(line)
        if code:
            raise self.failure(root, code, trace, tail.lines)
        return seconds

    def _by_hand(self) -> str:
        """The command as a person would give it: without what only serves us."""
        ours = ("--iidfile=", f"--tag={DOMAIN}/")
        return shlex.join([self.program, *(word for word in self.command[1:] if not word.startswith(ours))])

    def failure(self, root: Path, code: int, trace: Trace, output: tuple[str, ...]) -> BuildError:
        """Why it failed, from its exit code and what it printed; `output` are the last lines."""
        ending = f"ended with exit code {code}" if code > 0 else f"was ended by signal {-code}"
        dockerfile = repository_path(root, self.build.dockerfile)
        instructions = _read_instructions(root / dockerfile)
        return BuildError(
            f"{self.spec.name} could not be built: {trace.reason or f'{self.program} {ending}'}",
            hint=cure(trace.reason, output, instructions) or f"to see it by hand: {self._by_hand()}",
            place=failing_place(trace, instructions, dockerfile),
            output=output,
        )


def build_of(spec: ImageSpec, environment: Mapping[str, str], log: Log) -> BuildSpec:
    """How the image is built; build arguments that the environment was to set, and doesn't, are told.

    Raises:
        BuildError: it isn't built at all.
    """
    if spec.build is None:
        raise BuildError(f"{spec.name} has nothing to build", place=spec.place)
    for argument in unset_arguments(spec.build, environment):
        log.info(f"{spec.name}: build arg {argument} isn't set, the Dockerfile's default is used")
    return spec.build


def image_id_in(iidfile: Path) -> str:
    """What the builder wrote of the image into the file; empty where it wrote none."""
    return iidfile.read_text(errors="replace").strip()[:200] if iidfile.is_file() else ""


def temporary_directory(spec: ImageSpec) -> tempfile.TemporaryDirectory[str]:
    """A new one.

    Raises:
        BuildError: there is no room for it.
    """
    try:
        return tempfile.TemporaryDirectory(prefix="bloatcheck-")
    except OSError as error:
        raise BuildError(
            f"{spec.name} could not be built: there is no directory for temporary files: {error}",
            hint="free some space there, or set TMPDIR to a directory that has some and may be written",
        ) from error


def _read_instructions(dockerfile: Path) -> tuple[Instruction, ...]:
    try:
        return parse_dockerfile(read_dockerfile(dockerfile))
    except (OSError, ValueError):
        return ()
