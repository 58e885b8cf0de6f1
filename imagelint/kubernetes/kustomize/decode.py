"""Nodes → values of a struct, as Go's ``encoding/json`` decodes the output of sigs.k8s.io/yaml.

YAML is first converted to JSON, with keys sorted by bytes and unique within a mapping. The decoder
ignores the case of keys and processes them in order: a struct's fields accumulate, a list's items
are decoded onto existing ones, null leaves most values unchanged. A value of the wrong type is
refused in the end, but the other values are still read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, cast

from imagelint.kubernetes.kustomize.folding import fold
from imagelint.kubernetes.kustomize.schema import ANY, ListOf, MapOf
from imagelint.kubernetes.readers import type_of
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import shown
from imagelint.yaml.nodes import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.kubernetes.kustomize.schema import Schema, Struct
    from imagelint.kubernetes.readers import View

__all__ = ["Decoder", "Items", "Leaf", "Record"]

_REPEATED = 100_000
"""Maximum number of values repeated by aliases; go-yaml refuses four times as many."""
_TOLD = 20
"""Maximum number of refusals to keep."""


class Leaf(NamedTuple):
    """A scalar, or any value whose contents are not decoded."""

    node: Node
    field: str

    @property
    def text(self) -> str:
        """The text of a scalar; empty for other nodes."""
        return self.node.value if isinstance(self.node, Scalar) else ""


class Record:
    """A struct or a map: its values by their names, as the struct spells them."""

    __slots__ = ("field", "mapping", "values")

    def __init__(self, mapping: Mapping, field: str) -> None:
        """Create an empty record for ``mapping``."""
        self.mapping = mapping
        self.field = field
        self.values: dict[str, Decoded] = {}

    def leaf(self, name: str) -> Leaf | None:
        """Return a scalar, None if there is none."""
        found = self.values.get(name)
        return found if isinstance(found, Leaf) else None

    def scalar(self, name: str) -> Scalar | None:
        """Return a scalar's node if it is not empty."""
        found = self.leaf(name)
        node = None if found is None else found.node
        return node if isinstance(node, Scalar) and node.value else None

    def text(self, name: str) -> str:
        """Return a scalar's text, empty if there is none."""
        found = self.leaf(name)
        return "" if found is None else found.text

    def record(self, name: str) -> Record | None:
        """Return a struct or a map, None if there is none."""
        found = self.values.get(name)
        return found if isinstance(found, Record) else None

    def records(self, name: str) -> Iterator[Record]:
        """Yield the structs of a list."""
        found = self.values.get(name)
        for item in found.live if isinstance(found, Items) else ():
            if isinstance(item, Record):
                yield item

    def leaves(self, name: str) -> Iterator[Leaf]:
        """Yield the scalars of a list."""
        found = self.values.get(name)
        for item in found.live if isinstance(found, Items) else ():
            if isinstance(item, Leaf):
                yield item


class Items:
    """A list: only the first ``length`` items count; a longer list reuses the items after them."""

    __slots__ = ("items", "length", "start")

    def __init__(self) -> None:
        """Create an empty list."""
        self.start = 0
        self.items: list[Decoded | None] = []
        self.length = 0

    @property
    def live(self) -> list[Decoded | None]:
        """The items that count."""
        return self.items[: self.length]


Decoded: TypeAlias = "Leaf | Record | Items"


class Decoder:
    """Decodes one object; ``refusals`` are why kustomize refuses it: character and clause."""

    def __init__(self, view: View, *, exactly: bool = False, strictly: bool = True) -> None:
        """Read with ``view``.

        ``exactly``: compare names with case, as the API server does. ``strictly``: refuse fields
        that the struct does not have.
        """
        self._view = view
        self._exactly = exactly
        self._strictly = strictly
        self._names: dict[int, dict[str, str]] = {}
        self._seen: set[int] = set()
        self._left = _REPEATED
        self.refusals: list[tuple[int, str]] = []
        self.is_cut = False
        """Whether aliases repeat so much that not all was read."""

    def decode(self, mapping: Mapping, struct: Struct, field: str = "") -> Record:
        """Return a struct; ``field`` is its path."""
        return self._struct(mapping, struct, None, field)

    def decode_list(self, node: Sequence, struct: Struct, field: str = "") -> list[Record]:
        """Return a list of structs."""
        holder = Record(Mapping(node.start, node.end), field)
        holder.values["items"] = self._list(node, ListOf(struct), None, field)
        return list(holder.records("items"))

    def _value(self, node: Node, schema: Schema, old: Decoded | None, field: str) -> Decoded | None:
        if not self._may_go_on(node):
            return old
        if isinstance(schema, str):
            return self._scalar(node, schema, old, field)
        if type_of(node) == "null":
            return old if isinstance(schema, dict) else None
        found: Decoded | None = None
        if isinstance(schema, ListOf):
            found = self._list(node, schema, old, field) if isinstance(node, Sequence) else None
        elif isinstance(node, Mapping):
            is_map = isinstance(schema, MapOf)
            found = (self._map if is_map else self._struct)(node, cast("Any", schema), old, field)
        if found is None:
            self._refuse(node, field, "list" if isinstance(schema, ListOf) else "mapping")
        return found or old

    def _may_go_on(self, node: Node) -> bool:
        """Whether a node is new, or not repeated too often; its pairs count."""
        if id(node) in self._seen:
            self._left -= 1 + (len(node.pairs) if isinstance(node, Mapping) else 0)
            if self._left < 0:
                if not self.is_cut:
                    self.is_cut = True
                    self.refusals.insert(0, (node.start, "aliases repeat too often here"))
                return False
        self._seen.add(id(node))
        return True

    def _scalar(self, node: Node, schema: str, old: Decoded | None, field: str) -> Decoded | None:
        type_ = type_of(node)
        if schema == ANY:
            return Leaf(node, field)
        if type_ == "null":
            return old
        if type_ != schema:
            self._refuse(node, field, schema)
        return Leaf(node, field) if isinstance(node, Scalar) else old

    def _struct(self, node: Mapping, schema: Struct, old: Decoded | None, field: str) -> Record:
        record = Record(node, field)
        if isinstance(old, Record):
            record.values = old.values
        for key, value in sorted(self._view.entries(node).items()):
            name = self._name_of(key, schema)
            at = f"{field}.{key}" if field else key
            if name is not None:
                found = self._value(value, schema[name], record.values.get(name), at)
                if found is None:
                    record.values.pop(name, None)
                else:
                    record.values[name] = found
            elif self._strictly:
                self._note(value, f"there is no field {shown(at)}")
        return record

    def _name_of(self, key: str, schema: Struct) -> str | None:
        """Return the name of the field for a key, as the struct spells it."""
        if key in schema:
            return key
        if self._exactly:
            return None
        names = self._names.get(id(schema))
        if names is None:
            names = self._names[id(schema)] = {fold(name): name for name in schema}
        return names.get(fold(key))

    def _map(self, node: Mapping, schema: MapOf, old: Decoded | None, field: str) -> Record:
        record = Record(node, field)
        if isinstance(old, Record):
            record.values = old.values
        for key, value in sorted(self._view.entries(node).items()):
            found = self._value(value, schema.of, record.values.get(key), f"{field}.{key}")
            if found is not None:
                record.values[key] = found
        return record

    def _list(self, node: Sequence, schema: ListOf, old: Decoded | None, field: str) -> Items:
        items = old if isinstance(old, Items) and node.items else Items()
        for index, item in enumerate(node.items):
            at = f"{field}[{index}]"
            old_item = items.items[index] if index < len(items.items) else None
            found = self._value(item, schema.of, old_item, at)
            if found is None and isinstance(schema.of, dict):
                found = Record(Mapping(item.start, item.end), at)  # null is an empty struct
            items.items[index : index + 1] = [found]
        items.length, items.start = len(node.items), node.start
        return items

    def _refuse(self, node: Node, field: str, wanted: str) -> None:
        advice = " (quote it)" if wanted == "string" and isinstance(node, Scalar) else ""
        self._note(node, f"{shown(field)} is a {type_of(node)}, not a {wanted}{advice}")

    def _note(self, node: Node, message: str) -> None:
        if len(self.refusals) < _TOLD:
            self.refusals.append((node.start, message))
