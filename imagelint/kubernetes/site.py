"""One place that holds an image. Data only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.kubernetes.readers import BOTH
from imagelint.model.namedtuple import NamedTuple

if TYPE_CHECKING:
    from imagelint.kubernetes.readers import Reader, Value
    from imagelint.model.finding import KubeObject
    from imagelint.yaml.nodes import Node

__all__ = ["ImageSite"]


class ImageSite(NamedTuple):
    """One place that holds an image.

    ``value`` is the image as read, its JSON type in ``value.type`` (also ``mapping`` and
    ``sequence``, with the value None). ``node`` is the scalar that holds the registry, which is the
    one to edit; if that holds more than the image, ``within`` is the start and end of the image in
    its value. For an image in parts, ``tail`` is the text after that scalar
    (``:1.25@sha256:...``). ``has_separate_tag``: the tag is written elsewhere.
    """

    value: Value
    node: Node
    object: KubeObject
    field: str
    container: str | None
    role: str
    readers: frozenset[Reader] = BOTH
    by_shape: bool = False
    tail: str = ""
    has_separate_tag: bool = False
    filled_by: str | None = None
    """What replaces the value before it is pulled (Istio, OpenShift); None: nothing."""
    is_asked: bool | None = True
    """Whether it is certain to be replaced; None: the namespace decides."""
    views: frozenset[Reader] = BOTH
    """The readers that see it; for trees without merges there is one view."""
    within: tuple[int, int] | None = None
    unfixable: str | None = None
    """Why no edit of the node can have the wanted effect; None: one can."""
    unresolved: str | None = None
    """Why the image is not known here, and what to do; None: it is."""
    is_registry: bool = False
    """Whether the value is a registry, and the images are unknown."""
    has_unknown_name: bool = False
    """Whether only the registry is certain: a template fills in the rest."""
    runs_in: frozenset[str] | None = None
    """Where it runs: namespaces, empty if unknown. None: where its object is."""
    values_at: tuple[str, ...] = ()
    """For a placeholder, the fields with its known values, each of which is a site."""
