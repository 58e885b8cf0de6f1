"""Names by which kustomizations select the images in values of their charts.

Kustomize renders ``helmCharts`` first, then ``images`` applies to the result. imagelint does not
know how a chart joins a value to an image, so it renames no such entry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.kubernetes.kustomize.model import Role
from imagelint.repository.hosts import Named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.repository.graph import Graph
    from imagelint.repository.member import Member

__all__ = ["value_names"]


def value_names(graph: Graph) -> Iterator[Named]:
    """Yield the names that select images of each file with values; None: a transformer may."""
    for folder, member in graph.members.items():
        holders = [edge.path for edge in member.edges if edge.entry.role is Role.VALUES]
        holders += [member.path] if member.says.values else []
        for above in graph.above((folder,)) if holders else ():
            for named in _names_of(graph.members[above]):
                yield from (named._replace(folder=path) for path in holders)


def _names_of(member: Member) -> Iterator[Named]:
    for entry in member.says.images:
        if entry.name is not None:
            yield Named(member.document, entry.name, entry.name.value, "")
    for edge in member.edges:
        if edge.entry.role is Role.TRANSFORMER:
            yield Named(member.document, edge.entry.node, None, "")
    for text in member.says.inline:
        if text.role is Role.TRANSFORMER:
            yield Named(member.document, text.node, None, "")
