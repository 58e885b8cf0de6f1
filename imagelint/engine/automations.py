"""Automations that write images back: what to change so that a fix stays. Pure.

Flux's image automation overwrites what stands before its marker, a comment on the line
(fluxcd/image-automation-controller, ``pkg/update/setters.go``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from imagelint.model.reference import ImageReference
from imagelint.model.report import Suppressed
from imagelint.model.source import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imagelint.kubernetes.context import Context
    from imagelint.model.finding import Finding
    from imagelint.model.source import Source

__all__ = ["with_advice"]

_MARKER: Final = re.compile(
    rb'#\s*\{\s*"\$imagepolicy"\s*:\s*"([^":\s]+):([^":\s]+)(?::(tag|name|digest))?"'
)


def with_advice(
    findings: Iterable[Finding | Suppressed], source: Source, context: Context
) -> list[Finding | Suppressed]:
    """Add to each finding with a fix what to change where Flux writes the image."""
    return [
        one if isinstance(one, Suppressed) else _advised(one, source, context) for one in findings
    ]


def _advised(finding: Finding, source: Source, context: Context) -> Finding:
    end = source.data.find(b"\n", finding.span.end)
    line = source.data[finding.span.end : len(source.data) if end < 0 else end]
    marker = _MARKER.search(line)
    if finding.fix is None or marker is None or marker[3] in (b"tag", b"digest"):
        return finding
    namespace, name = (part.decode(errors="replace") for part in marker.groups()[:2])
    found = context.image_policies().get((namespace, name))
    repository = "its ImageRepository" if found is None else f"the ImageRepository {shown(found)}"
    image = ImageReference.parse(finding.fix.image).replace(tag=None, digest=None)
    advice = (
        f"; Flux writes this line by the ImagePolicy {shown(f'{namespace}/{name}')}:"
        f" set spec.image of {repository} to {image}"
    )
    return finding._replace(message=finding.message + advice)
