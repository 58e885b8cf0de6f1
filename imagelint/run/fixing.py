"""One fix: the inputs of a run → fixed files, in order.

Several processes read, judge and verify; only the first one writes, when all fixes are known. It
flushes several files to the disk together, in threads: the disk takes little longer for several
files than for one. The result of each file is reported in the order of the inputs. If inputs may
be names of one file (links), each is written before the next one is examined.
"""

from __future__ import annotations

import os
from collections import deque
from typing import TYPE_CHECKING, TypeVar

from imagelint import files
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import apply_edits, mark_of
from imagelint.repair.fixer import repaired
from imagelint.repair.moves import moves_of
from imagelint.repair.refusals import like_before, unrepaired, without_fixes
from imagelint.run.naming import Naming
from imagelint.run.repairs import Fixed, Repair, Tried
from imagelint.run.request import NO_ADJUSTMENT, Adjustment, Attempt, Input, unpacked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from concurrent.futures import Executor

    from imagelint.model.finding import Finding
    from imagelint.model.report import FileResult
    from imagelint.model.source import Edit
    from imagelint.run.run import Run

__all__ = ["Declined", "fixed_bytes", "repair_all", "tried"]

T = TypeVar("T")
_DOUBT = "git does not say whether it ignores this file; name the file to have it repaired"
_NO_ADJUSTMENTS: Mapping[str, Adjustment] = {}
_MOST_FILES, _MOST_INPUTS, _MOST_WAITS = 32, 1000, 8
"""Limits of the queue: new files, inputs (most of which do not change), and threads."""


class Declined(Exception):
    """The user was asked and declined the fixes; nothing is written."""


class _Written:
    """A write of an input in progress."""

    def __init__(self, steps: files.Steps) -> None:
        self._steps = steps
        self._refused: Exception | None = None
        self._failed: OSError | None = None
        self._file: int | None = None
        """The file descriptor to flush, if the target is a file."""
        try:
            self._file = next(steps, None)
        except Exception as error:  # noqa: BLE001 - reported when it is the input's turn
            self._refused = error

    def sync(self) -> None:
        """Wait until the new file is on the disk."""
        if self._file is not None:
            self._failed = files.sync(self._file)

    def finish(self) -> None:
        """Put the new file in its place; raise the error if one occurred."""
        if self._refused is not None:
            raise self._refused
        files.finish(self._steps, self._failed)

    def give_up(self) -> None:
        """Leave the file as it was, if it is not written yet."""
        self._steps.close()


class _Waiting(NamedTuple):
    """An input that is reported after it is written."""

    one: Input
    attempt: Attempt
    tried: Tried
    written: _Written | None
    """None: there is nothing to write."""


class _Queue:
    """Inputs in order, whose new files are flushed together; contains no file twice."""

    def __init__(self, *, writes: bool) -> None:
        self._writes = writes
        self._inputs: deque[_Waiting] = deque()
        self._files: set[files.Identity | None] = set()
        self._written: list[_Written] = []
        self._waits: Executor | None = None
        self._shown: set[files.Identity | None] = set()
        """Files whose fix is only shown; each is shown under one name."""

    def is_news(self, attempt: Attempt, written: _Written | None) -> bool:
        """Whether a file is fixed under this name, even if it was found under others."""
        if written is None or attempt.identity in self._shown:
            return False
        if not self._writes:
            self._shown.add(attempt.identity)
        return True

    def add(self, one: Input, attempt: Attempt, tried: Tried, root: str | None) -> None:
        """Add the next input and begin to write it, inside of ``root`` if it is given."""
        written = None
        if tried.fixed is not None:
            change = tried.change or tried.fixed.of
            if self._writes:
                steps = files.rewriting(one.path, one.shown, change, root)
            else:
                steps = _unwritten()
            written = _Written(steps)
            self._written.append(written)
        self._inputs.append(_Waiting(one, attempt, tried, written))
        self._files.add(attempt.identity)

    def holds(self, attempt: Attempt) -> bool:
        """Whether the file of an input is already in the queue, under another name."""
        return attempt.identity is not None and attempt.identity in self._files

    @property
    def is_full(self) -> bool:
        """Whether no more inputs should be added."""
        return len(self._written) >= _MOST_FILES or len(self._inputs) >= _MOST_INPUTS

    def synced(self) -> Iterator[_Waiting]:
        """Yield all inputs after their new files are on the disk, and empty the queue."""
        if len(self._written) > 1:
            if self._waits is None:
                from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - many files

                self._waits = ThreadPoolExecutor(_MOST_WAITS)
            list(self._waits.map(_Written.sync, self._written))
        else:
            for written in self._written:
                written.sync()
        while self._inputs:
            yield self._inputs.popleft()
        self._files.clear()
        self._written.clear()

    def give_up(self) -> None:
        """Leave all files that are not written as they were."""
        if self._waits is not None:
            self._waits.shutdown()
        for written in self._written:
            written.give_up()


def _unwritten() -> files.Steps:
    """Replace writing when the fixed text goes to stdout."""
    yield from ()


def repair_all(
    run: Run, *, write: bool, confirm: Callable[[int], bool] | None = None
) -> Iterator[Repair]:
    """Lint, fix, write and lint again every input; without ``write`` no file is changed.

    If the built-in policy decides, ``confirm`` is called with the number of files before the first
    of several files is written; raises ``Declined`` if it returns false.
    """
    found = run.outcomes(tried)
    if run.stdin is not None:
        yield from _repaired(run, found, [], writes=False)
        return
    everything = list(found)
    order = {one.path: number for number, (one, _) in enumerate(everything)}
    repairs = list(_all_repaired(run, everything, write=write, confirm=confirm))
    yield from sorted(repairs, key=lambda repair: order.get(repair.one.path, -1))


def _all_repaired(
    run: Run,
    found: list[tuple[Input, Tried]],
    *,
    write: bool,
    confirm: Callable[[int], bool] | None,
) -> Iterator[Repair]:
    """Fix the findings, and update what selects images by name."""
    failed: list[Input] = []
    adjusted = _adjustments(run, found)
    if confirm is not None:
        repaired = [one for one, known in found if known.fixed is not None]
        changed = {one.path for one in repaired} | {
            path for path, one in adjusted.items() if one.edits
        }
        is_asked = len(changed) > 1 and any(one.governing.is_built_in for one in repaired)
        if is_asked and not confirm(len(changed)):
            raise Declined
    if not any(one.edits for one in adjusted.values()):
        known = _adjusted(run, found, adjusted)
        yield from _repaired(run, known, failed, adjusted, writes=write)
        return
    inputs = {one.path: one for one, _ in found}
    named = {path: one for path, one in adjusted.items() if one.edits}
    naming = Naming(
        run,
        [
            (one, tried(run, one, adjustment), adjustment)
            for path, adjustment in named.items()
            for one in (inputs.get(path) or _outside(run, path),)
        ],
    )
    if write:
        adjusted |= naming.add_copies(found)
    links = _links_to(named, inputs.values()) if run.may_have_links else []
    apart = {*named, *(one.path for one in links)}
    others = [pair for pair in found if pair[0].path not in apart]
    known = _adjusted(run, others, adjusted)
    yield from _repaired(run, known, failed, adjusted, writes=write)
    if write:
        naming.repair_images(failed)
    yield from _repaired(run, naming.last(), failed, writes=write)
    again = ((one, tried(run, one, adjusted.get(one.path, NO_ADJUSTMENT))) for one in links)
    yield from _repaired(run, again, failed, writes=write)


def _links_to(named: Iterable[str], inputs: Iterable[Input]) -> list[Input]:
    """Return the inputs that are other names of files."""
    real = set(map(os.path.realpath, named))
    known = set(named)
    return [one for one in inputs if one.path not in known and os.path.realpath(one.path) in real]


def _adjustments(run: Run, found: list[tuple[Input, Tried]]) -> dict[str, Adjustment]:
    """Return the adjustments by path, also of files outside of the run."""
    repaired = {
        one.path: (known.fixed.images, known.fixed.edits)
        for one, known in found
        if known.fixed is not None
    }
    if not repaired:
        return {}
    from imagelint.run.renaming import adjustments  # noqa: PLC0415 - only where there are repairs

    doubted = {one.path for one, _ in found if run.around.may_be_ignored(one.path)}
    free = {one.path: not _may_select(known) for one, known in found if one.path not in doubted}
    left = {
        path: Adjustment({start: _DOUBT for start, _, _ in repaired.pop(path)[0]})
        for path in doubted & repaired.keys()
    }
    return left | adjustments(repaired, free, run.around, run.catalogue, run.cwd)


def _adjusted(
    run: Run, found: Iterable[tuple[Input, Tried]], adjusted: Mapping[str, Adjustment]
) -> Iterator[tuple[Input, Tried]]:
    """Yield the planned result of each input; some inputs are computed again."""
    for one, known in found:
        again = adjusted.get(one.path)
        yield one, known if again is None else tried(run, one, again)


def _may_select(known: Tried) -> bool:
    attempt = known.attempt
    result = attempt.result if isinstance(attempt, Attempt) else None
    return result is not None and result.may_select


def _outside(run: Run, path: str) -> Input:
    """Return an input for a file outside of the run that has to change with its files."""
    shown = files.displayed(path, run.cwd)
    return Input(path, shown, run.policies.for_file(path), is_outside=True)


def _repaired(
    run: Run,
    found: Iterable[tuple[Input, Tried]],
    failed: list[Input],
    adjusted: Mapping[str, Adjustment] = _NO_ADJUSTMENTS,
    *,
    writes: bool,
) -> Iterator[Repair]:
    """Write and lint again every input; ``failed`` gets those that could not be written.

    ``adjusted`` are the adjustments by path, for files that are computed again.
    """
    at_once = run.may_have_links
    queue = _Queue(writes=writes)
    try:
        for one, first in found:
            known = first
            attempt = unpacked(one, known.attempt)
            if queue.holds(attempt) or run.knows(attempt):
                yield from _finished(run, queue, failed)
            if run.knows(attempt):
                # It may have been written under its other name since.
                refused = adjusted.get(one.path, NO_ADJUSTMENT).refused
                known = tried(run, one, Adjustment(refused))
                attempt = unpacked(one, known.attempt)
            queue.add(one, attempt, known, run.around.guard_of(one.path))
            if at_once or queue.is_full:
                yield from _finished(run, queue, failed)
        yield from _finished(run, queue, failed)
    finally:
        queue.give_up()


def _finished(run: Run, queue: _Queue, failed: list[Input]) -> Iterator[Repair]:
    """Finish and yield all queued inputs."""
    for one, attempt, tried, written in queue.synced():
        if queue.is_news(attempt, written):
            run.note(one, attempt.result, attempt.identity)
            attempt = attempt._replace(identity=None)  # noqa: PLW2901 - of which all is known
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
            failed.append(one)
            yield Repair(one, run.lint_again(one) or before)


def fixed_bytes(
    run: Run, one: Input, result: FileResult, names: tuple[Edit, ...] = ()
) -> bytes | None:
    """Return the fixed bytes of an input, or None if there is nothing to fix.

    ``names`` are edits of selectors of images by name, which are already verified.
    """
    linter, source = run.linter_of(one.governing), result.source
    fixed = run.guarded(one, lambda: repaired(linter, source, result))
    if fixed is not None and names:
        fixed = run.guarded(one, lambda: apply_edits(source, (*result.edits, *names)))
    return None if fixed == source.data else fixed


def tried(run: Run, one: Input, adjustment: Adjustment = NO_ADJUSTMENT) -> Tried:
    """Compute the result of an input; other inputs matter only through ``adjustment``."""
    attempt = run.attempt(one) if one.data is None else run.attempt_in_parts(one, one.data)
    if attempt.result is not None and one.is_outside:
        attempt = attempt._replace(result=unrepaired(attempt.result))
    if attempt.result is not None and adjustment.refused:
        attempt = attempt._replace(result=without_fixes(attempt.result, adjustment.refused))
    result = attempt.result
    if result is None:
        return Tried(attempt)
    if not (result.findings or result.suppressed or adjustment.edits):
        return Tried(run.packed(attempt))
    new, errors = _with_errors(run, lambda: fixed_bytes(run, one, result, adjustment.edits))
    if new is None:
        return Tried(run.packed(attempt), None, errors)
    after, errors_after = _with_errors(run, lambda: run.rejudged(one, new))
    if after is not None and adjustment.refused:
        after = like_before(after, result)
    after = None if after is None else run.light(after)
    again = run.packed(Attempt(after, attempt.identity, errors_after))
    old, moves = mark_of(result.source.data), moves_of(result.findings)
    edits = (*result.edits, *adjustment.edits)
    images = tuple(_images(result.repaired))
    fixed = Fixed(one.shown, old, edits, moves, images, again)
    before = run.light(result._replace(findings=(), images=(), suppressed=()))
    return Tried(run.packed(attempt._replace(result=before)), fixed, errors)


def _images(findings: Iterable[Finding]) -> Iterator[tuple[int, str, str]]:
    for one in findings:
        if one.fix is not None and one.image is not None:
            yield one.span.start, one.image, one.fix.image


def _with_errors(run: Run, step: Callable[[], T]) -> tuple[T, tuple[str, ...]]:
    """Run a step, and remove the errors that it recorded."""
    known = len(run.errors)
    done = step()
    errors = tuple(run.errors[known:])
    del run.errors[known:]
    return done, errors


def _is_done(run: Run, one: Input, finish: Callable[[], None]) -> bool:
    """Finish the write of an input; return whether it succeeded."""

    def done() -> bool:
        finish()
        return True

    return run.guarded(one, done) is not None
