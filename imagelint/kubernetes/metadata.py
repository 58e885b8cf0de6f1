"""The types that kubectl's decoder requires of an object's metadata: those of ``ObjectMeta``.

kubectl decodes every document's metadata into the Go type (cli-runtime, metadata_decoder.go;
apimachinery, meta/v1/types.go) and refuses the document if a value does not fit. Null fits
everywhere, unknown fields are ignored.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

from imagelint.kubernetes.readers import is_text, resolve, type_of
from imagelint.model.source import shown
from imagelint.yaml.nodes import Mapping, Node, ParseProblem, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.kubernetes.readers import View
    from imagelint.yaml.nodes import ValueType

__all__ = ["metadata_problems", "wrong_type"]

_Shape: TypeAlias = "str | dict[str, _Shape] | tuple[str, _Shape]"
"""A scalar's type, fields, or the shape of each item of a list or each value of a map."""

_OWNER: _Shape = {
    "apiVersion": "string",
    "kind": "string",
    "name": "string",
    "uid": "string",
    "controller": "boolean",
    "blockOwnerDeletion": "boolean",
}
_MANAGED_FIELDS: _Shape = {
    "manager": "string",
    "operation": "string",
    "apiVersion": "string",
    "time": "time",
    "fieldsType": "string",
    "subresource": "string",
}
_METADATA: _Shape = {
    "name": "string",
    "generateName": "string",
    "namespace": "string",
    "selfLink": "string",
    "uid": "string",
    "resourceVersion": "string",
    "generation": "integer",
    "creationTimestamp": "time",
    "deletionTimestamp": "time",
    "deletionGracePeriodSeconds": "integer",
    "labels": ("map", "string"),
    "annotations": ("map", "string"),
    "ownerReferences": ("list", _OWNER),
    "finalizers": ("list", "string"),
    "managedFields": ("list", _MANAGED_FIELDS),
}
_JSON_INTEGER = r"-?[0-9]+"
_RFC3339 = (
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{1,2}):([0-9]{2}):([0-9]{2})(?:[.,][0-9]+)?"
    r"(?:Z|[-+](?:[01][0-9]|2[0-4]):[0-5][0-9])"
)
"""Patterns for values that few manifests have: compiled on first use."""


def metadata_problems(metadata: Node | None, view: View) -> Iterator[ParseProblem]:
    """Yield why kubectl's decoder refuses an object for its metadata."""
    yield from _problems(metadata, "metadata", _METADATA, view)


def _problems(node: Node | None, name: str, shape: _Shape, view: View) -> Iterator[ParseProblem]:
    if node is None or (shape == "string" and is_text(node)) or type_of(node) == "null":
        return
    if isinstance(shape, str):
        yield from _scalar_problems(node, name, shape)
    elif isinstance(shape, tuple) and shape[0] == "list":
        yield from wrong_type(node, name, "sequence")
        for index, item in enumerate(node.items if isinstance(node, Sequence) else ()):
            yield from _problems(item, f"{name}[{index}]", shape[1], view)
    else:
        yield from wrong_type(node, name, "mapping")
        entries = view.entries(node) if isinstance(node, Mapping) else {}
        for key, value in entries.items():
            inner = shape.get(key) if isinstance(shape, dict) else shape[1]
            if inner is not None:
                yield from _problems(value, f"{name}.{shown(key)}", inner, view)


def _scalar_problems(node: Node, name: str, wanted: str) -> Iterator[ParseProblem]:
    if wanted in ("string", "time"):
        yield from wrong_type(node, name, "string")
    elif wanted == "boolean":
        yield from wrong_type(node, name, "boolean")
    else:
        yield from wrong_type(node, name, "number")
    if not isinstance(node, Scalar):
        return
    value = resolve(node).value
    if wanted == "time" and isinstance(value, str) and not _is_time(value):
        yield ParseProblem(node.start, f"{name} is not a time (2006-01-02T15:04:05Z)")
    elif wanted == "integer" and type_of(node) == "number" and not _is_int64(node, value):
        yield ParseProblem(node.start, f"{name} is not a 64-bit integer")


def _is_int64(node: Scalar, value: object) -> bool:
    if node.type is not None and not re.fullmatch(_JSON_INTEGER, node.value):
        return False  # JSON's 1e3 is kept as it is, YAML's becomes an integer
    return isinstance(value, int) and -(2**63) <= value < 2**63


def _is_time(text: str) -> bool:
    match = re.fullmatch(_RFC3339, text)
    if match is None:
        return False
    year, *rest = map(int, match.groups())
    try:
        datetime(2000 + year % 400, *rest)  # type: ignore[arg-type]  # noqa: DTZ001 - Go has a year 0
    except ValueError:
        return False
    return True


def wrong_type(node: Node | None, name: str, wanted: ValueType) -> Iterator[ParseProblem]:
    """Yield the problem of a value that is neither of the type ``wanted`` nor null."""
    if node is None or (wanted == "string" and is_text(node)) or type_of(node) in (wanted, "null"):
        return
    advice = " (quote it)" if wanted == "string" and isinstance(node, Scalar) else ""
    yield ParseProblem(node.start, f"{name} is a {type_of(node)}, not a {wanted}{advice}")
