"""Steps along a field's path, and the values that are picked out of lists and mappings by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.kubernetes.catalogue.entries import EACH_ITEM, EACH_VALUE
from imagelint.kubernetes.objects import string_of
from imagelint.model.namedtuple import NamedTuple
from imagelint.patterns.globs import NamePattern
from imagelint.yaml.nodes import Mapping, Node, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.kubernetes.catalogue.entries import Holder
    from imagelint.kubernetes.readers import View

__all__ = ["Place", "Step", "after", "flag_values", "keyed_values", "named_so", "named_values"]
__all__ += ["path_of"]

Step = str | int
"""A key, or an index in a list."""


class Place(NamedTuple):
    """A node on the way along a field's path, with what was passed on it."""

    node: Node
    steps: tuple[Step, ...] = ()
    parents: tuple[Mapping, ...] = ()


def path_of(steps: tuple[Step, ...]) -> str:
    """Write a path as Kubernetes does: ``spec.containers[0].image``, ``annotations[a.b/c]``."""
    pieces = [f"[{step}]" if isinstance(step, int) or "." in step else f".{step}" for step in steps]
    return "".join(pieces).removeprefix(".")


def after(place: Place, segment: str, view: View) -> Iterator[Place]:
    """Yield the places that one segment of a field's path leads to."""
    node, steps, parents = place
    if segment == EACH_ITEM:
        if isinstance(node, Sequence):
            for index, child in enumerate(node.items):
                yield Place(child, (*steps, index), parents)
    elif isinstance(node, Mapping):
        entries = view.entries(node)
        if segment == EACH_VALUE:
            for key, child in entries.items():
                yield Place(child, (*steps, key), (*parents, node))
        elif segment in entries:
            yield Place(entries[segment], (*steps, segment), (*parents, node))


def flag_values(view: View, place: Place, flags: frozenset[str]) -> Iterator[tuple[Place, int]]:
    """Yield the arguments that hold a flag's value (``--flag=IMG``; ``--flag``, then ``IMG``)."""
    items = place.node.items if isinstance(place.node, Sequence) else []
    for index, node in enumerate(items):
        text = string_of(node, view) or ""
        flag, is_given, _ = text.partition("=")
        if not flag.startswith("-") or flag.lstrip("-") not in flags:
            continue
        if is_given:
            yield Place(node, (*place.steps, index), place.parents), len(flag) + 1
        elif index + 1 < len(items):
            yield Place(items[index + 1], (*place.steps, index + 1), place.parents), 0


def named_values(view: View, place: Place, holder: Holder) -> Iterator[Place]:
    """Yield the values of a list of names and values, such as ``env``."""
    items = place.node.items if isinstance(place.node, Sequence) else []
    for index, node in enumerate(items):
        entries = view.entries(node) if isinstance(node, Mapping) else {}
        name = string_of(entries.get("name"), view)
        if "value" in entries and named_so(name, holder.named):
            yield Place(entries["value"], (*place.steps, index, "value"), place.parents)


def keyed_values(view: View, place: Place, holder: Holder) -> Iterator[Place]:
    """Yield the values of a mapping that have keys of a pattern."""
    if isinstance(place.node, Mapping):
        for key in view.entries(place.node):
            if named_so(key, holder.keys):
                yield from after(place, key, view)


def named_so(name: str | None, named: tuple[str, ...]) -> bool:
    """Whether a name fits one of the patterns."""
    return bool(name) and any(NamePattern(one).matches(str(name)) for one in named)
