"""GitLab's Code Quality report: a JSON array, each entry with a fingerprint of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imagelint.formats import PLAIN, Look
from imagelint.formats.fingerprints import identities
from imagelint.formats.json_pieces import json_pieces
from imagelint.formats.phrases import in_repository, place, sentence, shown_path
from imagelint.model.finding import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.model.finding import Finding
    from imagelint.model.report import Report
    from imagelint.model.source import Source

__all__ = ["pieces", "render"]

_SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.NOTE: "info"}


def render(report: Report, look: Look = PLAIN) -> str:
    """Render the findings, in ASCII and without a byte order mark, which GitLab refuses."""
    return "".join(pieces(report, look))


def pieces(report: Report, look: Look = PLAIN) -> Iterator[str]:
    """Yield the findings piece by piece."""
    found = list(report.findings)
    prints = identities(finding for _, finding in found)
    return json_pieces(
        _entry(source, finding, fingerprint, look)
        for (source, finding), fingerprint in zip(found, prints, strict=True)
    )


def _entry(source: Source, finding: Finding, fingerprint: str, look: Look) -> dict[str, Any]:
    where = place(source, finding.span)
    return {
        "description": sentence(finding),
        "check_name": finding.rule,
        "fingerprint": fingerprint,
        "severity": _SEVERITIES[finding.severity],
        "location": {
            "path": shown_path(in_repository(finding.path, look)),
            "lines": {"begin": where["line"], "end": where["endLine"]},
        },
    }
