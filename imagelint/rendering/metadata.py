"""What a Chart.yaml says about a chart. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import Source, Span
from imagelint.yaml.nodes import Mapping, Scalar, Sequence
from imagelint.yaml.parser import parse_yaml

if TYPE_CHECKING:
    from imagelint.yaml.nodes import Node

__all__ = ["Dependency", "Metadata", "metadata_of", "value_at"]


class Dependency(NamedTuple):
    """A chart that another one needs."""

    name: str
    repository: str = ""
    alias: str | None = None

    @property
    def key(self) -> str:
        """The key of its values in those of the chart that needs it."""
        return self.alias or self.name


class Metadata(NamedTuple):
    """A chart's own description; ``name`` is empty if it has none."""

    name: str = ""
    is_library: bool = False
    dependencies: tuple[Dependency, ...] = ()


def metadata_of(chart: bytes, requirements: bytes = b"") -> Metadata:
    """Read a Chart.yaml, and the requirements.yaml of an old chart."""
    root, older = _root(chart), _root(requirements)
    found = []
    for node in (value_at(root, "dependencies"), value_at(older, "dependencies")):
        for item in node.items if isinstance(node, Sequence) else ():
            name = _text(item, "name")
            if name:
                alias = _text(item, "alias") or None
                found.append(Dependency(name, _text(item, "repository"), alias))
    return Metadata(_text(root, "name"), _text(root, "type") == "library", tuple(found))


def value_at(node: Node | None, *keys: str | int) -> Node | None:
    """Return the node at a path of keys and indexes, None if there is none.

    Of duplicate keys the last counts; a merge key is followed where no key is written out.
    """
    for key in keys:
        if isinstance(node, Sequence) and isinstance(key, int):
            node = node.items[key] if key < len(node.items) else None
        elif isinstance(node, Mapping):
            node = _value(node, str(key))
        else:
            return None
    return node


def _value(node: Mapping, key: str) -> Node | None:
    found = merged = None
    for name, value in node.pairs:
        if isinstance(name, Scalar) and name.value == key:
            found = value
        elif isinstance(name, Scalar) and name.value == "<<" and not name.style:
            merged = value_at(value, key) if isinstance(value, Mapping) else None
    return found or merged


def _root(data: bytes) -> Node | None:
    source = Source("", data)
    return parse_yaml(source.decode(Span(source.bom_length, len(data))).text).root


def _text(node: Node | None, key: str) -> str:
    value = value_at(node, key)
    return value.value if isinstance(value, Scalar) else ""
