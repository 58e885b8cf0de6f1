"""Several processes for one list of tasks: the results in order, whatever the number of processes.

Tasks are given in pieces. This process does the first ones itself; where there are many, or where
they take long, helpers take over pieces that nobody has begun, and this process works along.
Helpers start by ``fork``, so that what the run has loaded is there at once; where the platform has
no safe ``fork`` (macOS, Windows) one process does everything.
"""

from __future__ import annotations

import os
import signal
import sys
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from imagelint.model.errors import ImagelintError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future, ProcessPoolExecutor
    from multiprocessing.process import BaseProcess

__all__ = ["AUTO", "PIECE", "Pool", "in_order"]

T = TypeVar("T")
_Done: TypeAlias = "tuple[list[Any], Exception | None]"
"""The results of a piece, up to the task that has raised something."""

AUTO = 0
"""As many processes as pay for themselves."""
ENOUGH = 250
"""So many tasks (files) are worth a helper."""
ENOUGH_BYTES = 1 << 20
"""A stream of so many bytes, as well: full of images it takes some 100 ms."""
LONG = 0.05
"""Seconds of work with fewer tasks, after which helpers start on what is left."""
PIECE = 16
"""Tasks that a process takes at a time."""
_KILLED = "a process of imagelint was killed (out of memory?): try -j 1"


def in_order(
    task: Callable[[int], T], count: int, jobs: int = AUTO, *, size: int = 0
) -> Iterator[T]:
    """Yield ``task(0)`` to ``task(count - 1)``, done by ``jobs`` processes.

    ``size`` is the number of bytes that the work is about, where that is known. Results must
    pickle. Raises what a task raises, and ``ImagelintError`` where a process is killed.
    """
    pool = Pool(task, jobs, enough=1 if size >= ENOUGH_BYTES else ENOUGH)
    piece = max(1, min(PIECE, count // (4 * pool.size)))
    for start in range(0, count, piece):
        pool.give(range(start, min(start + piece, count)))
    yield from pool.results()


class Pool:
    """This process and its helpers, which do tasks as they are given.

    Helpers start with the first ``enough`` tasks; where a number of processes was asked for and is
    not ``AUTO``, with the first one.
    """

    def __init__(
        self, task: Callable[[Any], Any], jobs: int = AUTO, *, enough: int = ENOUGH
    ) -> None:
        """Do ``task`` with each thing that is given, which must pickle as its result must."""
        self._task = task
        self.size = 1 if sys.platform != "linux" else (jobs or os.cpu_count() or 1)
        """How many processes there may be."""
        self._enough = enough if jobs == AUTO else 1
        self._given = 0
        self._pieces: list[Sequence[Any]] = []
        self._executor: ProcessPoolExecutor | None = None
        self._helpers: list[BaseProcess] = []
        self._futures: dict[int, Future[_Done]] = {}
        """By piece, of those that helpers may have begun."""
        self._own: dict[int, _Done] = {}
        """By piece, what this process has done before it was asked for."""
        self._next = 0
        """The first piece that nobody may have begun."""

    def give(self, piece: Sequence[Any]) -> None:
        """Give tasks that one process is to do; helpers begin with them at once."""
        self._pieces.append(piece)
        self._given += len(piece)
        if self._executor is not None:
            self._submit(len(self._pieces) - 1)
        elif self.size > 1 and self._given > 1 and self._given >= self._enough:
            self._start(0)

    def results(self) -> Iterator[Any]:
        """Yield the results of all tasks that were given, in that order, and end the helpers.

        Raises what a task has raised, and ``ImagelintError`` where a helper was killed.
        """
        until = monotonic() + LONG
        try:
            for number, piece in enumerate(self._pieces):
                if number in self._futures:
                    results, error = self._done(number)
                    yield from results
                    if error is not None:
                        raise error
                    continue
                for thing in piece:
                    yield self._task(thing)
                    if self._executor is None and self.size > 1 and monotonic() > until:
                        self._start(number + 1)
        finally:
            self.end()

    def end(self) -> None:
        """End the helpers, done or not; they only read, so nothing is left behind."""
        if self._executor is None:
            return
        if not all(future.done() for future in self._futures.values()):
            for helper in self._helpers:
                helper.kill()
        self._executor.shutdown(cancel_futures=True)
        self._executor = None

    def _start(self, first: int) -> None:
        """Start helpers for all pieces from ``first`` on, if the system lets us."""
        if first and first == len(self._pieces):
            return
        from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415 - only for long runs
        from multiprocessing import active_children, get_context  # noqa: PLC0415 - as above

        for stream in (sys.stdout, sys.stderr):
            stream.flush()  # else what waits there would be written once more by each helper
        others = active_children()
        # An interrupt waits until every helper ignores it: this process alone answers.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self._executor = ProcessPoolExecutor(
                self.size - 1, get_context("fork"), initializer=_begin, initargs=(self._task,)
            )
            for number in range(first, len(self._pieces)):
                self._submit(number)
        except (ImportError, NotImplementedError, OSError):  # no semaphores, no processes
            self.size, self._executor = 1, None
            self._futures.clear()
        finally:
            self._helpers = [child for child in active_children() if child not in others]
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    def _submit(self, number: int) -> None:
        from concurrent.futures.process import BrokenProcessPool  # noqa: PLC0415 - only for long runs

        assert self._executor is not None
        try:
            self._futures[number] = self._executor.submit(_do, self._pieces[number])
        except BrokenProcessPool:
            raise ImagelintError(_KILLED) from None

    def _done(self, number: int) -> _Done:
        """Return what has come of a piece; until it has come do others that nobody has begun."""
        from concurrent.futures.process import BrokenProcessPool  # noqa: PLC0415 - only for long runs

        while number not in self._own and not self._futures[number].done():
            free = self._free()
            if free is None:
                break
            self._own[free] = _attempted(self._task, self._pieces[free])
        if number in self._own:
            return self._own.pop(number)
        try:
            return self._futures.pop(number).result()
        except BrokenProcessPool:
            raise ImagelintError(_KILLED) from None

    def _free(self) -> int | None:
        """Return a piece that nobody has begun, which is this process's now."""
        while self._next < len(self._pieces):
            self._next += 1
            future = self._futures.get(self._next - 1)
            if future is not None and future.cancel():
                return self._next - 1
        return None


def _attempted(task: Callable[[Any], Any], piece: Sequence[Any]) -> _Done:
    results = []
    for thing in piece:
        try:
            results.append(task(thing))
        except Exception as error:  # noqa: BLE001, PERF203 - raised where the results are wanted
            return results, error
    return results, None


_of_helper: Callable[[Any], Any] | None = None
"""The task, in a helper."""


def _begin(task: Callable[[Any], Any]) -> None:
    """Begin as a helper."""
    global _of_helper  # noqa: PLW0603 - a helper does one thing as long as it lives
    _of_helper = task
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _do(piece: Sequence[Any]) -> _Done:
    """Do a piece, in a helper."""
    assert _of_helper is not None  # see _begin
    return _attempted(_of_helper, piece)
