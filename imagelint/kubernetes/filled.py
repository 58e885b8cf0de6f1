"""Image sites of objects, with the values of their placeholders if there are any."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from imagelint.kubernetes.defaults import Read
    from imagelint.kubernetes.objects import ObjectNode
    from imagelint.kubernetes.parameters import Steps
    from imagelint.kubernetes.readers import View
    from imagelint.kubernetes.sites import ImageSite

__all__ = ["filled"]


def filled(reads: Collection[Read], view: View) -> Iterable[tuple[ObjectNode, Steps, ImageSite]]:
    """Return the sites of an object, and the sites of the values of their placeholders."""
    if not any(_may_have_placeholder(site) for *_, site in reads):
        return [(item, steps, site) for item, _, steps, site in reads]
    from imagelint.kubernetes.defaults import with_values  # noqa: PLC0415 - few objects need it

    return with_values(reads, view)


def _may_have_placeholder(site: ImageSite) -> bool:
    text = site.value.value
    return isinstance(text, str) and ("$" in text or "{{" in text)
