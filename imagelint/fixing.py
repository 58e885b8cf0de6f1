"""One fix: the inputs of a run → repairs, in order.

Reading, judging and the proof of a repair are done by several processes; writing by the first
one alone, file by file, in the order of the inputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, TypeVar

from imagelint.request import packed, unpacked
from imagelint.values import NamedTuple
from imagelint.workers import in_order

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from imagelint.report import FileResult
    from imagelint.request import Input, Packed
    from imagelint.run import Run

__all__ = ["Repair", "repair_all"]

T = TypeVar("T")
Write: TypeAlias = "Callable[[Input, FileResult, bytes], bool]"
"""Writes the repaired bytes of an input; returns whether that was done."""


class Repair(NamedTuple):
    """What became of an input: ``fixed`` and ``after`` are None where it stays as it was."""

    one: Input
    before: FileResult
    fixed: bytes | None = None
    after: FileResult | None = None


class _Tried(NamedTuple):
    """What a process has worked out; nothing is written yet."""

    attempt: Packed
    fixed: bytes | None = None
    errors: tuple[str, ...] = ()
    after: FileResult | None = None
    errors_after: tuple[str, ...] = ()


def repair_all(run: Run, write: Write) -> Iterator[Repair]:
    """Lint, repair, write and lint again every input."""
    inputs = run.inputs
    jobs = 1 if run.stdin is not None else run.jobs
    all_tried = in_order(lambda at: _try(run, inputs[at]), len(inputs), jobs)
    for one, tried in zip(inputs, all_tried, strict=True):
        if run.knows(
            unpacked(one, tried.attempt)
        ):  # another name of it may have been written in between
            made = _repair(run, one, write)
        else:
            made = _written(run, one, tried, write)
        if made is not None:
            yield made


def _try(run: Run, one: Input) -> _Tried:
    attempt = run.attempt(one)
    result = attempt.result
    if result is None:
        return _Tried(attempt)
    fixed, errors = _with_errors(run, lambda: run.repaired(one, result))
    if fixed is None:
        return _Tried(packed(attempt), None, errors)
    after, errors_after = _with_errors(run, lambda: run.rejudged(one, fixed))
    return _Tried(attempt, fixed, errors, after, errors_after)


def _with_errors(run: Run, step: Callable[[], T]) -> tuple[T, tuple[str, ...]]:
    """Do a step, and take away the errors that it noted."""
    known = len(run.errors)
    done = step()
    errors = tuple(run.errors[known:])
    del run.errors[known:]
    return done, errors


def _written(run: Run, one: Input, tried: _Tried, write: Write) -> Repair | None:
    before = run.take(one, unpacked(one, tried.attempt))
    if before is None:
        return None
    run.errors += tried.errors
    if tried.fixed is None or not write(one, before, tried.fixed):
        return Repair(one, before)
    run.errors += tried.errors_after
    run.note(one, tried.after)
    return Repair(one, before, tried.fixed, tried.after or before)


def _repair(run: Run, one: Input, write: Write) -> Repair | None:
    """Do all for one input at once."""
    before = run.lint(one)
    if before is None:
        return None
    fixed = run.repaired(one, before)
    if fixed is None or not write(one, before, fixed):
        return Repair(one, before)
    return Repair(one, before, fixed, run.after(one, fixed) or before)
