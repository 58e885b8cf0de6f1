"""One fix: the inputs of a run → repairs, in order.

Reading, judging and the proof of a repair are done by several processes; writing by the first one
alone. It waits for the disk once for some files together, which has begun with each of them as it
was written: what the first wait takes is done for all. (Threads that wait take longer than that,
where every processor works already.) What becomes of each file is reported in the order of the
inputs. Where inputs may be names of one file (links) each is written before the next one is looked
at.
"""

from __future__ import annotations

from collections import deque
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
_MOST_FILES, _MOST_BYTES, _MOST_INPUTS = 32, 1_000_000, 1000
"""How many may wait: new files, bytes in them, and inputs, most of which stay as they are."""


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


class _Written:
    """The writing of an input, which has begun."""

    def __init__(self, steps: files.Steps, fixed: bytes) -> None:
        self._steps = steps
        self.size = len(fixed)
        self._refused: Exception | None = None
        self._failed: OSError | None = None
        self._file: int | None = None
        """What is to be brought to the disk, if the file is one."""
        try:
            self._file = next(steps, None)
        except Exception as error:  # noqa: BLE001 - to be told when the input's turn has come
            self._refused = error

    def sync(self) -> None:
        """Wait until the new file is on the disk."""
        if self._file is not None:
            self._failed = files.sync(self._file)

    def finish(self) -> None:
        """Put the new file in its place; raise what has gone wrong."""
        if self._refused is not None:
            raise self._refused
        files.finish(self._steps, self._failed)

    def give_up(self) -> None:
        """Leave the file as it was, if it is not written yet."""
        self._steps.close()


class _Waiting(NamedTuple):
    """An input whose turn to be reported comes when it is written."""

    one: Input
    tried: Tried
    attempt: Attempt
    written: _Written | None
    """None: there is nothing to write."""


class _Queue:
    """Inputs in their order, whose new files go to the disk together, and no file twice."""

    def __init__(self) -> None:
        self._inputs: deque[_Waiting] = deque()
        self._files: set[files.Identity | None] = set()
        self._written: list[_Written] = []
        self._size = 0

    def add(self, one: _Waiting) -> None:
        """Add the next input."""
        self._inputs.append(one)
        self._files.add(one.attempt.identity)
        if one.written is not None:
            self._written.append(one.written)
            self._size += one.written.size

    def holds(self, attempt: Attempt) -> bool:
        """Whether the file of an input waits already, under another name."""
        return attempt.identity in self._files

    @property
    def is_full(self) -> bool:
        """Whether no more inputs should wait."""
        return (
            len(self._written) >= _MOST_FILES
            or self._size >= _MOST_BYTES
            or len(self._inputs) >= _MOST_INPUTS
        )

    def synced(self) -> Iterator[_Waiting]:
        """Yield all inputs, whose new files are on the disk then, and hold none of them."""
        for written in self._written:
            written.sync()
        while self._inputs:
            yield self._inputs.popleft()
        self._files.clear()
        self._written.clear()
        self._size = 0

    def give_up(self) -> None:
        """Leave all that is not written as it was."""
        for written in self._written:
            written.give_up()


def repair_all(run: Run, write: Write) -> Iterator[Repair]:
    """Lint, repair, write and lint again every input."""
    at_once = run.may_have_links
    queue = _Queue()
    try:
        for one, found in run.outcomes(tried):
            attempt = unpacked(one, found.attempt)
            if queue.holds(attempt) or run.knows(attempt):
                # Another name of it may have been written in between.
                yield from _finished(run, queue)
            if run.knows(attempt):
                yield from _repaired_at_once(run, one, write)
                continue
            written = None
            if attempt.result is not None and found.fixed is not None:
                written = _Written(write(one, attempt.result, found.fixed), found.fixed)
            queue.add(_Waiting(one, found, attempt, written))
            if at_once or queue.is_full:
                yield from _finished(run, queue)
        yield from _finished(run, queue)
    finally:
        queue.give_up()


def _finished(run: Run, queue: _Queue) -> Iterator[Repair]:
    """Finish and yield all that waits."""
    for one, tried, attempt, written in queue.synced():
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


def _repaired_at_once(run: Run, one: Input, write: Write) -> Iterator[Repair]:
    """Do all for one input, whose file may have changed since it was read."""
    before = run.lint(one)
    if before is None:
        return
    fixed = run.repaired(one, before)
    if fixed is None or not _is_done(run, one, lambda: _write(write(one, before, fixed), fixed)):
        yield Repair(one, before)
    else:
        yield Repair(one, before, fixed, run.after(one, fixed) or before)


def _write(steps: files.Steps, fixed: bytes) -> None:
    """Write a file at once."""
    written = _Written(steps, fixed)
    try:
        written.sync()
        written.finish()
    finally:
        written.give_up()
