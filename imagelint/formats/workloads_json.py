"""The catalogue, and guesses for unknown kinds, as JSON: a contract, version 1."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from imagelint.formats import PLAIN, Look

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from imagelint.kubernetes.catalogue.entries import Field
    from imagelint.kubernetes.catalogue.lookup import Catalogue
    from imagelint.kubernetes.guesses import Guess

__all__ = ["render", "render_unknown"]

_VERSION = 1


def render(catalogue: Catalogue, look: Look = PLAIN) -> str:  # noqa: ARG001 - as all renderers
    """Render every entry, the shapes that entries use, and the kinds without images."""
    kinds = [
        {
            "groups": entry.groups,
            "kinds": entry.kinds,
            "fields": _texts(entry.fields),
            "source": entry.source,
            "origin": entry.origin,
        }
        for entry in catalogue.entries()
    ]
    shapes = {name: _texts(fields) for name, fields in catalogue.shapes().items()}
    without = [{"group": group, "kind": kind} for group, kind in catalogue.without_images()]
    ignored = [
        {
            "groups": one.groups,
            "kinds": one.kinds,
            "fields": one.texts,
            "reason": one.reason,
            "origin": one.origin,
        }
        for one in catalogue.ignored_fields()
    ]
    return _dumped(
        {"workloads": kinds, "shapes": shapes, "without_images": without, "ignored_fields": ignored}
    )


def render_unknown(guesses: Sequence[Guess], look: Look = PLAIN) -> str:  # noqa: ARG001
    """Render every guess with its place."""
    unknown = [
        {
            "group": one.group,
            "kind": one.kind,
            "field": one.field,
            "parts": one.parts,
            "entry": one.entry,
            "what": one.what,
            "image": one.image,
            "path": one.path,
            "line": one.place.line,
            "column": one.place.column,
        }
        for one in guesses
    ]
    return _dumped({"unknown": unknown})


def _texts(fields: Iterable[Field]) -> list[str]:
    return [field.text for field in fields]


def _dumped(value: dict[str, Any]) -> str:
    return json.dumps({"version": _VERSION, **value}, indent=2) + "\n"
