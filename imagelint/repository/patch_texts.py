"""The patches of a kustomization, inline and in files, as trees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from imagelint.kubernetes.kustomize.model import Role
from imagelint.kubernetes.objects import string_of
from imagelint.kubernetes.readers import Reader, View
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import Source
from imagelint.repository.plugins import LOADED, plugins_in
from imagelint.yaml.documents import split
from imagelint.yaml.nodes import Scalar, Sequence
from imagelint.yaml.parser import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from imagelint.kubernetes.kustomize.model import Target
    from imagelint.repository.member import Member
    from imagelint.yaml.documents import Document
    from imagelint.yaml.nodes import Node

__all__ = ["Patch", "namespaces_of", "operations", "patches_of"]

_PATCHES: Final = (Role.PATCH, Role.JSON_PATCH)
_NAMESPACE: Final = ["", "metadata", "namespace"]


class Patch(NamedTuple):
    """A patch and its place."""

    document: Document
    text: Scalar | None
    """The scalar that contains the patch; None if it is a document."""
    target: Target | None
    root: Node


def patches_of(member: Member, read: Callable[[str], bytes | None]) -> Iterator[Patch]:
    """Yield the patches that a kustomization contains or names."""
    for text in member.says.inline:
        root = parse_yaml(text.node.value).root if text.role in _PATCHES else None
        if root is not None:
            yield Patch(member.document, text.node, text.target, root)
    for patch in member.says.node_patches:
        yield Patch(member.document, None, patch.target, patch.node)
    for edge in member.edges:
        data = read(edge.path) if edge.entry.role in _PATCHES else None
        for document in split(Source(edge.path, data)) if data is not None else ():
            root = (document.tree or parse_yaml(document.text)).root
            if root is not None:
                yield Patch(document, None, edge.entry.target, root)


def operations(root: Node, view: View) -> Iterator[tuple[list[str], Node | None]]:
    """Yield the path and the value of each operation of a JSON 6902 patch."""
    for item in root.items if isinstance(root, Sequence) else ():
        path = string_of(view.get(item, "path"), view)
        if path is not None:
            yield path.split("/"), view.get(item, "value")


def namespaces_of(
    member: Member, plugins: Iterable[str], read: Callable[[str], bytes | None]
) -> Iterator[str]:
    """Yield the namespaces into which a kustomization moves objects.

    It can do so by its field, a NamespaceTransformer (in the files ``plugins``, or inline), a JSON
    6902 patch or a replacement by a value. A replacement that copies a field is not followed.
    """
    roots = [patch.root for patch in patches_of(member, read)]
    says = [member.says]
    texts = [text for text in member.says.inline if text.role in LOADED]
    trees = [parse_yaml(text.node.value) for text in texts]
    for path in plugins:
        data = read(path)
        if data is not None:
            found = split(Source(path, data))
            trees += (document.tree or parse_yaml(document.text) for document in found)
    for tree in trees:
        says += plugins_in(tree)
    for plugin in says[1:]:
        inline = [text for text in plugin.inline if text.role in _PATCHES]
        roots += filter(None, [parse_yaml(text.node.value).root for text in inline])
    for one in says:
        if one.namespace:
            yield one.namespace
        for change in one.changes:
            if change.steps == tuple(_NAMESPACE[1:]) and change.value is not None:
                yield change.value.value
    for root in roots:
        yield from _set_by(root)


def _set_by(root: Node) -> Iterator[str]:
    view = View(Reader.KUSTOMIZE)
    for path, value in operations(root, view):
        if path == _NAMESPACE[: len(path)]:
            text = string_of(view.get(value, *_NAMESPACE[len(path) :]), view)
            if text:
                yield text
