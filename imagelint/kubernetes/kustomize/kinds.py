"""Which API objects kustomize reads itself, and which contain a kustomization's fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from imagelint.model.finding import KubeObject

__all__ = [
    "BUILTIN",
    "HOSTS",
    "has_fields_of_kustomize",
    "is_host",
    "is_kustomization",
    "is_plugin",
]

BUILTIN: Final = "builtin"
"""The apiVersion of the transformers and generators that are part of kustomize."""
_GROUP: Final = "kustomize.config.k8s.io"
_KUSTOMIZATIONS: Final = frozenset(("Kustomization", "Component"))
HOSTS: Final = (
    ("kustomize.toolkit.fluxcd.io", "Kustomization"),
    ("helm.toolkit.fluxcd.io", "HelmRelease"),
    ("argoproj.io", "Application"),
    ("argoproj.io", "ApplicationSet"),
    ("argoproj.io", "ApplicationSource"),
)
"""API groups and kinds of the objects whose controllers run kustomize.

The last one is not an object of a cluster: a file that overrides the source of an Application.
"""


def is_kustomization(meta: KubeObject) -> bool:
    """Whether an object is a kustomization or a component."""
    return meta.group == _GROUP and meta.kind in _KUSTOMIZATIONS


def is_mistaken(meta: KubeObject) -> bool:
    """Whether an object in a kustomization file has a kind that kustomize refuses there."""
    return meta.group == _GROUP and meta.kind not in _KUSTOMIZATIONS


def is_plugin(meta: KubeObject) -> bool:
    """Whether an object configures a built-in transformer or generator."""
    return meta.api_version == BUILTIN


def is_host(group: str, kind: str) -> bool:
    """Whether a controller runs kustomize for objects of a kind."""
    return (group, kind) in HOSTS


def has_fields_of_kustomize(meta: KubeObject) -> bool:
    """Whether kustomize, or a program that runs it, reads more in an object than images."""
    return meta.group == _GROUP or is_plugin(meta) or is_host(meta.group, meta.kind)
