"""How Flux and Argo CD objects affect the files that they build.

They move objects into namespaces, in addition to kustomizations, and use files as patches.
Only a ``path`` that exists in this repository is followed: a checkout does not show which
repository a source is.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from imagelint.repository.host_build import HostBuild
from imagelint.repository.hosts import is_filled_in
from imagelint.repository.patched_hosts import patched_namespaces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from imagelint.kubernetes.context import Context
    from imagelint.kubernetes.kustomize.model import FileRole
    from imagelint.model.builds import Build
    from imagelint.repository.builds import Builds
    from imagelint.repository.graph import Graph
    from imagelint.repository.hosts import Host

__all__ = ["Landing"]


class Landing:
    """Maps the files of a repository to what its hosts do with them."""

    def __init__(
        self,
        graph: Graph,
        hosts: Iterable[Host],
        read: Callable[[str], bytes | None],
        builds: Builds,
    ) -> None:
        """Add what each host builds to ``builds``; kustomizations may patch hosts themselves."""
        self._graph = graph
        self._bare: dict[str, list[tuple[bool, Build]]] = {}
        """By folder without a kustomization; the flag says whether folders below count, too."""
        self._known: dict[str, tuple[Build, ...]] = {}
        """By folder: see :meth:`_recursive`."""
        self._roles: dict[str, dict[FileRole, None]] = {}
        self._named: dict[str, list[str]] = {}
        """By file with a host: the files that it uses as patches."""
        patched = list(patched_namespaces(graph, read))
        for host in hosts:
            path = host.document.source.path
            given = {text for reached, text in patched if path in reached}
            self._follow(HostBuild(graph, host), given, builds)

    def context_of(self, path: str, known: Context) -> Context:
        """Add what hosts do with a file (absolute) to what the kustomizations know of it."""
        around = tuple(self._around(path)) if self._bare else ()
        roles = self._roles.get(path, {})
        if not around and not roles:
            return known
        return known._replace(
            roles=tuple(dict.fromkeys((*known.roles, *roles))),
            builds=tuple(dict.fromkeys((*known.builds, *around))),
        )

    def named_in(self, path: str) -> list[str]:
        """Return the files that the hosts in a file use as patches."""
        return self._named.get(path, [])

    def _follow(self, build: HostBuild, given: Iterable[str], builds: Builds) -> None:
        """Record what is built; ``given`` are namespaces that patches set, each in a build."""
        host = build.host
        for path, role in build.patches:
            self._roles.setdefault(path, {})[role] = None
            self._named.setdefault(host.document.source.path, []).append(path)
        if not build.folder:
            return
        moved, is_moving = builds.moves(build.components)
        own = _known(host.says.namespace)
        landing = _known(host.destination)
        in_kustomizations = frozenset() if is_moving or own or given else landing
        for namespaces in {moved | own | {one} for one in given} or {moved | own}:
            if build.is_bare and build.folder != self._graph.root:  # else maybe another's
                said = builds.made(namespaces, destinations=landing)
                self._bare.setdefault(build.folder, []).append((host.is_recursive, said))
            elif not namespaces and not landing and (build.is_bare or host.is_here):
                continue
            said = builds.made(namespaces, destinations=in_kustomizations)
            for folder in build.members():
                builds.add(folder, said)

    def _around(self, path: str) -> Iterator[Build]:
        """Yield the records of the folders around a file, up to the next kustomization."""
        folder = os.path.dirname(path)
        if folder not in self._graph.members:
            yield from (said for _, said in self._bare.get(folder, ()))
            yield from self._recursive(os.path.dirname(folder))

    def _recursive(self, folder: str) -> tuple[Build, ...]:
        """Return the records of a folder and those around it that include folders below."""
        if folder not in self._known:
            own = tuple(said for is_recursive, said in self._bare.get(folder, ()) if is_recursive)
            above = os.path.dirname(folder)
            is_last = folder in self._graph.members or above == folder
            around = () if is_last else self._recursive(above)
            self._known[folder] = () if folder in self._graph.members else (*own, *around)
        return self._known[folder]


def _known(namespace: str) -> frozenset[str]:
    """Return a namespace, unless it contains a template or a variable."""
    return frozenset([namespace] if namespace and not is_filled_in(namespace) else ())
