"""What a run of the benchmark yields: rows of series and bounds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.inputs import Input
    from benchmarks.measure import Series

__all__ = ["Bound", "Row"]


@dataclass(frozen=True, slots=True)
class Bound:
    """A number that must stay on its side of a limit; an aim is not a must.

    Without a limit it is shown, and anything is right.
    ``approximate`` stands for a lower bound of what was measured against: it timed out, and
    the true number is better still.
    """

    what: str
    relation: str
    """``at most``, ``at least`` or ``below``."""
    limit: float | None
    measured: float
    is_aim: bool = False
    approximate: bool = False
    unit: str = ""

    @property
    def is_met(self) -> bool:
        """Whether the number is on its side."""
        if self.limit is None:
            return True
        if self.relation == "at least":
            return self.measured >= self.limit
        if self.relation == "below":
            return self.measured < self.limit
        return self.measured <= self.limit

    def as_json(self) -> dict[str, Any]:
        """Return the bound as a JSON object."""
        return {
            "what": self.what,
            "relation": self.relation,
            "limit": self.limit,
            "measured": round(self.measured, 4),
            "unit": self.unit,
            "aim": self.is_aim,
            "upperBound": self.approximate,
            "met": self.is_met,
        }


@dataclass(slots=True)
class Row:
    """A row of the issue's table: what was run on what, and what must be true of it."""

    id: str
    title: str
    inputs: list[Input] = field(default_factory=list)
    series: list[Series] = field(default_factory=list)
    bounds: list[Bound] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    skipped: str | None = None
    failed: list[str] = field(default_factory=list)
    """What went wrong with imagelint itself: the row is missed, whatever its bounds say."""

    @property
    def is_missed(self) -> bool:
        """Whether something that must be true is not."""
        return bool(self.failed) or any(
            not bound.is_met and not bound.is_aim for bound in self.bounds
        )

    def as_json(self) -> dict[str, Any]:
        """Return the row as a JSON object: seconds and bytes."""
        return {
            "id": self.id,
            "title": self.title,
            "skipped": self.skipped,
            "remarks": self.remarks,
            "failed": self.failed,
            "inputs": [one.as_json() for one in self.inputs],
            "series": [_series_json(series) for series in self.series],
            "bounds": [bound.as_json() for bound in self.bounds],
        }


def _series_json(series: Series) -> dict[str, Any]:
    samples = series.samples
    return {
        "name": series.command.name,
        "argv": series.command.argv,
        "stdin": series.command.stdin,
        "note": series.note,
        "timedOut": series.timed_out,
        "wall": [round(sample.wall, 5) for sample in samples],
        "cpu": [round(sample.cpu, 5) for sample in samples],
        "peak": [sample.peak for sample in samples],
        "status": sorted({sample.status for sample in samples}),
    }
