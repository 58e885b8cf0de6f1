"""Istio's placeholder ``auto``: whether a pod requests that Istio fills in the image.

Istio's webhook replaces exactly this image, and only in the containers that its injection
template names (pkg/kube/inject/webhook.go). It is called for pods whose own metadata or whose
namespace requests it (istio-discovery/templates/mutatingwebhook.yaml). No I/O.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.kubernetes.objects import find_objects, string_of
from imagelint.kubernetes.readers import resolve, views
from imagelint.yaml.documents import split
from imagelint.yaml.nodes import Mapping, Scalar
from imagelint.yaml.parser import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from collections.abc import Mapping as MappingOf

    from imagelint.kubernetes.readers import View
    from imagelint.model.source import Source
    from imagelint.yaml.nodes import Node

__all__ = ["INJECTED", "asks", "namespaces_in", "pod_asks"]

INJECTED = frozenset({"istio-proxy", "istio-init", "istio-validation"})
_INJECT = "sidecar.istio.io/inject"
_REVISION = "istio.io/rev"
_TEMPLATES = "inject.istio.io/templates"
_NAMESPACE = "istio-injection"
_LABELS = (_NAMESPACE, _REVISION)
_NEVER = dict.fromkeys(
    ("kube-system", "kube-public", "kube-node-lease", "local-path-storage"), False
)
"""Namespaces that the webhook passes over, whatever asks (``inject.IgnoredNamespaces``)."""


def pod_asks(metadata: Node | None, spec: Node | None, view: View) -> bool | None:
    """Return whether a pod with this metadata asks for injection; None: it does not say.

    A pod on its host's network is never injected (``injectRequired``).
    """
    if isinstance(spec, Mapping) and _is_true(view.entries(spec).get("hostNetwork"), view):
        return False
    labels, annotations = (_texts(metadata, field, view) for field in ("labels", "annotations"))
    wish = labels.get(_INJECT, annotations.get(_INJECT))
    if wish is not None:
        return wish == "true"
    return True if labels.get(_REVISION) or annotations.get(_TEMPLATES) else None


def _is_true(node: Node | None, view: View) -> bool:
    return isinstance(node, Scalar) and resolve(node, view.reader).value is True


def _texts(metadata: Node | None, field: str, view: View) -> dict[str, str]:
    node = view.entries(metadata).get(field) if isinstance(metadata, Mapping) else None
    entries = view.entries(node).items() if isinstance(node, Mapping) else ()
    return {key: text for key, one in entries if (text := string_of(one, view)) is not None}


def asks(
    pod: bool | None,  # noqa: FBT001 - what pod_asks returned
    namespaces: Collection[str],
    known: MappingOf[str, bool],
) -> bool:
    """Return whether injection is certain to be requested, for a pod in each of ``namespaces``.

    ``known`` says which namespaces request it. An opt-out of the pod overrides the namespace.
    """
    wishes = {_NEVER.get(name, known.get(name)) for name in namespaces}
    if pod is None:
        return wishes == {True}
    return pod and False not in wishes


def namespaces_in(sources: Iterable[Source]) -> dict[str, bool]:
    """Return the namespaces whose objects set injection; contradictions count as not requested."""
    found: dict[str, bool] = {}
    for source in sources:
        for name, wish in _namespaces(source):
            found[name] = wish and found.get(name, True)
    return found


def _namespaces(source: Source) -> Iterator[tuple[str, bool]]:
    if source.encoding == "utf-8" and b"Namespace" not in source.data:
        return
    for document in split(source):
        text = document.decoded.text
        if "Namespace" not in text or not any(label in text for label in _LABELS):
            continue
        tree = document.tree or parse_yaml(text)
        for view in views(tree) if not tree.problems else ():
            for item in find_objects(tree.root, view, "")[0]:
                meta = item.meta
                if (meta.api_version, meta.kind) == ("v1", "Namespace") and meta.name:
                    injection, revision = (meta.labels.get(label) for label in _LABELS)
                    if injection or revision:
                        yield meta.name, injection == "enabled" if injection else True
