"""Kustomizations that patch Flux and Argo CD objects: the patched selection is not followed.

An overlay may give a Flux Kustomization other ``images``, or another ``path``. Without a build it
is unknown which images the patched object selects, so the names in such patches count everywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from imagelint.kubernetes.kustomize.model import Role
from imagelint.kubernetes.objects import string_of
from imagelint.kubernetes.readers import Reader, View
from imagelint.model.namedtuple import NamedTuple
from imagelint.repository.hosts import Named, entry_names, selecting_entries
from imagelint.repository.patch_texts import operations, patches_of
from imagelint.yaml.nodes import Mapping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from imagelint.kubernetes.kustomize.model import Target
    from imagelint.repository.graph import Graph
    from imagelint.repository.hosts import Host
    from imagelint.repository.member import Member
    from imagelint.repository.patch_texts import Patch
    from imagelint.yaml.nodes import Node

__all__ = ["Moved", "patched_names", "patched_namespaces"]

_KINDS: Final = ("Kustomization", "Application", "ApplicationSet", "HelmRelease", "ResourceSet")
_NAMESPACES: Final = (
    ("targetNamespace",),
    ("destination", "namespace"),
    ("source", "kustomize", "namespace"),
    ("template", "spec", "destination", "namespace"),
)
"""Fields of a spec that say where the built objects run."""
_PATHS: Final = ("path", "chart")
"""Fields that select another folder."""


def patched_names(
    graph: Graph, hosts: Iterable[Host], read: Callable[[str], bytes | None]
) -> Iterator[Named]:
    """Yield the names in patches of objects that build folders.

    If a patch changes the folder of an object, yield the names in all such objects, too.
    """
    moved: set[str] = set()
    """The files with objects that patches lead to another folder."""
    for member in graph.members.values():
        for patch in _patches(member, read):
            view = View(Reader.KUSTOMIZE)
            for node, name in _names(patch.root, view):
                yield Named(patch.document, patch.text or node, name, graph.root)
            if _moves(patch.root, view):
                moved.update(graph.reached_from([member.path]))
    for host in hosts:
        if host.document.source.path not in moved or host.is_here:
            continue
        for entry in host.images:
            if entry.name is not None:
                yield Named(host.document, entry.name, entry.name.value, graph.root)
        for image in host.argo:
            yield Named(host.document, image.node, image.name, graph.root)


class Moved(NamedTuple):
    """Where hosts build objects, as patches of a kustomization say."""

    folder: str
    files: frozenset[str]
    """All that the kustomization includes."""
    name: str
    """The host's, as the patches name it; empty if they do not."""
    namespaces: frozenset[str]
    destinations: frozenset[str]
    """Namespaces of objects that set none."""


def patched_namespaces(graph: Graph, read: Callable[[str], bytes | None]) -> Iterator[Moved]:
    """Yield, for each kustomization and name, where patched hosts build objects."""
    for folder, member in graph.members.items():
        found: dict[str, tuple[set[str], set[str]]] = {}
        together = [graph.members[one] for one in graph.below((folder,), Role.COMPONENT)]
        for patch in (patch for one in together for patch in _patches(one, read)):
            for text, is_destination in _namespaces(patch.root, View(Reader.KUSTOMIZE)):
                found.setdefault(_name_of(patch), (set(), set()))[is_destination].add(text)
        files = frozenset(graph.reached_from([member.path])) if found else frozenset()
        for name, (namespaces, destinations) in found.items():
            yield Moved(folder, files, name, frozenset(namespaces), frozenset(destinations))


def _name_of(patch: Patch) -> str:
    if patch.target is not None:
        return patch.target.name
    view = View(Reader.KUSTOMIZE)
    return string_of(view.get(patch.root, "metadata", "name"), view) or ""


def _namespaces(root: Node, view: View) -> Iterator[tuple[str, bool]]:
    """Yield namespaces in a patch, and whether they are a destination."""
    values = [(view.get(root, "spec", *keys), "destination" in keys) for keys in _NAMESPACES]
    for path, value in operations(root, view):
        for keys in _NAMESPACES:
            whole = ["", "spec", *keys]
            if path == whole[: len(path)]:
                values.append((view.get(value, *whole[len(path) :]), "destination" in keys))
    for node, is_destination in values:
        text = string_of(node, view)
        if text:
            yield text, is_destination


def _patches(member: Member, read: Callable[[str], bytes | None]) -> Iterator[Patch]:
    """Yield the patches of such objects."""
    return (one for one in patches_of(member, read) if _is_for_host(one.target, one.root))


def _is_for_host(target: Target | None, root: Node) -> bool:
    """Whether a patch may be for an object that builds a folder."""
    if target is not None and target.kind:
        return target.kind in _KINDS or not target.kind.isalnum()  # an expression
    view = View(Reader.KUSTOMIZE)
    kind = string_of(view.get(root, "kind"), view)
    return not kind or kind in _KINDS or target is not None


def _names(root: Node, view: View) -> Iterator[tuple[Node, str]]:
    if isinstance(root, Mapping):
        yield from selecting_entries(root, view)
    for path, value in operations(root, view):
        if "images" in path:
            text = string_of(value, view)
            if path[-1] == "name" and text and value is not None:
                yield value, text
            elif path[-1] == "images" or path[-2] == "images":
                yield from entry_names(value, view)
        elif isinstance(value, Mapping):
            yield from selecting_entries(value, view)


def _moves(root: Node, view: View) -> bool:
    """Whether a patch changes the folder of an object."""
    if isinstance(root, Mapping):
        return any(_leads(root, view))
    return any(
        path[-1] in _PATHS or (isinstance(value, Mapping) and any(_leads(value, view)))
        for path, value in operations(root, view)
    )


def _leads(root: Mapping, view: View) -> Iterator[bool]:
    """Yield for each path field whether it is set."""
    spec = view.get(root, "spec") or root
    for keys in ((), ("source",), ("template", "spec", "source"), ("chart", "spec")):
        yield any(view.get(spec, *keys, key) is not None for key in _PATHS)
