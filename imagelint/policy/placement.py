"""Where an object runs: its path, its namespace and its labels → environments.

Called for each image, so the matches of a path are cached.
"""

from __future__ import annotations

from itertools import compress
from typing import TYPE_CHECKING, TypeAlias

from imagelint.kubernetes.scopes import is_cluster_scoped
from imagelint.model.namedtuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from imagelint.model.finding import KubeObject
    from imagelint.policy.environments import Environment
    from imagelint.policy.policy import Policy

__all__ = ["Placement", "Where"]

_KNOWN_MAX = 1000
_Namespaces: TypeAlias = "tuple[str | None, frozenset[str]]"
"""The namespace in the object, and those that it is built into."""


class Where(NamedTuple):
    """The path of a file, and the namespaces into which kustomizations move its objects."""

    path: str
    """Relative to the policy's folder, with ``/``."""
    built_in: frozenset[str] = frozenset()
    """The namespaces."""
    destinations: frozenset[str] = frozenset()
    """The namespaces of the objects that have none of their own."""


class Placement:
    """Decides which environments of a policy an object must satisfy; it must satisfy all."""

    def __init__(self, policy: Policy, forced: str | None = None) -> None:
        """Use ``policy``; ``forced`` is ``--env``; raises UsageError if it is unknown."""
        self._environments = policy.environments
        self._default = policy.default
        self._is_settled = policy.settled_by is not None
        self._matches = [*(one.match for one in policy.environments), *(policy.settled_by or ())]
        self._asks_labels = any(match.asks_labels for match in self._matches)
        self._forced = None if forced is None else (policy.environment(forced),)
        self._path: str | None = None
        self._fits: tuple[bool, ...] = ()
        """Which matches the last path satisfies."""
        self._known: dict[tuple[tuple[bool, ...], _Namespaces], tuple[Environment, ...]] = {}
        """The environments of a path's matches and namespaces, if labels are not used."""

    def of(
        self, where: Where, root: KubeObject | None, runs_in: frozenset[str] | None = None
    ) -> tuple[Environment, ...]:
        """Return the environments of an object; kustomize moves no cluster-scoped object.

        ``runs_in`` are the namespaces of what an object installs elsewhere.
        """
        path, built_in, destinations = where
        if runs_in is not None:
            return self.environments(path, None, root.labels if root else {}, runs_in)
        if root is None:
            return self.environments(path, None, {})
        if is_cluster_scoped(root):
            # What a Namespace says about images applies to the pods in it.
            own = root.name if root[:2] == ("v1", "Namespace") else None
            return self.environments(path, own, root.labels)
        if root.namespace is None:
            built_in |= destinations
        return self.environments(path, root.namespace, root.labels, built_in)

    def environments(
        self,
        path: str,
        namespace: str | None,
        labels: Mapping[str, str],
        built_in: frozenset[str] = frozenset(),
    ) -> tuple[Environment, ...]:
        """Return the environments of an object: one or more, in the order of the file.

        ``path`` is relative to the policy's folder, with ``/``; ``namespace`` and ``labels`` are
        the object's own. ``built_in`` are the namespaces into which kustomizations move it: it
        must satisfy the environments that match it as written and as built.
        """
        if self._forced is not None:
            return self._forced
        if path != self._path:
            self._path = path
            self._fits = tuple([match.fits_path(path) for match in self._matches])
        namespaces = (namespace, built_in)
        if self._asks_labels:
            return self._found(namespaces, labels)
        key = (self._fits, namespaces)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _KNOWN_MAX:
                self._known.clear()
            found = self._known[key] = self._found(namespaces, labels)
        return found

    def _found(self, namespaces: _Namespaces, labels: Mapping[str, str]) -> tuple[Environment, ...]:
        written, built_in = namespaces
        fits = [
            is_there or any(match.fits_object(name, labels) for name in (written, *built_in))
            for match, is_there in zip(self._matches, self._fits, strict=True)
        ]
        fitting = tuple(compress(self._environments, fits))
        if self._is_settled and not any(fits[len(self._environments) :]):
            fitting = tuple(one for one in self._environments if one in (*fitting, self._default))
        return fitting or (self._default,)
