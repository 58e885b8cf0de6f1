"""What comes of the repair of an input, before and after it is written. Values only."""

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
    """The repair of an input: no bytes of it, which are many to be handed over."""

    shown: str
    old: Mark
    edits: tuple[Edit, ...]
    moves: Moves
    images: tuple[tuple[int, str, str], ...]
    """What is repaired: where it begins, in bytes, the image before and after."""
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
    change: Callable[[bytes], bytes | None] | None = None
    """Makes the new bytes of those that are in the file now, where it was written in between."""
