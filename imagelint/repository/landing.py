"""How Flux and Argo CD objects affect the files that they build.

They move objects into namespaces, in addition to kustomizations, and use files as patches.
Only a ``path`` that exists in this repository is followed: a checkout does not show which
repository a source is.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from imagelint.kubernetes.objects import string_of
from imagelint.kubernetes.readers import Reader, View
from imagelint.repository.host_build import HostBuild
from imagelint.repository.hosts import is_filled_in
from imagelint.repository.patched_hosts import patched_namespaces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from imagelint.kubernetes.context import Context
    from imagelint.kubernetes.kustomize.model import FileRole
    from imagelint.model.builds import Build
    from imagelint.repository.builds import Builds
    from imagelint.repository.graph import Graph
    from imagelint.repository.hosts import Host
    from imagelint.repository.patched_hosts import Moved

__all__ = ["Landing"]

_NOWHERE: Final = frozenset[str]()


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
        self._known: dict[tuple[str, bool], tuple[Build, ...]] = {}
        """By folder: see :meth:`_around`."""
        self._roles: dict[str, dict[FileRole, None]] = {}
        self._named: dict[str, list[str]] = {}
        """By file with a host: the files that it uses as patches."""
        patched = list(patched_namespaces(graph, read))
        for host in hosts:
            path = host.document.source.path
            given = [one for one in patched if path in one.files]
            self._follow(HostBuild(graph, host), given, builds)

    def context_of(self, path: str, known: Context) -> Context:
        """Add what hosts do with a file (absolute) to what the kustomizations know of it."""
        around = self._around(os.path.dirname(path)) if self._bare else ()
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

    def _follow(self, build: HostBuild, patches: list[Moved], builds: Builds) -> None:
        """Record what is built as written, and with the patches of each kustomization."""
        host = build.host
        for path, role in build.patches:
            self._roles.setdefault(path, {})[role] = None
            self._named.setdefault(host.document.source.path, []).append(path)
        if not build.folder:
            return
        moved, is_moving = builds.moves(build.components)
        own, destinations = _known(host.says.namespace), _known(host.destination)
        given = {(one.namespaces, one.destinations): None for one in patches}
        if not given or self._is_unpatched(host, patches):
            given[_NOWHERE, _NOWHERE] = None
        for namespaces, landing in given:
            said = moved | own | namespaces, destinations | landing
            if build.is_bare and build.folder != self._graph.root:  # else maybe another's
                bare = builds.made(said[0], destinations=said[1])
                self._bare.setdefault(build.folder, []).append((host.is_recursive, bare))
            elif not any(said) and (build.is_bare or host.is_here):
                continue
            is_placed = is_moving or own or namespaces
            for folder in build.members():
                builds.add(folder, builds.made(said[0], (), _NOWHERE if is_placed else said[1]))

    def _is_unpatched(self, host: Host, patches: list[Moved]) -> bool:
        """Whether a host is deployed without the patches: by nobody, or by an overlay with none."""
        view = View(Reader.KUBECTL)
        name = string_of(view.get(host.root, "metadata", "name"), view)
        sure = {one.folder for one in patches if name is None or one.name in ("", name)}
        seen = dict.fromkeys(self._graph.builders_of(host.document.source.path))
        work = list(seen)
        while work:
            folder = work.pop()
            if folder in sure:
                continue
            above = {parent: None for parent, _ in self._graph.parents_of(folder)}
            if not above:
                return True
            new = [one for one in above if one not in seen]
            seen.update(dict.fromkeys(new))
            work += new
        return not seen

    def _around(self, folder: str, *, is_own: bool = True) -> tuple[Build, ...]:
        """Return what the records of a folder and those around it say about files in it.

        They end at a kustomization. Unless it is the files' own folder, its records count only if
        they include the folders below.
        """
        key = folder, is_own
        if key not in self._known:
            found: dict[Build, None] = {}
            if folder not in self._graph.members:
                records = self._bare.get(folder, ())
                found = {said: None for is_recursive, said in records if is_own or is_recursive}
                above = os.path.dirname(folder)
                if above != folder:
                    found.update(dict.fromkeys(self._around(above, is_own=False)))
            self._known[key] = tuple(found)
        return self._known[key]


def _known(namespace: str) -> frozenset[str]:
    """Return a namespace, unless it contains a template or a variable."""
    return frozenset([namespace] if namespace and not is_filled_in(namespace) else ())
