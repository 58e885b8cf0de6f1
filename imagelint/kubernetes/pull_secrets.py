"""Which pods have a pull secret: their own, or that of their service account.

A pod without ``imagePullSecrets`` gets those of its service account, which may be in another
file: each source yields facts (:class:`imagelint.model.report.Facts`), which
``engine/run_rules.py`` combines. Used only if a rule needs it. No I/O.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.kubernetes.objects import find_objects, string_of
from imagelint.kubernetes.readers import views
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.report import Account
from imagelint.yaml.documents import split
from imagelint.yaml.nodes import Mapping, Scalar, Sequence, nodes_once
from imagelint.yaml.parser import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.kubernetes.readers import View
    from imagelint.model.source import Source
    from imagelint.yaml.nodes import Node, Tree

__all__ = ["PodSecrets", "accounts_in", "pods_in"]

_CONTAINER_LISTS = ("containers", "initContainers", "ephemeralContainers")


class PodSecrets(NamedTuple):
    """Whether a pod names a pull secret, and its service account's name."""

    has_secret: bool
    account: str


def pods_in(tree: Tree) -> dict[int, PodSecrets]:
    """Return the pod of each image in a tree that is in one, by the id of the image's node.

    For a node in several pods (through an alias), a pod without a secret counts.
    """
    view = views(tree)[0]
    found: dict[int, PodSecrets] = {}
    for spec in nodes_once(tree.root):
        if not isinstance(spec, Mapping):
            continue
        images = list(_images(spec, view))
        if images:
            pod = _pod(spec, view)
            for image in images:
                known = found.get(id(image))
                if known is None or known.has_secret:
                    found[id(image)] = pod
    return found


def accounts_in(source: Source) -> Iterator[Account]:
    """Yield the service accounts of a source that name a pull secret."""
    if source.encoding == "utf-8" and b"imagePullSecrets" not in source.data:
        return
    for document in split(source):
        text = document.decoded.text
        if "ServiceAccount" not in text or "imagePullSecrets" not in text:
            continue
        tree = document.tree or parse_yaml(text)
        for view in views(tree):
            for item in find_objects(tree.root, view, "")[0]:
                if (item.meta.api_version, item.meta.kind) == ("v1", "ServiceAccount"):
                    name = item.meta.name
                    if name is not None and _names_secret(item.mapping, view):
                        yield Account(item.meta.namespace, name)


def _images(spec: Mapping, view: View) -> Iterator[Node]:
    """Yield the nodes of a pod's images; nothing if this is not a pod spec."""
    entries = view.entries(spec)
    if not entries.keys() & set(_CONTAINER_LISTS):
        return
    for name in _CONTAINER_LISTS:
        yield from _each(entries.get(name), ("image",), view)
    yield from _each(entries.get("volumes"), ("image", "reference"), view)


def _each(items: Node | None, path: tuple[str, ...], view: View) -> Iterator[Node]:
    for item in items.items if isinstance(items, Sequence) else ():
        node = view.get(item, *path)
        if isinstance(node, Scalar):
            yield node


def _pod(spec: Mapping, view: View) -> PodSecrets:
    entries = view.entries(spec)
    named = string_of(entries.get("serviceAccountName"), view)
    account = named or string_of(entries.get("serviceAccount"), view) or "default"
    return PodSecrets(_names_secret(spec, view), account)


def _names_secret(mapping: Mapping, view: View) -> bool:
    secrets = view.get(mapping, "imagePullSecrets")
    return any(string_of(name, view) for name in _each(secrets, ("name",), view))
