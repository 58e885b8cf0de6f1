"""The result of fixing an input, before and after it is written. Data only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import Source, apply_edits, mark_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from imagelint.model.report import FileResult
    from imagelint.model.source import Edit, Mark
    from imagelint.repair.moves import Moves
    from imagelint.run.request import Input, Packed

__all__ = ["Fixed", "Repair", "Tried"]


class Fixed(NamedTuple):
    """The fix of an input, without its bytes, which are expensive to send between processes."""

    shown: str
    old: Mark
    edits: tuple[Edit, ...]
    moves: Moves
    images: tuple[tuple[int, str, str], ...]
    """What is fixed: its offset in bytes, the image before and after."""
    after: Packed
    """The result of linting the new bytes."""

    def of(self, old: bytes) -> bytes | None:
        """Return the new bytes; None if the old ones are not those that were linted."""
        return (
            apply_edits(Source(self.shown, old), self.edits) if mark_of(old) == self.old else None
        )


class Repair(NamedTuple):
    """The result of an input: ``fixed`` and ``after`` are None if it did not change.

    If it was fixed, ``before`` has no findings: ``fixed`` lists them.
    """

    one: Input
    before: FileResult
    fixed: Fixed | None = None
    after: FileResult | None = None


class Tried(NamedTuple):
    """What a process has computed; nothing is written yet."""

    attempt: Packed
    fixed: Fixed | None = None
    errors: tuple[str, ...] = ()
    change: Callable[[bytes], bytes | None] | None = None
    """Makes new bytes from the file's present bytes, if it was written in the meantime."""
