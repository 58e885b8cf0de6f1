"""Several processes for one list of tasks: the results in order, whatever the number of processes.

Processes start by ``fork``, so that what the run has loaded is there at once; where the
platform has no safe ``fork`` (macOS, Windows) one process does everything. The pool costs
some tens of milliseconds, hence ``ENOUGH``.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["AUTO", "in_order"]

T = TypeVar("T")

AUTO = 0
"""As many processes as pay for themselves."""
ENOUGH = 500
"""Fewer tasks (files) than this are done before a pool is up."""
ENOUGH_BYTES = 4 << 20
"""A stream of fewer bytes, as well: even full of images it takes some 200 ms."""
_PIECE = 64
"""Tasks that a process takes at a time."""

_task: Callable[[int], Any] | None = None
"""What the processes of the pool do; inherited, never pickled."""


def in_order(
    task: Callable[[int], T], count: int, jobs: int = AUTO, *, size: int = 0
) -> Iterator[T]:
    """Yield ``task(0)`` to ``task(count - 1)``, done by ``jobs`` processes.

    ``size`` tells of how many bytes the work is, where that is known. Results must pickle. An
    exception of a task is raised here.
    """
    is_enough = count >= ENOUGH or size >= ENOUGH_BYTES
    wanted = (os.cpu_count() or 1) if is_enough else 1
    jobs = min(wanted if jobs == AUTO else jobs, count)
    if jobs <= 1 or sys.platform != "linux":
        yield from map(task, range(count))
        return
    import multiprocessing  # noqa: PLC0415 - slow to import, and only for long runs

    global _task  # noqa: PLW0603 - how forked processes inherit a closure
    _task = task
    piece = max(1, min(_PIECE, count // (4 * jobs)))
    try:
        with multiprocessing.get_context("fork").Pool(jobs, _leave_signals) as pool:
            yield from pool.imap(_call, range(count), piece)
    finally:
        _task = None


def _leave_signals() -> None:
    """Let the first process alone answer to Ctrl-C: it ends the pool."""
    import signal  # noqa: PLC0415 - in the processes of a pool only

    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _call(number: int) -> object:
    assert _task is not None  # set before the processes start
    return _task(number)
