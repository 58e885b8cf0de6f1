"""Skimming held to the long way, which is its judge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.kubernetes.examine import examine
from imagelint.model.source import Source
from imagelint.yaml.nodes import Scalar
from tests.support.trees import catalogue

if TYPE_CHECKING:
    from imagelint.kubernetes.catalogue.lookup import Catalogue
    from imagelint.kubernetes.examined import Examined
    from imagelint.kubernetes.search import ImageSite

__all__ = ["both", "disagreement"]


def facts(site: ImageSite) -> tuple[object, ...]:
    """Return all that is known of a site, comparable between two readings."""
    node = site.node
    written = (node.value, node.style) if isinstance(node, Scalar) else ()
    place = (node.start, node.end, *written)
    return (site._replace(node=None), place, dict(site.object.labels))  # type: ignore[arg-type]


def both(data: bytes, kinds: Catalogue | None = None) -> list[tuple[Examined, Examined]]:
    """Read a stream in the short and in the long way; the documents that were skimmed."""
    source = Source("a.yaml", data)
    quick = examine(source, kinds or catalogue(), with_trees=False)
    full = examine(source, kinds or catalogue())
    return [pair for pair in zip(quick, full, strict=True) if pair[0].tree is None]


def disagreement(data: bytes, kinds: Catalogue | None = None) -> str | None:
    """Return how skimming differs from the long way, None where it does not."""
    for short, long in both(data, kinds):
        if long.refusals or long.dropped_at is not None:
            return f"it is refused: {long.refusals}"
        if list(map(facts, short.extract.sites)) != list(map(facts, long.extract.sites)):
            return f"{short.extract.sites} are not {long.extract.sites}"
        if short.extract.root != long.extract.root:
            return "the object is another"
        if long.extract.inline or long.extract.unjudged:
            return "kustomize reads more in it"
        if short[3:] != long[3:]:
            return "it is described otherwise"
    return None
