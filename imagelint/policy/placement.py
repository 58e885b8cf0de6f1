"""Where an object runs: its path, its namespace and its labels → environments.

Called for each image, so the matches of a path are cached.
"""

from __future__ import annotations

from itertools import compress
from operator import or_
from typing import TYPE_CHECKING, TypeAlias

from imagelint.model.builds import steps
from imagelint.model.namedtuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from imagelint.model.builds import Build
    from imagelint.policy.environments import Environment
    from imagelint.policy.policy import Policy

__all__ = ["Placement", "Where"]

_KNOWN_MAX = 1000
_Built: TypeAlias = "tuple[list[bool], bool]"


class Where(NamedTuple):
    """The path of a file, and what builds its objects."""

    path: str
    """Relative to the policy's folder, with ``/``."""
    builds: tuple[Build, ...] = ()


class Placement:
    """Decides which environments of a policy an object must satisfy; it must satisfy all."""

    def __init__(self, policy: Policy, forced: str | None = None) -> None:
        """Use ``policy``; ``forced`` is ``--env``; raises UsageError if it is unknown."""
        self._environments = policy.environments
        self._default = policy.default
        self._is_default = [one == policy.default for one in policy.environments]
        self._matches = [*(one.match for one in policy.environments), *(policy.settled_by or ())]
        count = len(policy.environments)
        self._settling = slice(count) if policy.settled_by is None else slice(count, None)
        """The matches that keep the default environment away."""
        self._asks_labels = any(match.asks_labels for match in self._matches)
        self._forced = None if forced is None else (policy.environment(forced),)
        self._path: str | None = None
        self._fits: tuple[bool, ...] = ()
        """Which matches the last path satisfies."""
        self._known: dict[Hashable, tuple[Environment, ...]] = {}
        """The environments of a path's matches and namespaces, if labels are not used."""
        self._built: dict[Hashable, _Built] = {}

    def environments(
        self,
        path: str,
        namespace: str | None,
        labels: Mapping[str, str],
        builds: tuple[Build, ...] = (),
    ) -> tuple[Environment, ...]:
        """Return the environments of an object: one or more, in the order of the file.

        ``path`` is relative to the policy's folder, with ``/``; ``namespace`` and ``labels`` are
        the object's own. ``builds`` may move it into other namespaces: it must satisfy the
        environments that match it as written and as built, and also the default one if nothing
        matches it as written and in one of the builds.
        """
        if self._forced is not None:
            return self._forced
        if path != self._path:
            self._path = path
            self._fits = tuple([match.fits_path(path) for match in self._matches])
        if self._asks_labels:
            return self._found(namespace, labels, builds)
        key = (self._fits, namespace, builds)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _KNOWN_MAX:
                self._known.clear()
            found = self._known[key] = self._found(namespace, labels, builds)
        return found

    def _found(
        self, namespace: str | None, labels: Mapping[str, str], builds: tuple[Build, ...]
    ) -> tuple[Environment, ...]:
        fits = [
            is_there or match.fits_object(namespace, labels)
            for match, is_there in zip(self._matches, self._fits, strict=True)
        ]
        is_open = not any(fits[self._settling])
        if builds:
            built, is_built_open = self._as_built(builds, is_placed=namespace is not None)
            fits = list(map(or_, fits, built))
            is_open = is_open and is_built_open
        if is_open:
            fits = list(map(or_, fits, self._is_default))
        return tuple(compress(self._environments, fits)) or (self._default,)

    def _as_built(self, builds: tuple[Build, ...], *, is_placed: bool) -> _Built:
        """Return which matches the namespaces of builds satisfy, and whether a build has none."""
        key = builds, is_placed
        if key not in self._built:
            if len(self._built) >= _KNOWN_MAX:
                self._built.clear()
            found = [namespaces for namespaces, _ in steps(builds, is_placed=is_placed)]
            fitting = {
                name: [match.fits_object(name, {}) for match in self._matches]
                for name in frozenset().union(*found)
            }
            barred = frozenset(name for name, fits in fitting.items() if any(fits[self._settling]))
            ends = [end for _, end in steps(builds, is_placed=is_placed, barred=barred)]
            none = [False] * len(self._matches)
            fits = [any(column) for column in zip(none, *fitting.values(), strict=True)]
            self._built[key] = fits, any(ends)
        return self._built[key]
