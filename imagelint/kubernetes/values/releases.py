"""Objects that install charts → the namespaces in which the charts run.

That is rarely the object's own: an Application is in Argo CD's namespace, wherever its chart runs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from imagelint.kubernetes.objects import string_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imagelint.kubernetes.readers import View
    from imagelint.model.finding import KubeObject
    from imagelint.yaml.nodes import Mapping

__all__ = ["namespaces_of_release", "release_namespaces"]

_KEYS: Final = {
    "fleet.cattle.io": ("namespace", "defaultNamespace"),
    "helmfile.readthedocs.io": ("namespace",),
}
"""The keys of a chart's namespace beside its values, or around them."""
_UNKNOWN: Final = frozenset[str]()
_FILLED_IN: Final = re.compile(r"\{\{|\$\{|\$\(")


def release_namespaces(
    meta: KubeObject, parents: Iterable[Mapping], view: View
) -> frozenset[str] | None:
    """Return the namespaces of a chart's release, empty if unknown; None: the object's own.

    ``parents`` are the mappings around the chart's values, the innermost last.
    """
    return namespaces_of_release(meta.group, parents, view)


def namespaces_of_release(
    group: str, parents: Iterable[Mapping], view: View
) -> frozenset[str] | None:
    """Like :func:`release_namespaces`, for an object of an API group."""
    around = tuple(parents)[::-1]
    if group == "argoproj.io":
        for one in around:
            destination = view.get(one, "destination")
            if destination is not None:
                return _named(string_of(view.get(destination, "namespace"), view))
        return _UNKNOWN
    for one in around:
        for key in _KEYS.get(group, ("targetNamespace",)):
            target = string_of(view.get(one, key), view)
            if target:
                return _named(target)
    return None


def _named(namespace: str | None) -> frozenset[str]:
    """Return a namespace, unless it is missing or a template fills it in."""
    is_known = namespace and _FILLED_IN.search(namespace) is None
    return frozenset((namespace,)) if is_known and namespace else _UNKNOWN
