"""Reports for the tests of the formats, made by hand."""

from __future__ import annotations

from typing import Any

from imagelint.model.finding import Finding, Fix, KubeObject, Severity
from imagelint.model.reference import ImageReference
from imagelint.model.report import FileResult, ImageRecord, PolicyStamp, Report
from imagelint.model.source import Edit, Source, Span

WEB = KubeObject("apps/v1", "Deployment", "web", "shop")
FIELD = "spec.template.spec.containers[0].image"
STAMP = PolicyStamp("imagelint.yaml", b"version: 1\n")
INVISIBLE = "a\x1b[31mb\u202ec\u200bd\ne\x07"


def source(text: str = "kind: Pod\n  image: nginx\n", path: str = "k/a.yaml") -> Source:
    return Source(path, text.encode())


def at(found: Source, text: str) -> Span:
    start = found.data.index(text.encode())
    return Span(start, start + len(text.encode()))


def finding(found: Source, text: str = "nginx", **changes: Any) -> Finding:
    span = at(found, text)
    values: dict[str, Any] = {
        "rule": "unapproved-registry",
        "severity": Severity.ERROR,
        "message": "registry docker.io is not approved in prod",
        "path": found.path,
        "span": span,
        "environment": "prod",
        "object": WEB,
        "field": FIELD,
        "container": "main",
        "image": text,
        "fix": Fix(f"h.io/{text}", (Edit(Span(span.start, span.start), "h.io/"),)),
    }
    return Finding(**{**values, **changes})


def record(found: Source, text: str = "nginx", **changes: Any) -> ImageRecord:
    values: dict[str, Any] = {
        "path": found.path,
        "span": at(found, text),
        "object": WEB,
        "field": FIELD,
        "container": "main",
        "role": "container",
        "image": text,
        "reference": ImageReference.parse("nginx"),
        "environments": ("prod",),
        "allowed": False,
        "rewrite": f"h.io/{text}",
    }
    return ImageRecord(**{**values, **changes})


def report(*findings: Finding, found: Source | None = None, **changes: Any) -> Report:
    found = found or source()
    result = FileResult(found, 1, 0, findings, (record(found),) if b"nginx" in found.data else ())
    return Report(**{"results": (result,), "policy": STAMP, **changes})
