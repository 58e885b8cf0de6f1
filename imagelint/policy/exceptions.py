"""The policy's exceptions: which findings they suppress, where, why and until when.

An exception suppresses what matches *every* key that it has, and nothing else.
``policy/parse_exceptions.py`` reads it from a policy. Days are texts (``2027-01-31``), which
compare like dates. No I/O, no clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.model.namedtuple import NamedTuple

if TYPE_CHECKING:
    from imagelint.model.finding import KubeObject
    from imagelint.model.reference import ImageReference
    from imagelint.model.source import Source, Span
    from imagelint.patterns.globs import NamePattern, PathPatterns
    from imagelint.patterns.images import RegistryPattern

__all__ = ["Breach", "ObjectPattern", "PolicyException"]


class Breach(NamedTuple):
    """A broken rule and its place: everything that an exception can match."""

    rule: str
    environment: str | None
    path: str
    """The file, relative to the policy's folder."""
    object: KubeObject | None = None
    container: str | None = None
    spellings: tuple[ImageReference, ...] = ()
    """The image in each of its spellings; empty if it could not be read."""


class ObjectPattern(NamedTuple):
    """Which objects an exception covers: each given part must match."""

    kind: NamePattern | None = None
    name: NamePattern | None = None
    namespace: NamePattern | None = None

    def matches(self, kube_object: KubeObject) -> bool:
        """Whether the object matches; one without a name or namespace matches no pattern for it."""
        parts = (
            (self.kind, kube_object.kind),
            (self.name, kube_object.name),
            (self.namespace, kube_object.namespace),
        )
        return all(
            pattern is None or (text is not None and pattern.matches(text))
            for pattern, text in parts
        )

    def __str__(self) -> str:
        """Return ``KIND/NAME in NAMESPACE``, with ``*`` for missing parts."""
        text = f"{self.kind or '*'}/{self.name or '*'}"
        return text if self.namespace is None else f"{text} in {self.namespace}"


class PolicyException(NamedTuple):
    """One entry of ``exceptions:``; a missing key restricts nothing."""

    rules: tuple[str, ...]
    """At least one; an exception cannot cover all rules."""
    reason: str
    source: Source
    """The file that has it, which may be a base of the policy."""
    span: Span
    images: tuple[RegistryPattern, ...] = ()
    environments: tuple[str, ...] = ()
    paths: PathPatterns | None = None
    objects: tuple[ObjectPattern, ...] = ()
    containers: tuple[NamePattern, ...] = ()
    until: str | None = None
    """The last day on which it applies, in UTC; None: it does not expire."""

    @property
    def place(self) -> str:
        """Its place: ``imagelint.yaml:12``."""
        return f"{self.source.path}:{self.source.position(self.span.start).line}"

    def has_expired(self, today: str) -> bool:
        """Whether it has expired."""
        return self.until is not None and today > self.until

    def covers(self, breach: Breach) -> bool:
        """Whether it covers this rule here; its date is ignored."""
        return (
            breach.rule in self.rules
            and (not self.environments or breach.environment in self.environments)
            and (self.paths is None or self.paths.matches(breach.path))
            and (not self.images or self._covers_image(breach.spellings))
            and (not self.objects or self._covers_object(breach.object))
            and (not self.containers or self._covers_container(breach.container))
        )

    def _covers_image(self, spellings: tuple[ImageReference, ...]) -> bool:
        return any(one.matches_any(spellings) for one in self.images)

    def _covers_object(self, kube_object: KubeObject | None) -> bool:
        return kube_object is not None and any(one.matches(kube_object) for one in self.objects)

    def _covers_container(self, container: str | None) -> bool:
        return container is not None and any(one.matches(container) for one in self.containers)
