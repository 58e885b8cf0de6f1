"""The text report: one block per place, then a summary of what was linted and skipped."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

from imagelint.formats import PLAIN, Look
from imagelint.formats.phrases import CLEAN, FIX, brief, counted, facts, shown_path, verdict
from imagelint.formats.snippet import cells, snippet
from imagelint.model.finding import Severity
from imagelint.model.source import shown

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

    from imagelint.model.finding import Finding
    from imagelint.model.report import FileResult, Report
    from imagelint.model.source import Source

__all__ = ["of_file", "pieces", "render"]

_RESET = "\x1b[0m"
_BOLD, _DIM, _GREEN = "1", "2", "32"
_COLORS = {Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.NOTE: "1;36"}
_MINIMUM = 40
_FEW = 5
_INDENT = "  "


def render(report: Report, look: Look = PLAIN) -> str:
    """Render the report: each finding starts with ``path:line:col: severity rule: message``.

    Findings about one image share its source lines.
    """
    return "".join(pieces(report, look))


def pieces(report: Report, look: Look = PLAIN) -> Iterator[str]:
    """Yield the report in pieces, with an empty line between files."""
    above = ""
    for result in report.results:
        if result.told is not None:
            yield above
            yield result.told.text
            above = "\n"
        if result.findings:
            yield above
            yield of_file(result, look)
            above = "\n"
    if not look.brief:
        yield above
        yield _summary(report, look)


def of_file(result: FileResult, look: Look = PLAIN) -> str:
    """Render the findings of one file, as in the report of a run."""
    groups = groupby(result.findings, _same_place)
    return "\n".join(_block(result.source, list(group), look) for _, group in groups)


def _same_place(finding: Finding) -> Hashable:
    return finding.span, finding.field, finding.environment, finding.object


def _block(source: Source, findings: Sequence[Finding], look: Look) -> str:
    line, column = source.position(findings[0].span.start)
    lines = [_head(finding, line, column, look) for finding in findings]
    number = str(line)
    lines += _source_lines(source, findings[0], number, look)
    margin = " " * len(number)
    equals = _painted("=", _DIM, look)
    notes = dict.fromkeys(
        note for finding in findings for note in _notes(finding, len(margin) + 3, look)
    )
    lines += [f"{margin} {equals} {note}" for note in notes]
    return "\n".join(lines) + "\n"


def _head(finding: Finding, line: int, column: int, look: Look) -> str:
    place = f"{shown_path(finding.path)}:{line}:{column}"
    severity = finding.severity.value
    if not (look.terminal or look.color):
        return f"{place}: {severity} {finding.rule}: {brief(finding)}"
    used = cells(f"{place}: {severity} {finding.rule}: ")
    text = _wrapped(brief(finding), used, len(_INDENT), look)
    linked, rule = _painted(f"{place}:", _BOLD, look), _painted(finding.rule, _BOLD, look)
    if look.links:
        from imagelint.formats.links import file_link, rule_link  # noqa: PLC0415 - loads rich

        linked = file_link(linked, finding.path, line, look)
        rule = rule_link(rule, finding.rule, look)
    return f"{linked} {_painted(severity, _COLORS[finding.severity], look)} {rule}: {text}"


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
    """Wrap for a terminal, which would break words; elsewhere keep one line, for searching.

    ``used`` cells of the first line are taken; further lines start with ``indent`` spaces.
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
    for fact in facts(finding):
        if fact.head == FIX:
            yield FIX + _painted(fact.quoted, _GREEN, look)
        else:
            yield _wrapped(str(fact), used, used, look)


def _summary(report: Report, look: Look) -> str:
    found, seen = verdict(report)
    style = _GREEN if found == CLEAN else _BOLD
    used = len(found) + 1
    lines = [f"{_painted(found, style, look)} {_wrapped(seen, used, 0, look)}"]
    if report.fixed:
        lines.append(f"Rewrote {_few(report.fixed)}.")
    excused = Counter(f"by {one.by}" for result in report.results for one in result.suppressed)
    if excused:
        lines.append(f"Suppressed {_listed(excused)}.")
    if report.skipped:
        lines.append(f"Skipped {_listed(Counter(one.reason for one in report.skipped))}.")
    if report.errors:
        lines.append(f"{counted(len(report.errors), 'file')} could not be read or written.")
    wrapped = (_wrapped(line, 0, len(_INDENT), look) for line in lines[1:])
    return "\n".join([lines[0], *wrapped]) + "\n"


def _few(paths: Sequence[str]) -> str:
    named = ", ".join(map(shown_path, paths[:_FEW]))
    more = f" and {len(paths) - _FEW} more" if len(paths) > _FEW else ""
    return f"{counted(len(paths), 'file')}: {named}{more}"


def _listed(reasons: Counter[str]) -> str:
    total = sum(reasons.values())
    parts = [f"{count} {shown(reason)}" for reason, count in sorted(reasons.items())]
    return f"{total}: {', '.join(parts)}"


def _painted(text: str, code: str, look: Look) -> str:
    return f"\x1b[{code}m{text}{_RESET}" if look.color else text
