"""JUnit XML, as CI servers read it: a suite for each file, a failed case for each finding.

A file without findings is a passed case. The format has no specification; this is what its readers
have in common.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from imagelint.formats import PLAIN, Look
from imagelint.formats.phrases import brief, facts, in_repository, message, place, shown_path
from imagelint.model.source import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.model.finding import Finding
    from imagelint.model.report import FileResult, Report
    from imagelint.model.source import Source

__all__ = ["render"]

_ERROR_MAX = 4000


def render(report: Report, look: Look = PLAIN) -> str:
    """Render the report in ASCII; characters that XML cannot contain are already escaped."""
    failures = sum(1 for _ in report.findings)
    errors = len(report.errors)
    passed = sum(not result.findings for result in report.results)
    total = {"tests": failures + errors + passed, "failures": failures, "errors": errors}
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append(f"<testsuites{_attributes(name='imagelint', **total, time=0)}>")
    for result in report.results:
        lines += _suite(result, look)
    if errors:
        lines += _errors(report)
    lines.append("</testsuites>")
    text = "".join(f"{line}\n" for line in lines)
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii")


def _suite(result: FileResult, look: Look) -> Iterator[str]:
    path = shown_path(in_repository(result.path, look))
    failures = len(result.findings)
    numbers = {"tests": max(failures, 1), "failures": failures, "errors": 0, "skipped": 0}
    yield f"  <testsuite{_attributes(name=path, **numbers, time=0)}>"
    if not failures:
        yield f"    <testcase{_attributes(name='images', classname=path, file=path, time=0)}/>"
    for finding in result.findings:
        yield from _case(result.source, finding, path)
    yield "  </testsuite>"


def _case(source: Source, finding: Finding, path: str) -> Iterator[str]:
    where = place(source, finding.span)
    line, column = where["line"], where["column"]
    name = f"{finding.rule} at {line}:{column}"
    about = message(finding)
    attributes = _attributes(name=name, classname=path, file=path, line=line, time=0)
    body = [
        f"{path}:{line}:{column}: {finding.severity.value} {brief(finding)}",
        *map(str, facts(finding)),
    ]
    yield f"    <testcase{attributes}>"
    yield f"      <failure{_attributes(message=about, type=finding.severity.value)}>"
    yield from (escape(part) for part in body)
    yield "      </failure>"
    yield "    </testcase>"


def _errors(report: Report) -> Iterator[str]:
    count = len(report.errors)
    numbers = {"tests": count, "failures": 0, "errors": count, "skipped": 0}
    yield f"  <testsuite{_attributes(name='imagelint', **numbers, time=0)}>"
    for number, text in enumerate(report.errors, 1):
        attributes = _attributes(name=f"error {number}", classname="imagelint", time=0)
        yield f"    <testcase{attributes}>"
        yield f"      <error{_attributes(message=shown(text, _ERROR_MAX), type='error')}/>"
        yield "    </testcase>"
    yield "  </testsuite>"


def _attributes(**values: str | int) -> str:
    return "".join(f" {key}={quoteattr(str(value))}" for key, value in values.items())
