"""Several processes for one list of tasks: the results in order, whatever the number of processes.

The first process works along, so that of two there is one to be started, and half of the results
go nowhere. Tasks lie in pieces in a pipe that keeps packets apart: who is free takes the next one,
nobody waits for who is slower, and a task can be given while others are still being looked for.
What helpers have done comes back by a pipe of each. So there is no lock or thread to be left
behind by a process that is killed, whose pipe simply ends. Processes start by ``fork``, so that
what the run has loaded is there at once, in some milliseconds; where the platform has no safe
``fork`` (macOS, Windows) one process does everything.
"""

from __future__ import annotations

import os
import sys
from collections import deque
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from imagelint.model.errors import ImagelintError
from imagelint.model.namedtuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from imagelint.run.processes import Helper, Packets

__all__ = ["AUTO", "PACKET", "PIECE", "Team", "in_order"]

T = TypeVar("T")

AUTO = 0
"""As many processes as pay for themselves."""
ENOUGH = 250
"""Fewer tasks (files) than this are done before it matters; so many are worth a helper."""
ENOUGH_BYTES = 1 << 20
"""A stream of fewer bytes, as well: even full of images it takes some 100 ms."""
LONG = 0.05
"""Seconds of work with fewer tasks, after which helpers pay for themselves with what is left."""
PIECE = 16
"""Tasks that a process takes at a time."""
SOON = 0.02
"""Seconds after which it hands over what it has done of them: results may be large."""
PACKET = 4096
"""Bytes of a piece that a pipe keeps together (PIPE_BUF)."""


def in_order(
    task: Callable[[int], T], count: int, jobs: int = AUTO, *, size: int = 0
) -> Iterator[T]:
    """Yield ``task(0)`` to ``task(count - 1)``, done by ``jobs`` processes.

    ``size`` tells of how many bytes the work is, where that is known. Results must pickle. An
    exception of a task is raised here, and ``ImagelintError`` where a process was killed.
    """
    team = Team(task, jobs, enough=1 if size >= ENOUGH_BYTES else ENOUGH)
    piece = max(1, min(PIECE, count // (4 * team.size)))
    for at in range(0, count, piece):
        team.give(range(at, min(at + piece, count)))
    yield from team.results()


class _Done(NamedTuple):
    """What became of a piece of the tasks, or of some of it."""

    number: int
    results: list[Any]
    error: Exception | None = None
    goes_on: bool = False


class Team:
    """This process and its helpers, which do tasks as they are given.

    A helper is started for every ``enough`` tasks, up to the number of processes, and where they
    take long; where a number was asked for and is not ``AUTO``, for every task.
    """

    def __init__(
        self, task: Callable[[Any], Any], jobs: int = AUTO, *, enough: int = ENOUGH
    ) -> None:
        """Do ``task`` with each thing that is given, which must pickle as its result must."""
        self._task = task
        self.size = 1 if sys.platform != "linux" else (jobs or os.cpu_count() or 1)
        """How many processes there may be."""
        self._enough = enough if jobs == AUTO else 1
        self._helpers: list[Helper] = []
        self._tasks: Packets | None = None
        self._given = 0
        self._pieces = 0
        self._waiting: deque[tuple[int, Sequence[Any]]] = deque()
        """Pieces that have no place in the pipe yet, and their numbers."""
        self._large: deque[tuple[int, Sequence[Any]]] = deque()
        """Pieces that are too large for the pipe: this process does them."""
        self._own: Iterator[_Done] = iter(())
        """The piece that this process does."""
        self._done: dict[int, deque[_Done]] = {}

    def give(self, piece: Sequence[Any]) -> None:
        """Give tasks that one process is to do; helpers begin with them at once."""
        self._waiting.append((self._pieces, piece))
        self._pieces += 1
        self._given += len(piece)
        wanted = min(self.size - 1, self._given // self._enough, self._given - 1)
        if wanted > len(self._helpers):
            self._start(wanted - len(self._helpers))
        if self._tasks is not None:
            self._send()
            self._take_in(wait=False)

    def results(self) -> Iterator[Any]:
        """Yield the results of all tasks that were given, in that order, and end the helpers.

        Raises what a task has raised, and ``ImagelintError`` where a helper was killed.
        """
        try:
            self._begin_alone()
            for number in range(self._pieces):
                goes_on = True
                while goes_on:
                    while not self._done.get(number):
                        self._go_on()
                    _, results, error, goes_on = self._done[number].popleft()
                    yield from results
                    if error is not None:
                        raise error
                del self._done[number]
        finally:
            self.end()

    def _begin_alone(self) -> None:
        """Where there are no helpers work for a while, and start them if more is to be done.

        Only now: what comes of the results may be open files, which a process that starts shares.
        """
        until = monotonic() + LONG
        while self.size > 1 and self._tasks is None and self._waiting:
            self._go_on()
            if monotonic() > until and self._waiting:
                self._start(min(self.size - 1, len(self._waiting)))

    def end(self) -> None:
        """End what is not done, which leaves nothing behind: helpers only read."""
        if self._tasks is not None:
            self._tasks.close()
        for helper in self._helpers:
            helper.end()
        self._tasks, self._helpers = None, []

    def _start(self, count: int) -> None:
        """Start so many helpers, if the system has what it takes."""
        import pickle  # noqa: F401, PLC0415 - what helpers need too is loaded once

        from imagelint.run.processes import Packets, started  # noqa: PLC0415 - only for long runs

        if self._tasks is None:
            self._tasks = Packets.made()
        if self._tasks is None:
            self.size = 1
            return
        new = started(self._help, count)
        self._helpers += new
        if len(new) < count:  # there may be no more
            self.size = len(self._helpers) + 1

    def _send(self) -> None:
        """Put pieces that wait into the pipe, as long as there is room."""
        import pickle  # noqa: PLC0415 - only for long runs

        assert self._tasks is not None  # there are helpers
        while self._waiting:
            number, piece = self._waiting[0]
            data = pickle.dumps((number, piece), pickle.HIGHEST_PROTOCOL)
            if len(data) > PACKET:
                self._large.append((number, piece))
            elif not self._tasks.put(data):
                return
            self._waiting.popleft()

    def _go_on(self) -> None:
        """Take in what helpers have done; where there is nothing do some work, or wait for them."""
        if self._tasks is not None:
            self._send()
            if not self._waiting:
                self._tasks.finish()
            if self._take_in(wait=False):
                return
        done = next(self._own, None)
        if done is None:
            piece = self._next()
            if piece is None:
                self._take_in(wait=True)
                return
            self._own = self._do(*piece)
            done = next(self._own)
        self._keep(done)

    def _next(self) -> tuple[int, Sequence[Any]] | None:
        """Return the next piece that nobody has begun, which is this process's now."""
        if self._large:
            return self._large.popleft()
        data = self._tasks.get(wait=False) if self._tasks is not None else None
        if data:
            return _unpacked(data)
        return self._waiting.popleft() if self._waiting else None

    def _take_in(self, *, wait: bool) -> bool:
        """Take in what helpers have done; return whether there was something."""
        import pickle  # noqa: PLC0415 - only for long runs

        from imagelint.run.processes import KILLED, readable  # noqa: PLC0415

        working = {helper.pipe: helper for helper in self._helpers if helper.is_working}
        if wait and not working:
            raise ImagelintError(KILLED)
        ready = readable(working, wait=wait)
        for pipe in ready:
            data = working[pipe].receive()
            if data is not None:
                self._keep(_Done(*pickle.loads(data)))  # noqa: S301 - from our own process
        return bool(ready)

    def _keep(self, done: _Done) -> None:
        self._done.setdefault(done.number, deque()).append(done)

    def _do(self, number: int, piece: Sequence[Any]) -> Iterator[_Done]:
        """Do a piece, and yield what has come of it from time to time."""
        results: list[Any] = []
        until = monotonic() + SOON
        for one in piece:
            if results and monotonic() > until:
                yield _Done(number, results, goes_on=True)
                results = []
                until = monotonic() + SOON
            try:
                results.append(self._task(one))
            except Exception as error:  # noqa: BLE001 - to be raised where the results are wanted
                yield _Done(number, results, error)
                return
        yield _Done(number, results)

    def _help(self) -> Iterator[bytes]:
        """Do pieces as long as there are any, in a helper."""
        assert self._tasks is not None  # made before any helper
        self._tasks.finish()  # here; the first process goes on giving
        while data := self._tasks.get(wait=True):
            yield from map(_portable, self._do(*_unpacked(data)))


def _unpacked(packet: bytes) -> tuple[int, Sequence[Any]]:
    """Return the number of a piece, and the piece."""
    import pickle  # noqa: PLC0415 - only for long runs

    number, piece = pickle.loads(packet)  # noqa: S301 - our own
    return number, piece


def _portable(done: _Done) -> bytes:
    """Return what another process can read: in place of what cannot be handed over an error."""
    import pickle  # noqa: PLC0415 - only for long runs

    number, _, error, _ = done
    try:
        data = pickle.dumps(tuple(done), pickle.HIGHEST_PROTOCOL)
        if error is not None and type(pickle.loads(data)[2]) is not type(error):  # noqa: S301 - our own
            data = pickle.dumps((number, [], RuntimeError(str(error))))
    except Exception as failed:  # noqa: BLE001 - whatever a class does
        error = error or failed
        data = pickle.dumps((number, [], RuntimeError(f"{type(error).__name__}: {error}")))
    return data
