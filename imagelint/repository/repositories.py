"""The graphs of the kustomizations of repositories, built on demand.

A tree without kustomizations and charts costs one listing and no further imports.
"""

from __future__ import annotations

import os
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from imagelint.files.git import LEFT_OUT, kept_below
from imagelint.files.paths import SUFFIXES
from imagelint.files.reading import MAX_SIZE, read
from imagelint.kubernetes.context import NO_CONTEXT
from imagelint.kubernetes.injection import namespaces_in
from imagelint.kubernetes.objects import CHART_FILE, KUSTOMIZATION_FILES, is_argo_source
from imagelint.kubernetes.prefilter import may_have_built, may_name_values
from imagelint.model.errors import FileError
from imagelint.model.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from imagelint.kubernetes.context import Context
    from imagelint.repository.graph import Graph
    from imagelint.repository.hosts import Host
    from imagelint.repository.repository import Repository

__all__ = ["Repositories", "content_of", "manifests_below"]


class Repositories:
    """The graphs of the repositories that contain the files of a run."""

    def __init__(self, is_tree: Callable[[str], bool]) -> None:
        """Start empty; for a root that ``is_tree`` rejects, only the folder itself is listed."""
        self._is_tree = is_tree
        self._known: dict[str, Repository | None] = {}
        """By root; None if nothing in it says how other files are read."""
        self._injecting: dict[str, dict[str, bool]] = {}
        """By root: see :meth:`injecting_at`."""
        self._policies: dict[str, dict[tuple[str, str], str]] = {}
        """By root: see :meth:`image_policies_at`."""

    def graph_at(self, root: str) -> Graph | None:
        """Return the graph of a repository; None if it contains no kustomization."""
        known = self._at(root)
        return None if known is None else known.graph

    def hosts_at(self, root: str) -> tuple[Host, ...]:
        """Return the Flux and Argo CD objects of a repository that build folders."""
        known = self._at(root)
        return () if known is None else known.hosts

    def context_of(self, root: str, path: str) -> Context:
        """Return what a repository knows of a file (absolute)."""
        known = self._at(root)
        return NO_CONTEXT if known is None else known.context_of(path)

    def reached_from(self, root: str, paths: list[str]) -> Iterator[str]:
        """Yield the files that kustomizations and objects in ``paths`` include as documents."""
        known = self._at(root)
        if known is not None:
            yield from known.reached_from(paths)

    def _at(self, root: str) -> Repository | None:
        if root not in self._known:
            self._known[root] = _repository(root, is_tree=self._is_tree(root))
        return self._known[root]

    def injecting_at(self, root: str) -> dict[str, bool]:
        """Return the namespaces of a repository that set Istio injection, and their values.

        This reads every manifest, so it is called only for a placeholder of Istio's.
        """
        if root not in self._injecting:
            self._injecting[root] = namespaces_in(self._sources(root))
        return self._injecting[root]

    def image_policies_at(self, root: str) -> dict[tuple[str, str], str]:
        """Return the ImageRepository of each of Flux's ImagePolicies, by namespace and name.

        This reads every manifest, so it is called only for a line that Flux writes.
        """
        if root not in self._policies:
            from imagelint.repository.image_policies import policies_in  # noqa: PLC0415 - rare

            self._policies[root] = policies_in(self._sources(root))
        return self._policies[root]

    def _sources(self, root: str) -> Iterator[Source]:
        """Yield every manifest of a repository."""
        for path in _listed(root, below=self._is_tree(root))[1]:
            data = content_of(root, path)
            if data is not None:
                yield Source(path, data)

    def newly_reached(
        self, is_same: Callable[[str], bool], then: Callable[[str], bytes | None]
    ) -> Iterator[str]:
        """Yield files, and folders of files, that are now included in another way than before."""
        for known in self._known.values():
            if known is not None:
                yield from known.newly_reached(is_same, then)


def _repository(root: str, *, is_tree: bool) -> Repository | None:
    kustomizations, manifests = _listed(root, below=is_tree)
    manifests = manifests if is_tree else []
    maps: list[str] = []
    candidates = _candidates(root, manifests, maps)
    first = next(candidates, None)
    if not kustomizations and first is None and not any(map(_is_chart, manifests)):
        return None
    from imagelint.repository.repository import repository_of  # noqa: PLC0415 - many trees have none

    files = candidates if first is None else chain((first,), candidates)
    read_below = partial(content_of, root)
    return repository_of(root, kustomizations, manifests, files, maps, read_below)


def _is_chart(path: str) -> bool:
    return os.path.basename(path) == CHART_FILE


def _candidates(root: str, paths: list[str], maps: list[str]) -> Iterator[tuple[str, bytes]]:
    """Yield the files that may have objects that build folders or name files with values.

    Those that may have ConfigMaps are added to ``maps``.
    """
    for path in paths:
        data = content_of(root, path)
        if data is None:
            continue
        if b"ConfigMap" in data:
            maps.append(path)
        name = os.path.basename(path)
        if may_have_built(data) or may_name_values(data, name) or is_argo_source(name):
            yield path, data


def content_of(root: str, path: str) -> bytes | None:
    """Return the bytes of a file inside of a root (absolute), None if it cannot be read."""
    try:
        return read(path, path, root, MAX_SIZE)[0]
    except FileError:  # a run over the file itself reports it
        return None


def manifests_below(root: str) -> list[str]:
    """Return the YAML and JSON files below a folder, without links."""
    return _listed(root)[1]


def _listed(root: str, *, below: bool = True) -> tuple[list[str], list[str]]:
    """Return the kustomization files and the YAML and JSON files in a folder or also ``below`` it.

    Folders of tools are skipped. Links count only as kustomizations.
    """
    kustomizations: list[str] = []
    manifests: list[str] = []
    folders = [root]
    kept: frozenset[str] | None = None
    is_known = False
    while folders:
        for entry in _listing(folders.pop()):
            name = entry.name
            is_kustomization = name in KUSTOMIZATION_FILES and entry.is_file()
            is_manifest = name.lower().endswith(SUFFIXES) and entry.is_file(follow_symlinks=False)
            if is_kustomization:
                kustomizations.append(entry.path)
            if is_manifest:
                manifests.append(entry.path)
            elif below and entry.is_dir(follow_symlinks=False) and name != ".git":
                if name in LEFT_OUT:
                    kept = kept if is_known else kept_below(root)
                    is_known = True
                    if kept is not None and entry.path not in kept:
                        continue
                folders.append(entry.path)
    return kustomizations, manifests


def _listing(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:  # a walk over the PATHs reports it
        return []
