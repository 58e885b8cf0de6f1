"""Run tasks in several processes; results are in order, whatever the number of processes.

Tasks are submitted in pieces. This process does the first ones itself; if there are many, or if
they take long, helper processes start on the pieces that nobody has begun, and this process works
along. Helpers start by ``fork``, so that they share what the run has loaded; on platforms without a
safe ``fork`` (macOS, Windows) one process does everything.
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
"""The results of a piece, up to the first task that raised an exception."""

AUTO = 0
"""As many processes as are worth their cost."""
ENOUGH = 250
"""The number of tasks (files) that is worth a helper."""
ENOUGH_BYTES = 1 << 20
"""The size of a stream that is worth a helper: full of images it takes some 100 ms."""
LONG = 0.05
"""Seconds of work with fewer tasks, after which helpers start on the rest."""
PIECE = 16
"""Tasks that a process takes at a time."""
_FEWEST = 2
"""The least number of pieces for which helpers start: this process can do the last one itself."""
_AHEAD = 2
"""Pieces queued for each helper, so that it never waits for work."""
_LOOK = 1.0
"""Seconds without a result, after which helpers are checked."""
_KILLED = "a process of imagelint was killed (out of memory?): try -j 1"


def in_order(
    task: Callable[[int], T], count: int, jobs: int = AUTO, *, size: int = 0
) -> Iterator[T]:
    """Yield ``task(0)`` to ``task(count - 1)``, computed by ``jobs`` processes.

    ``size`` is the number of bytes to process, if it is known. Results must be picklable.
    Raises what a task raises, and ``ImagelintError`` if a process is killed.
    """
    pool = Pool(task, jobs, enough=1 if size >= ENOUGH_BYTES else ENOUGH)
    piece = max(1, min(PIECE, count // (4 * pool.size)))
    for start in range(0, count, piece):
        pool.give(range(start, min(start + piece, count)))
    yield from pool.results()


class Pool:
    """This process and its helpers, which work on tasks as they are submitted.

    Helpers start after the first ``enough`` tasks, or with the first task if the caller asks for a
    number of processes other than ``AUTO``.
    """

    def __init__(
        self, task: Callable[[Any], Any], jobs: int = AUTO, *, enough: int = ENOUGH
    ) -> None:
        """Call ``task`` with each submitted value; values and results must be picklable."""
        self._task = task
        self.size = 1 if sys.platform != "linux" else (jobs or os.cpu_count() or 1)
        """The maximum number of processes."""
        self._enough = enough if jobs == AUTO else 1
        self._given = 0
        self._pieces: list[Sequence[Any]] = []
        self._next = 0
        """The first piece that nobody has begun."""
        self._executor: ProcessPoolExecutor | None = None
        self._helpers: list[BaseProcess] = []
        self._futures: dict[int, Future[_Done]] = {}
        """By piece, for pieces that helpers have begun."""
        self._own: dict[int, _Done] = {}
        """By piece, results that this process computed before they were requested."""

    def give(self, piece: Sequence[Any]) -> None:
        """Submit tasks for one process; helpers begin with them at once."""
        self._pieces.append(piece)
        self._given += len(piece)
        if self._executor is None and self._given > 1 and self._given >= self._enough:
            self._start()
        self._feed()

    def results(self) -> Iterator[Any]:
        """Yield the results of all submitted tasks, in that order, and stop the helpers.

        Raises what a task raised, and ``ImagelintError`` if a helper was killed.
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
        """Stop the helpers, done or not; they only read, so nothing is left behind."""
        if self._executor is None:
            return
        if self._busy():
            for helper in self._helpers:
                _interrupt(helper)
        self._executor.shutdown()
        self._executor = None

    def _start(self) -> None:
        """Start helpers for two pieces or more, if the system allows it."""
        if self.size == 1 or len(self._pieces) - self._next < _FEWEST:
            return
        from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415 - only for long runs
        from multiprocessing import active_children, get_context  # noqa: PLC0415 - as above

        for stream in (sys.stdout, sys.stderr):
            stream.flush()  # else each helper would write the buffered text again
        others, context, begun = active_children(), get_context("fork"), self._next
        # Block an interrupt until every helper has its handler.
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
        """Return how many pieces helpers have begun and not finished."""
        return sum(not future.done() for future in self._futures.values())

    def _feed(self) -> None:
        """Submit pieces that nobody has begun to helpers, so that they need not wait."""
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
        """Return the result of a piece; until it is there, work on pieces that nobody has begun."""
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
        """End the pool if a helper was killed while it sent a result.

        The executor would wait forever for the rest of the result: it holds the pipe open itself.
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
        except Exception as error:  # noqa: BLE001, PERF203 - raised when the result is requested
            return results, error
    return results, None


class _EndedError(BaseException):
    """The first process no longer needs the task."""


class _Worker:
    """The state of a helper, which does one thing in its lifetime."""

    task: Callable[[Any], Any] | None = None
    is_ended = False
    is_interruptible = False

    @classmethod
    def begin(cls, task: Callable[[Any], Any]) -> None:
        cls.task = task
        signal.signal(signal.SIGINT, cls.interrupt)

    @classmethod
    def interrupt(cls, _number: int, _frame: object) -> None:
        """Abort the task; but finish sending a result, because the first process waits for it."""
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
    except ProcessLookupError:  # it has already ended
        return
