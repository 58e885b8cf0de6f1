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
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from imagelint.errors import ImagelintError
from imagelint.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

__all__ = ["AUTO", "PACKET", "PIECE", "Team", "in_order"]

T = TypeVar("T")

AUTO = 0
"""As many processes as pay for themselves."""
ENOUGH = 250
"""Fewer tasks (files) than this are done before it matters; so many are worth a helper."""
ENOUGH_BYTES = 1 << 20
"""A stream of fewer bytes, as well: even full of images it takes some 100 ms."""
PIECE = 16
"""Tasks that a process does before it hands over the results."""
_NUMBER = 8
"""Bytes of a number in a pipe."""
PACKET = 4096
"""Bytes of a piece that a pipe keeps together (PIPE_BUF)."""
_PIPE_SIZE = 1 << 20
"""Bytes that may wait in a pipe until somebody looks, where the system allows it."""
_KILLED = "a process of imagelint was killed (out of memory?): try -j 1"


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
    """What became of a piece of the tasks."""

    number: int
    results: list[Any]
    error: Exception | None = None


class Team:
    """This process and its helpers, which do tasks as they are given.

    A helper is started for every ``enough`` tasks, up to the number of processes; where that was
    asked for and is not ``AUTO``, for every task.
    """

    def __init__(
        self, task: Callable[[Any], Any], jobs: int = AUTO, *, enough: int = ENOUGH
    ) -> None:
        """Do ``task`` with each thing that is given, which must pickle as its result must."""
        self._task = task
        self.size = 1 if sys.platform != "linux" else (jobs or os.cpu_count() or 1)
        """How many processes there may be."""
        self._enough = enough if jobs == AUTO else 1
        self._helpers: list[_Helper] = []
        self._tasks: _Packets | None = None
        self._given = 0
        self._pieces = 0
        self._waiting: deque[tuple[int, Sequence[Any]]] = deque()
        """Pieces that have no place in the pipe yet, and their numbers."""
        self._own: deque[tuple[int, Sequence[Any]]] = deque()
        """Pieces that are too large for the pipe: this process does them."""
        self._done: dict[int, _Done] = {}

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
            for number in range(self._pieces):
                while number not in self._done:
                    self._go_on()
                done = self._done.pop(number)
                if done.error is not None:
                    raise done.error
                yield from done.results
        finally:
            self.end()

    def end(self) -> None:
        """End what is not done, which leaves nothing behind: helpers only read."""
        if self._tasks is not None:
            self._tasks.close()
        for helper in self._helpers:
            helper.end()
        self._tasks, self._helpers = None, []

    def _start(self, count: int) -> None:
        """Start so many helpers, if the system has what it takes."""
        import signal  # noqa: PLC0415 - only for long runs

        if self._tasks is None:
            self._tasks = _Packets.made()
        if self._tasks is None:
            self.size = 1
            return
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        # An interrupt waits until every helper ignores it: the first process alone answers, and
        # ends the others.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self._helpers += (_Helper(self._help) for _ in range(count))
        except OSError:  # there may be no more processes: fewer do it too
            self.size = len(self._helpers) + 1
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    def _send(self) -> None:
        """Put pieces that wait into the pipe, as long as there is room."""
        import pickle  # noqa: PLC0415 - only for long runs

        assert self._tasks is not None  # there are helpers
        while self._waiting:
            number, piece = self._waiting[0]
            data = _bytes(number) + pickle.dumps(piece, pickle.HIGHEST_PROTOCOL)
            if len(data) > PACKET:
                self._own.append((number, piece))
            elif not self._tasks.put(data):
                return
            self._waiting.popleft()

    def _go_on(self) -> None:
        """Take in what helpers have done; where there is nothing do a piece, or wait for them."""
        if self._tasks is not None:
            self._send()
            if not self._waiting:
                self._tasks.finish()
            if self._take_in(wait=False):
                return
        piece = self._next()
        if piece is not None:
            done = self._do(*piece)
            self._done[done.number] = done
        else:
            self._take_in(wait=True)

    def _next(self) -> tuple[int, Sequence[Any]] | None:
        """Return the next piece that nobody has begun, which is this process's now."""
        if self._own:
            return self._own.popleft()
        data = self._tasks.get(wait=False) if self._tasks is not None else None
        if data:
            return _unpacked(data)
        return self._waiting.popleft() if self._waiting else None

    def _take_in(self, *, wait: bool) -> bool:
        """Take in what helpers have done; return whether there was something."""
        working = {helper.pipe: helper for helper in self._helpers if helper.is_working}
        if wait and not working:
            raise ImagelintError(_KILLED)
        ready = _readable(working, wait=wait)
        for pipe in ready:
            done = working[pipe].receive()
            if done is not None:
                self._done[done.number] = done
        return bool(ready)

    def _do(self, number: int, piece: Sequence[Any]) -> _Done:
        try:
            return _Done(number, [self._task(one) for one in piece])
        except Exception as error:  # noqa: BLE001 - to be raised where the results are wanted
            return _Done(number, [], error)

    def _help(self) -> Iterator[_Done]:
        """Do pieces as long as there are any, in a helper."""
        assert self._tasks is not None  # made before any helper
        self._tasks.finish()  # here; the first process goes on giving
        while data := self._tasks.get(wait=True):
            yield self._do(*_unpacked(data))


class _Packets:
    """A pipe whose packets are read one by one, by whoever comes first."""

    def __init__(self, reading: int, writing: int) -> None:
        self._reading = reading
        self._writing: int | None = writing

    @classmethod
    def made(cls) -> _Packets | None:
        """Make one; None where the system has none."""
        try:
            ends = os.pipe2(os.O_DIRECT | os.O_NONBLOCK | os.O_CLOEXEC)
        except (AttributeError, OSError):
            return None
        _widen(ends[0])
        return cls(*ends)

    def put(self, data: bytes) -> bool:
        """Put in a packet of at most ``PACKET`` bytes; return whether there was room."""
        assert self._writing is not None  # not finished
        try:
            os.write(self._writing, data)
        except BlockingIOError:
            return False
        return True

    def get(self, *, wait: bool) -> bytes | None:
        """Return a packet; None where there is none, and where that is the end, nothing."""
        while True:
            if wait:
                _readable((self._reading,), wait=True)
            try:
                return os.read(self._reading, PACKET)
            except BlockingIOError:  # somebody else was faster
                if not wait:
                    return None

    def finish(self) -> None:
        """Put in no more from here."""
        if self._writing is not None:
            os.close(self._writing)
            self._writing = None

    def close(self) -> None:
        """Let go of it."""
        self.finish()
        os.close(self._reading)


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


def _unpacked(packet: bytes) -> tuple[int, Sequence[Any]]:
    """Return the number of a piece, and the piece."""
    import pickle  # noqa: PLC0415 - only for long runs

    return _number(packet[:_NUMBER]), pickle.loads(packet[_NUMBER:])  # noqa: S301 - our own


def _readable(pipes: Iterable[int], *, wait: bool) -> list[int]:
    """Return the pipes in which there is something, or that have ended."""
    import select  # noqa: PLC0415 - only for long runs

    poll = select.poll()
    for pipe in pipes:
        poll.register(pipe, select.POLLIN)
    return [pipe for pipe, _ in poll.poll(None if wait else 0)]


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
