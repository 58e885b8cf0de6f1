"""One fix: the inputs of a run → repairs, in order.

Reading, judging and the proof of a repair are done by several processes; writing by the first one
alone. Waiting for the disk is most of that, so a few threads wait at a time; what becomes of each
file is reported in the order of the inputs. Where inputs may be names of one file (links) each is
written before the next one is looked at.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from imagelint import files
from imagelint.request import packed, unpacked
from imagelint.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import ThreadPoolExecutor

    from imagelint.report import FileResult
    from imagelint.request import Attempt, Input, Packed
    from imagelint.run import Run

__all__ = ["Repair", "Tried", "repair_all", "tried", "write_file"]

T = TypeVar("T")
Write: TypeAlias = "Callable[[Input, FileResult, bytes], None]"
"""Writes the repaired bytes of an input; raises where that fails."""
_WRITERS = 4
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
    writing: Callable[[], None] | None
    """Waits until it is written, and raises where that fails; None: there is nothing to write."""
    is_done: Callable[[], bool]


class _Writers:
    """Threads that write, made when the first file is to be written."""

    def __init__(self, write: Write, *, at_once: bool) -> None:
        self._write = write
        self._at_once = at_once
        self._pool: ThreadPoolExecutor | None = None

    def begin(self, one: Input, tried: Tried, attempt: Attempt) -> _Waiting:
        """Begin to write what an input becomes, or leave it for when its turn has come."""
        result, fixed = attempt.result, tried.fixed
        if result is None or fixed is None:
            return _Waiting(one, tried, attempt, None, lambda: True)
        if self._at_once:
            return _Waiting(
                one, tried, attempt, lambda: self._write(one, result, fixed), lambda: True
            )
        if self._pool is None:
            from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - takes a while

            self._pool = ThreadPoolExecutor(_WRITERS)
        future = self._pool.submit(self._write, one, result, fixed)
        return _Waiting(one, tried, attempt, future.result, future.done)

    def end(self) -> None:
        """Wait for what has begun; what has not does not begin any more."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)


def repair_all(run: Run, write: Write) -> Iterator[Repair]:
    """Lint, repair, write and lint again every input."""
    writers = _Writers(write, at_once=run.may_have_links)
    waiting: deque[_Waiting] = deque()
    try:
        for one, found in run.outcomes(tried):
            attempt = unpacked(one, found.attempt)
            if any(attempt.identity == other.attempt.identity for other in waiting):
                yield from _finished(run, waiting, 0)
            if run.knows(attempt):  # another name of it may have been written in between
                yield from _finished(run, waiting, 0)
                yield from _repaired_at_once(run, one, write)
                continue
            waiting.append(writers.begin(one, found, attempt))
            yield from _finished(run, waiting, _WINDOW)
        yield from _finished(run, waiting, 0)
    finally:
        writers.end()


def _finished(run: Run, waiting: deque[_Waiting], window: int) -> Iterator[Repair]:
    """Yield what is done, in order, and wait for it where more than ``window`` inputs wait."""
    while waiting and (len(waiting) > window or waiting[0].is_done()):
        one, tried, attempt, writing, _ = waiting.popleft()
        before = run.take(one, attempt)
        if before is None:
            continue
        run.errors += tried.errors
        if writing is None or not _is_done(run, one, writing):
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
    return Tried(attempt, fixed, errors, after, errors_after)


def _with_errors(run: Run, step: Callable[[], T]) -> tuple[T, tuple[str, ...]]:
    """Do a step, and take away the errors that it noted."""
    known = len(run.errors)
    done = step()
    errors = tuple(run.errors[known:])
    del run.errors[known:]
    return done, errors


def write_file(one: Input, before: FileResult, fixed: bytes) -> None:
    """Write the repaired bytes of a file; raises ``FileError``."""
    files.rewrite(one.path, one.shown, fixed, before.source.data)


def _is_done(run: Run, one: Input, writing: Callable[[], None]) -> bool:
    """Do, or wait for, the writing of an input; return whether that went well."""

    def done() -> bool:
        writing()
        return True

    return run.guarded(one, done) is not None


def _repaired_at_once(run: Run, one: Input, write: Write) -> Iterator[Repair]:
    """Do all for one input, whose file may have changed since it was read."""
    before = run.lint(one)
    if before is None:
        return
    fixed = run.repaired(one, before)
    if fixed is None or not _is_done(run, one, lambda: write(one, before, fixed)):
        yield Repair(one, before)
    else:
        yield Repair(one, before, fixed, run.after(one, fixed) or before)
