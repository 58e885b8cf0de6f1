"""Texts that several formats share: findings, counts and places, in words and numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.model.finding import Severity
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.formats import Look
    from imagelint.model.finding import Finding
    from imagelint.model.report import Report
    from imagelint.model.source import Source, Span

__all__ = ["CLEAN", "FIX", "Fact", "brief", "counted", "described", "facts", "in_repository"]
__all__ += ["message", "place", "sentence", "shown_path", "verdict"]

_MESSAGE_MAX = 2000
_PATH_MAX = 4096
CLEAN = "No findings"
"""The result of a run without findings."""
FIX = "fix writes "
"""The start of the fact about the fixed image."""


def message(finding: Finding) -> str:
    """Return the whole message, safe for any output."""
    return shown(finding.message, _MESSAGE_MAX)


def brief(finding: Finding) -> str:
    """Return the message without the advice that :func:`facts` repeats as the fix."""
    text = message(finding)
    return text if finding.fix is None else text.removesuffix(f"; use {shown(finding.fix.image)}")


class Fact(NamedTuple):
    """A short line about a finding: our words, a quote from a file, our words."""

    head: str
    quoted: str
    tail: str = ""

    def __str__(self) -> str:
        """Return the line as plain text, safe for any output."""
        return f"{self.head}{self.quoted}{self.tail}"


def facts(finding: Finding) -> Iterator[Fact]:
    """Yield the place in the object, and what fix would write or why it would not.

    Everything that every format adds to a finding's message belongs here.
    """
    if finding.object is not None:
        environment = "" if finding.environment is None else f" ({shown(finding.environment)})"
        yield Fact("in ", described(finding), environment)
    if finding.template is not None:
        yield Fact("from ", finding.template)
    if finding.fix is not None:
        yield Fact(FIX, shown(finding.fix.image))
    elif finding.unfixable is not None:
        yield Fact("no fix: ", "", shown(finding.unfixable, _MESSAGE_MAX))


def sentence(finding: Finding) -> str:
    """Return the message and all facts in one line."""
    return "; ".join([brief(finding), *map(str, facts(finding))])


def described(finding: Finding) -> str:
    """Name the object and the field: ``Deployment/web spec.containers[0].image``."""
    kube_object = finding.object
    if kube_object is None:
        return shown(finding.field or "")
    name = "" if kube_object.name is None else f"/{shown(kube_object.name)}"
    field = "" if finding.field is None else f" {shown(finding.field)}"
    return f"{shown(kube_object.kind) or 'object'}{name}{field}"


def place(source: Source, span: Span) -> dict[str, int]:
    """Return where a span starts and ends; the end is exclusive."""
    line, column = source.position(span.start)
    end_line, end_column = source.position(span.end)
    return {"line": line, "column": column, "endLine": end_line, "endColumn": end_column}


def shown_path(path: str) -> str:
    """Return a path safe for a terminal; no path is long enough to be cut."""
    return shown(path, _PATH_MAX)


def in_repository(path: str, look: Look) -> str:
    """Return a path relative to the repository, as a CI server names its files.

    Paths outside stay absolute; without a repository, paths are not changed.
    """
    if not look.repository or path.startswith("<"):  # <stdin>
        return path
    prefix = f"{look.repository.rstrip('/')}/"
    absolute = path if path.startswith("/") else f"{look.folder.rstrip('/')}/{path}"
    return absolute.removeprefix(prefix) if absolute.startswith(prefix) else path


def verdict(report: Report) -> tuple[str, str]:
    """Return the result of the run and its extent: ``Found 1 error``, ``in 2 images ...``."""
    seen = f"in {counted(report.image_count, 'image')} in {counted(len(report.results), 'file')}"
    counts = report.counts()
    found = ", ".join(
        counted(counts[severity], severity.value) for severity in Severity if counts[severity]
    )
    if not found and report.errors:
        return "Not everything could be linted,", f"only {seen.removeprefix('in ')}."
    if not found:
        return CLEAN, f"{seen}."
    fixable = report.fixable
    how = f"; {fixable} can be fixed by `imagelint fix`" if fixable else ""
    return f"Found {found}", f"{seen}{how}."


def counted(number: int, noun: str) -> str:
    """Return the number with its noun: ``1 file``, ``2 files``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
