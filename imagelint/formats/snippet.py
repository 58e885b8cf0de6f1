"""The line of a finding, with the finding underlined.

Works in terminal cells: wide characters take two, combining ones none, tabs four, and invisible
characters are written as escapes. Of a long line (a whole JSON file may be one), only a window
around the position is decoded and shown.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from imagelint.model.excerpt import Excerpt
from imagelint.model.source import Span, shown

if TYPE_CHECKING:
    from imagelint.model.source import Source

__all__ = ["cells", "snippet"]

_TAB = "    "
_CUT = "…"


def snippet(source: Source, span: Span, width: int) -> tuple[str, str]:
    """Return a line and its underline, each at most ``width`` (up to 160) cells wide.

    Of a span over several lines, the first is shown. The line is empty if there is nothing to
    show; an empty span gets one caret.
    """
    if isinstance(source, Excerpt):
        source, span = source.line_of(span)
    return _as_it_is(source, span, width) or _as_it_fits(source, span, width)


def _as_it_is(source: Source, span: Span, width: int) -> tuple[str, str] | None:
    """Return the line if nothing must be cut, escaped or measured, as for most lines; else None."""
    data, start = source.data, span.start
    begin = data.rfind(b"\n", max(start - width, 0), start) + 1
    end = data.find(b"\n", start, start + width)
    if end < 0 or not 0 < end - begin <= width or source.encoding != "utf-8":
        return None
    line = data[begin:end]
    if not line.isascii():
        return None
    text = line.decode()
    if not text.isprintable():
        return None
    return text, " " * (start - begin) + "^" * max(min(span.end, end) - start, 1)


def _as_it_fits(source: Source, span: Span, width: int) -> tuple[str, str]:
    before, marked, after = _pieces(source, span, width)
    left, middle, right = _room(before, marked, after, width)
    shown_before, shown_after = _tail(before, left), _head(after, right)
    text = shown_before + _head(marked, middle) + shown_after
    carets = "^" * max(cells(_head(marked, middle)), 1)
    return text, " " * cells(shown_before) + carets


def cells(text: str) -> int:
    """Return how many terminal cells a printable text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len  # noqa: PLC0415 - most reports are ASCII

    return cell_len(text)


def _pieces(source: Source, span: Span, width: int) -> tuple[str, str, str]:
    """Return the text before, in and after the span on its first line, safe for display.

    Decodes no more than can be shown: a character has at most four bytes.
    """
    reach = 4 * width
    data, start = source.data, span.start
    end = min(span.end, start + reach)
    first = max(source.bom_length, start - reach)
    while source.encoding == "utf-8" and first < start and data[first] & 0xC0 == 0x80:
        first += 1
    before = _decode(source, first, start)
    marked = _decode(source, start, end)
    after = _decode(source, end, min(end + reach, len(data)))
    line = _first_line(marked)
    after = _first_line(after) if line == marked else ""
    return _clean(_last_line(before)), _clean(line), _clean(after)


def _decode(source: Source, start: int, end: int) -> str:
    return source.data[start:end].decode(source.encoding, "replace")


def _first_line(text: str) -> str:
    return text.partition("\n")[0].partition("\r")[0]


def _last_line(text: str) -> str:
    return text.rpartition("\n")[2].rpartition("\r")[2]


def _clean(text: str) -> str:
    if text.isprintable():
        return text
    expanded = text.replace("\t", _TAB)
    return shown(expanded, len(expanded))


def _room(before: str, marked: str, after: str, width: int) -> tuple[int, int, int]:
    """Divide the width: first the marked text, then the text before, then the text after."""
    middle = min(cells(marked), width)
    rest = width - middle
    left = min(cells(before), max(rest - min(cells(after), rest // 3), 0))
    return left, middle, min(cells(after), rest - left)


def _head(text: str, width: int) -> str:
    """Return the start of the text that fits into ``width`` cells; a cut is marked."""
    if cells(text) <= width:
        return text
    end = bisect_left(range(1, len(text)), width, key=lambda end: cells(text[:end]))
    return text[:end] + _CUT if width else ""


def _tail(text: str, width: int) -> str:
    """Return the end of the text that fits into ``width`` cells; a cut is marked."""
    if cells(text) <= width:
        return text
    start = bisect_left(range(len(text)), 1 - width, key=lambda start: -cells(text[start:]))
    return _CUT + text[start:] if width else ""
