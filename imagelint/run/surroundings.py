"""What the repositories around the inputs of a run say of them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from imagelint import files
from imagelint.kubernetes.context import NO_CONTEXT
from imagelint.kubernetes.objects import KUSTOMIZATION_FILES
from imagelint.repository.repositories import Repositories

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from imagelint.kubernetes.context import Context
    from imagelint.repository.graph import Graph

__all__ = ["Surroundings"]


class Surroundings:
    """The graph of the repository of each file; where there is none, of the PATH that it is in."""

    def __init__(self, paths: Iterable[str], cwd: str) -> None:
        """Take the PATHs of a run; without any, the working folder is one."""
        places = [files.absolute(path, cwd) for path in paths]
        self._folders = sorted(filter(os.path.isdir, places), key=len)
        self._repositories = Repositories()
        self._roots: dict[str, str] = {}
        """By folder."""
        self._holders: dict[str, str | None] = {}
        """By folder: the repository that it is in."""
        for place in places:  # before processes are forked, for all of them
            self.graph_of(os.path.join(place, "") if place in self._folders else place)

    def graph_of(self, path: str) -> Graph | None:
        """Return the graph of the repository of a file (absolute), None without kustomizations."""
        return self.graph_at(self.root_of(path))

    def graph_at(self, root: str) -> Graph | None:
        """Return the graph of a repository, None without kustomizations."""
        return self._repositories.graph_at(root)

    def root_of(self, path: str) -> str:
        """Return the root of the repository of a file; where there is none, the PATH it is in."""
        folder = path.rpartition(os.sep)[0] or os.sep
        known = self._roots.get(folder)
        if known is None:
            above = (one for one in self._folders if files.is_below(path, one))
            known = self._repository_of(folder) or next(above, folder)
            self._roots[folder] = known
        return known

    def _repository_of(self, folder: str) -> str | None:
        """Return the repository that a folder is in, with one look at each folder of a tree."""
        passed = []
        while folder not in self._holders:
            passed.append(folder)
            parent = os.path.dirname(folder)
            if files.holds_repository(folder):
                self._holders[folder] = folder
            elif parent == folder:
                self._holders[folder] = None
            else:
                folder = parent
        found = self._holders[folder]
        self._holders.update(dict.fromkeys(passed, found))
        return found

    def context_of(self, path: str) -> Context:
        """Return what the repository knows about a file."""
        graph = self.graph_of(path)
        return NO_CONTEXT if graph is None else graph.context_of(path)

    def taken_in(self, found: Iterable[str]) -> Iterator[str]:
        """Yield the files below the PATHs' folders that kustomizations among ``found`` reach."""
        if not self._folders:
            return
        reaching: dict[int, tuple[Graph, list[str]]] = {}
        for path in found:
            if path.rpartition(os.sep)[2] in KUSTOMIZATION_FILES:
                graph = self.graph_of(path)
                if graph is not None:
                    reaching.setdefault(id(graph), (graph, []))[1].append(path)
        for graph, paths in reaching.values():
            for path in graph.reached_from(paths):
                if any(files.is_below(path, folder) for folder in self._folders):
                    yield path
