"""What is known of one repository with kustomizations, or with objects that run kustomize.

Imported only for such a repository.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.kubernetes.context import NO_CONTEXT
from imagelint.model.namedtuple import NamedTuple
from imagelint.repository.builds import Builds
from imagelint.repository.graph import Graph
from imagelint.repository.hosts import Host, hosts_in
from imagelint.repository.landing import Landing
from imagelint.repository.reached import newly_built, newly_reached

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from imagelint.kubernetes.context import Context

__all__ = ["Repository", "repository_of"]


class Repository(NamedTuple):
    """The kustomizations of a repository, and the objects of Flux and Argo CD that build them."""

    graph: Graph
    builds: Builds
    hosts: tuple[Host, ...]
    landing: Landing | None
    """None without hosts."""

    def context_of(self, path: str) -> Context:
        """Return what the repository knows of a file (absolute)."""
        context = self.graph.context_of(path)
        if context is not NO_CONTEXT:
            context = context._replace(builds=self.builds.of(path))
        return context if self.landing is None else self.landing.context_of(path, context)

    def reached_from(self, paths: list[str]) -> Iterator[str]:
        """Yield the files that kustomizations and objects in ``paths`` include as documents."""
        yield from self.graph.reached_from(paths)
        if self.landing is not None:
            for path in paths:
                yield from self.landing.named_in(path)

    def newly_reached(
        self, is_same: Callable[[str], bool], then: Callable[[str], bytes | None]
    ) -> Iterator[str]:
        """Yield files, and folders of files, that are now included in another way than before."""
        yield from newly_reached(self.graph, is_same, then)
        yield from newly_built(self.graph, self.hosts, is_same, then)


def repository_of(
    root: str,
    kustomizations: list[str],
    files: Iterable[tuple[str, bytes]],
    content_of: Callable[[str], bytes | None],
) -> Repository | None:
    """Return what is known of the repository at ``root``; None if nothing runs kustomize.

    ``files`` are those that may have objects that build folders, with their bytes.
    """
    hosts = tuple(host for path, data in files for host in hosts_in(path, data))
    if not kustomizations and not hosts:
        return None
    graph = Graph(root, kustomizations, content_of)
    builds = Builds(graph, content_of)
    landing = Landing(graph, hosts, content_of, builds) if hosts else None
    return Repository(graph, builds, hosts, landing)
