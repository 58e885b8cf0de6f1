"""The graph of the kustomizations of a repository, made when it is asked for.

A tree without a kustomization costs one listing, and nothing else is imported for it.
"""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from imagelint.files.git import LEFT_OUT, kept_below
from imagelint.files.reading import MAX_SIZE, read
from imagelint.files.walk import SUFFIXES
from imagelint.kubernetes.objects import KUSTOMIZATION_FILES
from imagelint.model.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from imagelint.repository.graph import Graph

__all__ = ["Repositories", "content_of", "manifests_below"]


class Repositories:
    """The graphs of the repositories that the files of a run lie in."""

    def __init__(self, is_tree: Callable[[str], bool]) -> None:
        """Know of none yet; of a root that ``is_tree`` says no of only the folder itself counts."""
        self._is_tree = is_tree
        self._graphs: dict[str, Graph | None] = {}
        """By root; None where nothing is a kustomization."""

    def graph_at(self, root: str) -> Graph | None:
        """Return the graph of a repository; None where nothing in it is a kustomization."""
        if root not in self._graphs:
            below = self._is_tree(root)
            self._graphs[root] = _graph(root, list(_kustomizations(root, below=below)))
        return self._graphs[root]

    @property
    def graphs(self) -> Iterator[Graph]:
        """The graphs that have been asked for."""
        return (graph for graph in self._graphs.values() if graph is not None)


def _graph(root: str, paths: list[str]) -> Graph | None:
    if not paths:
        return None
    from imagelint.repository.graph import Graph  # noqa: PLC0415 - many trees have none

    return Graph(root, paths, partial(content_of, root))


def content_of(root: str, path: str) -> bytes | None:
    """Return the bytes of a file inside of a root (absolute), None where it cannot be read."""
    try:
        return read(path, path, root, MAX_SIZE)[0]
    except FileError:  # a run over the file itself says so
        return None


def _kustomizations(folder: str, *, below: bool) -> Iterator[str]:
    """Yield the kustomization files in a folder or also ``below`` it, links too."""
    found = _named_in(folder, KUSTOMIZATION_FILES.__contains__, below=below)
    return (entry.path for entry in found if entry.is_file())


def manifests_below(root: str) -> Iterator[str]:
    """Yield the YAML and JSON files below a folder, but no links."""
    found = _named_in(root, lambda name: name.lower().endswith(SUFFIXES))
    return (entry.path for entry in found if entry.is_file(follow_symlinks=False))


def _named_in(
    root: str, is_wanted: Callable[[str], bool], *, below: bool = True
) -> Iterator[os.DirEntry[str]]:
    """Yield what has a wanted name in a folder or below it, but for what tools put there."""
    folders = [root]
    kept: frozenset[str] | None = None
    is_known = False
    while folders:
        for entry in _listing(folders.pop()):
            if is_wanted(entry.name):
                yield entry
            elif below and entry.is_dir(follow_symlinks=False) and entry.name != ".git":
                if entry.name in LEFT_OUT:
                    kept = kept if is_known else kept_below(root)
                    is_known = True
                    if kept is not None and entry.path not in kept:
                        continue
                folders.append(entry.path)


def _listing(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:  # a walk over the PATHs says so
        return []
