"""Building a kustomization, also as it would be with more entries under ``images``."""

from __future__ import annotations

import json
import os
import re
import tempfile
from typing import TYPE_CHECKING, Final

from imagelint.engine.edits import NotEditableError
from imagelint.kubernetes.readers import Reader, View
from imagelint.model.source import Edit, Source, Span, apply_edits, as_yaml
from imagelint.rendering.metadata import value_at
from imagelint.rendering.tools import LIMITS
from imagelint.rendering.values import root_of
from imagelint.repair.insert import set_values
from imagelint.repair.values import same, value_of
from imagelint.yaml.documents import split
from imagelint.yaml.nodes import Scalar, Sequence, nodes_once

if TYPE_CHECKING:
    from collections.abc import Mapping

    from imagelint.rendering.tools import Tool
    from imagelint.repair.values import Path, Value
    from imagelint.yaml.documents import Document

__all__ = ["build", "with_entries"]

_IMAGES: Final = "images"


def build(kustomize: Tool, folder: str, images: Mapping[str, str] | None = None) -> bytes:
    """Return what kustomize makes of a folder; raises ``RenderingError`` with its message.

    ``images`` are new names by name, applied to the result as another kustomization would. Nothing
    may be named in the folder that is not there: kustomize would download it.
    """
    with tempfile.TemporaryDirectory(prefix="imagelint-") as home:
        place = folder
        if images:
            place = os.path.join(os.path.realpath(home), "overlay")
            os.mkdir(place)
            entries = [{"name": name, "newName": new} for name, new in images.items()]
            base = os.path.relpath(os.path.realpath(folder), place)
            with open(os.path.join(place, "kustomization.yaml"), "w", encoding="utf-8") as file:
                json.dump({"resources": [base], _IMAGES: entries}, file)
        return kustomize.run([place], home, home, LIMITS)


def with_entries(document: Document, images: Mapping[str, str]) -> bytes:
    """Return the file of a kustomization with entries that give images new names.

    Entries that are there get the new name; others are added behind them. Raises
    :class:`NotEditableError`.
    """
    known = value_at(root_of(document), _IMAGES)
    changes: dict[Path, Value] = {}
    missing = dict(images)
    for index, item in enumerate(known.items if isinstance(known, Sequence) else ()):
        name = value_at(item, "name")
        if isinstance(name, Scalar) and name.value in missing:
            if value_at(item, "newName") is not None:
                message = f"images[{index}] already has another name for it"
                raise NotEditableError(message)
            changes[_IMAGES, index, "newName"] = missing.pop(name.value)
    new: list[Value] = [{"name": name, "newName": to} for name, to in missing.items()]
    if new and not (isinstance(known, Sequence) and known.items):
        changes[_IMAGES,] = new
        new = []
    edits = set_values(document, changes)
    if new:
        assert isinstance(known, Sequence)  # with items
        edits.append(_appended(document, known, missing))
    data = apply_edits(document.source, edits)
    _check(document, data, images)
    return data


def _appended(document: Document, known: Sequence, entries: Mapping[str, str]) -> Edit:
    """Return the edit that adds entries behind the last one."""
    text, last = document.text, known.items[-1]
    end = max((node.end for node in nodes_once(last) if isinstance(node, Scalar)), default=last.end)
    if text[known.start] == "[":
        at = last.end
        pairs = (f"{{name: {as_yaml(a)}, newName: {as_yaml(b)}}}" for a, b in entries.items())
        written = "".join(f", {one}" for one in pairs)
    else:
        breaks = re.compile(r"\r\n|\n|\r")
        first, found = breaks.search(text), breaks.search(text, end)
        at = len(text) if found is None else found.start()
        newline = "\n" if first is None else first.group()
        line = max(text.rfind("\n", 0, last.start), text.rfind("\r", 0, last.start)) + 1
        indent = text[line : last.start].partition("-")[0]
        written = "".join(
            f"{newline}{indent}- name: {as_yaml(a)}{newline}{indent}  newName: {as_yaml(b)}"
            for a, b in entries.items()
        )
    place = document.byte_offset(at)
    return Edit(Span(place, place), written)


def _check(document: Document, data: bytes, images: Mapping[str, str]) -> None:
    """Check that a file reads as it did, but for these names."""
    view = View(Reader.KUSTOMIZE)
    before = value_of(root_of(document), view)
    found = [value_of(root_of(one), view) for one in split(Source(document.source.path, data))]
    after = found[0] if len(found) == 1 else None
    if isinstance(before, dict) and isinstance(after, dict):
        entries = after.pop(_IMAGES, None)
        before.pop(_IMAGES, None)
        names = {
            str(one.get("name")): one.get("newName")
            for one in (entries if isinstance(entries, list) else ())
            if isinstance(one, dict)
        }
        if same(before, after) and all(names.get(name) == new for name, new in images.items()):
            return
    message = "the edited kustomization would not read as it should"
    raise NotEditableError(message)
