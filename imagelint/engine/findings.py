"""A judged site with its position and its fix → findings and a row of the inventory. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.model.finding import Finding, Fix
from imagelint.model.report import ImageRecord, Suppressed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.engine.judge import Judged
    from imagelint.engine.repairs import Repair
    from imagelint.engine.verdicts import Verdict
    from imagelint.kubernetes.examined import Examined
    from imagelint.model.source import Span

__all__ = ["findings_of", "record_of"]


def findings_of(
    item: Examined, one: Judged, span: Span, repair: Repair | None
) -> Iterator[Finding | Suppressed]:
    """Yield findings and suppressed findings; ``repair`` is the fix of the scalar, if any."""
    for verdict in one.verdicts:
        fix, unfixable = None, None
        if verdict.problem.rewrite is not None:
            unfixable = one.refused
            if repair is not None and repair.edit is not None:
                fix = Fix(str(one.wanted), (repair.edit,))
            elif repair is not None:
                unfixable = repair.reason
        yield _finding(item, one, span, verdict, fix, unfixable)
    for verdict, excuse in one.excused:
        yield Suppressed(_finding(item, one, span, verdict), *excuse)


def _finding(  # noqa: PLR0913, PLR0917 - everything that makes a finding
    item: Examined,
    one: Judged,
    span: Span,
    verdict: Verdict,
    fix: Fix | None = None,
    unfixable: str | None = None,
) -> Finding:
    """Return the finding of a verdict."""
    site = one.site
    found_by_shape = " (found by shape)" if site.by_shape else ""
    return Finding(
        verdict.rule.id,
        verdict.severity,
        verdict.problem.message + found_by_shape,
        item.document.source.path,
        span,
        verdict.environment.name,
        site.object if site.object.kind else None,
        site.field,
        site.container,
        one.image,
        fix,
        unfixable,
        item.template,
    )


def record_of(item: Examined, one: Judged, span: Span) -> ImageRecord:
    """Return the row of the inventory."""
    site = one.site
    return ImageRecord(
        item.document.source.path,
        span,
        site.object,
        site.field,
        site.container,
        site.role,
        one.image if site.value.type in ("string", "mapping") else site.value.value,
        one.reference,
        tuple(environment.name for environment in one.environments),
        one.allowed,
        None if one.wanted is None else str(one.wanted),
        site.by_shape,
        item.template,
    )
