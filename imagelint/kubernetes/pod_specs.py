"""Mappings that look like a pod spec: a list of containers, of which one has an image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.kubernetes.catalogue.entries import CONTAINERS
from imagelint.kubernetes.objects import Place
from imagelint.yaml.nodes import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from imagelint.kubernetes.objects import Step
    from imagelint.kubernetes.readers import View

__all__ = ["pod_specs"]


def pod_specs(
    start: Place, view: View, passed: Container[tuple[Step, ...]], *, once: bool
) -> Iterator[Place]:
    """Yield the mappings that look like a pod spec, in document order.

    Not those at or below the steps in ``passed``. ``once``: each node once.
    """
    seen: set[int] = set()
    root = view.entries(start.node) if isinstance(start.node, Mapping) else {}
    parents = (start.node,) if isinstance(start.node, Mapping) else ()
    work = [
        Place(child, (key,), parents)
        for key, child in reversed(list(root.items()))
        if key not in ("status", "items")  # items of a list are separate objects
    ]
    if _has_containers(start.node, view):
        yield start
    while work:
        place = work.pop()
        node = place.node
        if isinstance(node, Scalar) or (once and id(node) in seen):
            continue
        if place.steps in passed:
            continue
        seen.add(id(node))
        if isinstance(node, Sequence):
            below = [
                Place(child, (*place.steps, index), ()) for index, child in enumerate(node.items)
            ]
        else:
            if _has_containers(node, view):
                yield place
            below = [
                Place(child, (*place.steps, key), (node,))
                for key, child in view.entries(node).items()
            ]
        work += reversed(below)


def _has_containers(node: Node, view: View) -> bool:
    """Whether a container has an image, or a volume is beside containers without one."""
    entries = view.entries(node) if isinstance(node, Mapping) else {}
    lists = [entries[name] for name in CONTAINERS if name in entries]
    if lists and "volumes" in entries:
        lists.append(entries["volumes"])
    return any(
        isinstance(item, Mapping) and "image" in view.entries(item)
        for found in lists
        if isinstance(found, Sequence)
        for item in found.items
    )
