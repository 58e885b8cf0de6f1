"""The fix of an input, before and after it is written. Data only."""

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

__all__ = ["FileFix", "Fixed", "Proposal"]


class FileFix(NamedTuple):
    """The proven fix of an input, without its bytes, which are expensive to send to a process."""

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
        is_same = mark_of(old) == self.old
        return apply_edits(Source(self.shown, old), self.edits) if is_same else None


class Proposal(NamedTuple):
    """What a process has computed for an input; nothing is written yet."""

    attempt: Packed
    fix: FileFix | None = None
    errors: tuple[str, ...] = ()
    change: Callable[[bytes], bytes | None] | None = None
    """Makes new bytes from the file's present bytes, if it was written in the meantime."""


class Fixed(NamedTuple):
    """The result of an input: ``fix`` and ``after`` are None if it did not change.

    If it was fixed, ``before`` has no findings: ``fix`` lists them.
    """

    item: Input
    before: FileResult
    fix: FileFix | None = None
    after: FileResult | None = None
