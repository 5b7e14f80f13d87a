"""Work on several layers at once: expanding, hashing and reading let other threads run meanwhile."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

_WORKERS = 4


def side_by_side(tasks: Sequence[tuple[int, Callable[[], T]]]) -> Iterator[T]:
    """The results of all tasks, as they come.

    Results can be large: no more are held than threads run, and none once the next one is asked for.

    Args:
        tasks: each with a number that grows with what it costs: the costliest begins first, so that no
            thread is left alone with it at the end.
    """
    if len(tasks) < 2:  # noqa: PLR2004 - nothing stands beside it
        yield from (task() for _, task in tasks)
        return
    # what is listed without threads starts without it (and without logging, its import)
    from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait  # noqa: PLC0415 - see above

    workers = min(len(tasks), os.cpu_count() or 1, _WORKERS)
    waiting = iter(sorted(tasks, key=lambda task: -task[0]))
    pool = ThreadPoolExecutor(workers)
    running: set[Future[T]] = {
        pool.submit(task) for _, (_, task) in zip(range(workers), waiting, strict=False)
    }
    try:
        while running:
            done = wait(running, return_when=FIRST_COMPLETED).done
            running -= done
            running.update(pool.submit(task) for _, (_, task) in zip(done, waiting, strict=False))
            while done:
                yield done.pop().result()
    finally:
        pool.shutdown(cancel_futures=True)
