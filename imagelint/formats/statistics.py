"""Statistics of a run: images by registry and by environment, findings by rule."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from imagelint.formats import PLAIN, Look
from imagelint.formats.drawn import columns, drawn
from imagelint.model.finding import Severity
from imagelint.model.source import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from imagelint.model.report import ImageRecord, Report

__all__ = ["render"]

_VERDICTS = {True: "allowed", False: "denied", None: "unknown"}
_COUNTS = ("IMAGES", "ALLOWED", "DENIED", "UNKNOWN")
_UNREAD = "(no registry can be read)"
_NONE = "(none applies)"


def render(report: Report, look: Look = PLAIN, *, with_rules: bool = True) -> str:
    """Render the tables, the most frequent first; an image counts in each of its environments."""
    images = [image for result in report.results for image in result.images]
    blocks = []
    if images:
        blocks.append(_by("REGISTRY", ((_registry(one), one) for one in images), look))
        placed = ((name, one) for one in images for name in one.environments or (_NONE,))
        blocks.append(_by("ENVIRONMENT", placed, look))
    if with_rules and any(report.findings):
        blocks.append(_rules(report, look))
    return "".join(f"\n{block}" for block in blocks)


def _registry(image: ImageRecord) -> str:
    reference = image.reference
    return _UNREAD if reference is None or not reference.registry else reference.registry


def _by(head: str, named: Iterable[tuple[str, ImageRecord]], look: Look) -> str:
    counts: Counter[tuple[str, str]] = Counter()
    totals: Counter[str] = Counter()
    for name, image in named:
        counts[name, _VERDICTS[image.allowed]] += 1
        totals[name] += 1
    table = columns(head, *_COUNTS, numbers=len(_COUNTS))
    for name, total in _sorted(totals):
        verdicts = (str(counts[name, verdict]) for verdict in _VERDICTS.values())
        table.add_row(shown(name), str(total), *verdicts)
    return drawn(table, look)


def _rules(report: Report, look: Look) -> str:
    counts: Counter[tuple[str, Severity]] = Counter()
    totals: Counter[str] = Counter()
    fixable: Counter[str] = Counter()
    for _, finding in report.findings:
        counts[finding.rule, finding.severity] += 1
        totals[finding.rule] += 1
        fixable[finding.rule] += finding.fix is not None
    severities = (Severity.ERROR, Severity.WARNING, Severity.NOTE)
    heads = ("FINDINGS", "ERRORS", "WARNINGS", "NOTES", "FIXABLE")
    table = columns("RULE", *heads, numbers=len(heads))
    for rule, total in _sorted(totals):
        by_severity = (str(counts[rule, severity]) for severity in severities)
        table.add_row(rule, str(total), *by_severity, str(fixable[rule]))
    return drawn(table, look)


def _sorted(totals: Counter[str]) -> Iterator[tuple[str, int]]:
    yield from sorted(totals.items(), key=lambda item: (-item[1], item[0]))
