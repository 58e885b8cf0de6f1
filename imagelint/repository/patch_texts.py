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

    from imagelint.kubernetes.kustomize.model import Kustomization, Target
    from imagelint.repository.member import Member
    from imagelint.yaml.documents import Document
    from imagelint.yaml.nodes import Node

__all__ = ["Patch", "namespaces_of", "operations", "patches_of", "plugins_of"]

_PATCHES: Final = (Role.PATCH, Role.JSON_PATCH)
_NAMESPACE: Final = ["", "metadata", "namespace"]


class Patch(NamedTuple):
    """A patch and its place."""

    document: Document
    text: Scalar | None
    """The scalar that contains the patch; None if it is a document."""
    target: Target | None
    root: Node


def patches_of(
    member: Member, read: Callable[[str], bytes | None], word: str = ""
) -> Iterator[Patch]:
    """Yield the patches that a kustomization contains or names, unless they lack a word."""
    for text in member.says.inline:
        is_wanted = text.role in _PATCHES and _may_say(word, text.node.value)
        root = parse_yaml(text.node.value).root if is_wanted else None
        if root is not None:
            yield Patch(member.document, text.node, text.target, root)
    for patch in member.says.node_patches:
        yield Patch(member.document, None, patch.target, patch.node)
    for edge in member.edges:
        data = read(edge.path) if edge.entry.role in _PATCHES else None
        if data is None or not _may_say(word, data.decode("latin-1")):
            continue
        for document in split(Source(edge.path, data)):
            root = (document.tree or parse_yaml(document.text)).root
            if root is not None:
                yield Patch(document, None, edge.entry.target, root)


def _may_say(word: str, text: str) -> bool:
    """Whether a word is in a text, or could be: escaped, or in an encoding of wide characters."""
    return word in text or "\\" in text or "\0" in text


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
    roots = [patch.root for patch in patches_of(member, read, "metadata")]
    says = [member.says, *plugins_of(member, plugins, read)]
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


def plugins_of(
    member: Member, plugins: Iterable[str], read: Callable[[str], bytes | None]
) -> Iterator[Kustomization]:
    """Yield the plugins that a kustomization loads, inline or in the files ``plugins``."""
    texts = [text for text in member.says.inline if text.role in LOADED]
    trees = [parse_yaml(text.node.value) for text in texts]
    for path in plugins:
        data = read(path)
        if data is not None:
            found = split(Source(path, data))
            trees += (document.tree or parse_yaml(document.text) for document in found)
    for tree in trees:
        yield from plugins_in(tree)


def _set_by(root: Node) -> Iterator[str]:
    view = View(Reader.KUSTOMIZE)
    for path, value in operations(root, view):
        if path == _NAMESPACE[: len(path)]:
            text = string_of(view.get(value, *_NAMESPACE[len(path) :]), view)
            if text:
                yield text
