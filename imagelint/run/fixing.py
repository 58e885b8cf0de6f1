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
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import Source, apply_edits, mark_of
from imagelint.repair.moves import moves_of
from imagelint.run.request import Attempt, unpacked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from imagelint.model.report import FileResult
    from imagelint.model.source import Edit, Mark
    from imagelint.repair.moves import Moves
    from imagelint.run.request import Input, Packed
    from imagelint.run.run import Run

__all__ = ["Fixed", "Repair", "Tried", "repair_all", "tried", "write_file"]

T = TypeVar("T")
Write: TypeAlias = "Callable[[Input, Fixed], files.Steps]"
"""Writes the repaired bytes of an input in two steps, as ``files.rewriting``; may yield nothing."""
_MOST_FILES, _MOST_INPUTS = 32, 1000
"""How many may wait: new files, and inputs, most of which stay as they are."""


class Fixed(NamedTuple):
    """The repair of an input: no bytes of it, which are many to be handed over."""

    shown: str
    old: Mark
    edits: tuple[Edit, ...]
    moves: Moves
    after: Packed
    """What becomes of the new bytes."""

    def of(self, old: bytes) -> bytes | None:
        """Return the new bytes; None where the old ones are not those that were linted."""
        return (
            apply_edits(Source(self.shown, old), self.edits) if mark_of(old) == self.old else None
        )


class Repair(NamedTuple):
    """What became of an input: ``fixed`` and ``after`` are None where it stays as it was.

    Of one that was repaired ``before`` has no findings: they are what ``fixed`` speaks of.
    """

    one: Input
    before: FileResult
    fixed: Fixed | None = None
    after: FileResult | None = None


class Tried(NamedTuple):
    """What a process has worked out; nothing is written yet."""

    attempt: Packed
    fixed: Fixed | None = None
    errors: tuple[str, ...] = ()


class _Written:
    """The writing of an input, which has begun."""

    def __init__(self, steps: files.Steps) -> None:
        self._steps = steps
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
    attempt: Attempt
    tried: Tried
    written: _Written | None
    """None: there is nothing to write."""


class _Queue:
    """Inputs in their order, whose new files go to the disk together, and no file twice."""

    def __init__(self) -> None:
        self._inputs: deque[_Waiting] = deque()
        self._files: set[files.Identity | None] = set()
        self._written: list[_Written] = []

    def add(self, one: Input, attempt: Attempt, tried: Tried, write: Write) -> None:
        """Add the next input, whose writing begins."""
        written = None
        if tried.fixed is not None:
            written = _Written(write(one, tried.fixed))
            self._written.append(written)
        self._inputs.append(_Waiting(one, attempt, tried, written))
        self._files.add(attempt.identity)

    def holds(self, attempt: Attempt) -> bool:
        """Whether the file of an input waits already, under another name."""
        return attempt.identity in self._files

    @property
    def is_full(self) -> bool:
        """Whether no more inputs should wait."""
        return len(self._written) >= _MOST_FILES or len(self._inputs) >= _MOST_INPUTS

    def synced(self) -> Iterator[_Waiting]:
        """Yield all inputs, whose new files are on the disk then, and hold none of them."""
        for written in self._written:
            written.sync()
        while self._inputs:
            yield self._inputs.popleft()
        self._files.clear()
        self._written.clear()

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
                yield from _finished(run, queue)
            if run.knows(attempt):
                # Under its other name it may have been written since.
                found = tried(run, one)  # noqa: PLW2901 - what was found is no longer so
                attempt = unpacked(one, found.attempt)
            queue.add(one, attempt, found, write)
            if at_once or queue.is_full:
                yield from _finished(run, queue)
        yield from _finished(run, queue)
    finally:
        queue.give_up()


def _finished(run: Run, queue: _Queue) -> Iterator[Repair]:
    """Finish and yield all that waits."""
    for one, attempt, tried, written in queue.synced():
        before = run.take(one, attempt)
        if before is None:
            if written is not None:
                written.give_up()
            continue
        run.errors += tried.errors
        if tried.fixed is None or written is None:
            yield Repair(one, before)
        elif _is_done(run, one, written.finish):
            after = unpacked(one, tried.fixed.after)
            run.errors += after.errors
            run.note(one, after.result)
            yield Repair(one, before, tried.fixed, after.result or before)
        else:
            yield Repair(one, run.lint_again(one) or before)


def tried(run: Run, one: Input) -> Tried:
    """Work out what becomes of an input, without regard to others."""
    attempt = run.attempt(one) if one.data is None else run.attempt_in_parts(one, one.data)
    result = attempt.result
    if result is None:
        return Tried(attempt)
    if not result.findings and not result.suppressed:
        return Tried(run.packed(attempt))
    new, errors = _with_errors(run, lambda: run.repaired(one, result))
    if new is None:
        return Tried(run.packed(attempt), None, errors)
    after, errors_after = _with_errors(run, lambda: run.rejudged(one, new))
    after = None if after is None else run.light(after)
    again = run.packed(Attempt(after, attempt.identity, errors_after))
    old, moves = mark_of(result.source.data), moves_of(result.findings)
    fixed = Fixed(one.shown, old, result.edits, moves, again)
    before = run.light(result._replace(findings=(), images=(), suppressed=()))
    return Tried(run.packed(attempt._replace(result=before)), fixed, errors)


def _with_errors(run: Run, step: Callable[[], T]) -> tuple[T, tuple[str, ...]]:
    """Do a step, and take away the errors that it noted."""
    known = len(run.errors)
    done = step()
    errors = tuple(run.errors[known:])
    del run.errors[known:]
    return done, errors


def write_file(one: Input, fixed: Fixed) -> files.Steps:
    """Write the repaired bytes of a file; raises ``FileError``."""
    return files.rewriting(one.path, one.shown, fixed.of)


def _is_done(run: Run, one: Input, finish: Callable[[], None]) -> bool:
    """Finish the writing of an input; return whether that went well."""

    def done() -> bool:
        finish()
        return True

    return run.guarded(one, done) is not None
