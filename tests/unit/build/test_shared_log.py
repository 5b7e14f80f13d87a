"""One log for builds that go on at once: told what goes on when nothing is said, and never two at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from support.recording_log import RecordingLog

from bloatcheck.build import shared_log
from bloatcheck.build.shared_log import BuildLog, SharedLog, told
from bloatcheck.works import Work, Works


class ShowingLog(RecordingLog):
    """Satisfies `bloatcheck.works.Board`."""

    terse = True
    shown: Works | None = None

    @contextmanager
    def showing(self, works: Works) -> Iterator[None]:
        self.shown = works
        yield
        self.shown = None


def test_a_log_that_says_nothing_for_long_says_what_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_log, "SILENCE", 0.5)
    log, works = RecordingLog(), Works([60.0, None], lanes=2)
    with SharedLog(log, works).shown(), works.build("api", 60.0) as work:
        work.doing = "[2/5] RUN make"
        deadline = time.monotonic() + 10
        while not log.lines and time.monotonic() < deadline:
            time.sleep(0.05)
    assert log.lines[0].startswith("still at work: api ")
    assert "(1 min last time), [2/5] RUN make (0 of 2 done, about " in log.lines[0]


def test_it_tells_of_every_work() -> None:
    works = Works([None, None])
    running = (Work("api", 100.0, "[1/2] FROM debian"), Work("web"))
    assert told(works, running) == (
        "still at work: api 0 s (1 min 40 s last time), [1/2] FROM debian; web 0 s (0 of 2 done)"
    )
    assert told(Works([None]), running[1:]) == "still at work: web 0 s"


def test_a_log_that_shows_what_goes_on_is_left_to_it() -> None:
    log, works = ShowingLog(), Works([None])
    shared = SharedLog(log, works)
    with shared.shown(), works.work("api", doing="reading") as work, shared.telling(work):
        assert log.shown is works
        shared.status("reading: 1 of 3 layers")
        assert work.doing == "reading: 1 of 3 layers"
        shared.status(None)
        assert work.doing == "reading"
    assert not log.states
    assert log.shown is None


def test_elsewhere_what_goes_on_is_told_by_its_name() -> None:
    log, works = RecordingLog(), Works([None])
    shared = SharedLog(log, works)
    with works.work("api", doing="reading") as work, shared.telling(work):
        shared.status("reading: 1 of 3 layers")
        shared.status(None)
    assert log.states == ["api: reading: 1 of 3 layers", None]


def test_while_one_is_alone_the_others_wait() -> None:
    log = RecordingLog()
    shared = SharedLog(log, Works())
    other = threading.Thread(target=shared.info, args=("other",))
    with shared.alone() as alone:
        other.start()
        time.sleep(0.1)
        alone.info("one")
        alone.info("two")
    other.join()
    assert log.lines == ["one", "two", "other"]


def test_the_log_of_a_build_knows_its_step() -> None:
    log, work = RecordingLog(), Work("api")
    build = BuildLog(log, work)
    with build.group("build api"):
        build.output("#5 [2/3] RUN ma")
        build.output("ke\n#5 0.1 cc\n")
    assert work.doing == "[2/3] RUN make"
    assert log.lines == ["build api", "#5 [2/3] RUN ma", "ke\n#5 0.1 cc\n"]
