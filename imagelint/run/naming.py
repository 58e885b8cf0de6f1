"""New names for what selects images by name, written in steps that may be broken off anywhere.

1. Behind each entry comes a copy with the new name, which selects nothing yet.
2. The images are repaired, in all files.
3. The entries keep their new names alone.

After every file that is written each kustomization builds what it built before, or the same images
through Harbor. Whoever runs ``fix`` again after an interrupt finds entries for both names, and goes
on. Where no copy of an entry can be made, the entry has its new name from the first step on.
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
    """As it was, with copies, and with copies and its own images repaired."""


class Naming:
    """The files of a run in which names change."""

    def __init__(self, run: Run, found: Iterable[tuple[Input, Tried, Adjustment]]) -> None:
        """Read the files as they are."""
        self._run = run
        self._files: list[_File] = []
        self._broken: set[str] = set()
        """The roots of repositories in which something could not be written."""
        for one, tried, adjustment in found:
            contents = run.guarded(one, partial(_contents, run, one, tried, adjustment))
            if contents is None:
                self._broken.add(self._root(one))
            self._files.append(_File(one, tried, contents or ()))

    def add_copies(self, found: Iterable[tuple[Input, Tried]]) -> dict[str, Adjustment]:
        """Write the first step; return what must not be repaired as that could not be done."""
        for file in self._files:
            self._go_on(file, 1)
        reason = "what selects it by name cannot be written"
        return {
            one.path: Adjustment({start: reason for start, _, _ in known.fixed.images})
            for one, known in found
            if known.fixed is not None and self._root(one) in self._broken
        }

    def repair_images(self, failed: Iterable[Input]) -> None:
        """Write the second step in these files, where it went well in all others."""
        self._broken.update(map(self._root, failed))
        for file in self._files:
            self._go_on(file, 2)

    def last(self) -> Iterator[tuple[Input, Tried]]:
        """Yield what is to be written in the last step; a file stays where another one failed."""
        for one, tried, contents in self._files:
            if self._root(one) not in self._broken:
                # No identity: its number may be that of a file which is gone by now.
                attempt = unpacked(one, tried.attempt)._replace(identity=None)
                change = partial(_changed, tried, contents)
                yield one, tried._replace(attempt=attempt, change=change)
            elif not one.is_outside:
                yield one, self._left(one, tried)

    def _left(self, one: Input, tried: Tried) -> Tried:
        """Return what is told of a file that keeps both names."""
        attempt = self._run.attempt(one)
        return tried._replace(attempt=self._run.packed(attempt), fixed=None)

    def _go_on(self, file: _File, step: int) -> None:
        """Write a step of a file, if nothing has gone wrong in its repository."""
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
    """Return what a file holds before the last step, one step after the other."""
    data = run.around.read(one)[0]
    if tried.fixed is None or mark_of(data) != tried.fixed.old:
        raise FileError(one.shown, _UNCHANGED)
    source = Source(one.shown, data)
    return (data, *(apply_edits(source, edits) for edits in adjustment.steps))


def _changed(tried: Tried, contents: tuple[bytes, ...], now: bytes) -> bytes | None:
    """Return the last content of a file, None where it is not what the steps have left."""
    return tried.fixed.of(contents[0]) if tried.fixed is not None and now == contents[-1] else None
