"""What Flux or Argo CD builds for an object, as folders and files of the repository."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from imagelint.kubernetes.kustomize.model import FileRole
from imagelint.repository.follow import NotFollowedError, follow
from imagelint.repository.hosts import folder_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from imagelint.repository.follow import Edge
    from imagelint.repository.graph import Graph
    from imagelint.repository.hosts import Host
    from imagelint.repository.numbering import Repairs

__all__ = ["HostBuild", "folders_around"]


class HostBuild:
    """The build of a Flux or Argo CD object, as folders and files of the repository."""

    def __init__(self, graph: Graph, host: Host) -> None:
        """Follow what a host names; ``folder`` is empty if that is not possible."""
        self.host = host
        self._graph = graph
        self.folder = folder_of(host, graph.root) or ""
        self.is_bare = self.folder not in graph.members
        """Whether it builds a folder without a kustomization."""
        self.edges: list[Edge] = []
        self.components: list[str] = []
        self.patches: list[tuple[str, FileRole]] = []
        self.is_whole = True
        for entry in host.says.paths if self.is_selecting else ():
            try:
                edge = follow(entry, self.folder, graph.root)
            except NotFollowedError:
                self.is_whole = False
                continue
            self.edges.append(edge)
            if edge.is_folder:
                self.components.append(edge.path)
            else:
                self.patches.append((edge.path, FileRole(entry.role, entry.target)))

    @property
    def is_selecting(self) -> bool:
        """Whether its entries apply: Argo CD applies none to a folder without a kustomization."""
        return bool(self.folder) and not (self.is_bare and self.host.is_argo)

    def members(self) -> Iterator[str]:
        """Yield the kustomizations that are built."""
        if not self.is_selecting:
            return
        if self.is_bare:
            yield from self.nested()
        else:
            yield self.folder
        yield from (one for one in self.components if one in self._graph.members)

    def nested(self) -> set[str]:
        """Return the nearest kustomizations below a folder without one."""
        top = self.folder.rstrip(os.sep) + os.sep
        below = {one for one in self._graph.members if one.startswith(top)}
        return {one for one in below if below.isdisjoint(folders_around((one,)))}

    def is_touched(self, found: dict[str, None], around: set[str], repairs: Repairs) -> bool:
        """Whether the build includes a fix, or something affected by one.

        ``around``: the folders around all of them.
        """
        paths = (self.host.document.source.path, *(path for path, _ in self.patches))
        if any(path in repairs for path in paths):
            return True
        if self.folder in (around if self.is_bare else found):
            return True
        return any(component in found for component in self.components)


def folders_around(paths: Iterable[str]) -> set[str]:
    """Return all folders that contain one of the files."""
    found: set[str] = set()
    for path in paths:
        folder = os.path.dirname(path)
        while folder not in found:
            found.add(folder)
            folder = os.path.dirname(folder)
    return found
