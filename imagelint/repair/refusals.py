"""Repairs that are not to be made, because of something outside of the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from imagelint.model.finding import Finding
    from imagelint.model.report import FileResult

__all__ = ["without_fixes"]


def without_fixes(result: FileResult, refused: Mapping[int, str]) -> FileResult:
    """Return a result in which some images are not repaired.

    ``refused`` says by the byte offset of an image why, as a clause; the findings stay.
    """

    def kept(finding: Finding) -> Finding:
        reason = refused.get(finding.span.start)
        if finding.fix is None or reason is None:
            return finding
        return finding._replace(fix=None, unfixable=f"cannot be fixed safely: {reason}")

    return result._replace(
        findings=tuple(map(kept, result.findings)),
        suppressed=tuple(one._replace(finding=kept(one.finding)) for one in result.suppressed),
    )
