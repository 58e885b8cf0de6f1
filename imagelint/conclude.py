"""What only the whole run can tell: results of every source → the same, concluded. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from imagelint.engine import TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imagelint.finding import Finding
    from imagelint.report import FileResult

__all__ = ["conclude"]


def conclude(results: Iterable[FileResult]) -> tuple[FileResult, ...]:
    """Return the results with what only the whole run can tell: one template finding a chart."""
    results = tuple(results)
    charts: Counter[str] = Counter(
        finding.message for result in results for finding in result.findings if _is_chart(finding)
    )
    told: set[str] = set()
    concluded: list[FileResult] = []
    for result in results:
        kept: list[Finding] = []
        for finding in result.findings:
            if _is_chart(finding):
                if finding.message in told:
                    continue
                told.add(finding.message)
                others = charts[finding.message] - 1
                if others:
                    also = f"{finding.message} (stands for {others} more of its templates)"
                    finding = finding._replace(message=also)  # noqa: PLW2901 - a copy
            kept.append(finding)
        concluded.append(result._replace(findings=tuple(kept)))
    return tuple(concluded)


def _is_chart(finding: Finding) -> bool:
    return finding.rule == TEMPLATE and finding.environment is None
