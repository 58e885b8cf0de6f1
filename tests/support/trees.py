"""What the tests of the reading modules share: the catalogue, and trees as plain values."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from imagelint.files.shipped import catalogue_files
from imagelint.kubernetes.catalogue.lookup import Catalogue, load_catalogue
from imagelint.kubernetes.examine import examine
from imagelint.model.source import Source
from imagelint.yaml.nodes import Mapping, Node, Scalar, Sequence, Tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.kubernetes.examined import Examined


@cache
def catalogue() -> Catalogue:
    """Return the catalogue that imagelint is shipped with."""
    return load_catalogue(catalogue_files())


def examined(data: str | bytes, path: str = "a.yaml", *, prove: bool = False) -> list[Examined]:
    """Read a stream; every document of it, unless proofs are asked for."""
    raw = data.encode() if isinstance(data, str) else data
    return examine(Source(path, raw), catalogue(), prove=prove)


class Seen(NamedTuple):
    """What a table says of an image site."""

    field: str
    image: str | float | bool | None


def seen(data: str | bytes, path: str = "a.yaml") -> list[Seen]:
    """Return field and image of every site of a stream."""
    return [
        Seen(site.field, site.value.value)
        for item in examined(data, path)
        for site in item.extract.sites
    ]


def plain(node: Node | None) -> Any:
    """Return a node as text, lists and lists of pairs; aliases are what they stand for."""
    if node is None or isinstance(node, Scalar):
        return None if node is None else node.value
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return [(plain(key), plain(value)) for key, value in node.pairs]


def scalars(tree: Tree) -> Iterator[Scalar]:
    """Yield the scalars of a tree in document order, those behind aliases again."""
    work: list[Node] = [] if tree.root is None else [tree.root]
    while work:
        node = work.pop()
        if isinstance(node, Scalar):
            yield node
        elif isinstance(node, Mapping):
            work += [side for pair in reversed(node.pairs) for side in reversed(pair)]
        else:
            work += reversed(node.items)
