"""The inventory for people: one line for each image site, the image in full."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from rich.text import Text

from imagelint.formats import PLAIN, Look
from imagelint.formats.drawn import columns, drawn, width
from imagelint.formats.phrases import counted, shown_path
from imagelint.model.source import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.table import Table

    from imagelint.model.report import ImageRecord, Report
    from imagelint.model.source import Source

__all__ = ["pieces", "render"]

_HEADS = ("VERDICT", "ENVIRONMENT", "IMAGE", "PLACE", "OBJECT")
_VERDICTS = {True: "allowed", False: "denied", None: "unknown"}
_COLORS = {"allowed": "green", "denied": "red", "unknown": "yellow"}


def render(report: Report, look: Look = PLAIN) -> str:
    """Render every image by file and place, as a table in which nothing is cut.

    On a terminal that is too narrow for it, the place is below the image.
    """
    return "".join(pieces(report, look))


def pieces(report: Report, look: Look = PLAIN) -> Iterator[str]:
    """Yield the table, and how much it is about."""
    rows = [_row(result.source, one) for result in report.results for one in result.images]
    if rows:
        table = _flat(rows)
        is_wide = look.terminal and width(table) > look.width
        yield drawn(_folded(rows) if is_wide else table, look)
    if not look.brief:
        above = "\n" if rows else ""
        yield f"{above}{counted(len(rows), 'image')} in {counted(len(report.results), 'file')}.\n"


def _flat(rows: Iterable[tuple[str, ...]]) -> Table:
    """Set each image on a line, all in one row of the table: rich takes a third of the time."""
    table = columns(*_HEADS)
    verdicts, *others = zip(*rows, strict=True)
    table.add_row(Text("\n").join(map(_painted, verdicts)), *map("\n".join, others))
    return table


def _folded(rows: Iterable[tuple[str, ...]]) -> Table:
    """Put place and object below the image."""
    table = columns(*_HEADS[:3])
    for verdict, environments, image, place, owner in rows:
        table.add_row(_painted(verdict), environments, f"{image}\n{place}  {owner}")
    return table


def _painted(verdict: str) -> Text:
    return Text.styled(verdict, _COLORS[verdict])


def _row(source: Source, record: ImageRecord) -> tuple[str, ...]:
    line, column = source.position(record.span.start)
    name = "" if record.object.name is None else f"/{shown(record.object.name)}"
    origin = "" if record.template is None else f" (from {record.template})"
    return (
        _VERDICTS[record.allowed],
        shown(", ".join(record.environments)) or "-",
        _value(record.image),
        f"{shown_path(record.path)}:{line}:{column}",
        f"{shown(record.object.kind)}{name}{origin}",
    )


def _value(image: str | float | None) -> str:
    """Show a string bare, anything else as JSON writes it; an empty string needs quotes."""
    if isinstance(image, str) and image.strip():
        return shown(image)
    return shown(json.dumps(image))
