"""One fix: the inputs of a run → fixed files, in order.

Several processes propose the fixes (:func:`propose`); only the first one writes, when all fixes are
known (:func:`fix_all`). The result of each file is reported in the order of the inputs. If inputs
may be names of one file (links), each is written before the next one is examined.
"""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from imagelint import files
from imagelint.model.source import apply_edits, mark_of
from imagelint.repair.fixer import fixed
from imagelint.repair.moves import moves_of
from imagelint.repair.refusals import like_before, unrepaired, without_fixes
from imagelint.run.fixes import FileFix, Fixed, Proposal
from imagelint.run.naming import Naming
from imagelint.run.queue import Queue
from imagelint.run.request import NO_ADJUSTMENT, Adjustment, Attempt, Input, unpacked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from imagelint.kubernetes.examine import Examination
    from imagelint.model.finding import Finding
    from imagelint.model.report import FileResult
    from imagelint.model.source import Edit
    from imagelint.run.linting import Linting
    from imagelint.run.run import Run

__all__ = ["Declined", "fix_all", "propose"]

_DOUBT = "git does not say whether it ignores this file; name the file to fix it"
_NO_ADJUSTMENTS: Mapping[str, Adjustment] = {}


class Declined(Exception):
    """The user was asked and declined the fixes; nothing is written."""


# --- one input, in any process -------------------------------------------------------------


def propose(linting: Linting, item: Input, adjustment: Adjustment = NO_ADJUSTMENT) -> Proposal:
    """Lint an input, fix it, prove the fix and lint the fixed text; nothing is written.

    Other inputs matter only through ``adjustment``.
    """
    opened, errors = linting.guarded(item, lambda: linting.open(item))
    if opened is None:
        return Proposal(Attempt(None, None, errors))
    before, identity = opened
    attempt = linting.attempt_at(item, before, identity)
    result = attempt.result
    if result is None:
        return Proposal(attempt)
    if item.is_outside:
        result = unrepaired(result)
    if adjustment.refused:
        result = without_fixes(result, adjustment.refused)
    attempt = attempt._replace(result=result)
    if not (result.findings or result.suppressed or adjustment.edits):
        return Proposal(linting.packed(attempt))
    after, errors = linting.guarded(item, partial(_fixed, before, result, adjustment.edits))
    if after is None:
        return Proposal(linting.packed(attempt), None, errors)
    again = linting.attempt_at(item, after, identity)
    if again.result is not None:
        left = like_before(again.result, result) if adjustment.refused else again.result
        again = again._replace(result=linting.light(left))
    fix = FileFix(
        item.shown,
        mark_of(before.source.data),
        (*result.edits, *adjustment.edits),
        moves_of(result.findings),
        tuple(_images(result.repaired)),
        linting.packed(again),
    )
    bare = linting.light(result._replace(findings=(), images=(), suppressed=()))
    return Proposal(linting.packed(attempt._replace(result=bare)), fix)


def _fixed(before: Examination, result: FileResult, names: tuple[Edit, ...]) -> Examination | None:
    """Return the fixed text, examined, or None if there is nothing to fix.

    ``names`` are edits of selectors of images by name, which are already verified.
    """
    after = fixed(before, result)
    if names:
        after = before.of_bytes(apply_edits(before.source, (*result.edits, *names)))
    return None if after.source.data == before.source.data else after


def _images(findings: Iterable[Finding]) -> Iterator[tuple[int, str, str]]:
    for finding in findings:
        if finding.fix is not None and finding.image is not None:
            yield finding.span.start, finding.image, finding.fix.image


# --- all inputs, in the first process ------------------------------------------------------


def fix_all(
    run: Run, *, write: bool, confirm: Callable[[int], bool] | None = None
) -> Iterator[Fixed]:
    """Lint, fix, write and lint again every input; without ``write`` no file is changed.

    If the built-in policy decides, ``confirm`` is called with the number of files before the first
    of several files is written; raises ``Declined`` if it returns false.
    """
    found = run.outcomes(propose)
    if run.stdin is not None:
        yield from _written(run, found, [], writes=False)
        return
    everything = list(found)
    order = {item.path: number for number, (item, _) in enumerate(everything)}

    def place(done: Fixed) -> int:
        return order.get(done.item.path, -1)

    yield from sorted(_fixed_together(run, everything, write=write, confirm=confirm), key=place)


def _fixed_together(
    run: Run,
    found: list[tuple[Input, Proposal]],
    *,
    write: bool,
    confirm: Callable[[int], bool] | None,
) -> Iterator[Fixed]:
    """Fix the findings, and update what selects images by name."""
    failed: list[Input] = []
    adjusted = _adjustments(run, found)
    named = {path: adjustment for path, adjustment in adjusted.items() if adjustment.edits}
    if confirm is not None:
        changing = [item for item, proposal in found if proposal.fix is not None]
        count = len({item.path for item in changing} | named.keys())
        is_asked = count > 1 and any(item.governing.is_built_in for item in changing)
        if is_asked and not confirm(count):
            raise Declined
    if not named:
        known = _adjusted(run, found, adjusted)
        yield from _written(run, known, failed, adjusted, writes=write)
        return
    inputs = {item.path: item for item, _ in found}
    naming = Naming(
        run,
        [
            (item, propose(run.linting, item, adjustment), adjustment)
            for path, adjustment in named.items()
            for item in (inputs.get(path) or _outside(run, path),)
        ],
    )
    if write:
        adjusted |= naming.add_copies(found)
    links = _links_to(named, inputs.values()) if run.may_have_links else []
    apart = {*named, *(item.path for item in links)}
    others = [pair for pair in found if pair[0].path not in apart]
    known = _adjusted(run, others, adjusted)
    yield from _written(run, known, failed, adjusted, writes=write)
    if write:
        naming.repair_images(failed)
    yield from _written(run, naming.last(), failed, writes=write)
    again = (
        (item, propose(run.linting, item, adjusted.get(item.path, NO_ADJUSTMENT))) for item in links
    )
    yield from _written(run, again, failed, writes=write)


def _links_to(named: Iterable[str], inputs: Iterable[Input]) -> list[Input]:
    """Return the inputs that are other names of files."""
    real = set(map(os.path.realpath, named))
    known = set(named)
    return [
        item for item in inputs if item.path not in known and os.path.realpath(item.path) in real
    ]


def _adjustments(run: Run, found: list[tuple[Input, Proposal]]) -> dict[str, Adjustment]:
    """Return the adjustments by path, also of files outside of the run."""
    fixes = {
        item.path: (proposal.fix.images, proposal.fix.edits)
        for item, proposal in found
        if proposal.fix is not None
    }
    if not fixes:
        return {}
    from imagelint.run.renaming import adjustments  # noqa: PLC0415 - only where there are fixes

    doubted = {item.path for item, _ in found if run.around.may_be_ignored(item.path)}
    free = {
        item.path: not _may_select(proposal) for item, proposal in found if item.path not in doubted
    }
    left = {
        path: Adjustment({start: _DOUBT for start, _, _ in fixes.pop(path)[0]})
        for path in doubted & fixes.keys()
    }
    return left | adjustments(fixes, free, run.around, run.linting.catalogue, run.cwd)


def _adjusted(
    run: Run, found: Iterable[tuple[Input, Proposal]], adjusted: Mapping[str, Adjustment]
) -> Iterator[tuple[Input, Proposal]]:
    """Yield the proposal for each input; some are made again."""
    for item, proposal in found:
        adjustment = adjusted.get(item.path)
        again = proposal if adjustment is None else propose(run.linting, item, adjustment)
        yield item, again


def _may_select(proposal: Proposal) -> bool:
    attempt = proposal.attempt
    result = attempt.result if isinstance(attempt, Attempt) else None
    return result is not None and result.may_select


def _outside(run: Run, path: str) -> Input:
    """Return an input for a file outside of the run that has to change with its files."""
    shown = files.displayed(path, run.cwd)
    return Input(path, shown, run.policies.for_file(path), is_outside=True)


def _written(
    run: Run,
    found: Iterable[tuple[Input, Proposal]],
    failed: list[Input],
    adjusted: Mapping[str, Adjustment] = _NO_ADJUSTMENTS,
    *,
    writes: bool,
) -> Iterator[Fixed]:
    """Write every input that changes; ``failed`` gets those that could not be written.

    ``adjusted`` are the adjustments by path, for files whose proposal is made again.
    """
    at_once = run.may_have_links
    queue = Queue(writes=writes)
    try:
        for item, first in found:
            proposal, attempt = first, unpacked(item, first.attempt)
            if queue.holds(attempt) or run.names.know(attempt):
                yield from _finished(run, queue, failed)
            if run.names.know(attempt):
                # It may have been written under its other name since.
                refused = adjusted.get(item.path, NO_ADJUSTMENT).refused
                proposal = propose(run.linting, item, Adjustment(refused))
                attempt = unpacked(item, proposal.attempt)
            queue.add(item, attempt, proposal, run.around.guard_of(item.path))
            if at_once or queue.is_full:
                yield from _finished(run, queue, failed)
        yield from _finished(run, queue, failed)
    finally:
        queue.give_up()


def _finished(run: Run, queue: Queue, failed: list[Input]) -> Iterator[Fixed]:
    """Finish and yield all queued inputs."""
    for item, attempt, proposal, write in queue.synced():
        if queue.is_news(attempt, write):
            run.names.note(item, attempt.result, attempt.identity)
            attempt = attempt._replace(identity=None)  # noqa: PLW2901 - of which all is known
        before = run.accepted(item, attempt)
        if before is None:
            if write is not None:
                write.give_up()
            continue
        run.errors += proposal.errors
        if proposal.fix is None or write is None:
            yield Fixed(item, before)
        elif _is_done(run, item, write.finish):
            after = unpacked(item, proposal.fix.after)
            run.errors += after.errors
            run.names.note(item, after.result)
            yield Fixed(item, before, proposal.fix, after.result or before)
        else:
            failed.append(item)
            yield Fixed(item, _as_it_is(run, item) or before)


def _is_done(run: Run, item: Input, finish: Callable[[], None]) -> bool:
    """Finish the write of an input; return whether it succeeded."""

    def done() -> bool:
        finish()
        return True

    return run.guarded(item, done) is not None


def _as_it_is(run: Run, item: Input) -> FileResult | None:
    """Lint an input that could not be written, from the start."""
    result, identity, errors = run.linting.attempt(item)
    run.errors += errors
    if identity is not None:
        run.names.note(item, result, identity)
    return result
