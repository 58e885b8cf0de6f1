"""Values of a chart: a file, or a part of one (a HelmRelease, an Application). Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.kubernetes.readers import Reader, View
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import Source, Span
from imagelint.rendering.metadata import value_at
from imagelint.repair.values import flow, value_of
from imagelint.yaml.documents import Document, split
from imagelint.yaml.embedded import embedded
from imagelint.yaml.nodes import Scalar
from imagelint.yaml.parser import parse_yaml

if TYPE_CHECKING:
    from imagelint.repair.values import Path
    from imagelint.yaml.nodes import Node

__all__ = ["GivenValues"]


class GivenValues(NamedTuple):
    """Values besides a chart's own."""

    path: str
    """Absolute."""
    data: bytes
    """Of the whole file."""
    number: int = 0
    """Of the document in the file."""
    text: Path | None = None
    """The string in the document that is the document with the values, if it is one."""
    keys: Path = ()
    """Where the values are in the document; they may be missing there."""

    @property
    def is_whole(self) -> bool:
        """Whether the file has nothing but the values."""
        return not self.keys and self.text is None

    @property
    def document(self) -> Document:
        """The document with the values."""
        source = Source(self.path, self.data)
        found = split(source)
        if self.number < len(found):
            document = found[self.number]
        else:
            document = Document(source, Span(source.bom_length, len(self.data)))
        if self.text is None:
            return document
        node = value_at(root_of(document), *self.text)
        inner = embedded(document, node) if isinstance(node, Scalar) else []
        return inner[0] if inner else document

    def at(self, document: Document, *path: str | int) -> Node | None:
        """Return the node of a value in the document."""
        return value_at(root_of(document), *self.keys, *path)

    @property
    def for_helm(self) -> bytes:
        """The values as a file for Helm."""
        if self.is_whole:
            return self.data
        value = value_of(self.at(self.document), View(Reader.KUBECTL))
        return flow(value or {}, is_json=True).encode()


def root_of(document: Document) -> Node | None:
    """Return the root of a document."""
    tree = document.tree or parse_yaml(document.text)
    return tree.root
