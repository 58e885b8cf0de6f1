"""Several processes for one list of tasks: the results in order, whatever the number of processes.

Each process has a pipe of its own and every n-th piece of the tasks: there is no queue, lock or
thread to be left behind by a process that is killed, whose pipe simply ends. Processes start by
``fork``, so that what the run has loaded is there at once, in some milliseconds; where the platform
has no safe ``fork`` (macOS, Windows) one process does everything.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from imagelint.errors import ImagelintError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

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
_PIPE_SIZE = 1 << 20
"""Bytes of results that may wait until it is their turn, where the system allows it."""


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
    piece = max(1, min(_PIECE, count // (4 * jobs)))
    pieces = [range(at, min(at + piece, count)) for at in range(0, count, piece)]
    processes: list[_Process] = []
    try:
        _start(task, pieces, jobs, processes)
        for number in range(len(pieces)):
            yield from processes[number % jobs].next()
    finally:
        for process in processes:
            process.end()


def _start(
    task: Callable[[int], Any], pieces: list[range], jobs: int, processes: list[_Process]
) -> None:
    import signal  # noqa: PLC0415 - only for long runs

    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    # An interrupt waits until every process ignores it: the first one alone answers, and ends
    # the others.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        processes += (_Process(task, pieces[number::jobs]) for number in range(jobs))
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


class _Process:
    """A process, and the pipe that its results come by."""

    def __init__(self, task: Callable[[int], Any], pieces: list[range]) -> None:
        """Start it on its pieces of the tasks."""
        reading, writing = os.pipe()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(reading)
            _work(task, pieces, writing)
        os.close(writing)
        _widen(reading)
        self._results = os.fdopen(reading, "rb")

    def next(self) -> list[Any]:
        """Return the results of its next piece; raises what a task has raised."""
        import pickle  # noqa: PLC0415 - only for long runs

        try:
            results, error = pickle.load(self._results)  # noqa: S301 - from our own process
        except (EOFError, pickle.UnpicklingError) as ended:
            message = "a process of imagelint was killed (out of memory?): try -j 1"
            raise ImagelintError(message) from ended
        if error is not None:
            raise error
        return list(results)

    def end(self) -> None:
        """End the process if it is not done, which leaves nothing behind: it only reads."""
        import signal  # noqa: PLC0415 - only for long runs

        self._results.close()
        os.kill(self._pid, signal.SIGKILL)  # not waited for yet, so the number is still its own
        os.waitpid(self._pid, 0)


def _widen(pipe: int) -> None:
    import fcntl  # noqa: PLC0415 - only for long runs

    try:
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_SIZE)
    except OSError:  # a small pipe only makes it wait more
        return


def _work(task: Callable[[int], Any], pieces: list[range], writing: int) -> NoReturn:
    """Do the pieces and hand over what comes of them; never return into the copied run."""
    status = 1
    try:
        import signal  # noqa: PLC0415 - only for long runs

        signal.signal(signal.SIGINT, signal.SIG_IGN)
        with os.fdopen(writing, "wb") as pipe:
            for piece in pieces:
                _hand_over(task, piece, pipe)
        status = 0
    except OSError:  # nobody reads any more
        pass
    finally:
        os._exit(status)


def _hand_over(task: Callable[[int], Any], piece: range, pipe: BinaryIO) -> None:
    import pickle  # noqa: PLC0415 - only for long runs

    try:
        data = pickle.dumps(([task(number) for number in piece], None), pickle.HIGHEST_PROTOCOL)
    except Exception as error:  # noqa: BLE001 - to be raised where the results are wanted
        data = pickle.dumps(([], _portable(error)))
    pipe.write(data)
    pipe.flush()


def _portable(error: Exception) -> Exception:
    """Return an error that another process can read: itself if it is one."""
    import pickle  # noqa: PLC0415 - only after an error

    try:
        again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
    except Exception:  # noqa: BLE001 - whatever its class does
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error if type(again) is type(error) else RuntimeError(str(error))
