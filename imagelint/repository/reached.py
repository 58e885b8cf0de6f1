"""What kustomizations, Flux and Argo CD now include in another way than at an earlier time.

``is_same`` says whether a file is unchanged, ``then`` returns the earlier bytes at a path, or
None. All paths are absolute.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from imagelint.kubernetes.kustomize.model import Role
from imagelint.kubernetes.objects import KUSTOMIZATION_FILES
from imagelint.repository.follow import place_named
from imagelint.repository.graph import read_as_kustomization
from imagelint.repository.host_build import HostBuild
from imagelint.repository.hosts import hosts_in

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator

    from imagelint.kubernetes.kustomize.model import Kustomization
    from imagelint.repository.graph import Graph
    from imagelint.repository.hosts import Host
    from imagelint.repository.member import Member

__all__ = ["newly_built", "newly_reached"]


def newly_reached(
    graph: Graph, is_same: Callable[[str], bool], then: Callable[[str], bytes | None]
) -> Iterator[str]:
    """Yield the files that kustomizations include only now, or only now in a namespace."""
    for folder, member in graph.members.items():
        if is_same(member.path):
            yield from _through_new_links(graph, member, is_same)
            continue
        old = _old(folder, then)
        known = set()
        is_moved = member.says.namespace != ("" if old is None else old.namespace)
        if old is not None and not is_moved:
            known = {(place_named(one, folder), one.role, one.target) for one in old.paths}
        for including in _changed_by(graph, folder) if is_moved else ():
            yield from _taken_in(graph, including)
        for edge in member.edges:
            is_below = not edge.is_late and edge.named != place_named(edge.entry, folder)
            if is_below or (edge.named, edge.entry.role, edge.entry.target) in known:
                continue
            yield from _taken_in(graph, edge.path) if edge.is_folder else (edge.path,)
            if edge.is_folder and edge.entry.role is Role.COMPONENT and _moves(graph, edge.path):
                for including in (folder, *_changed_by(graph, folder)):
                    yield from _taken_in(graph, including)


def _moves(graph: Graph, component: str) -> bool:
    below = graph.below((component,), Role.COMPONENT)
    return any(graph.members[one].says.namespace for one in below)


def _changed_by(graph: Graph, component: str) -> dict[str, None]:
    """Return the kustomizations that include a component, whose objects it changes."""
    found: dict[str, None] = {}
    work = [component]
    while work:
        above = graph.parents_of(work.pop())
        new = [one for one, role in above if role is Role.COMPONENT and one not in found]
        found.update(dict.fromkeys(new))
        work += new
    return found


def _through_new_links(
    graph: Graph, member: Member, is_same: Callable[[str], bool]
) -> Iterator[str]:
    """Yield the files to which the same names now lead by another way."""
    for edge in member.edges:
        place = edge.named
        if edge.is_folder and edge.path in graph.members:
            place = os.path.join(place, os.path.basename(graph.members[edge.path].path))
        if edge.named != edge.path and not is_same(place):
            yield from _taken_in(graph, edge.path) if edge.is_folder else (edge.path,)


def newly_built(
    graph: Graph,
    hosts: Iterable[Host],
    is_same: Callable[[str], bool],
    then: Callable[[str], bytes | None],
) -> Iterator[str]:
    """Yield the files that hosts build now and did not before, or in another namespace.

    Also yield folders below which everything is built.
    """
    old: dict[str, set[Hashable]] = {}
    for host in hosts:
        path = host.document.source.path
        if path not in old and not is_same(path):
            data = then(path)
            old[path] = set() if data is None else set(map(_said, hosts_in(path, data)))
        if path not in old or _said(host) in old[path]:
            continue
        build = HostBuild(graph, host)
        if build.is_bare and build.folder not in ("", graph.root):  # else maybe another's
            yield build.folder
        for folder in build.members():
            yield from _taken_in(graph, folder)
        yield from (file for file, _ in build.patches)


def _said(host: Host) -> Hashable:
    """Return what determines the objects that a host builds."""
    paths = tuple((one.role, one.path, one.target) for one in host.says.paths)
    return host.folder, host.says.namespace, host.destination, host.is_recursive, paths


def _taken_in(graph: Graph, folder: str) -> Iterator[str]:
    """Yield the kustomization in a folder, and the files that it reaches."""
    member = graph.members.get(folder)
    if member is not None:
        yield member.path
        yield from graph.reached_from([member.path])


def _old(folder: str, then: Callable[[str], bytes | None]) -> Kustomization | None:
    for name in sorted(KUSTOMIZATION_FILES):
        path = os.path.join(folder, name)
        data = then(path)
        if data is not None:
            found = read_as_kustomization(path, data)
            return None if found is None else found[1]
    return None
