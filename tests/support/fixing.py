"""Sources fixed without a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.kubernetes.context import NO_CONTEXT
from imagelint.repair.fixer import fixed

if TYPE_CHECKING:
    from imagelint.engine.linter import Linter
    from imagelint.kubernetes.context import Context
    from imagelint.model.report import FileResult
    from imagelint.model.source import Source

__all__ = ["repaired"]


def repaired(
    linter: Linter, source: Source, result: FileResult, context: Context = NO_CONTEXT
) -> bytes:
    """Return the source with the proven fixes of its result."""
    return fixed(linter.examine(source, context), result).source.data
