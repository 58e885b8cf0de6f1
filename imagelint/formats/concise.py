"""The concise report: one line per finding, for editors, ``grep`` and ``sort``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.formats import PLAIN, Look
from imagelint.formats.phrases import message, shown_path, verdict

if TYPE_CHECKING:
    from imagelint.model.finding import Finding
    from imagelint.model.report import Report
    from imagelint.model.source import Source

__all__ = ["render"]


def render(report: Report, look: Look = PLAIN) -> str:
    """Render every finding as ``path:line:col: severity rule: message``, then the summary.

    With ``--quiet`` there is no summary.
    """
    lines = [_line(source, finding) for source, finding in report.findings]
    if not look.brief:
        lines.append(f"{' '.join(verdict(report))}\n")
    return "".join(lines)


def _line(source: Source, finding: Finding) -> str:
    line, column = source.position(finding.span.start)
    place = f"{shown_path(finding.path)}:{line}:{column}"
    return f"{place}: {finding.severity.value} {finding.rule}: {message(finding)}\n"
