"""Flux and Argo CD objects, whose controllers run kustomize, as a kustomization's fields.

Their API servers compare field names with case. Their ``images`` are in the catalogue.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from imagelint.kubernetes.kustomize.changes import target_of
from imagelint.kubernetes.kustomize.decode import Decoder
from imagelint.kubernetes.kustomize.kustomization import annotations_of, patch_of
from imagelint.kubernetes.kustomize.model import (
    Inline,
    Kustomization,
    NodePatch,
    PathEntry,
    Role,
    Target,
    Unjudged,
)
from imagelint.kubernetes.kustomize.schema import ANY, PATCH, ListOf, MapOf
from imagelint.kubernetes.seen import ACTION
from imagelint.yaml.nodes import Mapping, Node, Scalar, Sequence
from imagelint.yaml.parser import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.kubernetes.kustomize.decode import Record
    from imagelint.kubernetes.kustomize.schema import Struct
    from imagelint.kubernetes.readers import View
    from imagelint.model.finding import KubeObject

__all__ = ["fields_of_host", "hides_images", "read_host", "template_patch_of"]

_SPEAKS_OF_IMAGES: Final = "(?i)image|kustomize"
_FIELDS: Final[Struct] = {
    "components": ListOf("string"),
    "patches": ListOf(PATCH),
    "patchesJson6902": ListOf({"patch": ANY, "target": PATCH["target"]}),
    "patchesStrategicMerge": ListOf(ANY),
    "commonAnnotations": MapOf("string"),
    "namespace": "string",
    "targetNamespace": "string",
}
"""Source: fluxcd/pkg apis/kustomize, kustomize-controller api/v1beta1; argo-cd v1alpha1."""


def read_host(mapping: Mapping, meta: KubeObject, view: View) -> Iterator[Kustomization]:
    """Yield the options that an object passes to kustomize."""
    if meta.group == "kustomize.toolkit.fluxcd.io":
        spec = view.get(mapping, "spec")
        if isinstance(spec, Mapping):
            yield fields_of_host(spec, "spec", view)
        return
    yield from _anywhere(mapping, view)
    text = template_patch_of(mapping, view)
    if meta.kind == "ApplicationSet" and text is not None:
        yield _template_patch(mapping, text)


def template_patch_of(mapping: Mapping, view: View) -> Scalar | None:
    """Return what an ApplicationSet merges over each Application, a Go template of YAML."""
    text = view.get(mapping, "spec", "templatePatch")
    return text if isinstance(text, Scalar) else None


def _template_patch(mapping: Mapping, node: Scalar) -> Kustomization:
    """Return the patch as one of the Application, with a note on what only the output shows."""
    field = "spec.templatePatch"
    target = Target(group="argoproj.io", version="v1alpha1", kind="Application")
    unjudged: tuple[Unjudged, ...] = ()
    if hides_images(node.value):
        message = "the template may set any image"
        unjudged = (Unjudged(node, field, message, is_about_images=True),)
    inline = Inline(Role.PATCH, node, field, target)
    return Kustomization(mapping, inline=(inline,), unjudged=unjudged)


def hides_images(text: str) -> bool:
    """Whether a text mentions images and is not YAML until a template is rendered."""
    speaks = re.search(_SPEAKS_OF_IMAGES, text) is not None
    return speaks and ACTION in text and bool(parse_yaml(text).problems)


def _anywhere(root: Mapping, view: View) -> Iterator[Kustomization]:
    """Yield the mappings under a key ``kustomize``, which ApplicationSets have in many places."""
    work: list[tuple[Node, str, int]] = [(root, "", 0)]
    seen: set[int] = set()
    while work:
        node, field, depth = work.pop()
        if isinstance(node, Scalar) or id(node) in seen or depth > _DEEPEST:
            continue
        seen.add(id(node))
        below: list[tuple[Node, str, int]]
        if isinstance(node, Sequence):
            below = [(one, f"{field}[{at}]", depth + 1) for at, one in enumerate(node.items)]
        else:
            below = []
            for key, value in view.entries(node).items():
                at = f"{field}.{key}" if field else key
                if key == "kustomize" and isinstance(value, Mapping):
                    yield fields_of_host(value, at, view)
                below.append((value, at, depth + 1))
        work += reversed(below)


_DEEPEST: Final = 64
"""Levels of an object; no ApplicationSet nests its generators half as deep."""


def fields_of_host(mapping: Mapping, field: str, view: View) -> Kustomization:
    """Return the kustomization fields in a mapping, except ``images``."""
    decoder = Decoder(view, exactly=True, strictly=False)
    root = decoder.decode(mapping, _FIELDS, field)
    namespace = root.text("targetNamespace") or root.text("namespace")
    patches = [patch_of(record, Role.PATCH, namespace) for record in root.records("patches")]
    components = [
        PathEntry(Role.COMPONENT, leaf.text, leaf.node, leaf.field)
        for leaf in root.leaves("components")
        if isinstance(leaf.node, Scalar)
    ]
    return Kustomization(
        mapping,
        paths=(*components, *(path for paths, _ in patches for path in paths)),
        namespace=namespace,
        inline=tuple(text for _, texts in patches for text in texts),
        node_patches=tuple(_node_patches(root, namespace)),
        annotations=tuple(annotations_of(root, "commonAnnotations")),
    )


def _node_patches(root: Record, namespace: str) -> Iterator[NodePatch]:
    for record in root.records("patchesJson6902"):
        patch = record.leaf("patch")
        if patch is not None:
            target = target_of(record.record("target"))
            yield NodePatch(patch.node, patch.field, target, namespace)
    for leaf in root.leaves("patchesStrategicMerge"):
        yield NodePatch(leaf.node, leaf.field, None, namespace)
