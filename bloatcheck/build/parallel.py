"""Building all images of a run: several at once, or in one solve, each image's output together."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass

from bloatcheck.build.bake import BakeBuilder
from bloatcheck.build.choose import Builders
from bloatcheck.build.held_log import HeldLog
from bloatcheck.build.lanes import in_lanes
from bloatcheck.build.model import BuiltImage, FailedBuild
from bloatcheck.build.needs import in_order, needed, taken
from bloatcheck.build.shared_log import BuildLog, SharedLog
from bloatcheck.config.model import BuilderChoice, ImageSpec
from bloatcheck.works import Work

Built = tuple[int, "BuiltImage | FailedBuild"]
"""An image's number, and what became of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Builds:
    """The builds of a run.

    What a build prints stands together in the log: at its end, or as it comes where it is the only one. An
    image that is built on another of them waits for it.

    Args:
        builders: what builds.
        specs: the images.
        expected: what each build took before, in seconds.
        shared: the log of all.
        jobs: how many are built at once.
    """

    builders: Builders
    specs: Sequence[ImageSpec]
    expected: Sequence[float | None]
    shared: SharedLog
    jobs: int

    def run(self) -> Generator[Built, None, None]:
        """Gives each image back when it is there; with one job one by one, each after the last was taken.

        Close the generator, and all that still builds is ended.
        """
        stands_on = taken(self.specs, self.builders.root, self.builders.environment)
        after = needed(self.specs, stands_on)
        if self.builders.choice is not BuilderChoice.BAKE:
            yield from self._apart(in_order(after), after)
            return
        done: set[int] = set()
        while len(done) < len(self.specs):
            wave = [each for each in range(len(self.specs)) if each not in done and after[each] <= done]
            baked = self._baked(wave)
            yield from baked.items()
            yield from self._apart([each for each in wave if each not in baked], after)
            done.update(wave)

    def _apart(self, numbers: Sequence[int], after: Sequence[frozenset[int]]) -> Iterator[Built]:
        """Each in a build of its own."""
        several = self.jobs > 1 and sum(self.specs[each].build is not None for each in numbers) > 1

        def build(position: int) -> BuiltImage | FailedBuild:
            number = numbers[position]
            spec = self.specs[number]
            if spec.build is None:
                return self.builders.build(spec)
            with self.shared.works.build(spec.label, self.expected[number]) as work:
                return self._told(spec, work, held=several or self.shared.terse)

        if self.jobs == 1 or len(numbers) == 1:
            for position, number in enumerate(numbers):
                yield number, build(position)
            return
        position_of = {number: position for position, number in enumerate(numbers)}
        waits = [
            frozenset(position_of[each] for each in after[number] & position_of.keys()) for number in numbers
        ]
        lanes = in_lanes(waits, build, lanes=self.jobs, stop=self.builders.stop, abandon=_abandon)
        with closing(lanes):
            for position, result in lanes:
                yield numbers[position], result

    def _told(self, spec: ImageSpec, work: Work, *, held: bool) -> BuiltImage | FailedBuild:
        """Builds it. What was held back is told when it is over, unless all was stopped."""
        if not held:
            return self.builders.build(spec, BuildLog(self.shared, work))
        with closing(HeldLog()) as log:
            result = self.builders.build(spec, BuildLog(log, work))
            with self.shared.alone() as whole:
                log.let_go(whole, terse=self.shared.terse and isinstance(result, BuiltImage))
        return result

    def _baked(self, wave: Sequence[int]) -> dict[int, BuiltImage | FailedBuild]:
        """What one solve makes of them; nothing for what isn't built here, and where that leaves only one."""
        numbers = [number for number in wave if self.specs[number].build]
        client = self.builders.docker_client() if len(numbers) > 1 else None
        if client is None:
            # Built alone, each says why it can't be.
            return {}
        with ExitStack() as stack:
            works = [
                stack.enter_context(self.shared.works.build(self.specs[number].label, self.expected[number]))
                for number in numbers
            ]
            held = stack.enter_context(closing(HeldLog())) if self.shared.terse else None
            builder = BakeBuilder(
                client=client,
                root=self.builders.root,
                log=held or self.shared,
                run_id=self.builders.run_id,
                repository=self.builders.repository,
                environment=self.builders.environment,
                buildx=self.builders.buildx,
                fresh=self.builders.fresh,
            )
            results = builder.build([self.specs[number] for number in numbers], works)
            if held:
                with self.shared.alone() as whole:
                    held.let_go(whole, terse=len(results) == len(numbers))
        return {numbers[position]: result for position, result in results.items()}


def _abandon(result: BuiltImage | FailedBuild) -> None:
    if isinstance(result, BuiltImage):
        result.discard()
