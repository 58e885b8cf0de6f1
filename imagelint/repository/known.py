"""What the kustomizations of a repository, and the objects that have them built, say of files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.model.namedtuple import NamedTuple
from imagelint.repository.graph import Graph
from imagelint.repository.hosts import Host, hosts_in
from imagelint.repository.landing import Landing
from imagelint.repository.reached import newly_built, newly_reached

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from imagelint.kubernetes.context import Context

__all__ = ["Known", "known"]


class Known(NamedTuple):
    """The graph of a repository's kustomizations, and the objects that have folders built."""

    graph: Graph
    hosts: tuple[Host, ...]
    landing: Landing | None
    """None without hosts."""

    def context_of(self, path: str) -> Context:
        """Return what is known of a file (absolute)."""
        context = self.graph.context_of(path)
        return context if self.landing is None else self.landing.context_of(path, context)

    def reached_from(self, paths: list[str]) -> Iterator[str]:
        """Yield the files that kustomizations and objects in some files take in as documents."""
        yield from self.graph.reached_from(paths)
        if self.landing is not None:
            for path in paths:
                yield from self.landing.named_in(path)

    def newly_reached(
        self, is_same: Callable[[str], bool], then: Callable[[str], bytes | None]
    ) -> Iterator[str]:
        """Yield files, and folders of such, that are taken in otherwise than then."""
        yield from newly_reached(self.graph, is_same, then)
        yield from newly_built(self.graph, self.hosts, is_same, then)


def known(
    root: str,
    kustomizations: list[str],
    built: Iterable[tuple[str, bytes]],
    read: Callable[[str], bytes | None],
) -> Known | None:
    """Read what there is; None where nothing is a kustomization, or has kustomize run.

    ``built`` are paths and bytes of the files that may hold objects with folders to be built.
    """
    hosts = tuple(host for path, data in built for host in hosts_in(path, data))
    if not kustomizations and not hosts:
        return None
    graph = Graph(root, kustomizations, read)
    return Known(graph, hosts, Landing(graph, hosts) if hosts else None)
