"""Text tables: columns as wide as their content, numbers right-aligned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.formats.snippet import cells

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from imagelint.formats import Look

__all__ = ["table"]

_COLUMN_MAX = 60
_GAP = "  "


def table(rows: Sequence[tuple[str, ...]], look: Look, numbers: int = 0) -> Iterator[str]:
    """Yield the lines of a table whose first row is its head.

    The last ``numbers`` columns are right-aligned. Content wider than the maximum is not cut: only
    its row is out of line.
    """
    count = len(rows[0])
    widths = [
        max(width for row in rows if (width := cells(row[column])) <= _COLUMN_MAX)
        for column in range(count)
    ]
    for row in rows:
        padded = []
        for column, text in enumerate(row):
            room = " " * max(widths[column] - cells(text), 0)
            padded.append(room + text if column >= count - numbers else text + room)
        line = _GAP.join(padded).rstrip()
        yield f"\x1b[1m{line}\x1b[0m" if look.color and row is rows[0] else line
