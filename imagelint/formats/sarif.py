"""SARIF 2.1.0 (OASIS), as GitHub code scanning and similar tools read it.

Regions are in lines and code points, ends exclusive; paths are relative to the repository.
Suppressed findings are results with a suppression. Braces in messages are not doubled, as the
standard requires for texts with placeholders: ours have none, and viewers show them unchanged.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from imagelint.formats import PLAIN, Look
from imagelint.formats.fingerprints import identities, line_hashes
from imagelint.formats.json_pieces import json_pieces
from imagelint.formats.phrases import described, in_repository, place, sentence
from imagelint.model.excerpt import Excerpt
from imagelint.model.finding import Severity
from imagelint.model.source import shown
from imagelint.model.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import TypeAlias

    from imagelint.model.finding import Finding
    from imagelint.model.report import Report, RuleText, Suppressed
    from imagelint.model.source import Source, Span

    _Found: TypeAlias = "tuple[Source, Finding, Suppressed | None]"

__all__ = ["RESULTS_MAX", "line_hashes", "pieces", "remark", "render"]

RESULTS_MAX = 25_000
"""Results per run that GitHub accepts; it rejects a file with more."""

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_ROOT = "%SRCROOT%"
_LEVELS = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.NOTE: "note",
    Severity.OFF: "none",
}
_PROBLEMS = {Severity.ERROR: "error", Severity.WARNING: "warning"}
_TAGS = ("containers", "kubernetes", "supply-chain")
_PROSE_MAX = 1024
_ERROR_MAX = 4000
_IN_SOURCE = "comment"
"""The :attr:`Suppressed.by` of findings that are suppressed in the file itself."""


def render(report: Report, look: Look = PLAIN) -> str:
    """Render the report, in ASCII: one run, with the rules of its results."""
    return "".join(pieces(report, look))


def pieces(report: Report, look: Look = PLAIN) -> Iterator[str]:
    """Yield the report piece by piece."""
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": _runs(report, look)}
    return json_pieces(log)


def remark(report: Report) -> str | None:
    """Return a note if results are cut: the worst are kept, and suppressed ones come last."""
    count = sum(report.counts().values()) + sum(len(one.suppressed) for one in report.results)
    if count <= RESULTS_MAX:
        return None
    return (
        f"only the worst {RESULTS_MAX} of {count} results are in the SARIF report, because GitHub"
        " accepts no more; other formats have all of them"
    )


def _runs(report: Report, look: Look) -> Iterator[dict[str, Any]]:
    """Yield the only run."""
    found: list[_Found] = [(source, finding, None) for source, finding in report.findings]
    for result in report.results:
        found += ((result.source, one.finding, one) for one in result.suppressed)
    kept = _kept(found)
    rules = _rules(report.rules, (finding for _, finding, _ in kept))
    index = {rule["id"]: number for number, rule in enumerate(rules)}
    driver = {
        "name": "imagelint",
        "version": VERSION,
        "semanticVersion": VERSION,
        "rules": rules,
    }
    yield {
        "tool": {"driver": driver},
        "automationDetails": {"id": "imagelint/"},
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the repository."}}},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(report)],
        "results": _results(kept, index, look),
    }


def _kept(found: list[_Found]) -> list[_Found]:
    """Return as many findings as fit, the worst ones, in their order."""
    if len(found) <= RESULTS_MAX:
        return found
    ranks = [(one[2] is not None, one[1].severity.rank, at) for at, one in enumerate(found)]
    return [found[at] for at in sorted(at for _, _, at in sorted(ranks)[:RESULTS_MAX])]


def _invocation(report: Report) -> dict[str, Any]:
    notifications = [
        {"level": "error", "message": _message(shown(error, _ERROR_MAX))} for error in report.errors
    ]
    cut = remark(report)
    if cut is not None:
        notifications.append({"level": "warning", "message": _message(cut)})
    return {
        "executionSuccessful": not report.errors,
        **({"toolExecutionNotifications": notifications} if notifications else {}),
    }


# --- rules ------------------------------------------------------------------------------


def _rules(texts: Iterable[RuleText], findings: Iterable[Finding]) -> list[dict[str, Any]]:
    named = {finding.rule for finding in findings}
    return [_rule(text) for text in texts if text.id in named]


def _rule(rule: RuleText) -> dict[str, Any]:
    why, remedy = _paragraphs(rule.why), _paragraphs(rule.remedy)
    return {
        "id": rule.id,
        "name": "".join(part.capitalize() for part in rule.id.split("-")),
        "shortDescription": {"text": f"{rule.summary}."},
        "fullDescription": {"text": _cut(" ".join(why))},
        "help": {
            "text": "\n\n".join([*why, "What to do:", *remedy]),
            "markdown": "\n\n".join(
                ["### Why", *why, "### What to do", *remedy, *_examples(rule)],
            ),
        },
        "defaultConfiguration": {
            "enabled": rule.severity is not Severity.OFF,
            **({} if rule.severity is Severity.OFF else {"level": _LEVELS[rule.severity]}),
        },
        "properties": {
            "tags": list(_TAGS),
            "precision": "very-high",
            "problem.severity": _PROBLEMS.get(rule.severity, "recommendation"),
        },
    }


def _paragraphs(prose: str) -> list[str]:
    return [" ".join(part.split()) for part in re.split(r"\n\s*\n", prose.strip())]


def _cut(text: str) -> str:
    return text if len(text) <= _PROSE_MAX else text[: _PROSE_MAX - 1] + "…"


def _examples(rule: RuleText) -> list[str]:
    """Show the examples in code blocks, which are indented so that no fence can end them."""
    parts = []
    for title, examples in (("### Found", rule.bad), ("### Not found", rule.good)):
        if examples:
            lines = [f"    {line}" for one in examples for line in one.splitlines()]
            parts += [title, "\n".join(lines)]
    return parts


# --- results ----------------------------------------------------------------------------


def _results(
    found: Sequence[_Found], index: dict[str, int], look: Look
) -> Iterator[dict[str, Any]]:
    """Yield a result for each finding; a suppressed one has a suppression."""
    hashes = _hashes(found)
    all_prints = identities(finding for _, finding, _ in found)
    for (source, finding, suppressed), identity in zip(found, all_prints, strict=True):
        line = source.line_number(finding.span.start)
        prints = {"primaryLocationLineHash": hashes[source][line], "imagelint/v1": identity}
        result = _result(source, finding, prints, index, look)
        if suppressed is not None:
            result["suppressions"] = [_suppression(suppressed)]
        yield result


def _hashes(found: Iterable[_Found]) -> dict[Source, Mapping[int, str]]:
    """Return the hash of each line with a finding, by source; an excerpt has its own."""
    lines: dict[Source, list[int]] = {}
    for source, finding, _ in found:
        lines.setdefault(source, []).append(source.line_number(finding.span.start))
    return {
        source: source.hashes if isinstance(source, Excerpt) else line_hashes(source, numbers)
        for source, numbers in lines.items()
    }


def _result(
    source: Source, finding: Finding, prints: dict[str, str], index: dict[str, int], look: Look
) -> dict[str, Any]:
    about = described(finding)
    location: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": _artifact(finding.path, look),
            "region": _region(source, finding.span),
        },
    }
    if about:
        location["logicalLocations"] = [{"fullyQualifiedName": about, "kind": "resource"}]
    result = {
        "ruleId": finding.rule,
        **({"ruleIndex": index[finding.rule]} if finding.rule in index else {}),
        "level": _LEVELS[finding.severity],
        "message": _message(sentence(finding)),
        "locations": [location],
        "partialFingerprints": prints,
    }
    if finding.fix is not None:
        result["fixes"] = [_fix(source, finding, look)]
    return result


def _message(text: str) -> dict[str, str]:
    """Return a message: a sentence without links (``[text](target)``)."""
    text = text.replace("](", "] (")
    return {"text": text if text.endswith(".") else f"{text}."}


def _artifact(path: str, look: Look) -> dict[str, str]:
    """Write a path as a URI; a colon in its first part would read as a scheme."""
    path = in_repository(path, look)
    if path.startswith("/"):
        return {"uri": f"file://{quote(path)}"}
    return {"uri": quote(path), "uriBaseId": _ROOT}


def _region(source: Source, span: Span) -> dict[str, int]:
    where = place(source, span)
    return {
        "startLine": where["line"],
        "startColumn": where["column"],
        "endLine": where["endLine"],
        "endColumn": where["endColumn"],
    }


def _fix(source: Source, finding: Finding, look: Look) -> dict[str, Any]:
    assert finding.fix is not None
    replacements = [
        {
            "deletedRegion": _region(source, edit.span),
            "insertedContent": {"text": edit.text},
        }
        for edit in finding.fix.edits
    ]
    return {
        "description": _message(f"Write {shown(finding.fix.image)}"),
        "artifactChanges": [
            {"artifactLocation": _artifact(finding.path, look), "replacements": replacements}
        ],
    }


def _suppression(suppressed: Suppressed) -> dict[str, str]:
    kind = "inSource" if suppressed.by == _IN_SOURCE else "external"
    until = "" if suppressed.until is None else f" (until {suppressed.until})"
    where = "" if suppressed.place is None else f" [{shown(suppressed.place)}]"
    return {"kind": kind, "justification": f"{shown(suppressed.reason)}{until}{where}"}
