"""What in a document selects images: transformers of kustomize, and tests of JSON 6902."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.kubernetes.kustomize.plugins import read_plugin
from imagelint.kubernetes.readers import Reader, View
from imagelint.yaml.nodes import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.kubernetes.examined import Examined
    from imagelint.kubernetes.kustomize.model import ImageEntry

__all__ = ["tag_transformers", "tested_values"]


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
