"""The input and output of a check. Data only.

A check knows no YAML, files, spans or severities: it checks one image in one environment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, final

from imagelint.model.namedtuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from imagelint.model.finding import Problem
    from imagelint.model.reference import ImageReference, InvalidReference
    from imagelint.patterns.harbor import Gate, HarborMap
    from imagelint.patterns.images import RegistryPattern
    from imagelint.yaml.nodes import ValueType

__all__ = ["Check", "Subject"]


@final
class Subject(NamedTuple):
    """One image in one environment: all that a check can see."""

    image: str | None
    """The text as Kubernetes reads it; None if the value has none."""
    value_type: ValueType
    reference: ImageReference | None
    """The parsed image, with stand-ins for placeholders behind a known registry; None if it does
    not parse or is not a string."""
    error: InvalidReference | None
    """Why it does not parse."""
    placeholder: str | None
    """The placeholder that something else fills in; None for a final value."""
    environment: str
    """The environment's name, for messages."""
    gate: Gate
    harbors: HarborMap
    has_separate_tag: bool = False
    """Whether tag or digest are set elsewhere, as by a Kustomization with only ``newName``."""
    origin: ImageReference | None = None
    """The upstream image: of one on a Harbor, what its project caches; None without a project."""
    successor: ImageReference | None = None
    """The successor of an image from a retired registry in this environment; None: keep it."""
    has_pull_secret: bool | None = None
    """Whether the image's pod names a pull secret; None: there is no pod, or no rule asks."""

    values_at: tuple[str, ...] = ()
    """The fields with the known values of the placeholder, which are checked there."""

    def fits(self, patterns: Iterable[RegistryPattern]) -> RegistryPattern | None:
        """Return the first pattern that matches one of the image's spellings."""
        if self.reference is None:
            return None
        spellings = self.harbors.spellings(self.reference)
        return next((one for one in patterns if one.matches_any(spellings)), None)


class Check(Protocol):
    """The interface of every entry of ``CHECKS``.

    A class with ``about_references = False`` finds nothing in a valid reference.
    """

    def __call__(self, subject: Subject) -> Iterator[Problem]:
        """Yield the problems of an image."""
