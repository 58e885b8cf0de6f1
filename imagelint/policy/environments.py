"""Environments: which workloads they match, what they allow, and which rules they set.

``policy/parse.py`` reads them from a policy; ``policy/policy.py`` decides which of them apply and
combines their settings. No I/O, no YAML.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, final

from imagelint.model.namedtuple import NamedTuple
from imagelint.patterns.globs import NamePattern, PathPatterns

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from imagelint.model.finding import Severity
    from imagelint.patterns.harbor import Gate, HarborMap

__all__ = ["Environment", "Match", "RuleSetting"]

_NO_PARAMETERS: Final[Mapping[str, object]] = {}
_NO_RULES: Final[Mapping[str, RuleSetting]] = {}


@final
class RuleSetting(NamedTuple):
    """The settings of one rule at one place in a policy; unset ones come from elsewhere."""

    severity: Severity | None = None
    parameters: Mapping[str, object] = _NO_PARAMETERS

    def over(self, base: RuleSetting | None) -> RuleSetting:
        """Return the combination of both; this one wins."""
        if base is None:
            return self
        parameters = {**base.parameters, **self.parameters}
        return RuleSetting(self.severity or base.severity, parameters)


@final
class Match(NamedTuple):
    """Which workloads an environment matches: any of the three is enough; none matches nothing."""

    namespaces: tuple[NamePattern, ...] = ()
    """Patterns for the object's own ``metadata.namespace``; an object without one matches none."""
    paths: PathPatterns = PathPatterns()
    """Globs for the file's path, relative to the policy's folder."""
    labels: tuple[tuple[str, NamePattern], ...] = ()
    """The object's own labels: each of these keys with a matching value."""
    base: Match | None = None
    """The match of the base policy: one more alternative."""

    @property
    def asks_labels(self) -> bool:
        """Whether labels are used."""
        return bool(self.labels) or (self.base is not None and self.base.asks_labels)

    def fits_path(self, path: str) -> bool:
        """Whether the environment matches every object in this file."""
        return self.paths.matches(path) or (self.base is not None and self.base.fits_path(path))

    def fits_object(self, namespace: str | None, labels: Mapping[str, str]) -> bool:
        """Whether the environment matches an object, whatever its path is."""
        if self.base is not None and self.base.fits_object(namespace, labels):
            return True
        if namespace is not None:
            for item in self.namespaces:
                if item.matches(namespace):
                    return True
        return bool(self.labels) and all(
            key in labels and value.matches(labels[key]) for key, value in self.labels
        )

    def reasons(self, path: str, namespace: str | None, labels: Mapping[str, str]) -> Iterator[str]:
        """Yield in words why the environment matches an object; nothing if it does not."""
        if self.base is not None:
            yield from self.base.reasons(path, namespace, labels)
        glob = self.paths.first_match(path)
        if glob is not None:
            yield f"its path matches {glob}"
        for item in self.namespaces if namespace is not None else ():
            if item.matches(namespace or ""):
                yield f"its namespace matches {item}"
        if self.labels and all(
            key in labels and one.matches(labels[key]) for key, one in self.labels
        ):
            yield f"its labels match {', '.join(f'{key}={one}' for key, one in self.labels)}"


@final
class Environment(NamedTuple):
    """A named place where workloads run."""

    name: str
    gate: Gate
    match: Match = Match()
    rules: Mapping[str, RuleSetting] = _NO_RULES
    """The rule settings of this environment, by rule id."""
    unsuppressible: tuple[str, ...] = ()
    """The ids of rules that comments in manifests cannot suppress here; ``*`` means all."""

    def knowing(self, harbors: HarborMap) -> Environment:
        """Return this environment with a gate that knows the Harbors."""
        return self._replace(gate=self.gate._replace(harbors=harbors))

    def is_unsuppressible(self, rule: str) -> bool:
        """Whether comments cannot suppress a rule here."""
        return rule in self.unsuppressible or "*" in self.unsuppressible
