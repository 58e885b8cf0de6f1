"""What is kept of a source until the report: where its findings stand, and what is around them.

Most formats are written when all is linted. With the bytes of every file that has a finding, a
hundred files of a megabyte each were 140 to 280 MB then; and they all went from process to process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from imagelint.model.source import Position, Source, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["REACH", "Excerpt"]

REACH: Final = 640
"""Bytes around a place that are kept of its line: those of 160 characters."""


class Excerpt(Source):
    """A source whose bytes are gone; it knows the places that were named, and no others."""

    def __init__(
        self,
        source: Source,
        spans: Iterable[Span],
        lines: Iterable[Span] = (),
        hashes: Mapping[int, str] | None = None,
    ) -> None:
        """Keep where ``spans`` begin and end, and the first line of each of ``lines``.

        ``hashes`` are those of the lines with these, where a format wants to know them
        (:func:`imagelint.formats.fingerprints.line_hashes`).
        """
        super().__init__(source.path, b"")
        self.bom_length, self.encoding = source.bom_length, source.encoding
        self.hashes = {} if hashes is None else dict(hashes)
        offsets = dict.fromkeys(offset for span in (*spans, *lines) for offset in span)
        self._positions = {offset: source.position(offset) for offset in offsets}
        self._lines = {span: _line(source, span) for span in lines}

    def position(self, offset: int) -> Position:
        """Return the line and column of an offset; ``KeyError`` for one that was not named."""
        return self._positions[offset]

    def line_number(self, offset: int) -> int:
        """Return the 1-based line of such an offset."""
        return self._positions[offset].line

    def line_of(self, span: Span) -> tuple[Source, Span]:
        """Return the first line of one of ``lines``, or what is near, and where the span is there.

        It is a source of its own, whose places are not those of this one.
        """
        begin, data = self._lines[span]
        line = Source(self.path, data)
        line.bom_length, line.encoding = max(self.bom_length - begin, 0), self.encoding
        return line, Span(span.start - begin, min(span.end - begin, len(data)))


def _line(source: Source, span: Span) -> tuple[int, bytes]:
    """Return where the kept part of the first line begins, and its bytes with the line feed."""
    data, start = source.data, span.start
    begin, end = max(start - REACH, 0), min(span.end, start + REACH) + REACH
    if source.encoding == "utf-8":
        begin = max(begin, data.rfind(b"\n", begin, start) + 1)
        feed = data.find(b"\n", start, end)
        end = end if feed < 0 else feed + 1
    return begin, data[begin:end]
