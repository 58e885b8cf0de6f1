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

    from imagelint.run.repairs import Tried
    from imagelint.run.request import Input
    from imagelint.run.run import Run

__all__ = ["Naming"]

_UNCHANGED: Final = "not written: it changed after it was read"


class _File(NamedTuple):
    """A file with entries that get new names."""

    one: Input
    tried: Tried
    contents: tuple[bytes, ...]
    """The file as it was, with copies, and with copies and its own images fixed."""


class Naming:
    """The files of a run in which names change."""

    def __init__(self, run: Run, found: Iterable[tuple[Input, Tried, Adjustment]]) -> None:
        """Read the present contents of the files."""
        self._run = run
        self._files: list[_File] = []
        self._broken: set[str] = set()
        """The roots of repositories in which a write failed."""
        for one, tried, adjustment in found:
            contents = run.guarded(one, partial(_contents, run, one, tried, adjustment))
            if contents is None:
                self._broken.add(self._root(one))
            self._files.append(_File(one, tried, contents or ()))

    def add_copies(self, found: Iterable[tuple[Input, Tried]]) -> dict[str, Adjustment]:
        """Write the first step; return which images must not be fixed because a write failed."""
        for file in self._files:
            self._go_on(file, 1)
        reason = "what selects it by name cannot be written"
        return {
            one.path: Adjustment({start: reason for start, _, _ in known.fixed.images})
            for one, known in found
            if known.fixed is not None and self._root(one) in self._broken
        }

    def repair_images(self, failed: Iterable[Input]) -> None:
        """Write the second step of these files, in repositories where no write has failed."""
        self._broken.update(map(self._root, failed))
        for file in self._files:
            self._go_on(file, 2)

    def last(self) -> Iterator[tuple[Input, Tried]]:
        """Yield what to write in the last step; a file is unchanged if another one failed."""
        for one, tried, contents in self._files:
            if self._root(one) not in self._broken:
                # No identity: its number may be that of a file that no longer exists.
                attempt = unpacked(one, tried.attempt)._replace(identity=None)
                change = partial(_changed, tried, contents)
                yield one, tried._replace(attempt=attempt, change=change)
            elif not one.is_outside:
                yield one, self._left(one, tried)

    def _left(self, one: Input, tried: Tried) -> Tried:
        """Return the report for a file that keeps both names."""
        attempt = self._run.attempt(one)
        return tried._replace(attempt=self._run.packed(attempt), fixed=None)

    def _go_on(self, file: _File, step: int) -> None:
        """Write a step of a file, unless a write in its repository failed."""
        one, _, contents = file
        if self._root(one) in self._broken or contents[step] == contents[step - 1]:
            return
        if (
            self._run.guarded(one, partial(self._write, one, *contents[step - 1 : step + 1]))
            is None
        ):
            self._broken.add(self._root(one))

    def _write(self, one: Input, old: bytes, new: bytes) -> bool:
        files.rewrite(one.path, one.shown, new, old, self._run.around.guard_of(one.path))
        return True

    def _root(self, one: Input) -> str:
        return self._run.around.root_of(one.path)


def _contents(run: Run, one: Input, tried: Tried, adjustment: Adjustment) -> tuple[bytes, ...]:
    """Return the contents of a file after each step before the last one."""
    data = run.around.read(one)[0]
    if tried.fixed is None or mark_of(data) != tried.fixed.old:
        raise FileError(one.shown, _UNCHANGED)
    source = Source(one.shown, data)
    return (data, *(apply_edits(source, edits) for edits in adjustment.steps))


def _changed(tried: Tried, contents: tuple[bytes, ...], now: bytes) -> bytes | None:
    """Return the last content of a file, None if it is not as the steps left it."""
    return tried.fixed.of(contents[0]) if tried.fixed is not None and now == contents[-1] else None
