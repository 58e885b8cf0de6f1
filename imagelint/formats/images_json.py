"""The inventory as JSON: a contract, version 1; one entry for each image site."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from imagelint.formats import PLAIN, Look
from imagelint.formats.json_ import object_value
from imagelint.formats.json_pieces import json_pieces
from imagelint.formats.phrases import place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.model.report import ImageRecord, Report
    from imagelint.model.source import Source

__all__ = ["pieces", "render"]

_VERSION = 1


def render(report: Report, look: Look = PLAIN) -> str:
    """Render every image of the report, by file and place."""
    return "".join(pieces(report, look))


def pieces(report: Report, look: Look = PLAIN) -> Iterator[str]:  # noqa: ARG001 - as render
    """Yield the inventory piece by piece."""
    images = (_image(result.source, one) for result in report.results for one in result.images)
    return json_pieces({"version": _VERSION, "images": images})


def _image(source: Source, record: ImageRecord) -> dict[str, Any]:
    reference = record.reference
    return {
        "path": record.path,
        **place(source, record.span),
        "template": record.template,
        "object": object_value(record.object),
        "field": record.field,
        "container": record.container,
        "image": _value(record.image),
        "registry": reference and reference.registry,
        "repository": reference and reference.repository,
        "tag": reference and reference.tag,
        "digest": reference and reference.digest,
        "environment": ", ".join(record.environments) or None,
        "allowed": record.allowed,
        "rewrite": record.rewrite,
    }


def _value(image: str | float | None) -> str | float | bool | None:
    """JSON has no infinity and no NaN; YAML does."""
    return str(image) if isinstance(image, float) and not math.isfinite(image) else image
