"""Workflow commands: annotations on the lines of a pull request, in GitHub Actions.

Escaped as the toolkit does (``actions/toolkit``, ``packages/core/src/command.ts``). Every line
is one of our commands, and content from files comes only after its ``::``, where the runner does
not look for further commands.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from imagelint.formats import PLAIN, Look
from imagelint.formats.phrases import (
    brief,
    counted,
    facts,
    in_repository,
    place,
    shown_path,
    verdict,
)
from imagelint.model.finding import Severity
from imagelint.model.source import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from imagelint.model.finding import Finding
    from imagelint.model.report import Report
    from imagelint.model.source import Source

__all__ = ["about_error", "render"]

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_PLACED: Final = r"(?P<path>.+?)(?::(?P<line>\d+):(?P<column>\d+))?: "
_ERROR_MAX = 4000
_SHOWN = 10
"""Annotations of each kind that GitHub shows per step; the others are only in its log."""


def render(report: Report, look: Look = PLAIN) -> str:
    """Render one command per error or finding, the worst first, as GitHub keeps the first ones."""
    found = sorted(report.findings, key=lambda pair: pair[1].severity.rank)
    counts = report.counts()
    counts[Severity.ERROR] += len(report.errors)
    hidden = sum(_hidden(counts[severity], severity) for severity in _COMMANDS)
    if hidden and counts[Severity.NOTE] >= _SHOWN:
        hidden += 1  # the line about the others replaces a note
    lines = [about_error(error, look) for error in report.errors]
    lines += (_annotation(source, finding, look) for source, finding in found)
    if hidden:
        about = (
            f"{counted(hidden, 'more finding')}: GitHub shows {_SHOWN} annotations of each kind"
            " per step; the log has all of them"
        )
        worse = sum(counts[severity] for severity in (Severity.ERROR, Severity.WARNING))
        lines.insert(worse, _command("notice", {"title": "imagelint"}, about))
    if not look.brief:
        lines.append(" ".join(verdict(report)))
    return "".join(f"{line}\n" for line in lines)


def about_error(error: str, look: Look = PLAIN, *, is_placed: bool = True) -> str:
    """Render an error at the place that it starts with: ``PATH[:LINE:COLUMN]: ...``.

    Without ``is_placed`` it starts with no place.
    """
    properties = {"title": "imagelint"}
    match = re.match(_PLACED, error) if is_placed else None
    if match is not None and not match["path"].startswith("<"):
        where = {"file": shown_path(in_repository(match["path"], look))}
        if match["line"]:
            where |= {"line": match["line"], "col": match["column"]}
        properties = where | properties
    return _command("error", properties, shown(error, _ERROR_MAX))


def _hidden(count: int, severity: Severity) -> int:
    return max(count - _SHOWN, 0) if severity in _COMMANDS else 0


def _annotation(source: Source, finding: Finding, look: Look) -> str:
    where = place(source, finding.span)
    path = shown_path(in_repository(finding.path, look))
    properties: dict[str, str] = {"title": f"imagelint: {finding.rule}"}
    if not path.startswith("<"):  # standard input has no lines to annotate
        properties = {"file": path, **dict(_lines(where)), **properties}
    above = f"{path}:{where['line']}:{where['column']}"
    text = "\n".join([brief(finding), *map(str, facts(finding)), above])
    return _command(_COMMANDS[finding.severity], properties, text)


def _lines(where: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """Yield the place; GitHub rejects columns in an annotation of several lines."""
    yield "line", str(where["line"])
    yield "endLine", str(where["endLine"])
    if where["line"] == where["endLine"]:
        yield "col", str(where["column"])
        yield "endColumn", str(where["endColumn"])


def _command(name: str, properties: Mapping[str, str], text: str) -> str:
    written = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{name} {written}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
