"""What imagelint reports: severities, problems, fixes and findings. Data only.

A :class:`Problem` is the result of a check on one reference and knows no YAML, file or
span; a :class:`Finding` is a problem at a place. A check proposes a new reference;
the site turns the change from old to new into edits.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final

from imagelint.model.namedtuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from imagelint.model.source import Edit, Span

__all__ = ["COMMENT_MARK", "Finding", "Fix", "KubeObject", "Problem", "Severity", "Skipped"]


COMMENT_MARK: Final = "imagelint:"
"""The prefix of every suppression comment (``engine/comments.py``)."""


class Severity(Enum):
    """How bad a finding is; the members are ordered from worst to least."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
    OFF = "off"

    @property
    def rank(self) -> int:
        """0 for error up to 3 for off: a lower rank is worse."""
        return _RANKS[self.value]

    def at_least(self, other: Severity) -> bool:
        """Whether this is as bad as ``other`` or worse."""
        return self.rank <= other.rank


_RANKS = {severity.value: rank for rank, severity in enumerate(Severity)}
_NO_LABELS: Final[Mapping[str, str]] = {}


class KubeObject(NamedTuple):
    """The object that a finding is about, as its own metadata names it."""

    api_version: str
    kind: str
    name: str | None = None
    namespace: str | None = None
    labels: Mapping[str, str] = _NO_LABELS

    @property
    def group(self) -> str:
        """The API group; empty for the core group."""
        return self.api_version.rpartition("/")[0]

    def __hash__(self) -> int:
        """Hash every field except the labels, which are a mapping and not hashable."""
        return hash((self.api_version, self.kind, self.name, self.namespace))


class Problem(NamedTuple):
    """What a check reports for one image.

    ``rewrite`` is the reference to write instead, if the check knows it.
    """

    message: str
    rewrite: str | None = None
    is_note: bool = False
    """Whether it is a note, however severe the rule is."""


class Fix(NamedTuple):
    """The image after the fix, and the edits (byte offsets) that produce it."""

    image: str
    edits: tuple[Edit, ...]


class Finding(NamedTuple):
    """A problem at a place in a file.

    ``span`` is in bytes; findings about a whole file have the empty span at 0.
    ``environment`` is None if no environment applies (the document does not parse).
    ``unfixable`` says why there is no fix where a reader would expect one. ``template``
    is the Helm template that produced the document, with unprintable characters escaped.
    """

    rule: str
    severity: Severity
    message: str
    path: str
    span: Span
    environment: str | None = None
    object: KubeObject | None = None
    field: str | None = None
    container: str | None = None
    image: str | None = None
    fix: Fix | None = None
    unfixable: str | None = None
    template: str | None = None


class Skipped(NamedTuple):
    """A file that the run skipped, and why."""

    path: str
    reason: str
