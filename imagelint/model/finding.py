"""What imagelint says: severities, problems, fixes and findings. Data only.

A :class:`Problem` is what a check says of a reference and knows no YAML, file or
span; a :class:`Finding` is a problem at a place. A check proposes a new reference;
the site turns old → new into edits.
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
"""What every comment begins with that means to excuse something (``engine/comments.py``)."""


class Severity(Enum):
    """How bad a finding is; the order is that of the members, worst first."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
    OFF = "off"

    @property
    def rank(self) -> int:
        """0 for error up to 3 for off: smaller is worse."""
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
        """Hash all but the labels, which are a mapping."""
        return hash((self.api_version, self.kind, self.name, self.namespace))


class Problem(NamedTuple):
    """What a check says of one image.

    ``rewrite`` is the reference to write instead, where the check knows one.
    """

    message: str
    rewrite: str | None = None


class Fix(NamedTuple):
    """A repair: the image as it will read, and the edits (byte offsets) that make it so."""

    image: str
    edits: tuple[Edit, ...]


class Finding(NamedTuple):
    """A problem at a place in a file.

    ``span`` is in bytes; findings about a whole file have the empty span at 0.
    ``environment`` is None where none applies (a document that does not parse).
    ``unfixable`` says why there is no fix where a reader would expect one. ``template``
    is the Helm template that the document was rendered from, fit to be shown.
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
    """A file that was left out of the run, and why."""

    path: str
    reason: str
