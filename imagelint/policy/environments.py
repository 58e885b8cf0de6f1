"""Environments: which workloads they are for, what they allow, and which rules they set.

How they are read from a policy is ``policy/parse.py``, which of them apply and what
their settings come to is ``policy/policy.py``. No I/O, no YAML.
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
    """What a policy sets of one rule at one place; what it leaves out is decided elsewhere."""

    severity: Severity | None = None
    parameters: Mapping[str, object] = _NO_PARAMETERS

    def over(self, base: RuleSetting | None) -> RuleSetting:
        """Return what the two say together, this one first."""
        if base is None:
            return self
        parameters = {**base.parameters, **self.parameters}
        return RuleSetting(self.severity or base.severity, parameters)


@final
class Match(NamedTuple):
    """Which workloads an environment is for: any of the three is enough, none matches nothing."""

    namespaces: tuple[NamePattern, ...] = ()
    """Patterns for the object's own ``metadata.namespace``; an object without one fits none."""
    paths: PathPatterns = PathPatterns()
    """Globs for the file's path, relative to the policy's folder."""
    labels: tuple[tuple[str, NamePattern], ...] = ()
    """The object's own labels: each of these keys with a value that fits."""
    base: Match | None = None
    """What the layer below matches: one more alternative."""

    @property
    def asks_labels(self) -> bool:
        """Whether labels decide on anything."""
        return bool(self.labels) or (self.base is not None and self.base.asks_labels)

    def fits_path(self, path: str) -> bool:
        """Whether the environment is for every object in this file."""
        return self.paths.matches(path) or (self.base is not None and self.base.fits_path(path))

    def fits_object(self, namespace: str | None, labels: Mapping[str, str]) -> bool:
        """Whether the environment is for an object wherever it stands."""
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
        """Yield in words why the environment is for an object in a file: nothing if it is not."""
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
    """What this environment sets of rules, by rule id."""
    unsuppressible: tuple[str, ...] = ()
    """The ids of rules that no comment in a manifest can silence here; ``*`` stands for all."""

    def knowing(self, harbors: HarborMap) -> Environment:
        """Return this environment with a gate that knows what is on which Harbor."""
        return self._replace(gate=self.gate._replace(harbors=harbors))

    def is_unsuppressible(self, rule: str) -> bool:
        """Whether no comment can silence a rule here."""
        return rule in self.unsuppressible or "*" in self.unsuppressible
