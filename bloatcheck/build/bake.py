"""Building many images in one solve, so that BuildKit shares what their stages have in common."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bloatcheck.build.attempt import Attempt, build_of
from bloatcheck.build.bake_file import BakeTarget, bake_file, target_names
from bloatcheck.build.bake_output import BakeOutput
from bloatcheck.build.client import DockerClient, ask
from bloatcheck.build.command import build_command, build_environment, existing_paths, repository_path
from bloatcheck.build.cross import check_platform
from bloatcheck.build.lines import LineCutter, Tail
from bloatcheck.build.model import BuiltImage, FailedBuild
from bloatcheck.build.ours import our_tag
from bloatcheck.build.process import follow, start
from bloatcheck.config.model import BuildxSettings, ImageSpec
from bloatcheck.errors import BuildError
from bloatcheck.log import Log
from bloatcheck.units import count
from bloatcheck.works import Work

_Results = dict[int, "BuiltImage | FailedBuild"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BakeBuilder:
    """Builds through `docker buildx bake`, in the repository's root, by a bake file made for it."""

    client: DockerClient
    root: Path
    log: Log
    run_id: str
    repository: str
    environment: Mapping[str, str]
    buildx: BuildxSettings
    fresh: bool = False

    def build(self, specs: Sequence[ImageSpec], works: Sequence[Work]) -> _Results:
        """Builds them together. `works` hear of each one's steps.

        Returns:
            What became of them, by their number. Who isn't there has to be built alone: one of them failed,
            and that ended the solve for all.
        """
        results: _Results = {}
        targets: dict[int, BakeTarget] = {}
        for number, (spec, name) in enumerate(zip(specs, target_names(specs), strict=True)):
            target = self._target(spec, name)
            if isinstance(target, FailedBuild):
                results[number] = target
            else:
                targets[number] = target
        if targets:
            results.update(self._solved(targets, {targets[number].name: works[number] for number in targets}))
        return results

    def _target(self, spec: ImageSpec, name: str) -> BakeTarget | FailedBuild:
        """What can't even begin should not cost the others theirs."""
        tag = our_tag(spec, repository=self.repository, run_id=self.run_id)
        try:
            target = BakeTarget(name, spec, build_of(spec, self.environment, self.log), tag)
            existing_paths(spec, target.build, self.root)
            check_platform(
                spec, target.build, root=self.root, runs=self.client.runs, builder=self.client.name
            )
        except BuildError as error:
            return FailedBuild(spec, error)
        return target

    def _solved(self, targets: Mapping[int, BakeTarget], works: Mapping[str, Work]) -> _Results:
        output, tail = BakeOutput(works), Tail()
        begin = time.monotonic()
        try:
            code = self._run(list(targets.values()), output, tail)
        except (OSError, ValueError) as error:
            self.log.info(f"bake can't be started: {error}")
            return {}
        took = time.monotonic() - begin
        if code:
            failed = {number: target for number, target in targets.items() if target.name == output.failed}
            name = next((target.spec.name for target in failed.values()), "one of its targets")
            others = len(targets) - len(failed)
            rest = f"; the other {count(others, 'image')} are built one by one" if others else ""
            self.log.info(f"bake failed at {name}: {output.trace.reason}{rest}")
            return {
                number: FailedBuild(target.spec, self._failure(target, code, output, tail))
                for number, target in failed.items()
            }
        self.log.info(f"baked {count(len(targets), 'image')} in {took:.1f} s")
        ids = self._ids([target.tag for target in targets.values()])
        return {
            number: BuiltImage(
                spec=target.spec,
                reference=f"docker-daemon:{ids[target.tag]}",
                builder=self.client.name,
                dockerfile=repository_path(self.root, target.build.dockerfile),
                build_seconds=output.seconds[target.name],
            )
            for number, target in targets.items()
            if target.tag in ids
        }

    def _run(self, targets: Sequence[BakeTarget], output: BakeOutput, tail: Tail) -> int:
        cutter = LineCutter()

        def receive(text: str) -> None:
            self.log.output(text)
            output.feed(text)
            for line in cutter.feed(text):
                tail.see(line)

        with ExitStack() as stack:
            directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bloatcheck-")))
            file = directory / "bake.json"
            file.write_text(
                bake_file(targets, root=self.root, environment=self.environment, buildx=self.buildx)
            )
            command = [self.client.executable, "buildx", "bake", f"--file={file}", "--progress=plain"]
            command += [f"--builder={self.buildx.builder}"] if self.buildx.builder else []
            command += [] if self.client.loads_by_itself else ["--load"]
            command += ["--no-cache"] if self.fresh else []
            stack.enter_context(
                self.log.group(f"build {count(len(targets), 'image')} with {self.client.name}, by bake")
            )
            process = start(command, directory=self.root, environment=self._environment())
            code = follow(process, receive)
        for line in cutter.close():
            tail.see(line)
        output.close()
        return code

    def _environment(self) -> dict[str, str]:
        """That of any build. Which files it may read is checked already, as for one image at a time."""
        return {**build_environment(self.environment, self.client), "BUILDX_BAKE_ENTITLEMENTS_FS": "0"}

    def _failure(self, target: BakeTarget, code: int, output: BakeOutput, tail: Tail) -> BuildError:
        """As for this image alone, so that the command to see it by hand is for it alone too."""
        command = build_command(
            target.spec,
            target.build,
            client=self.client,
            root=self.root,
            tag=target.tag,
            iidfile=Path("iid"),
            buildx=self.buildx,
        )
        attempt = Attempt(
            spec=target.spec,
            build=target.build,
            command=command,
            environment=self.environment,
            program="docker",
        )
        return attempt.failure(self.root, code, output.trace, tail.lines)

    def _ids(self, tags: Sequence[str]) -> dict[str, str]:
        """The ids that the engine knows them by, asked for together; each alone where one isn't there."""
        ids = self._inspected(tags)
        if ids is not None and len(ids) == len(tags):
            return dict(zip(tags, ids, strict=True))
        found = {}
        for tag in tags:
            if alone := self._inspected([tag]):
                found[tag] = alone[0]
        return found

    def _inspected(self, tags: Sequence[str]) -> list[str] | None:
        code, output, _ = ask(
            self.client.executable,
            build_environment(self.environment, self.client),
            *("image", "inspect", "--format={{.Id}}", "--", *tags),
        )
        return output.split() if code == 0 else None
