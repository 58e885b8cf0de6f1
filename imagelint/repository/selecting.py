"""What in a document selects images: transformers, tests of JSON 6902, overrides of Argo CD."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.engine.edits import NotEditableError, edit_scalar, place_of
from imagelint.kubernetes.kustomize.plugins import read_plugin
from imagelint.kubernetes.readers import Reader, View
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import Edit, Span
from imagelint.yaml.nodes import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.kubernetes.examined import Examined
    from imagelint.kubernetes.kustomize.model import ImageEntry
    from imagelint.yaml.documents import Document

__all__ = ["ArgoEntry", "Text", "is_editable", "tag_transformers", "tested_values"]


class Text(NamedTuple):
    """A text that an image has to equal, as it stands in a file."""

    path: str
    document: Document
    node: Scalar


class ArgoEntry(NamedTuple):
    """An override of Argo CD as it stands in a file: ``[OLD=]NEW[:TAG|@DIGEST]``."""

    path: str
    document: Document
    node: Scalar
    start: int
    """Where NEW begins in the text; 0 where OLD is left out."""
    after: str
    """The name of NEW after its repair."""

    def edits(self, names: tuple[str, ...]) -> Iterator[Edit]:
        """Yield what makes it select another name."""
        if self.start:
            yield edit_scalar(self.document, self.node, names[0], (0, self.start - 1))
        elif names[0] != self.after:  # behind the byte in front: a repair may begin where it stands
            offset = place_of(self.document, self.node, (0, len(self.node.value))).start
            before = self.document.source.data[offset - 1 : offset].decode("ascii", "replace")
            yield Edit(Span(offset - 1, offset), f"{before}{names[0]}=")


def tested_values(item: Examined) -> Iterator[Scalar]:
    """Yield the values that the ``test`` operations of a JSON 6902 patch compare with."""
    root = None if item.tree is None else item.tree.root
    view = View(Reader.KUSTOMIZE)
    for operation in root.items if isinstance(root, Sequence) else ():
        entries = view.entries(operation) if isinstance(operation, Mapping) else {}
        name, value = entries.get("op"), entries.get("value")
        if isinstance(name, Scalar) and name.value == "test" and isinstance(value, Scalar):
            yield value


def tag_transformers(item: Examined) -> Iterator[ImageEntry]:
    """Yield what an ImageTagTransformer does, which works as an item of ``images``."""
    root = None if item.tree is None else item.tree.root
    if not isinstance(root, Mapping):
        return
    view = View(Reader.KUSTOMIZE)
    entries = view.entries(root)
    version, kind = entries.get("apiVersion"), entries.get("kind")
    is_builtin = isinstance(version, Scalar) and version.value == "builtin"
    if is_builtin and isinstance(kind, Scalar) and kind.value == "ImageTagTransformer":
        yield from read_plugin(root, kind.value, view).images


def is_editable(document: Document, node: Scalar) -> bool:
    """Whether a name can be written where a scalar stands."""
    try:
        edit_scalar(document, node, f"{node.value}x")
    except NotEditableError:
        return False
    return not node.anchored
