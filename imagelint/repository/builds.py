"""What builds the files of a repository: kustomizations, and hosts that build these."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.kubernetes.kustomize.model import Role
from imagelint.model.builds import Build
from imagelint.repository.patch_texts import namespaces_of
from imagelint.repository.plugins import LOADED

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from imagelint.repository.graph import Graph

__all__ = ["Builds"]


class Builds:
    """Maps the kustomizations of a repository to the builds that include them."""

    def __init__(self, graph: Graph, read: Callable[[str], bytes | None]) -> None:
        """Follow ``graph``; ``read`` returns the bytes of a file, None if it cannot be read."""
        self._graph = graph
        self._read = read
        self._hosts: dict[str, list[Build]] = {}
        """By folder: what hosts do with its kustomization."""
        self._known: dict[str, Build] = {}
        """By folder."""
        self._moved: dict[str, frozenset[str]] = {}
        """By folder: the namespaces that its kustomization itself sets."""
        self._made: dict[Hashable, Build] = {}

    def add(self, folder: str, build: Build) -> None:
        """Record that a host builds the kustomization in a folder; before anything is asked."""
        self._hosts.setdefault(folder, []).append(build)

    def made(
        self,
        namespaces: frozenset[str],
        above: tuple[Build, ...] = (),
        destinations: frozenset[str] = frozenset(),
        *,
        is_moving: bool = False,
    ) -> Build:
        """Return a build; the same one for the same values, as many overlays are alike."""
        key = namespaces, frozenset(above), destinations, is_moving
        if key not in self._made:
            self._made[key] = Build(namespaces, above, destinations, is_moving=is_moving)
        return self._made[key]

    def of(self, path: str) -> tuple[Build, ...]:
        """Return what builds the contents of a file (absolute)."""
        return tuple(dict.fromkeys(map(self._build, self._graph.builders_of(path))))

    def moves(self, folders: Iterable[str]) -> tuple[frozenset[str], bool]:
        """Return the namespaces into which kustomizations and their components move objects.

        Also return whether one of them moves all objects. A component changes everything that the
        kustomization includes.
        """
        found = self._graph.below(folders, Role.COMPONENT)
        namespaces = frozenset[str]().union(*map(self._moved_by, found))
        return namespaces, any(self._graph.members[one].says.namespace for one in found)

    def _moved_by(self, folder: str) -> frozenset[str]:
        if folder not in self._moved:
            member = self._graph.members[folder]
            loaded = (edge for edge in member.edges if edge.entry.role in LOADED)
            plugins = [one.path for edge in loaded for one in self._graph.files(edge)]
            self._moved[folder] = frozenset(namespaces_of(member, plugins, self._read))
        return self._moved[folder]

    def _build(self, folder: str) -> Build:
        work = {} if folder in self._known else {folder: None}
        while work:
            at = next(reversed(work))
            parents = dict.fromkeys(parent for parent, _ in self._graph.parents_of(at))
            unknown = [one for one in parents if one not in self._known and one not in work]
            if unknown:
                work |= dict.fromkeys(unknown)
                continue
            above = dict.fromkeys(self._known[one] for one in parents if one in self._known)
            self._known[at] = self._once(at, (*above, *self._hosts.get(at, ())))
            del work[at]
        return self._known[folder]

    def _once(self, folder: str, above: tuple[Build, ...]) -> Build:
        namespaces, is_moving = self.moves((folder,))
        if len(above) == 1 and not namespaces:
            return above[0]
        return self.made(namespaces, above, is_moving=is_moving)
