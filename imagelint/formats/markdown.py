"""Markdown (GitHub's): a table of findings, for job summaries and comments.

Content from files is either code or escaped: it cannot add markup, links, mentions or HTML.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from imagelint.formats import PLAIN, Look
from imagelint.formats.phrases import (
    brief,
    counted,
    facts,
    in_repository,
    shown_path,
    verdict,
)
from imagelint.model.finding import Severity
from imagelint.model.source import shown

if TYPE_CHECKING:
    from imagelint.formats.phrases import Fact
    from imagelint.model.finding import Finding
    from imagelint.model.report import Report
    from imagelint.model.source import Source

__all__ = ["render", "within"]

_HEAD = ("| Severity | Rule | Place | Finding |", "| --- | --- | --- | --- |")
_SIGNS = {Severity.ERROR: "❌ error", Severity.WARNING: "⚠️ warning", Severity.NOTE: "note"}
_MARKUP = re.compile(r"[\\`*_\[\]<>|~&$]")
_REFERENCE = re.compile(r"@(?=\\?\w)|#(?=\d)|:(?=//)|(?<=www)\.", re.IGNORECASE)
"""What GitHub turns into mentions and links, even when escaped."""
_FEW = 20


def render(report: Report, look: Look = PLAIN) -> str:
    """Render every finding, by file and position."""
    found = list(report.findings)
    rows = [_row(source, finding, look) for source, finding in found]
    return _document(report, rows, 0)


def within(report: Report, look: Look, room: int) -> str:
    """Render in at most ``room`` bytes of UTF-8, the worst findings first; empty if none fit."""
    found = sorted(report.findings, key=lambda pair: pair[1].severity.rank)
    rows: list[str] = []
    used = len(_document(report, [], len(found)).encode()) + len("\n".join(_HEAD)) + 2
    for source, finding in found:
        row = _row(source, finding, look)
        used += len(row.encode()) + 1
        if used > room:
            break
        rows.append(row)
    document = _document(report, rows, len(found) - len(rows))
    return document if len(document.encode()) <= room else ""


def _document(report: Report, rows: list[str], more: int) -> str:
    lines = ["## imagelint", "", " ".join(verdict(report))]
    if rows:
        lines += ["", *_HEAD, *rows]
    if more:
        lines += ["", f"{counted(more, 'more finding')} did not fit here; the log has all of them."]
    if report.errors:
        lines += ["", *(f"- {_text(shown(error))}" for error in report.errors[:_FEW])]
        if len(report.errors) > _FEW:
            lines.append(f"- and {len(report.errors) - _FEW} more")
    return "".join(f"{line}\n" for line in lines)


def _row(source: Source, finding: Finding, look: Look) -> str:
    line, column = source.position(finding.span.start)
    path = shown_path(in_repository(finding.path, look))
    cells = (
        _SIGNS[finding.severity],
        _code(finding.rule),
        _code(f"{path}:{line}:{column}"),
        "<br>".join([_text(brief(finding)), *map(_note, facts(finding))]),
    )
    return f"| {' | '.join(cells)} |"


def _note(fact: Fact) -> str:
    return fact.head + (_code(fact.quoted) if fact.quoted else "") + _text(fact.tail)


def _code(text: str) -> str:
    """Write a code span; a bar would end a table cell even there."""
    fence = "`"
    while fence in text:
        fence += "`"
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}".replace("|", r"\|")


def _text(text: str) -> str:
    """Escape a text: no markup, mentions or links."""
    return _REFERENCE.sub(r"<span>\g<0></span>", _MARKUP.sub(r"\\\g<0>", text))
