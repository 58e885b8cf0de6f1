"""The report for people: one block a finding, then what was seen and what was left out."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from imagelint.finding import Severity
from imagelint.formats import PLAIN, Look
from imagelint.formats.snippet import snippet
from imagelint.text import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from imagelint.finding import Finding
    from imagelint.report import Report
    from imagelint.text import Source

__all__ = ["counted", "described", "render", "shown_path"]

_RESET = "\x1b[0m"
_BOLD, _DIM, _GREEN = "1", "2", "32"
_COLORS = {Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.NOTE: "1;36"}
_PATH_MAX = 4096
_MESSAGE_MAX = 2000
_MINIMUM = 40
_FEW = 5
_INDENT = "  "


def render(report: Report, look: Look = PLAIN) -> str:
    """Render the report: ``path:line:col: severity rule message`` heads each finding."""
    blocks = [_block(source, finding, look) for source, finding in report.findings]
    blocks.append(_summary(report, look))
    return "\n".join(blocks)


def _block(source: Source, finding: Finding, look: Look) -> str:
    line, column = source.position(finding.span.start)
    place = f"{shown_path(finding.path)}:{line}:{column}:"
    severity = _painted(finding.severity.value, _COLORS[finding.severity], look)
    rule = _painted(finding.rule, _BOLD, look)
    prefix = f"{place} {finding.severity.value} {finding.rule} "
    message = _wrapped(shown(finding.message, _MESSAGE_MAX), len(prefix), len(_INDENT), look)
    lines = [f"{_painted(place, _BOLD, look)} {severity} {rule} {message}"]
    lines += _source_lines(source, finding, str(line), look)
    margin = " " * len(str(line))
    equals = _painted("=", _DIM, look)
    lines += [f"{margin} {equals} {note}" for note in _notes(finding, len(margin) + 3, look)]
    return "\n".join(lines) + "\n"


def _source_lines(source: Source, finding: Finding, number: str, look: Look) -> list[str]:
    bar = _painted("|", _DIM, look)
    room = max(look.width, _MINIMUM) - len(number) - len(" | ")
    text, carets = snippet(source, finding.span, room)
    if not text.strip():
        return []
    carets = _painted(carets, _COLORS[finding.severity], look)
    return [
        f"{_painted(number, _DIM, look)} {bar} {text.rstrip()}",
        f"{' ' * len(number)} {bar} {carets}",
    ]


def _wrapped(text: str, used: int, indent: int, look: Look) -> str:
    """Wrap for a terminal, which would break words; elsewhere a line stays one to search in.

    ``used`` cells of the first line are taken; the lines below begin with ``indent`` spaces.
    """
    if not look.terminal or used + len(text) <= look.width:
        return text
    import textwrap  # noqa: PLC0415 - for terminals only

    fits = used + _MINIMUM // 2 <= look.width
    lines = textwrap.wrap(
        text,
        max(look.width, _MINIMUM),
        initial_indent=" " * (used if fits else indent),
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    wrapped = "\n".join(lines)
    return wrapped[used:] if fits else f"\n{wrapped}"


def _notes(finding: Finding, used: int, look: Look) -> Iterable[str]:
    """Yield where in the object it is, and what fix would write or why it would not."""
    if finding.object is not None:
        place = described(finding)
        yield (
            f"in {place}" if finding.environment is None else f"in {place} ({finding.environment})"
        )
    if finding.template is not None:
        yield f"from {finding.template}"
    if finding.fix is not None:
        yield f"fix writes {_painted(shown(finding.fix.image), _GREEN, look)}"
    elif finding.unfixable is not None:
        yield _wrapped(f"no fix: {shown(finding.unfixable, _MESSAGE_MAX)}", used, used, look)


def described(finding: Finding) -> str:
    """Name the object and the field: ``Deployment/web spec.containers[0].image``."""
    kube_object = finding.object
    if kube_object is None:
        return shown(finding.field or "")
    name = "" if kube_object.name is None else f"/{shown(kube_object.name)}"
    field = "" if finding.field is None else f" {shown(finding.field)}"
    return f"{shown(kube_object.kind) or 'object'}{name}{field}"


def _summary(report: Report, look: Look) -> str:
    lines = [_verdict(report, look)]
    if report.fixed:
        lines.append(f"Rewrote {_few(report.fixed)}.")
    excused = Counter(one.by for result in report.results for one in result.suppressed)
    if excused:
        lines.append(f"Excused {_listed(excused)}.")
    if report.skipped:
        lines.append(f"Skipped {_listed(Counter(one.reason for one in report.skipped))}.")
    if report.errors:
        lines.append(f"{counted(len(report.errors), 'file')} could not be read or written.")
    return "\n".join(lines) + "\n"


def _verdict(report: Report, look: Look) -> str:
    images = sum(len(result.images) for result in report.results)
    seen = f"{counted(images, 'image')} in {counted(len(report.results), 'file')}"
    counts = report.counts()
    found = ", ".join(
        counted(counts[severity], severity.value) for severity in Severity if counts[severity]
    )
    if not found:
        return f"{_painted('No findings', _GREEN, look)} in {seen}."
    fixable = sum(finding.fix is not None for _, finding in report.findings)
    how = f"; {fixable} can be repaired by `imagelint fix`" if fixable else ""
    return f"{_painted(f'Found {found}', _BOLD, look)} in {seen}{how}."


def _few(paths: Sequence[str]) -> str:
    named = ", ".join(map(shown_path, paths[:_FEW]))
    more = f" and {len(paths) - _FEW} more" if len(paths) > _FEW else ""
    return f"{counted(len(paths), 'file')}: {named}{more}"


def _listed(reasons: Counter[str]) -> str:
    total = sum(reasons.values())
    parts = [f"{count} {shown(reason)}" for reason, count in sorted(reasons.items())]
    return f"{total}: {', '.join(parts)}"


def counted(number: int, noun: str) -> str:
    """Return the number with its noun: ``1 file``, ``2 files``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def shown_path(path: str) -> str:
    """Return a path fit for a terminal; no path is so long that it has to be cut."""
    return shown(path, _PATH_MAX)


def _painted(text: str, code: str, look: Look) -> str:
    return f"\x1b[{code}m{text}{_RESET}" if look.color else text
