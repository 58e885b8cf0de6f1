"""Which repository a file lies in, and the graph of its kustomizations, made when it is asked for.

A tree without a kustomization costs one listing, and nothing else is imported for it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from imagelint.files.git import repository_of
from imagelint.files.reading import read
from imagelint.files.walk import LEFT_OUT, SUFFIXES
from imagelint.kubernetes.objects import KUSTOMIZATION_FILES
from imagelint.model.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.repository.graph import Graph

__all__ = ["Repositories", "manifests_below"]


class Repositories:
    """The repositories that the files of a run lie in."""

    def __init__(self) -> None:
        """Know of none yet."""
        self._roots: dict[str, str | None] = {}
        """By folder."""
        self._graphs: dict[str, Graph | None] = {}
        """By root; None where nothing is a kustomization."""

    def root_of(self, path: str, otherwise: str) -> str:
        """Return the root of the repository that a file (absolute) lies in.

        ``otherwise`` is the folder that stands for one where there is none.
        """
        folder = path.rpartition(os.sep)[0] or os.sep
        if folder not in self._roots:
            self._roots[folder] = repository_of(folder)
        return self._roots[folder] or otherwise

    def graph_at(self, root: str) -> Graph | None:
        """Return the graph of a repository; None where nothing in it is a kustomization."""
        if root not in self._graphs:
            self._graphs[root] = _graph(root)
        return self._graphs[root]


def _graph(root: str) -> Graph | None:
    paths = list(_kustomizations_below(root))
    if not paths:
        return None
    from imagelint.repository.graph import Graph  # noqa: PLC0415 - many trees have none

    return Graph(root, paths, _content)


def _content(path: str) -> bytes | None:
    try:
        return read(path, path)[0]
    except FileError:  # a run over the file itself says so
        return None


def _kustomizations_below(root: str) -> Iterator[str]:
    """Yield the kustomization files below a folder, but for what tools put there."""
    folders = [root]
    while folders:
        for entry in _listing(folders.pop()):
            if entry.name in KUSTOMIZATION_FILES:
                if entry.is_file():
                    yield entry.path
            elif entry.name not in LEFT_OUT and entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)


def manifests_below(root: str) -> Iterator[str]:
    """Yield the YAML and JSON files below a folder, but for what tools put there."""
    folders = [root]
    while folders:
        for entry in _listing(folders.pop()):
            if entry.name.lower().endswith(SUFFIXES):
                if entry.is_file(follow_symlinks=False):
                    yield entry.path
            elif entry.name not in LEFT_OUT and entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)


def _listing(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:  # a walk over the PATHs says so
        return []
