"""Istio's placeholders: whether the pods or their namespaces enable injection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.kubernetes.injection import asks, namespaces_in
from imagelint.kubernetes.sites import ISTIO
from imagelint.model.builds import steps

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imagelint.kubernetes.context import Context
    from imagelint.kubernetes.examined import Examined
    from imagelint.kubernetes.search import ImageSite
    from imagelint.model.builds import Build
    from imagelint.model.source import Source

__all__ = ["decided"]


def decided(item: Examined, source: Source, context: Context, builds: Iterable[Build]) -> Examined:
    """Mark each of Istio's placeholders in a document that is sure to be filled in.

    The namespace's object may be in the same source or elsewhere in the repository. ``builds`` may
    move the objects into namespaces.
    """
    own = namespaces_in([source])
    known = {**context.injecting(), **own}
    moved = frozenset().union(*(found for found, _ in steps(builds, is_placed=True)))

    def settled(site: ImageSite) -> ImageSite:
        if site.filled_by != ISTIO:
            return site
        written = (site.object.namespace,) if site.object.namespace else ()
        return site._replace(is_asked=asks(site.is_asked, moved or written, known))

    sites = [settled(site) for site in item.extract.sites]
    return item._replace(extract=item.extract._replace(sites=sites))
