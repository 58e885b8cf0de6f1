"""The processes that help with a run: a ``ProcessPoolExecutor`` that can be interrupted.

Imported only when helpers start, because ``concurrent.futures`` and ``multiprocessing`` are large.
"""

from __future__ import annotations

import os
import signal
import sys
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import active_children, get_context
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any, TypeAlias

from imagelint.model.errors import ImagelintError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future
    from multiprocessing.process import BaseProcess

__all__ = ["Done", "Helpers"]

Done: TypeAlias = "tuple[list[Any], Exception | None]"
"""The results of a piece, up to the first task that raised an exception."""

_LOOK = 1.0
"""Seconds without a result, after which helpers are checked."""
_KILLED = "a process of imagelint was killed (out of memory?): try -j 1"


class Helpers:
    """Processes that work on pieces, which are known by their numbers."""

    def __init__(self, task: Callable[[Any], Any], count: int) -> None:
        """Prepare ``count`` processes, which start with the first pieces: see :meth:`starting`.

        Raises ``ImportError``, ``NotImplementedError`` or ``OSError`` if the system cannot.
        """
        self._task = task
        self._executor = ProcessPoolExecutor(
            count, get_context("fork"), initializer=_Worker.begin, initargs=(task,)
        )
        self._processes: list[BaseProcess] = []
        self._futures: dict[int, Future[Done]] = {}
        """By piece, for pieces whose results were not requested."""

    @contextmanager
    def starting(self) -> Iterator[None]:
        """Give the first pieces in this context, which start the processes."""
        for stream in (sys.stdout, sys.stderr):
            stream.flush()  # else each helper would write the buffered text again
        others = active_children()
        # Block an interrupt until every helper has its handler.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            yield
        finally:
            self._processes = [child for child in active_children() if child not in others]
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    @property
    def busy(self) -> int:
        """How many pieces helpers have begun and not finished."""
        return sum(not future.done() for future in self._futures.values())

    def give(self, number: int, piece: Sequence[Any]) -> None:
        """Submit a piece; raises ``ImagelintError`` if a helper was killed."""
        try:
            self._futures[number] = self._executor.submit(_Worker.do, piece)
        except BrokenProcessPool:
            raise ImagelintError(_KILLED) from None

    def attempted(self, piece: Sequence[Any]) -> Done:
        """Return the result of a piece, computed by this process."""
        return _attempted(self._task, piece)

    def done(self, number: int, *, waits: bool) -> Done | None:
        """Return the result of a piece, once; None if it is not there yet.

        ``waits`` is for a while. Raises ``ImagelintError`` if a helper was killed.
        """
        try:
            found = self._futures[number].result(_LOOK if waits else 0)
        except NotYet:
            if waits:
                self._look_after_processes()
            return None
        except BrokenProcessPool:
            raise ImagelintError(_KILLED) from None
        del self._futures[number]
        return found

    def end(self) -> None:
        """Stop the processes, done or not; they only read, so nothing is left behind."""
        if self.busy:
            for process in self._processes:
                _interrupt(process)
        self._executor.shutdown()

    def _look_after_processes(self) -> None:
        """End the pool if a helper was killed while it sent a result.

        The executor would wait forever for the rest of the result: it holds the pipe open itself.
        """
        if not wait([process.sentinel for process in self._processes], timeout=0):
            return
        for process in self._processes:
            process.kill()
        self._executor._result_queue._writer.close()  # type: ignore[attr-defined] # noqa: SLF001 - as said above


def _attempted(task: Callable[[Any], Any], piece: Sequence[Any]) -> Done:
    results = []
    for thing in piece:
        try:
            results.append(task(thing))
        except Exception as error:  # noqa: BLE001 - raised when the result is requested
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
    def do(cls, piece: Sequence[Any]) -> Done:
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
