"""Several processes for one list of tasks: the results in order, whatever the number of processes.

Processes start by ``fork``, so that what the run has loaded is there at once; where the
platform has no safe ``fork`` (macOS, Windows) one process does everything. The pool costs
some tens of milliseconds, hence ``ENOUGH``.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, TypeVar

from imagelint.errors import ImagelintError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.pool import IMapIterator
    from multiprocessing.process import BaseProcess

__all__ = ["AUTO", "in_order"]

T = TypeVar("T")

AUTO = 0
"""As many processes as pay for themselves."""
ENOUGH = 500
"""Fewer tasks (files) than this are done before a pool is up."""
ENOUGH_BYTES = 4 << 20
"""A stream of fewer bytes, as well: even full of images it takes some 200 ms."""
_PATIENCE = 1.0
"""Seconds without a result after which processes are looked at."""
_PIECE = 64
"""Tasks that a process takes at a time."""

_task: Callable[[int], Any] | None = None
"""What the processes of the pool do; inherited, never pickled."""


def in_order(
    task: Callable[[int], T], count: int, jobs: int = AUTO, *, size: int = 0
) -> Iterator[T]:
    """Yield ``task(0)`` to ``task(count - 1)``, done by ``jobs`` processes.

    ``size`` tells of how many bytes the work is, where that is known. Results must pickle. An
    exception of a task is raised here, and ``ImagelintError`` where a process was killed.
    """
    is_enough = count >= ENOUGH or size >= ENOUGH_BYTES
    wanted = (os.cpu_count() or 1) if is_enough else 1
    jobs = min(wanted if jobs == AUTO else jobs, count)
    if jobs <= 1 or sys.platform != "linux":
        yield from map(task, range(count))
        return
    import multiprocessing  # noqa: PLC0415 - slow to import, and only for long runs
    import signal  # noqa: PLC0415 - the same

    global _task  # noqa: PLW0603 - how forked processes inherit a closure
    _task = task
    piece = max(1, min(_PIECE, count // (4 * jobs)))
    # An interrupt has to wait until there is a pool to end: it would leave processes behind, or
    # end as this one those that do not ignore it yet.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        with multiprocessing.get_context("fork").Pool(jobs, _leave_signals) as pool:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            workers = multiprocessing.active_children()
            starts = range(0, count, piece)
            done = pool.imap(_call, [range(at, min(at + piece, count)) for at in starts])
            for _ in starts:
                yield from _next(done, workers)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        _task = None


def _next(done: IMapIterator[list[Any]], workers: list[BaseProcess]) -> list[Any]:
    """Wait for the next results; a pool would wait for ever for those of a killed process."""
    import multiprocessing  # noqa: PLC0415 - slow to import

    while True:
        is_lost = any(worker.exitcode is not None for worker in workers)
        try:
            return done.next(timeout=_PATIENCE)
        except multiprocessing.TimeoutError as error:
            if is_lost:
                message = "a process of imagelint was killed (out of memory?): try -j 1"
                raise ImagelintError(message) from error


def _leave_signals() -> None:
    """Let the first process alone answer to Ctrl-C: it ends the pool."""
    import signal  # noqa: PLC0415 - in the processes of a pool only

    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _call(numbers: range) -> list[Any]:
    assert _task is not None  # set before the processes start
    return [_task(number) for number in numbers]
