"""The catalogue: which kinds hold images, and where. Data files → a table.

The files are ``rules/workloads/<group>.yaml``; their notation is documented in
``rules/workloads/core.yaml``. :mod:`imagelint.workloads` walks objects by it and
:mod:`imagelint.scan` proves documents away by it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from imagelint.fields import Fields
from imagelint.nodes import Mapping

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from imagelint.nodes import Node
    from imagelint.text import Source

__all__ = ["Catalogue", "Field", "SplitNames", "load_catalogue"]

EACH_ITEM = "[]"
EACH_VALUE = "{}"
_KEY = r"[^.\[\]{}<>]+"
_EACH = r"(?:\[\]|\{\})"
_SHAPE = r"<[^<>]+>"
_SEGMENT = re.compile(rf"{_KEY}|{_EACH}|{_SHAPE}")
_STEP = rf"(?:{_KEY}{_EACH}*|{_EACH}+)"
_PATH = re.compile(rf"{_STEP}(?:\.{_STEP})*(?:\.{_SHAPE})?|{_SHAPE}")


class SplitNames(NamedTuple):
    """The keys of an image that is written in parts; an empty name is a part that has no key."""

    repository: str
    tag: str = ""
    digest: str = ""


class Field(NamedTuple):
    """A place that holds images: keys, ``[]`` and ``{}`` from the object's root."""

    path: tuple[str, ...]
    split: SplitNames | None = None


class Catalogue(NamedTuple):
    """All known kinds, by (API group, kind)."""

    fields: dict[tuple[str, str], tuple[Field, ...]]
    without_images: frozenset[tuple[str, str]]
    pod_spec: tuple[Field, ...]
    """The shape by which unknown kinds are recognised, relative to the pod spec."""

    def lookup(self, group: str, kind: str) -> tuple[Field, ...] | None:
        """Return the fields of a kind: empty where it holds no images, None where unknown."""
        found = self.fields.get((group, kind))
        if found is None and self.is_without_images(group, kind):
            return ()
        return found

    def is_without_images(self, group: str, kind: str) -> bool:
        """Whether the catalogue says that objects of this kind hold no images."""
        return (group, kind) in self.without_images or (
            (group, "*") in self.without_images and (group, kind) not in self.fields
        )


def load_catalogue(sources: Iterable[Source]) -> Catalogue:
    """Build the catalogue out of its files; raises PolicyError with the place of a mistake."""
    shapes: dict[str, tuple[Field, ...]] = {}
    fields: dict[tuple[str, str], tuple[Field, ...]] = {}
    without: set[tuple[str, str]] = set()
    files = [_File(Fields(source)) for source in sources]
    for file in files:
        shapes.update(file.shapes())
    for file in files:
        for pair, known in file.kinds(shapes):
            fields[pair] = fields.get(pair, ()) + known
        without.update(file.without_images())
    return Catalogue(fields, frozenset(without), shapes.get("pod-spec", ()))


class _File:
    """Reads one catalogue file."""

    def __init__(self, reader: Fields) -> None:
        self._reader = reader
        self._root = reader.record(reader.root, "", ("shapes", "kinds", "without-images"))

    def shapes(self) -> Iterator[tuple[str, tuple[Field, ...]]]:
        """Yield the shapes by name."""
        if "shapes" not in self._root:
            return
        for entry in self._reader.entries(self._root["shapes"], "shapes"):
            where = f"shapes.{entry.name}"
            shape = self._reader.record(entry.value, where, ("source", "fields"), ("fields",))
            yield entry.name, tuple(self._fields(shape["fields"], where, {}))

    def kinds(
        self, shapes: dict[str, tuple[Field, ...]]
    ) -> Iterator[tuple[tuple[str, str], tuple[Field, ...]]]:
        """Yield (group, kind) with the fields of that kind."""
        keys = ("groups", "kinds", "source", "fields")
        for entry in self._entries("kinds", keys, keys):
            fields = tuple(self._fields(entry["fields"], "kinds", shapes))
            for pair in self._group_kinds(entry):
                yield pair, fields

    def without_images(self) -> Iterator[tuple[str, str]]:
        """Yield each (group, kind) that holds no images."""
        for entry in self._entries("without-images", ("groups", "kinds"), ("groups", "kinds")):
            yield from self._group_kinds(entry)

    def _entries(
        self, name: str, keys: tuple[str, ...], required: tuple[str, ...]
    ) -> Iterator[dict[str, Node]]:
        if name in self._root:
            for item in self._reader.items(self._root[name], name):
                yield self._reader.record(item, name, keys, required)

    def _group_kinds(self, entry: dict[str, Node]) -> Iterator[tuple[str, str]]:
        for group in self._reader.texts(entry["groups"], "groups"):
            for kind in self._reader.texts(entry["kinds"], "kinds"):
                yield group, kind

    def _fields(
        self, node: Node, where: str, shapes: dict[str, tuple[Field, ...]]
    ) -> Iterator[Field]:
        """Yield the fields of an entry, with shapes written out."""
        for item in self._reader.items(node, where):
            if isinstance(item, Mapping):
                yield self._split_field(item, where)
                continue
            path = self._path(item, where)
            if not path[-1].startswith("<"):
                yield Field(path)
                continue
            name = path[-1][1:-1]
            if name not in shapes:
                raise self._reader.error(item, f"{where}: there is no shape <{name}>")
            for field in shapes[name]:
                yield Field((*path[:-1], *field.path), field.split)

    def _split_field(self, node: Node, where: str) -> Field:
        keys = ("at", "repository", "tag", "digest")
        entry = self._reader.record(node, where, keys, ("at", "repository"))
        path = self._path(entry.pop("at"), where)
        parts = {name: self._reader.text(value, where) for name, value in entry.items()}
        return Field(path, SplitNames(**parts))

    def _path(self, node: Node, where: str) -> tuple[str, ...]:
        text = self._reader.text(node, where)
        if _PATH.fullmatch(text) is None:
            message = f"{where}: `{text}` is no path; write a.b, a[].b or a{{}}.b"
            raise self._reader.error(node, message)
        return tuple(_SEGMENT.findall(text))
