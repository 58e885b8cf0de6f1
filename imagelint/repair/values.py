"""Values of a YAML document as JSON has them: how a document reads, and how new ones are written.

Text is told apart from numbers and words that are written in the same way, and numbers keep their
form (``1.10``).
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final, TypeAlias

from imagelint.engine.edits import NotEditableError
from imagelint.kubernetes.readers import View, resolve
from imagelint.model.source import as_yaml
from imagelint.yaml.nodes import Mapping, Node, Scalar

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping as MappingType

__all__ = ["New", "Path", "Value", "Wanted", "flow", "in_block", "lines", "new_value", "overlaid"]
__all__ += ["same", "value_of", "wanted_by_key"]

Path: TypeAlias = "tuple[str | int, ...]"
"""The keys that lead from the root to a value; a number is the index of an item in a list."""
Value: TypeAlias = "str | int | float | bool | list[Value] | dict[str, Value] | None"
"""A value as JSON has it."""

_MOST_NODES: Final = 100_000
"""Aliases can expand a few lines to far more nodes than anyone writes."""
_PLAIN_IMAGE: Final = r"[A-Za-z0-9][A-Za-z0-9._@:+-]*/[A-Za-z0-9._/@:+-]*[A-Za-z0-9_-]"
"""An image that needs no quotes in a block or in place of another plain scalar."""


class Wanted(dict[str | int, "Wanted | New"]):
    """New values by key, in the shape of the document."""


class New:
    """A new value."""

    def __init__(self, value: Value) -> None:
        """Keep the value."""
        self.value = value


class _Plain(str):
    """A plain scalar of the document that is no string (a number), to be copied as written."""

    __slots__ = ()


def wanted_by_key(values: MappingType[Path, Value]) -> Wanted:
    """Return new values in the shape of their document; no two may exclude each other."""
    root = Wanted()
    for path, value in values.items():
        at = root
        for step in path[:-1]:
            below = at.setdefault(step, Wanted())
            if not isinstance(below, Wanted):
                raise NotEditableError("it would get a value and keys at once")
            at = below
        if path[-1] in at:
            raise NotEditableError("it would get two values")
        at[path[-1]] = New(value)
    return root


# --- reading ---


def new_value(wanted: Wanted | New) -> Value:
    """Return new values as a value of their own."""
    if isinstance(wanted, New):
        return wanted.value
    if any(isinstance(step, int) for step in wanted):
        raise NotEditableError("the list is not there: it must be written as a whole")
    return {str(step): new_value(below) for step, below in wanted.items()}


def overlaid(old: Value, wanted: Wanted | New) -> Value:
    """Return an old value with new ones in it."""
    if isinstance(wanted, New):
        return wanted.value
    if isinstance(old, list):
        items = list(old)
        for step, below in wanted.items():
            if not isinstance(step, int) or not 0 <= step < len(items):
                raise NotEditableError("the list has no such item")
            items[step] = overlaid(items[step], below)
        return items
    if old is None:
        return new_value(wanted)
    if not isinstance(old, dict):
        raise NotEditableError("it has a text where keys are wanted")
    result = dict(old)
    for step, below in wanted.items():
        if isinstance(step, int):
            raise NotEditableError("it has keys where a list is wanted")
        result[step] = overlaid(result[step], below) if step in result else new_value(below)
    return result


def value_of(node: Node | None, view: View) -> Value:
    """Return what kubectl and Helm read in a node."""
    budget = iter(range(_MOST_NODES))
    return _read(node, view, budget)


def _read(node: Node | None, view: View, budget: Iterator[int]) -> Value:
    if next(budget, None) is None:
        raise NotEditableError("it is too large")
    if node is None:
        return None
    if isinstance(node, Scalar):
        value = resolve(node)
        if value.type == "string":
            return str(value.value)
        return None if value.type == "null" else _Plain(node.value)
    if isinstance(node, Mapping):
        return {key: _read(value, view, budget) for key, value in view.entries(node).items()}
    return [_read(item, view, budget) for item in node.items]


def same(one: Value, other: Value) -> bool:
    """Whether two values are equal; a number or a word as written differs from a text."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return _scalar(one) == _scalar(other)


def _scalar(value: Value) -> tuple[bool, str]:
    is_text = isinstance(value, str) and not isinstance(value, _Plain)
    return is_text, value if isinstance(value, str) else json.dumps(value)


# --- writing ---


def lines(value: Value, indent: str, step: str) -> list[str]:
    """Write a mapping or a list in block style, a line each; ``step`` is its indentation."""
    written = []
    if isinstance(value, dict):
        for key, inner in value.items():
            name = f"{indent}{as_yaml(key)}:"
            if isinstance(inner, dict | list) and inner:
                deeper = indent + step
                written += [name, *lines(inner, deeper, step)]
            else:
                written.append(f"{name} {in_block(inner)}")
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, dict | list) and item:
                first, *others = lines(item, f"{indent}  ", step)
                written += [f"{indent}- {first[len(indent) + 2 :]}", *others]
            else:
                written.append(f"{indent}- {in_block(item)}")
    return written


def in_block(value: Value) -> str:
    """Write a value on one line in block style, where an image needs no quotes."""
    if isinstance(value, str) and re.fullmatch(_PLAIN_IMAGE, value):
        return str(value)
    return flow(value, is_json=False)


def flow(value: Value, *, is_json: bool) -> str:
    """Write a value on one line."""
    if isinstance(value, dict):
        pairs = (
            f"{json.dumps(key) if is_json else as_yaml(key)}: {flow(inner, is_json=is_json)}"
            for key, inner in value.items()
        )
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(item, is_json=is_json) for item in value) + "]"
    if isinstance(value, _Plain):
        return str(value)
    if isinstance(value, str) and not is_json:
        return as_yaml(value)
    return json.dumps(value)
