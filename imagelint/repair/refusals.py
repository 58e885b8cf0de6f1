"""Fixes that must not be made because of something outside the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from imagelint.model.finding import Finding
    from imagelint.model.report import FileResult

__all__ = ["like_before", "unrepaired", "without_fixes"]


def without_fixes(result: FileResult, refused: Mapping[int, str]) -> FileResult:
    """Return a result in which some images are not fixed.

    ``refused`` has the reason, as a clause, by the byte offset of an image; the findings remain.
    """

    def kept(finding: Finding) -> Finding:
        reason = refused.get(finding.span.start)
        if finding.fix is None or reason is None:
            return finding
        return finding._replace(fix=None, unfixable=f"cannot be fixed safely: {reason}")

    return _changed(result, kept)


def unrepaired(result: FileResult) -> FileResult:
    """Return a result without fixes: for a file that only gets new names."""
    return _changed(result, lambda finding: finding._replace(fix=None))


def like_before(after: FileResult, before: FileResult) -> FileResult:
    """Return the result of fixed bytes without the fixes that were refused before."""
    refused = {
        (finding.object, finding.field, finding.image): finding.unfixable
        for finding in before.findings
        if finding.fix is None and finding.unfixable is not None
    }

    def kept(finding: Finding) -> Finding:
        reason = refused.get((finding.object, finding.field, finding.image))
        return finding if reason is None else finding._replace(fix=None, unfixable=reason)

    return after._replace(findings=tuple(map(kept, after.findings)))


def _changed(result: FileResult, change: Callable[[Finding], Finding]) -> FileResult:
    """Return a result with each finding changed, including suppressed ones."""
    excused = (
        suppressed._replace(finding=change(suppressed.finding)) for suppressed in result.suppressed
    )
    findings = tuple(map(change, result.findings))
    return result._replace(findings=findings, suppressed=tuple(excused))
