"""Work on several layers at once: expanding, hashing and reading let other threads run meanwhile."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

_WORKERS = 4


def side_by_side(tasks: Sequence[tuple[int, Callable[[], T]]]) -> Iterator[T]:
    """The results of all tasks, as they come.

    Args:
        tasks: each with a number that grows with what it costs: the costliest begins first, so that no
            thread is left alone with it at the end.
    """
    if len(tasks) < 2:  # noqa: PLR2004 - nothing stands beside it
        yield from (task() for _, task in tasks)
        return
    # what is listed without threads starts without it (and without logging, its import)
    from concurrent.futures import ThreadPoolExecutor, as_completed  # noqa: PLC0415 - see above

    pool = ThreadPoolExecutor(min(len(tasks), os.cpu_count() or 1, _WORKERS))
    try:
        pending = [pool.submit(task) for _, task in sorted(tasks, key=lambda task: -task[0])]
        for done in as_completed(pending):
            yield done.result()
    finally:
        pool.shutdown(cancel_futures=True)
