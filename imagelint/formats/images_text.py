"""The inventory for people: one line for each image site, the image in full."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING

from imagelint.formats import PLAIN, Look
from imagelint.formats.phrases import counted, shown_path
from imagelint.formats.snippet import cells
from imagelint.formats.table import table
from imagelint.model.source import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from imagelint.model.report import ImageRecord, Report
    from imagelint.model.source import Source

__all__ = ["pieces", "render"]

_HEAD = ("VERDICT", "ENVIRONMENT", "IMAGE", "PLACE", "OBJECT")
_FOLD = 3
_VERDICTS = {True: "allowed", False: "denied", None: "unknown"}
_COLORS = {"allowed": "32", "denied": "31", "unknown": "33"}


def render(report: Report, look: Look = PLAIN) -> str:
    """Render every image by file and place, as a table that never cuts its columns.

    On a terminal that is too narrow, each image takes two lines.
    """
    return "".join(pieces(report, look))


def pieces(report: Report, look: Look = PLAIN) -> Iterator[str]:
    """Yield the inventory line by line."""
    images = (_row(result.source, one) for result in report.results for one in result.images)
    rows = [_HEAD, *images]
    if len(rows) > 1:
        lines = islice(table(rows, PLAIN), 1, None)
        is_wide = look.terminal and any(cells(line) > look.width for line in lines)
        for line in (_folded if is_wide else _flat)(rows, look):
            yield f"{line}\n"
    if not look.brief:
        above = "\n" if len(rows) > 1 else ""
        images_seen, files_seen = len(rows) - 1, len(report.results)
        yield f"{above}{counted(images_seen, 'image')} in {counted(files_seen, 'file')}.\n"


def _flat(rows: Sequence[tuple[str, ...]], look: Look) -> Iterator[str]:
    lines = table(rows, look)
    yield next(lines)
    for row, line in zip(rows[1:], lines, strict=True):
        yield _painted(line, row[0], look)


def _folded(rows: Sequence[tuple[str, ...]], look: Look) -> Iterator[str]:
    """Put place and object below the image."""
    heads = table([row[:_FOLD] for row in rows], look)
    plain = table([(*row[: _FOLD - 1], "") for row in rows], PLAIN)
    margin = " " * (max(map(cells, plain)) + 2)
    yield next(heads)
    for row, head in zip(rows[1:], heads, strict=True):
        yield _painted(head, row[0], look)
        yield margin + "  ".join(row[_FOLD:])


def _painted(line: str, verdict: str, look: Look) -> str:
    if not look.color:
        return line
    return f"\x1b[{_COLORS[verdict]}m{verdict}\x1b[0m{line.removeprefix(verdict)}"


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
