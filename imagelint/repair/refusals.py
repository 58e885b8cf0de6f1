"""Repairs that are not to be made, because of something outside of the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from imagelint.model.finding import Finding
    from imagelint.model.report import FileResult

__all__ = ["like_before", "unrepaired", "without_fixes"]


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


def unrepaired(result: FileResult) -> FileResult:
    """Return a result of which nothing is repaired: of a file that only gets new names."""
    return result._replace(
        findings=tuple(one._replace(fix=None) for one in result.findings),
        suppressed=tuple(
            one._replace(finding=one.finding._replace(fix=None)) for one in result.suppressed
        ),
    )


def like_before(after: FileResult, before: FileResult) -> FileResult:
    """Return the result of repaired bytes without the repairs that were refused before."""
    refused = {
        (one.object, one.field, one.image): one.unfixable
        for one in before.findings
        if one.fix is None and one.unfixable is not None
    }

    def kept(finding: Finding) -> Finding:
        reason = refused.get((finding.object, finding.field, finding.image))
        return finding if reason is None else finding._replace(fix=None, unfixable=reason)

    return after._replace(findings=tuple(map(kept, after.findings)))
