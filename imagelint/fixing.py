"""One fix: the inputs of a run → repairs, in order.

Reading, judging and the proof of a repair are done by several processes; writing by the first one
alone. A few threads wait for the disk meanwhile, and do nothing else: each call that they made
would have to wait for the interpreter's lock, which the first process has while it works along.
What becomes of each file is reported in the order of the inputs. Where inputs may be names of one
file (links) each is written before the next one is looked at.
"""

from __future__ import annotations

from _thread import allocate_lock
from collections import deque
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from imagelint import files
from imagelint.report import light
from imagelint.request import packed, unpacked
from imagelint.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from imagelint.report import FileResult
    from imagelint.request import Attempt, Input, Packed
    from imagelint.run import Run

__all__ = ["Repair", "Tried", "repair_all", "tried", "write_file"]

T = TypeVar("T")
Write: TypeAlias = "Callable[[Input, FileResult, bytes], files.Steps]"
"""Writes the repaired bytes of an input in two steps, as ``files.rewriting``; may yield nothing."""
_WAITING = 4
_WINDOW = 32
"""How many inputs may wait for one that is being written."""


class Repair(NamedTuple):
    """What became of an input: ``fixed`` and ``after`` are None where it stays as it was."""

    one: Input
    before: FileResult
    fixed: bytes | None = None
    after: FileResult | None = None


class Tried(NamedTuple):
    """What a process has worked out; nothing is written yet."""

    attempt: Packed
    fixed: bytes | None = None
    errors: tuple[str, ...] = ()
    after: FileResult | None = None
    errors_after: tuple[str, ...] = ()


class _Waiting(NamedTuple):
    """An input whose turn to be reported comes when it is written."""

    one: Input
    tried: Tried
    attempt: Attempt
    written: _Written | None
    """None: there is nothing to write."""


class _Written:
    """The writing of an input, which has begun."""

    def __init__(self, steps: files.Steps, threads: _Threads) -> None:
        self._steps = steps
        self._synced: _Synced | None = None
        self._error: Exception | None = None
        try:
            new = next(steps, None)
            self._synced = None if new is None else threads.begin(new)
        except Exception as error:  # noqa: BLE001 - to be told when the input's turn has come
            self._error = error
            steps.close()

    @property
    def is_done(self) -> bool:
        """Whether nothing is to be waited for."""
        return self._synced is None or self._synced.is_done

    def finish(self) -> None:
        """Wait until the new file is on the disk and put it in its place; raise what went wrong."""
        if self._error is not None:
            raise self._error
        if self._synced is not None:
            files.finish(self._steps, self._synced.wait)

    def give_up(self) -> None:
        """Leave the file as it was, if it is not written yet."""
        self._steps.close()


class _Synced:
    """An open file that a thread brings to the disk."""

    def __init__(self, file: int) -> None:
        self._file = file
        self._error: BaseException | None = None
        self._is_under_way = allocate_lock()
        self._is_under_way.acquire()

    def sync(self) -> None:
        """Do it."""
        try:
            files.sync(self._file)
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            self._error = error
        finally:
            self._is_under_way.release()

    @property
    def is_done(self) -> bool:
        """Whether it has come to an end."""
        return not self._is_under_way.locked()

    def wait(self) -> None:
        """Wait for the end, and raise what went wrong."""
        with self._is_under_way:
            if self._error is not None:
                raise self._error


class _Threads:
    """Threads that wait for the disk, started as files come.

    A pool of the library's takes 40 µs a file, and 5 ms to be imported with what it logs with.
    """

    def __init__(self) -> None:
        self._waiting: SimpleQueue[_Synced | None] = SimpleQueue()
        self._threads: list[Thread] = []

    def begin(self, file: int) -> _Synced:
        """Begin to bring an open file to the disk."""
        synced = _Synced(file)
        if len(self._threads) < _WAITING:
            thread = Thread(target=self._sync, daemon=True)
            with suppress(RuntimeError):  # there may be no more of them: fewer do it too
                thread.start()
                self._threads.append(thread)
        if self._threads:
            self._waiting.put(synced)
        else:
            synced.sync()
        return synced

    def _sync(self) -> None:
        while (synced := self._waiting.get()) is not None:
            synced.sync()

    def end(self) -> None:
        """Wait for what has begun; what has not does not begin any more."""
        with suppress(Empty):
            while True:
                self._waiting.get_nowait()
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join()


class _Queue:
    """Inputs in their order that wait for what is being written, and no file twice."""

    def __init__(self) -> None:
        self._waiting: deque[_Waiting] = deque()
        self._files: set[files.Identity | None] = set()

    def add(self, one: _Waiting) -> None:
        """Add the next input."""
        self._waiting.append(one)
        self._files.add(one.attempt.identity)

    def holds(self, attempt: Attempt) -> bool:
        """Whether the file of an input waits already, under another name."""
        return attempt.identity in self._files

    def due(self, window: int) -> Iterator[_Waiting]:
        """Yield what is done, and what has to be waited for where more than ``window`` wait."""
        while self._waiting:
            written = self._waiting[0].written
            if len(self._waiting) <= window and written is not None and not written.is_done:
                return
            one = self._waiting.popleft()
            self._files.discard(one.attempt.identity)
            yield one

    def give_up(self) -> None:
        """Leave all that is not written as it was."""
        for one in self._waiting:
            if one.written is not None:
                one.written.give_up()


def repair_all(run: Run, write: Write) -> Iterator[Repair]:
    """Lint, repair, write and lint again every input."""
    at_once = run.may_have_links
    threads, queue = _Threads(), _Queue()
    try:
        for one, found in run.outcomes(tried):
            attempt = unpacked(one, found.attempt)
            if queue.holds(attempt) or run.knows(attempt):
                # Another name of it may have been written in between.
                yield from _finished(run, queue, 0)
            if run.knows(attempt):
                yield from _repaired_at_once(run, one, write, threads)
                continue
            written = None
            if attempt.result is not None and found.fixed is not None:
                written = _Written(write(one, attempt.result, found.fixed), threads)
            queue.add(_Waiting(one, found, attempt, written))
            yield from _finished(run, queue, 0 if at_once else _WINDOW)
        yield from _finished(run, queue, 0)
    finally:
        threads.end()
        queue.give_up()


def _finished(run: Run, queue: _Queue, window: int) -> Iterator[Repair]:
    """Yield what is done, in order, and wait for it where more than ``window`` inputs wait."""
    for one, tried, attempt, written in queue.due(window):
        before = run.take(one, attempt)
        if before is None:
            continue
        run.errors += tried.errors
        if written is None or not _is_done(run, one, written.finish):
            yield Repair(one, before)
            continue
        run.errors += tried.errors_after
        run.note(one, tried.after)
        yield Repair(one, before, tried.fixed, tried.after or before)


def tried(run: Run, one: Input) -> Tried:
    """Work out what becomes of an input, without regard to others."""
    attempt = run.attempt(one)
    result = attempt.result
    if result is None:
        return Tried(attempt)
    fixed, errors = _with_errors(run, lambda: run.repaired(one, result))
    if fixed is None:
        return Tried(packed(attempt), None, errors)
    after, errors_after = _with_errors(run, lambda: run.rejudged(one, fixed))
    return Tried(attempt, fixed, errors, None if after is None else light(after), errors_after)


def _with_errors(run: Run, step: Callable[[], T]) -> tuple[T, tuple[str, ...]]:
    """Do a step, and take away the errors that it noted."""
    known = len(run.errors)
    done = step()
    errors = tuple(run.errors[known:])
    del run.errors[known:]
    return done, errors


def write_file(one: Input, before: FileResult, fixed: bytes) -> files.Steps:
    """Write the repaired bytes of a file; raises ``FileError``."""
    return files.rewriting(one.path, one.shown, fixed, before.source.data)


def _is_done(run: Run, one: Input, finish: Callable[[], None]) -> bool:
    """Finish the writing of an input; return whether that went well."""

    def done() -> bool:
        finish()
        return True

    return run.guarded(one, done) is not None


def _repaired_at_once(run: Run, one: Input, write: Write, threads: _Threads) -> Iterator[Repair]:
    """Do all for one input, whose file may have changed since it was read."""
    before = run.lint(one)
    if before is None:
        return
    fixed = run.repaired(one, before)
    written = None if fixed is None else _Written(write(one, before, fixed), threads)
    if fixed is None or written is None or not _is_done(run, one, written.finish):
        yield Repair(one, before)
    else:
        yield Repair(one, before, fixed, run.after(one, fixed) or before)
