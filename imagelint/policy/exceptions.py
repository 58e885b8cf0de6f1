"""The policy's exceptions: who is excused from which rule, where, why and until when.

An exception excuses what fits *every* key that it has, and nothing else. How it is read from a
policy is ``policy/parse.py``. Days are texts (``2027-01-31``), which compare as dates
do. No I/O, no clock.
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
    """A broken rule and where: all that an exception can name."""

    rule: str
    environment: str | None
    path: str
    """The file, relative to the policy's folder."""
    object: KubeObject | None = None
    container: str | None = None
    spellings: tuple[ImageReference, ...] = ()
    """The image by each of its names; none where it could not be read."""


class ObjectPattern(NamedTuple):
    """Which objects are meant: each part that is given has to fit."""

    kind: NamePattern | None = None
    name: NamePattern | None = None
    namespace: NamePattern | None = None

    def matches(self, kube_object: KubeObject) -> bool:
        """Whether the object fits; one without a name or namespace fits no pattern for it."""
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
        """Return ``KIND/NAME in NAMESPACE``, with ``*`` for what is not given."""
        text = f"{self.kind or '*'}/{self.name or '*'}"
        return text if self.namespace is None else f"{text} in {self.namespace}"


class PolicyException(NamedTuple):
    """One entry of ``exceptions:``; a key that it does not have narrows nothing."""

    rules: tuple[str, ...]
    """At least one; there is no exception from all rules."""
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
    """The last day on which it holds, in UTC; None: it holds until it is removed."""

    @property
    def place(self) -> str:
        """Where it stands: ``imagelint.yaml:12``."""
        return f"{self.source.path}:{self.source.position(self.span.start).line}"

    def has_expired(self, today: str) -> bool:
        """Whether its last day is over."""
        return self.until is not None and today > self.until

    def covers(self, breach: Breach) -> bool:
        """Whether it names this rule, here; its date is not looked at."""
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
