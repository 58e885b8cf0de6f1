"""The target of a patch → the kinds of objects as which the patch is read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from imagelint.kubernetes.kustomize.kinds import HOSTS, is_kustomization
from imagelint.kubernetes.kustomize.leads import groups_of
from imagelint.model.finding import KubeObject
from imagelint.model.namedtuple import NamedTuple

if TYPE_CHECKING:
    from imagelint.kubernetes.catalogue.lookup import Catalogue
    from imagelint.kubernetes.kustomize.model import Target

__all__ = ["Aim", "aims_of", "kinds_of"]

_PLAIN: Final = r"[A-Za-z0-9]+"
_NAME: Final = r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*"
_UNKNOWN: Final = "unknown"
"""An apiVersion that the catalogue does not know, so that images are found by their shape."""
_PODS: Final = (("apps/v1", "Deployment"), ("v1", "Pod"), ("batch/v1", "CronJob"))
"""Kinds of Kubernetes itself that contain pods at each possible path."""
_MOST_KINDS: Final = 20


class Aim(NamedTuple):
    """One kind as which a patch is read, and the object to name in findings."""

    searched: KubeObject
    named: KubeObject

    @property
    def is_any(self) -> bool:
        """Whether it represents all kinds that are not described."""
        return self.searched.api_version == _UNKNOWN


def aims_of(
    target: Target | None, own: KubeObject, namespace: str, catalogue: Catalogue
) -> list[Aim]:
    """Return the kinds as which a patch is read.

    ``own`` is the patch's own metadata. Without a target that decides. With a target the patch is
    merged into objects of the target's kind, name and namespace, whatever its own are; it is also
    read as its own kind, and if the target's kind is a pattern, as every kind with pods.
    ``namespace`` is the one into which everything is moved, empty if there is none.
    """
    if target is None:
        named = own._replace(namespace=namespace or own.namespace)
        return [Aim(named, named)]
    kinds = kinds_of(target.kind)
    named = KubeObject(
        _api_version(target.group, target.version) or own.api_version,
        target.kind or own.kind,
        _plain(target.name) or own.name,
        namespace or _plain(target.namespace),
        own.labels,
    )
    searched = [own] if own.kind else []
    for kind in kinds:
        group = _plain(target.group) or ""
        groups = (group,) if group else groups_of(catalogue, kind)
        if not group and own.kind == kind and own.group:
            groups = (*groups, own.group)
        searched += (KubeObject(_version(one, target.version), kind) for one in groups)
    if not kinds:
        searched += (KubeObject(version, kind) for version, kind in _PODS)
        searched += (KubeObject(f"{group}/v1", kind) for group, kind in HOSTS)
        group = _plain(target.group) or ""
        searched += (
            KubeObject(_version(group, target.version), kind)
            for kind in (catalogue.kinds_in(group) if group else ())
        )
        searched.append(KubeObject(_UNKNOWN, target.kind or own.kind))
    if len(kinds) == 1:
        # A kustomization is not deployed: a patch for one is meant for Flux's kind.
        meant = [one for one in searched if not is_kustomization(one)] or searched
        named = named._replace(api_version=meant[-1].api_version, kind=kinds[0])
    distinct: dict[object, KubeObject] = {}
    for one in searched:
        known = catalogue.lookup(one.group, one.kind)
        key = (one.group, one.kind) if known is None else (id(known.branch), known.is_exact)
        distinct.setdefault(key, one)
    return [
        Aim(one._replace(name=named.name, namespace=named.namespace, labels=own.labels), named)
        for one in distinct.values()
    ]


def kinds_of(pattern: str) -> list[str]:
    """Return the kinds that a pattern lists (``Deployment``, ``A|B``), else nothing."""
    inner = pattern.removeprefix("^").removesuffix("$")
    if inner.startswith("(") and inner.endswith(")"):
        inner = inner[1:-1].removeprefix("?:")
    names = inner.split("|")
    if len(names) > _MOST_KINDS or not all(re.fullmatch(_PLAIN, name) for name in names):
        return []
    return names


def _plain(pattern: str) -> str | None:
    """Return a pattern that is a plain name, else None."""
    return pattern if re.fullmatch(_NAME, pattern) else None


def _version(group: str, version: str) -> str:
    return _api_version(group, version) or _plain(version) or "v1"


def _api_version(group: str, version: str) -> str:
    if not _plain(group):
        return ""
    return f"{group}/{_plain(version) or 'v1'}"
