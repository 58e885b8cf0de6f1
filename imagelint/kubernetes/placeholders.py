"""Values that are no images but placeholders that a platform fills in: Istio's, OpenShift's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.kubernetes.objects import text_at
from imagelint.yaml.nodes import Mapping, Sequence

if TYPE_CHECKING:
    from imagelint.kubernetes.objects import ObjectNode
    from imagelint.kubernetes.readers import View

__all__ = ["filled_by"]


def filled_by(
    value: str | float | None, item: ObjectNode, parents: tuple[Mapping, ...], view: View
) -> str | None:
    """Return which platform fills in a placeholder: only where it is sure to.

    ``auto`` is Istio's in a pod that asks for injection (its gateway chart), a single
    blank OpenShift's in an object with an image trigger.
    """
    if value == "auto" and len(parents) >= _POD_DEPTH:
        metadata = view.entries(parents[-_POD_DEPTH]).get("metadata")
        if text_at(metadata, ("annotations", "inject.istio.io/templates"), view) or any(
            text_at(metadata, (marks, "sidecar.istio.io/inject"), view) == "true"
            for marks in ("labels", "annotations")
        ):
            return "Istio"
    if value == " ":
        root = item.mapping
        if text_at(root, ("metadata", "annotations", "image.openshift.io/triggers"), view):
            return "OpenShift"
        spec = view.entries(root).get("spec")
        triggers = view.entries(spec).get("triggers") if isinstance(spec, Mapping) else None
        for trigger in triggers.items if isinstance(triggers, Sequence) else ():
            if text_at(trigger, ("type",), view) == "ImageChange":
                return "OpenShift"
    return None


_POD_DEPTH = 3
"""From a container's image up to what holds the pod's spec and metadata."""
