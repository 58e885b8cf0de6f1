"""CustomResourceDefinitions in a document: which kinds they define, with which schemas.

Both apiVersions are read (``v1``, ``v1beta1``), every version of a kind, and lists of definitions.
A document that the parser refuses defines nothing, so neither does an alias bomb. No I/O.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from imagelint.kubernetes.objects import find_objects, string_of
from imagelint.kubernetes.readers import views
from imagelint.model.namedtuple import NamedTuple
from imagelint.yaml.documents import split
from imagelint.yaml.nodes import Mapping, Scalar, Sequence
from imagelint.yaml.parser import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.kubernetes.readers import View
    from imagelint.model.source import Source
    from imagelint.yaml.documents import Document
    from imagelint.yaml.nodes import Node

__all__ = ["MARK", "Definition", "Schema", "definitions_in", "documents_of", "groups_in"]
__all__ += ["may_teach", "refusal_of", "utf8_of"]

_SPEAKING: Final = (b"mage", b"epository", b"ontainer", b"odSpec", b"odTemplate")
"""One of these is in the text of every definition that teaches anything."""
MARK: Final = b"CustomResourceDefinition"
"""The kind, which is in the text of every definition."""
_GROUP: Final = "apiextensions.k8s.io"
_STATED: Final = re.compile(rb"group[\"']?[ \t]*:[ \t]*[\"']?([^\s\"',}]+)")


class Schema:
    """A part of a schema, as far as learning reads it."""

    __slots__ = ("_keys", "_view", "properties")

    def __init__(self, node: Node | None, view: View) -> None:
        """Read a node; anything but a mapping is an empty schema."""
        self._view = view
        self._keys: dict[str, Node] = view.entries(node) if isinstance(node, Mapping) else {}
        found = self._keys.get("properties")
        self.properties: dict[str, Node] = view.entries(found) if isinstance(found, Mapping) else {}
        """The schemas of an object's fields, unread."""

    def field(self, key: str) -> Schema:
        """Return the schema of a field; an empty one if there is none."""
        return Schema(self.properties.get(key), self._view)

    def below(self, key: str) -> Schema | None:
        """Return the schema of all items or of all values, if there is one."""
        found = self._keys.get(key)
        return Schema(found, self._view) if isinstance(found, Mapping) else None

    def holds_text(self, key: str) -> bool:
        """Whether a field is a text."""
        return key in self.properties and self.field(key).is_text

    @property
    def is_text(self) -> bool:
        """Whether the value is a text, or may be one."""
        return self._text("type") == "string" or self._is_set("x-kubernetes-int-or-string")

    @property
    def is_open(self) -> bool:
        """Whether the schema says nothing about an object's fields."""
        if self.properties or self._text("type") not in ("object", ""):
            return False
        return self._is_set("x-kubernetes-preserve-unknown-fields") or not self._keys.keys() - {
            "type",
            "description",
        }

    @property
    def has_choices(self) -> bool:
        """Whether the values are enumerated, or have a format such as a date."""
        return "enum" in self._keys or self._text("format") not in ("", "uri")

    @property
    def description(self) -> str:
        """What the schema says to people."""
        return self._text("description")

    @property
    def pattern(self) -> str:
        """The expression that a text must match."""
        return self._text("pattern")

    def _text(self, key: str) -> str:
        return string_of(self._keys.get(key), self._view) or ""

    def _is_set(self, key: str) -> bool:
        found = self._keys.get(key)
        return isinstance(found, Scalar) and found.value == "true"


class Definition(NamedTuple):
    """A kind that a CustomResourceDefinition defines."""

    group: str
    kind: str
    schemas: tuple[Schema, ...]
    """The schemas of its versions, in the order of the text."""


def documents_of(source: Source) -> Iterator[Document]:
    """Yield the documents of a source that may have definitions."""
    if source.encoding != "utf-8" or MARK in source.data:
        for document in split(source):
            if not document.problems and MARK in utf8_of(document):
                yield document


def may_teach(document: Document, kind: str) -> bool:
    """Whether the text of a document names a kind, and something that holds an image."""
    text = utf8_of(document)
    name = kind.encode("utf-8", "surrogatepass")
    return name in text and any(word in text for word in _SPEAKING)


def utf8_of(document: Document) -> bytes:
    """Return a document's text as UTF-8."""
    if document.source.encoding == "utf-8":
        return document.data
    return document.text.encode("utf-8", "surrogatepass")


def groups_in(document: Document) -> frozenset[str]:
    """Return the API groups that a document may define kinds of, without parsing it."""
    found = frozenset(_STATED.findall(utf8_of(document)))
    return frozenset(one.decode("utf-8", "replace") for one in found)


def refusal_of(document: Document) -> str | None:
    """Return why a document defines nothing although its text speaks of definitions, if so."""
    tree = document.tree or parse_yaml(document.text)
    if not tree.problems:
        return None
    index, message = tree.problems[0]
    line, column = document.source.position(document.byte_offset(index))
    return f"{line}:{column}: {message}"


def definitions_in(document: Document) -> Iterator[Definition]:
    """Yield the kinds that a document defines."""
    tree = document.tree or parse_yaml(document.text)
    if tree.problems:
        return
    view = views(tree)[0]
    for item in find_objects(tree.root, view, "")[0]:
        if item.meta.kind == MARK.decode() and item.meta.group == _GROUP:
            found = _definition(view.get(item.mapping, "spec"), view)
            if found is not None:
                yield found


def _definition(spec: Node | None, view: View) -> Definition | None:
    group = string_of(view.get(spec, "group"), view)
    kind = string_of(view.get(view.get(spec, "names"), "kind"), view)
    if not group or not kind:
        return None
    versions = view.get(spec, "versions")
    holders = [spec, *(versions.items if isinstance(versions, Sequence) else ())]
    found = (_schema(one, view) for one in holders)
    schemas = tuple(Schema(one, view) for one in found if isinstance(one, Mapping))
    return Definition(group, kind, schemas)


def _schema(holder: Node | None, view: View) -> Node | None:
    """Return the schema of a version; in ``v1beta1`` that of all versions is in the spec."""
    schema = view.get(holder, "schema") or view.get(holder, "validation")
    return view.get(schema, "openAPIV3Schema")
