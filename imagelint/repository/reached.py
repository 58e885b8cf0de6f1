"""What kustomizations take in otherwise than they did at another time."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from imagelint.kubernetes.objects import KUSTOMIZATION_FILES
from imagelint.repository.follow import place_named
from imagelint.repository.graph import read_as_kustomization

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from imagelint.kubernetes.kustomize.model import Kustomization
    from imagelint.repository.graph import Graph

__all__ = ["newly_reached"]


def newly_reached(
    graph: Graph, is_same: Callable[[str], bool], then: Callable[[str], bytes | None]
) -> Iterator[str]:
    """Yield the files that kustomizations take in now, and did not, or into another namespace.

    ``is_same`` says whether a file is as it was, ``then`` gives the bytes that stood at a path, or
    None. All paths are absolute.
    """
    for folder, member in graph.members.items():
        if is_same(member.path):
            continue
        old = _old(folder, then)
        known = set()
        if old is not None and old.namespace == member.says.namespace:
            known = {(place_named(one, folder), one.role, one.target) for one in old.paths}
        for edge in member.edges:
            if (edge.path, edge.entry.role, edge.entry.target) in known:
                continue
            if not edge.is_folder:
                yield edge.path
            elif edge.path in graph.members:
                below = graph.members[edge.path].path
                yield below
                yield from graph.reached_from([below])


def _old(folder: str, then: Callable[[str], bytes | None]) -> Kustomization | None:
    for name in sorted(KUSTOMIZATION_FILES):
        path = os.path.join(folder, name)
        data = then(path)
        if data is not None:
            found = read_as_kustomization(path, data)
            return None if found is None else found[1]
    return None
