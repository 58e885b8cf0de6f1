"""Findings → a fixed source: applies and verifies the edits of a result. Pure: no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.model.errors import ImagelintError
from imagelint.model.source import apply_edits
from imagelint.repair.proof import difference

if TYPE_CHECKING:
    from imagelint.kubernetes.examine import Examination
    from imagelint.model.report import FileResult

__all__ = ["FixError", "fixed"]


class FixError(ImagelintError):
    """The edits did not have the intended result; nothing may be written."""


def fixed(before: Examination, result: FileResult) -> Examination:
    """Return the fixed source, examined; if there is nothing to fix, the same examination.

    ``result`` is the linter's result for ``before``. Findings in the baseline are fixed too: the
    baseline is meant to shrink. Findings that a comment or an exception suppresses are not fixed.

    Raises :class:`FixError` unless the documents and trees are the same except for the edited
    images, and these are as intended.
    """
    edits = result.edits
    if not edits:
        return before
    after = before.of_bytes(apply_edits(before.source, edits))
    wrong = difference(before, after, edits, result)
    if wrong is not None:
        message = f"{before.source.path}: not fixed, nothing was written: {wrong}"
        raise FixError(message)
    return after
