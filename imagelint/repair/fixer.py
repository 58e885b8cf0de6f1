"""Findings → fixed bytes: applies and verifies the edits of a result. Pure: no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.model.errors import ImagelintError
from imagelint.model.source import Source, apply_edits

if TYPE_CHECKING:
    from imagelint.engine.linter import Linter
    from imagelint.model.report import FileResult

__all__ = ["FixError", "repaired"]


class FixError(ImagelintError):
    """The edits did not have the intended result; nothing may be written."""


def repaired(linter: Linter, source: Source, result: FileResult) -> bytes:
    """Return the source with the fixes of its findings, verified by reading it again.

    ``result`` is the linter's result for it. Findings in the baseline are fixed too: the baseline
    is meant to shrink. Findings that a comment or an exception suppresses are not fixed.

    Raises :class:`FixError` unless the documents and trees are the same except for the edited
    images, and these are as intended.
    """
    edits = result.edits
    if not edits:
        return source.data
    from imagelint.repair.proof import difference  # noqa: PLC0415 - what only checks writes nothing

    data = apply_edits(source, edits)
    after = Source(source.path, data)
    wrong = difference(source, after, edits, result, linter.catalogue)
    if wrong is not None:
        message = f"{source.path}: not fixed, nothing was written: {wrong}"
        raise FixError(message)
    return data
