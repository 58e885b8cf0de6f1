"""The inventory for people: one line for each image site, the image in full."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from imagelint.formats import PLAIN, Look
from imagelint.formats.snippet import cells
from imagelint.formats.words import counted, shown_path
from imagelint.text import shown

if TYPE_CHECKING:
    from imagelint.report import ImageRecord, Report
    from imagelint.text import Source

__all__ = ["render"]

_HEAD = ("VERDICT", "ENVIRONMENT", "IMAGE", "PLACE", "OBJECT")
_VERDICTS = {True: "allowed", False: "denied", None: "unknown"}
_COLORS = {"allowed": "32", "denied": "31", "unknown": "33"}
_COLUMN_MAX = 60


def render(report: Report, look: Look = PLAIN) -> str:
    """Render every image by file and place, as a table whose columns are never cut."""
    rows = [_row(result.source, one) for result in report.results for one in result.images]
    count = f"{counted(len(rows), 'image')} in {counted(len(report.results), 'file')}."
    if not rows:
        return f"{count}\n"
    table = [_HEAD, *rows]
    widths = [
        max(width for row in table if (width := cells(row[column])) <= _COLUMN_MAX)
        for column in range(len(_HEAD) - 1)
    ]
    return "\n".join([*(_line(row, widths, look) for row in table), "", count, ""])


def _row(source: Source, record: ImageRecord) -> tuple[str, ...]:
    line, column = source.position(record.span.start)
    name = "" if record.object.name is None else f"/{shown(record.object.name)}"
    return (
        _VERDICTS[record.allowed],
        shown(", ".join(record.environments)) or "-",
        _value(record.image),
        f"{shown_path(record.path)}:{line}:{column}",
        f"{shown(record.object.kind)}{name}",
    )


def _value(image: str | float | None) -> str:
    """Show a string bare, anything else as JSON writes it; an empty string needs quotes."""
    if isinstance(image, str) and image.strip():
        return shown(image)
    return shown(json.dumps(image))


def _line(row: tuple[str, ...], widths: list[int], look: Look) -> str:
    padded = [
        cell + " " * max(width - cells(cell), 0)
        for cell, width in zip(row, [*widths, 0], strict=True)
    ]
    if look.color and row is _HEAD:
        padded = [f"\x1b[1m{cell}\x1b[0m" for cell in padded]
    elif look.color:
        padded[0] = f"\x1b[{_COLORS[row[0]]}m{padded[0]}\x1b[0m"
    return "  ".join(padded).rstrip()
