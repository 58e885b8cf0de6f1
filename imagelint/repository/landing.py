"""How Flux and Argo CD objects affect the files that they build.

They move objects into namespaces, in addition to kustomizations, and use files as patches.
Only a ``path`` that exists in this repository is followed: a checkout does not show which
repository a source is.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from imagelint.kubernetes.context import NO_CONTEXT
from imagelint.model.namedtuple import NamedTuple
from imagelint.repository.host_build import HostBuild
from imagelint.repository.hosts import is_filled_in
from imagelint.repository.patched_hosts import patched_namespaces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from imagelint.kubernetes.context import Context
    from imagelint.kubernetes.kustomize.model import FileRole
    from imagelint.repository.graph import Graph
    from imagelint.repository.hosts import Host

__all__ = ["Landing"]


class _Namespaces(NamedTuple):
    """The namespaces in which a host runs objects."""

    moved: frozenset[str]
    """Namespaces into which it moves all of them."""
    landing: frozenset[str]
    """Namespaces of objects that set none."""

    def joined(self, other: _Namespaces) -> _Namespaces:
        return _Namespaces(self.moved | other.moved, self.landing | other.landing)


_NOWHERE = _Namespaces(frozenset(), frozenset())


class Landing:
    """Maps the files of a repository to what its hosts do with them."""

    def __init__(
        self, graph: Graph, hosts: Iterable[Host], read: Callable[[str], bytes | None]
    ) -> None:
        """Follow each host through the kustomizations of ``graph``; some patch hosts themselves."""
        self._graph = graph
        self._built: dict[str, _Namespaces] = {}
        """By folder of a kustomization."""
        self._bare: dict[str, list[tuple[bool, _Namespaces]]] = {}
        """By folder without a kustomization; the flag says whether folders below count, too."""
        self._known: dict[tuple[str, bool], _Namespaces] = {}
        """By folder: see :meth:`_around`."""
        self._roles: dict[str, dict[FileRole, None]] = {}
        self._named: dict[str, list[str]] = {}
        """By file with a host: the files that it uses as patches."""
        patched = list(patched_namespaces(graph, read))
        for host in hosts:
            path = host.document.source.path
            given = frozenset(text for reached, text in patched if path in reached)
            self._follow(HostBuild(graph, host), given)

    def context_of(self, path: str, known: Context) -> Context:
        """Add what hosts do with a file (absolute) to what the kustomizations know of it."""
        found = self._around(os.path.dirname(path))
        for folder in () if known is NO_CONTEXT else self._graph.builders_of(path):
            found = found.joined(self._built.get(folder, _NOWHERE))
        roles = self._roles.get(path, {})
        if found == _NOWHERE and not roles:
            return known
        return known._replace(
            roles=tuple(dict.fromkeys((*known.roles, *roles))),
            namespaces=known.namespaces | found.moved,
            destinations=known.destinations | found.landing,
        )

    def named_in(self, path: str) -> list[str]:
        """Return the files that the hosts in a file use as patches."""
        return self._named.get(path, [])

    def _follow(self, build: HostBuild, given: frozenset[str]) -> None:
        """Record what is built; ``given`` are namespaces that patches set."""
        host = build.host
        said = _Namespaces(_known(host.says.namespace) | given, _known(host.destination))
        for path, role in build.patches:
            self._roles.setdefault(path, {})[role] = None
            self._named.setdefault(host.document.source.path, []).append(path)
        if said == _NOWHERE or not build.folder:
            return
        if build.is_bare and build.folder != self._graph.root:  # else maybe another's
            self._bare.setdefault(build.folder, []).append((host.is_recursive, said))
        for folder in self._graph.below(build.members()):
            self._add(folder, said._replace(landing=frozenset()))
        for folder in self._unmoved(build.members()) if said.landing and not said.moved else ():
            self._add(folder, said)

    def _add(self, folder: str, said: _Namespaces) -> None:
        self._built[folder] = self._built.get(folder, _NOWHERE).joined(said)

    def _unmoved(self, folders: Iterable[str]) -> Iterator[str]:
        """Yield kustomizations and those they include, except those that set a namespace."""
        members = self._graph.members
        work, seen = list(folders), set[str]()
        while work:
            folder = work.pop()
            if folder in seen or folder not in members or members[folder].says.namespace:
                continue
            seen.add(folder)
            yield folder
            work += (edge.path for edge in members[folder].edges if edge.is_folder)

    def _around(self, folder: str, *, is_own: bool = True) -> _Namespaces:
        """Return what the records of a folder and those around it say about files in it.

        They end at a kustomization. Unless it is the files' own folder, its records count only if
        they include the folders below.
        """
        key = folder, is_own
        if key not in self._known:
            found = _NOWHERE
            if folder not in self._graph.members:
                for is_recursive, said in self._bare.get(folder, ()):
                    found = found.joined(said) if is_own or is_recursive else found
                above = os.path.dirname(folder)
                if above != folder:
                    found = found.joined(self._around(above, is_own=False))
            self._known[key] = found
        return self._known[key]


def _known(namespace: str) -> frozenset[str]:
    """Return a namespace, unless it contains a template or a variable."""
    return frozenset([namespace] if namespace and not is_filled_in(namespace) else ())
