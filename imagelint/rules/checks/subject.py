"""What a check is given, and what it gives. Data only.

A check knows no YAML, file, span or severity: it looks at one image in one environment.
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
    """One image in one environment: all that a check may know."""

    image: str | None
    """The text as Kubernetes reads it; None where the value has none."""
    value_type: ValueType
    reference: ImageReference | None
    """The image parsed; None where it does not parse or is no string."""
    error: InvalidReference | None
    """Why it does not parse."""
    placeholder: str | None
    """The piece that something else must fill in first; None for a value that is final."""
    environment: str
    """The environment's name, for messages."""
    gate: Gate
    harbors: HarborMap
    has_separate_tag: bool = False
    """Whether tag or digest are set elsewhere, as by a Kustomization with only ``newName``."""
    origin: ImageReference | None = None
    """What the image is upstream: of one on a Harbor what its project caches, None without one."""
    successor: ImageReference | None = None
    """What an image from a retired registry should be in this environment; None: what it is."""
    has_pull_secret: bool | None = None
    """Whether the image's pod names a pull secret; None: it is in none, or nobody has asked."""

    def fits(self, patterns: Iterable[RegistryPattern]) -> RegistryPattern | None:
        """Return the first pattern that the image fits by one of its spellings."""
        if self.reference is None:
            return None
        spellings = self.harbors.spellings(self.reference)
        return next((one for one in patterns if one.matches_any(spellings)), None)


class Check(Protocol):
    """What every entry of ``CHECKS`` makes.

    One whose class has ``about_references = False`` finds nothing in a value that is a reference.
    """

    def __call__(self, subject: Subject) -> Iterator[Problem]:
        """Yield what is wrong."""
