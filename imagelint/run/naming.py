"""New names for selectors of images, written in steps that can be interrupted at any point.

1. After each entry, insert a copy with the new name, which selects nothing yet.
2. Fix the images in all files.
3. Remove the old names from the entries.

After each written file, every kustomization builds what it built before, or the same images
through Harbor. A ``fix`` after an interrupted one finds entries for both names and continues.
If no copy of an entry can be made, the entry has its new name from the first step on.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from imagelint import files
from imagelint.model.errors import FileError
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import Source, apply_edits, mark_of
from imagelint.run.request import Adjustment, unpacked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from imagelint.run.fixes import Proposal
    from imagelint.run.request import Input
    from imagelint.run.run import Run

__all__ = ["Naming"]

_UNCHANGED: Final = "not written: it changed after it was read"


class _File(NamedTuple):
    """A file with entries that get new names."""

    item: Input
    proposal: Proposal
    contents: tuple[bytes, ...]
    """The file as it was, with copies, and with copies and its own images fixed."""


class Naming:
    """The files of a run in which names change."""

    def __init__(self, run: Run, found: Iterable[tuple[Input, Proposal, Adjustment]]) -> None:
        """Read the present contents of the files."""
        self._run = run
        self._files: list[_File] = []
        self._broken: set[str] = set()
        """The roots of repositories in which a write failed."""
        for item, proposal, adjustment in found:
            contents = run.guarded(item, partial(_contents, run, item, proposal, adjustment))
            if contents is None:
                self._broken.add(self._root(item))
            self._files.append(_File(item, proposal, contents or ()))

    def add_copies(self, found: Iterable[tuple[Input, Proposal]]) -> dict[str, Adjustment]:
        """Write the first step; return which images must not be fixed because a write failed."""
        for file in self._files:
            self._go_on(file, 1)
        reason = "what selects it by name cannot be written"
        return {
            item.path: Adjustment({start: reason for start, _, _ in known.fix.images})
            for item, known in found
            if known.fix is not None and self._root(item) in self._broken
        }

    def repair_images(self, failed: Iterable[Input]) -> None:
        """Write the second step of these files, in repositories where no write has failed."""
        self._broken.update(map(self._root, failed))
        for file in self._files:
            self._go_on(file, 2)

    def last(self) -> Iterator[tuple[Input, Proposal]]:
        """Yield what to write in the last step; a file is unchanged if another one failed."""
        for item, proposal, contents in self._files:
            if self._root(item) not in self._broken:
                # No identity: its number may be that of a file that no longer exists.
                attempt = unpacked(item, proposal.attempt)._replace(identity=None)
                change = partial(_changed, proposal, contents)
                yield item, proposal._replace(attempt=attempt, change=change)
            elif not item.is_outside:
                yield item, self._left(item, proposal)

    def _left(self, item: Input, proposal: Proposal) -> Proposal:
        """Return the report for a file that keeps both names."""
        attempt = self._run.linting.attempt(item)
        return proposal._replace(attempt=self._run.linting.packed(attempt), fix=None)

    def _go_on(self, file: _File, step: int) -> None:
        """Write a step of a file, unless a write in its repository failed."""
        item, _, contents = file
        if self._root(item) in self._broken or contents[step] == contents[step - 1]:
            return
        old, new = contents[step - 1 : step + 1]
        if self._run.guarded(item, partial(self._write, item, old, new)) is None:
            self._broken.add(self._root(item))

    def _write(self, item: Input, old: bytes, new: bytes) -> bool:
        files.rewrite(item.path, item.shown, new, old, self._run.around.guard_of(item.path))
        return True

    def _root(self, item: Input) -> str:
        return self._run.around.root_of(item.path)


def _contents(
    run: Run, item: Input, proposal: Proposal, adjustment: Adjustment
) -> tuple[bytes, ...]:
    """Return the contents of a file after each step before the last one."""
    data = run.around.read(item)[0]
    if proposal.fix is None or mark_of(data) != proposal.fix.old:
        raise FileError(item.shown, _UNCHANGED)
    source = Source(item.shown, data)
    return (data, *(apply_edits(source, edits) for edits in adjustment.steps))


def _changed(proposal: Proposal, contents: tuple[bytes, ...], now: bytes) -> bytes | None:
    """Return the last content of a file, None if it is not as the steps left it."""
    if proposal.fix is None or now != contents[-1]:
        return None
    return proposal.fix.of(contents[0])
