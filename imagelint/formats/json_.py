"""The JSON report: a contract, version 1. Keys may be added, never renamed or removed.

Pure ASCII, so that no encoding or invisible character can cause problems. A finding's ``template``
is the Helm template that a ``# Source:`` comment names, null without one. Suppressed findings are
under ``suppressed``, not under ``findings``: ``by`` (``comment``, ``exception`` or
``baseline``), ``reason``, ``until`` (the last day, ``2027-01-31`` in UTC, or null) and ``place``
(the file and line, or the file, that suppresses it).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imagelint.formats import PLAIN, Look
from imagelint.formats.json_pieces import json_pieces
from imagelint.formats.phrases import place
from imagelint.model.finding import Severity
from imagelint.model.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.model.finding import Finding, KubeObject
    from imagelint.model.report import PolicyStamp, Report, Suppressed
    from imagelint.model.source import Source

__all__ = ["object_value", "pieces", "render"]

_VERSION = 1


def render(report: Report, look: Look = PLAIN) -> str:
    """Render the report; lines and columns are 1-based code points, edits are byte offsets."""
    return "".join(pieces(report, look))


def pieces(report: Report, look: Look = PLAIN) -> Iterator[str]:  # noqa: ARG001 - as render
    """Yield the report piece by piece."""
    value = {
        "version": _VERSION,
        "tool": {"name": "imagelint", "version": VERSION},
        "policy": _policy(report.policy),
        "summary": _summary(report),
        "findings": (_finding(source, finding) for source, finding in report.findings),
        "skipped": [{"path": one.path, "reason": one.reason} for one in report.skipped],
        "suppressed": (
            _suppressed(result.source, one)
            for result in report.results
            for one in result.suppressed
        ),
    }
    return json_pieces(value)


def object_value(kube_object: KubeObject | None) -> dict[str, str | None] | None:
    """Return the object of a finding or image."""
    if kube_object is None:
        return None
    return {
        "apiVersion": kube_object.api_version,
        "kind": kube_object.kind,
        "name": kube_object.name,
        "namespace": kube_object.namespace,
    }


def _policy(stamp: PolicyStamp | None) -> dict[str, str | None] | None:
    """Return the policy; null if the files of a run use different policies."""
    return None if stamp is None else {"path": stamp.path, "sha256": stamp.sha256}


def _summary(report: Report) -> dict[str, int]:
    counts = report.counts()
    return {
        "files": len(report.results),
        "documents": sum(result.documents for result in report.results),
        "images": sum(result.image_count for result in report.results),
        "errors": counts[Severity.ERROR],
        "warnings": counts[Severity.WARNING],
        "notes": counts[Severity.NOTE],
        "fixable": report.fixable,
        "skipped": len(report.skipped),
        "suppressed": sum(len(result.suppressed) for result in report.results),
    }


def _finding(source: Source, finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "message": finding.message,
        "path": finding.path,
        **place(source, finding.span),
        "template": finding.template,
        "environment": finding.environment,
        "object": object_value(finding.object),
        "field": finding.field,
        "container": finding.container,
        "image": finding.image,
        "fix": _fix(finding),
    }


def _fix(finding: Finding) -> dict[str, Any] | None:
    if finding.fix is None:
        return None
    edits = [
        {"start": edit.span.start, "end": edit.span.end, "text": edit.text}
        for edit in finding.fix.edits
    ]
    return {"image": finding.fix.image, "edits": edits}


def _suppressed(source: Source, suppressed: Suppressed) -> dict[str, Any]:
    finding = suppressed.finding
    return {
        "rule": finding.rule,
        "path": finding.path,
        "line": source.position(finding.span.start).line,
        "by": suppressed.by,
        "reason": suppressed.reason,
        "until": suppressed.until,
        "place": suppressed.place,
        "severity": finding.severity.value,
        "environment": finding.environment,
        "object": object_value(finding.object),
        "container": finding.container,
        "image": finding.image,
    }
