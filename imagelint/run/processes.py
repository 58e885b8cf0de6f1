"""Processes that send what they have made, and the pipes between them; Linux alone has all of it.

What is sent is bytes; what they mean is the sender's and the receiver's matter.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import sys
from typing import TYPE_CHECKING, NoReturn

from imagelint.model.errors import ImagelintError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["KILLED", "Helper", "Packets", "readable", "started"]

KILLED = "a process of imagelint was killed (out of memory?): try -j 1"
_NUMBER = 8
"""Bytes of a number in a pipe."""
_PIPE_SIZE = 1 << 20
"""Bytes that may wait in a pipe until somebody looks, where the system allows it."""


def started(work: Callable[[], Iterable[bytes]], count: int) -> list[Helper]:
    """Start so many helpers on their work; fewer where there may be no more processes."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    # An interrupt waits until every helper ignores it: the first process alone answers, and
    # ends the others.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    helpers: list[Helper] = []
    try:
        helpers += (Helper(work) for _ in range(count))
    except OSError:
        pass
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    return helpers


class Packets:
    """A pipe whose packets are read one by one, by whoever comes first."""

    def __init__(self, reading: int, writing: int) -> None:
        """Hold its two ends."""
        self._reading = reading
        self._writing: int | None = writing

    @classmethod
    def made(cls) -> Packets | None:
        """Make one; None where the system has none."""
        try:
            ends = os.pipe2(os.O_DIRECT | os.O_NONBLOCK | os.O_CLOEXEC)
        except (AttributeError, OSError):
            return None
        _widen(ends[0])
        return cls(*ends)

    def put(self, data: bytes) -> bool:
        """Put in a packet of at most ``PIPE_BUF`` bytes; return whether there was room."""
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
                readable((self._reading,), wait=True)
            try:
                return os.read(self._reading, select.PIPE_BUF)
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


class Helper:
    """Another process, and the pipe that its results come by."""

    def __init__(self, work: Callable[[], Iterable[bytes]]) -> None:
        """Start it on its work."""
        self.pipe, writing = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self.pipe)
            _work(work, writing)
        os.close(writing)
        _widen(self.pipe)
        self.is_working = True

    def receive(self) -> bytes | None:
        """Return what it sends; None at the end. Raises ``ImagelintError`` where it was killed."""
        size = _read(self.pipe, _NUMBER)
        data = _read(self.pipe, int.from_bytes(size, "big"))
        if size and len(data) == int.from_bytes(size, "big"):
            return data
        self.is_working = False
        _, status = os.waitpid(self._pid, 0)
        if status != 0:
            raise ImagelintError(KILLED)
        return None

    def end(self) -> None:
        """End it if it is not done."""
        os.close(self.pipe)
        if self.is_working:
            os.kill(self._pid, signal.SIGKILL)  # not waited for yet, so the number is still its own
            os.waitpid(self._pid, 0)


def readable(pipes: Iterable[int], *, wait: bool) -> list[int]:
    """Return the pipes in which there is something, or that have ended."""
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
    try:
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_SIZE)
    except OSError:  # a small pipe only makes it wait more
        return


def _work(work: Callable[[], Iterable[bytes]], writing: int) -> NoReturn:
    """Work and hand over what comes of it; never return into the copied run."""
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        with os.fdopen(writing, "wb") as pipe:
            for data in work():
                pipe.write(len(data).to_bytes(_NUMBER, "big") + data)
                pipe.flush()
        status = 0
    except OSError:  # nobody reads any more
        pass
    finally:
        os._exit(status)
