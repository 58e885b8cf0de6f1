"""Run tasks in several processes; results are in order, whatever the number of processes.

Tasks are submitted in pieces. This process does the first ones itself; if there are many, or if
they take long, helper processes start on the pieces that nobody has begun, and this process works
along. Helpers start by ``fork``, so that they share what the run has loaded; on platforms without a
safe ``fork`` (macOS, Windows) one process does everything.
"""

from __future__ import annotations

import os
import sys
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from imagelint.run.helpers import Done, Helpers

__all__ = ["AUTO", "PIECE", "Pool", "in_order"]

T = TypeVar("T")

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
        self._helpers: Helpers | None = None
        self._own: dict[int, Done] = {}
        """By piece, results that this process computed before they were requested."""

    def give(self, piece: Sequence[Any]) -> None:
        """Submit tasks for one process; helpers begin with them at once."""
        self._pieces.append(piece)
        self._given += len(piece)
        if self._helpers is None and self._given > 1 and self._given >= self._enough:
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
                        if self._helpers is None and monotonic() > until:
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
        """Stop the helpers, done or not."""
        if self._helpers is not None:
            self._helpers.end()
            self._helpers = None

    def _start(self) -> None:
        """Start helpers for two pieces or more, if the system allows it."""
        if self.size == 1 or len(self._pieces) - self._next < _FEWEST:
            return
        from imagelint.run.helpers import Helpers  # noqa: PLC0415 - loads multiprocessing

        begun = self._next
        try:
            self._helpers = Helpers(self._task, self.size - 1)
            with self._helpers.starting():
                self._feed()
        except (ImportError, NotImplementedError, OSError):  # no semaphores, no processes
            self.size, self._helpers, self._next = 1, None, begun

    def _feed(self) -> None:
        """Submit pieces that nobody has begun to helpers, so that they need not wait."""
        if self._helpers is None or self._next == len(self._pieces):
            return
        free = _AHEAD * (self.size - 1) - self._helpers.busy
        for number in range(self._next, min(self._next + free, len(self._pieces))):
            self._helpers.give(number, self._pieces[number])
            self._next = number + 1

    def _done(self, number: int) -> Done:
        """Return the result of a piece; until it is there, work on pieces that nobody has begun."""
        if number in self._own:
            return self._own.pop(number)
        assert self._helpers is not None  # they have begun this piece
        while True:
            is_left = self._next < len(self._pieces)
            done = self._helpers.done(number, waits=not is_left)
            if done is not None:
                return done
            if is_left:
                self._next += 1
                self._own[self._next - 1] = self._helpers.attempted(self._pieces[self._next - 1])
                self._feed()
