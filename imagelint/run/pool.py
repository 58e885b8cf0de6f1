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
_FEWEST = 2
"""Pieces for which helpers start: this process can do the last one as well."""
_AHEAD = 2
"""Pieces that wait for each helper: it is to find one whenever it is done."""
_LOOK = 1.0
"""Seconds without a result, after which helpers are looked after."""
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
        self._next = 0
        """The first piece that nobody has begun."""
        self._executor: ProcessPoolExecutor | None = None
        self._helpers: list[BaseProcess] = []
        self._futures: dict[int, Future[_Done]] = {}
        """By piece, of those that helpers have begun."""
        self._own: dict[int, _Done] = {}
        """By piece, what this process has done before it was asked for."""

    def give(self, piece: Sequence[Any]) -> None:
        """Give tasks that one process is to do; helpers begin with them at once."""
        self._pieces.append(piece)
        self._given += len(piece)
        if self._executor is None and self._given > 1 and self._given >= self._enough:
            self._start()
        self._feed()

    def results(self) -> Iterator[Any]:
        """Yield the results of all tasks that were given, in that order, and end the helpers.

        Raises what a task has raised, and ``ImagelintError`` where a helper was killed.
        """
        until = monotonic() + LONG
        try:
            for number, piece in enumerate(self._pieces):
                self._feed()
                if number == self._next:
                    self._next += 1
                    for thing in piece:
                        yield self._task(thing)
                        if self._executor is None and monotonic() > until:
                            self._start()
                            self._feed()
                    continue
                results, error = self._done(number)
                yield from results
                if error is not None:
                    raise error
        finally:
            self.end()

    def end(self) -> None:
        """End the helpers, done or not; they only read, so nothing is left behind."""
        if self._executor is None:
            return
        if self._busy():
            for helper in self._helpers:
                _interrupt(helper)
        self._executor.shutdown()
        self._executor = None

    def _start(self) -> None:
        """Start helpers for two pieces or more, if the system lets us."""
        if self.size == 1 or len(self._pieces) - self._next < _FEWEST:
            return
        from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415 - only for long runs
        from multiprocessing import active_children, get_context  # noqa: PLC0415 - as above

        for stream in (sys.stdout, sys.stderr):
            stream.flush()  # else what waits there would be written once more by each helper
        others, context, begun = active_children(), get_context("fork"), self._next
        # An interrupt waits until every helper knows what to do with it.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self._executor = ProcessPoolExecutor(
                self.size - 1, context, initializer=_Worker.begin, initargs=(self._task,)
            )
            self._feed()  # which starts them
        except (ImportError, NotImplementedError, OSError):  # no semaphores, no processes
            self.size, self._executor, self._next = 1, None, begun
            self._futures.clear()
        finally:
            self._helpers = [child for child in active_children() if child not in others]
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    def _busy(self) -> int:
        """Return how many pieces helpers have begun and not done."""
        return sum(not future.done() for future in self._futures.values())

    def _feed(self) -> None:
        """Hand pieces that nobody has begun to helpers, so that they need not wait."""
        if self._executor is None or self._next == len(self._pieces):
            return
        from concurrent.futures.process import BrokenProcessPool  # noqa: PLC0415 - only for long runs

        free = _AHEAD * (self.size - 1) - self._busy()
        for number in range(self._next, min(self._next + free, len(self._pieces))):
            try:
                self._futures[number] = self._executor.submit(_Worker.do, self._pieces[number])
            except BrokenProcessPool:
                raise ImagelintError(_KILLED) from None
            self._next = number + 1

    def _done(self, number: int) -> _Done:
        """Return what has come of a piece; until it has come do others that nobody has begun."""
        from concurrent.futures import TimeoutError as NotYet  # noqa: PLC0415 - only for long runs
        from concurrent.futures.process import BrokenProcessPool  # noqa: PLC0415 - as above

        if number in self._own:
            return self._own.pop(number)
        future = self._futures.pop(number)
        while True:
            is_left = self._next < len(self._pieces)
            try:
                return future.result(0 if is_left else _LOOK)
            except NotYet:
                pass
            except BrokenProcessPool:
                raise ImagelintError(_KILLED) from None
            if is_left:
                self._next += 1
                self._own[self._next - 1] = _attempted(self._task, self._pieces[self._next - 1])
                self._feed()
            else:
                self._look_after_helpers()

    def _look_after_helpers(self) -> None:
        """End the pool where a helper was killed while it sent a result.

        The executor would wait for the rest of that for ever: it holds the pipe open itself.
        """
        from multiprocessing.connection import wait  # noqa: PLC0415 - only for long runs

        if not wait([helper.sentinel for helper in self._helpers], timeout=0):
            return
        for helper in self._helpers:
            helper.kill()
        assert self._executor is not None
        self._executor._result_queue._writer.close()  # type: ignore[attr-defined] # noqa: SLF001 - as said above


def _attempted(task: Callable[[Any], Any], piece: Sequence[Any]) -> _Done:
    results = []
    for thing in piece:
        try:
            results.append(task(thing))
        except Exception as error:  # noqa: BLE001, PERF203 - raised where the results are wanted
            return results, error
    return results, None


class _EndedError(BaseException):
    """The first process wants no more of a task."""


class _Worker:
    """The state of a helper, which does one thing as long as it lives."""

    task: Callable[[Any], Any] | None = None
    is_ended = False
    is_interruptible = False

    @classmethod
    def begin(cls, task: Callable[[Any], Any]) -> None:
        cls.task = task
        signal.signal(signal.SIGINT, cls.interrupt)

    @classmethod
    def interrupt(cls, _number: int, _frame: object) -> None:
        """Leave the task; but finish what is being sent, for which the first process waits."""
        cls.is_ended = True
        if cls.is_interruptible:
            cls.is_interruptible = False
            raise _EndedError

    @classmethod
    def do(cls, piece: Sequence[Any]) -> _Done:
        assert cls.task is not None  # see begin
        if cls.is_ended:
            return [], None
        try:
            cls.is_interruptible = True
            return _attempted(cls.task, piece)
        except _EndedError:
            return [], None
        finally:
            cls.is_interruptible = False


def _interrupt(helper: BaseProcess) -> None:
    try:
        os.kill(helper.pid or 0, signal.SIGINT)
    except ProcessLookupError:  # it has ended
        return
