"""Several processes for one list of tasks: the results in order, whatever the number of processes.

The first process works along, so that of two there is one to be started, and half of the results
go nowhere. Who is free takes the number of the next piece of the tasks out of one pipe, in which
all numbers stand from the start; what others have done comes back by a pipe of theirs. So there is
no lock or thread to be left behind by a process that is killed, whose pipe simply ends, and nobody
waits for who is slower: a large file holds up its own process alone. Processes start by ``fork``,
so that what the run has loaded is there at once, in some milliseconds; where the platform has no
safe ``fork`` (macOS, Windows) one process does everything.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from imagelint.errors import ImagelintError
from imagelint.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["AUTO", "in_order"]

T = TypeVar("T")

AUTO = 0
"""As many processes as pay for themselves."""
ENOUGH = 250
"""Fewer tasks (files) than this are done before it matters."""
ENOUGH_BYTES = 1 << 20
"""A stream of fewer bytes, as well: even full of images it takes some 100 ms."""
_PIECE = 16
"""Tasks that a process does before it hands over the results."""
_PIECES_MAX = 500
"""So that their numbers fit in any pipe, also in one of a user who has too many."""
_NUMBER = 8
"""Bytes of a number in a pipe."""
_PIPE_SIZE = 1 << 20
"""Bytes of results that may wait until the first process looks, where the system allows it."""
_KILLED = "a process of imagelint was killed (out of memory?): try -j 1"


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
    piece = max(1, min(_PIECE, count // (4 * jobs)), -(-count // _PIECES_MAX))
    pieces = [range(at, min(at + piece, count)) for at in range(0, count, piece)]
    team = _Team(task, pieces)
    try:
        team.start(jobs - 1)
        for number in range(len(pieces)):
            yield from team.results(number)
    finally:
        team.end()


class _Done(NamedTuple):
    """What became of a piece of the tasks."""

    number: int
    results: list[Any]
    error: Exception | None = None


class _Team:
    """This process and its helpers, and what they have done of the pieces so far."""

    def __init__(self, task: Callable[[int], Any], pieces: list[range]) -> None:
        self._task = task
        self._pieces = pieces
        self._done: dict[int, _Done] = {}
        self._helpers: list[_Helper] = []
        self._numbers, writing = os.pipe()
        os.write(writing, b"".join(map(_bytes, range(len(pieces)))))
        os.close(writing)

    def start(self, count: int) -> None:
        """Start so many helpers."""
        import signal  # noqa: PLC0415 - only for long runs

        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        # An interrupt waits until every helper ignores it: the first process alone answers, and
        # ends the others.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self._helpers += (_Helper(self._help) for _ in range(count))
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    def results(self, number: int) -> list[Any]:
        """Return the results of a piece; raises what one of its tasks has raised."""
        while number not in self._done:
            self._go_on()
        done = self._done.pop(number)
        if done.error is not None:
            raise done.error
        return done.results

    def end(self) -> None:
        """End what is not done, which leaves nothing behind: helpers only read."""
        os.close(self._numbers)
        for helper in self._helpers:
            helper.end()

    def _go_on(self) -> None:
        """Take in what helpers have done; where there is nothing do a piece, or wait for them."""
        if self._take_in(wait=False):
            return
        number = self._next()
        if number is None:
            self._take_in(wait=True)
        else:
            self._done[number] = self._do(number)

    def _take_in(self, *, wait: bool) -> bool:
        """Take in what helpers have done; return whether there was something."""
        import select  # noqa: PLC0415 - only for long runs

        working = {helper.pipe: helper for helper in self._helpers if helper.is_working}
        if wait and not working:
            raise ImagelintError(_KILLED)
        poll = select.poll()
        for pipe in working:
            poll.register(pipe, select.POLLIN)
        ready = poll.poll(None if wait else 0)
        for pipe, _ in ready:
            done = working[pipe].receive()
            if done is not None:
                self._done[done.number] = done
        return bool(ready)

    def _next(self) -> int | None:
        """Return the number of the next piece, which is ours now; None where all have begun."""
        number = os.read(self._numbers, _NUMBER)
        return _number(number) if number else None

    def _do(self, number: int) -> _Done:
        try:
            return _Done(number, [self._task(at) for at in self._pieces[number]])
        except Exception as error:  # noqa: BLE001 - to be raised where the results are wanted
            return _Done(number, [], error)

    def _help(self) -> Iterator[_Done]:
        """Do pieces as long as there are any, in a helper."""
        while (number := self._next()) is not None:
            yield self._do(number)


class _Helper:
    """Another process, and the pipe that its results come by."""

    def __init__(self, work: Callable[[], Iterable[_Done]]) -> None:
        """Start it on its work."""
        self.pipe, writing = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self.pipe)
            _work(work, writing)
        os.close(writing)
        _widen(self.pipe)
        self.is_working = True

    def receive(self) -> _Done | None:
        """Return what it sends; None at the end. Raises ``ImagelintError`` where it was killed."""
        import pickle  # noqa: PLC0415 - only for long runs

        size = _read(self.pipe, _NUMBER)
        data = _read(self.pipe, _number(size))
        if size and len(data) == _number(size):
            return _Done(*pickle.loads(data))  # noqa: S301 - from our own process
        self.is_working = False
        _, status = os.waitpid(self._pid, 0)
        if status != 0:
            raise ImagelintError(_KILLED)
        return None

    def end(self) -> None:
        """End it if it is not done."""
        import signal  # noqa: PLC0415 - only for long runs

        os.close(self.pipe)
        if self.is_working:
            os.kill(self._pid, signal.SIGKILL)  # not waited for yet, so the number is still its own
            os.waitpid(self._pid, 0)


def _bytes(number: int) -> bytes:
    return number.to_bytes(_NUMBER, "big")


def _number(data: bytes) -> int:
    return int.from_bytes(data, "big")


def _read(pipe: int, size: int) -> bytes:
    """Read so many bytes, fewer where the pipe ends before."""
    pieces = []
    while size and (piece := os.read(pipe, size)):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def _widen(pipe: int) -> None:
    import fcntl  # noqa: PLC0415 - only for long runs

    try:
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_SIZE)
    except OSError:  # a small pipe only makes it wait more
        return


def _work(work: Callable[[], Iterable[_Done]], writing: int) -> NoReturn:
    """Work and hand over what comes of it; never return into the copied run."""
    status = 1
    try:
        import signal  # noqa: PLC0415 - only for long runs

        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        with os.fdopen(writing, "wb") as pipe:
            for done in work():
                data = _portable(done)
                pipe.write(_bytes(len(data)) + data)
                pipe.flush()
        status = 0
    except OSError:  # nobody reads any more
        pass
    finally:
        os._exit(status)


def _portable(done: _Done) -> bytes:
    """Return what another process can read: in place of what cannot be handed over an error."""
    import pickle  # noqa: PLC0415 - only for long runs

    number, results, error = done
    try:
        data = pickle.dumps((number, results, error), pickle.HIGHEST_PROTOCOL)
        if error is not None and type(pickle.loads(data)[2]) is not type(error):  # noqa: S301 - our own
            data = pickle.dumps((number, [], RuntimeError(str(error))))
    except Exception as failed:  # noqa: BLE001 - whatever a class does
        error = error or failed
        data = pickle.dumps((number, [], RuntimeError(f"{type(error).__name__}: {error}")))
    return data
