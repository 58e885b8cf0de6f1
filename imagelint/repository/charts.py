"""Names that select images in charts of the repository that kustomize renders.

What a template renders is unknown without a build, so an entry cannot be renamed together with
the template: the template keeps its image.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from imagelint.kubernetes.kustomize.model import Role
from imagelint.repository.host_build import HostBuild
from imagelint.repository.hosts import Named, folder_of
from imagelint.repository.member import Member
from imagelint.repository.patch_texts import patches_of, plugins_of
from imagelint.repository.plugins import LOADED
from imagelint.repository.rename_matching import is_literal
from imagelint.repository.selecting import tested_values
from imagelint.yaml.parser import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from imagelint.kubernetes.kustomize.model import Kustomization
    from imagelint.repository.graph import Graph
    from imagelint.repository.hosts import Host
    from imagelint.yaml.documents import Document
    from imagelint.yaml.nodes import Node

__all__ = ["names_for_charts"]


def names_for_charts(
    graph: Graph, hosts: Iterable[Host], read: Callable[[str], bytes | None]
) -> Iterator[Named]:
    """Yield the names by which kustomizations, and what builds them, select images of charts."""
    known: dict[str, list[Kustomization]] = {}
    built: dict[str, list[Host]] = {}
    for host in hosts:
        built.setdefault(folder_of(host, graph.root) or "", []).append(host)

    def sayings(folder: str) -> list[Kustomization]:
        if folder not in known:
            known[folder] = _sayings(graph.members[folder], read)
        return known[folder]

    for folder in graph.members:
        named = [one for says in sayings(folder) for one in says.charts]
        places = [os.path.normpath(os.path.join(folder, one)) for one in named]
        charts = [graph.canonical(one) for one in places if os.path.isdir(one)]
        if not charts:
            continue
        above = graph.above((folder,))
        edges = (edge for one in above for edge in graph.members[one].edges)
        components = [edge.path for edge in edges if edge.entry.role is Role.COMPONENT]
        builders = {**above, **graph.below(components)}
        for chart in charts:
            for one in builders:
                for says in sayings(one):
                    yield from _names(graph.members[one], says, chart)
                yield from _tested(graph.members[one], sayings(one)[1:], read, chart)
                for host in built.get(one, ()):
                    yield from _names_of_host(host, chart)
                    yield from _tested(_as_member(graph, host), (), read, chart)


def _sayings(member: Member, read: Callable[[str], bytes | None]) -> list[Kustomization]:
    edges = (edge for edge in member.edges if edge.entry.role in LOADED)
    files = [edge.path for edge in edges if not edge.is_folder]
    return [member.says, *plugins_of(member, files, read)]


def _names(member: Member, says: Kustomization, chart: str) -> Iterator[Named]:
    for entry in says.images:
        if entry.name is not None:
            node = entry.name if says is member.says else member.says.mapping
            yield Named(member.document, node, entry.name.value, chart)
    nodes = [one.node for one in says.changes] + [one.node for one in says.reads]
    is_by_value = any("[image=" in node.value for node in nodes)
    if is_by_value or any(one.is_part for one in says.reads):
        yield Named(member.document, member.says.mapping, None, chart)


def _tested(
    member: Member,
    plugins: Iterable[Kustomization],
    read: Callable[[str], bytes | None],
    chart: str,
) -> Iterator[Named]:
    """Yield what ``test`` operations of JSON 6902 compare images with; an image has to stay so."""
    roots: list[tuple[Document, Node | None, Node | None]] = [
        (patch.document, patch.text, patch.root) for patch in patches_of(member, read, "test")
    ]
    inside = [text.node.value for says in plugins for text in says.inline]
    mapping = member.says.mapping
    roots += [(member.document, mapping, parse_yaml(text).root) for text in inside]
    for document, place, root in roots:
        for one in tested_values(root):
            if not one.is_name and is_literal(one.node.value):
                yield Named(document, place or one.node, one.node.value, chart)


def _as_member(graph: Graph, host: Host) -> Member:
    """Return what a host itself says and names, as a kustomization."""
    edges = tuple(HostBuild(graph, host).edges)
    return Member(host.document.source.path, host.document, host.says, edges, is_whole=True)


def _names_of_host(host: Host, chart: str) -> Iterator[Named]:
    for entry in host.images:
        if entry.name is not None:
            yield Named(host.document, entry.name, entry.name.value, chart)
    for image in host.argo:
        yield Named(host.document, image.node, image.name, chart)
