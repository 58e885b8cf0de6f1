"""Findings → repaired bytes: the edits of a result, made and proven. Pure: no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.model.errors import ImagelintError
from imagelint.model.source import Source, apply_edits

if TYPE_CHECKING:
    from imagelint.engine.linter import Linter
    from imagelint.model.report import FileResult

__all__ = ["FixError", "repaired"]


class FixError(ImagelintError):
    """Edits that did not do what they should; nothing may be written."""


def repaired(linter: Linter, source: Source, result: FileResult) -> bytes:
    """Return the source with the fixes of its findings made, proven by reading it again.

    ``result`` is what ``linter`` says of it. What the baseline knows is repaired too: it is there
    to be worked off. What a comment or an exception excuses is left as it is.

    Raises :class:`FixError` where the outcome is not what was meant: same
    documents, same trees but for the edited images, and those as intended.
    """
    edits = result.edits
    if not edits:
        return source.data
    from imagelint.repair.proof import difference  # noqa: PLC0415 - what only checks writes nothing

    data = apply_edits(source, edits)
    after = Source(source.path, data)
    wrong = difference(source, after, edits, result, linter.catalogue, linter.skimming)
    if wrong is not None:
        message = f"{source.path}: not fixed, nothing was written: {wrong}"
        raise FixError(message)
    return data
