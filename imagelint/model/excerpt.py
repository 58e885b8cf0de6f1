"""What a report keeps of a source: the positions of its findings and the text around them.

Most formats write only after all files are linted. Keeping the bytes of every file with a finding
cost 140 to 280 MB for a hundred files of a megabyte each, and all of them were sent between
processes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from imagelint.model.source import Position, Source, Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["REACH", "Excerpt"]

REACH: Final = 640
"""Bytes to keep of a line on each side of a place: enough for 160 characters (4 bytes each)."""


class Excerpt(Source):
    """A source without its bytes; it knows only the positions of the offsets that it was given."""

    def __init__(
        self,
        source: Source,
        spans: Iterable[Span],
        lines: Iterable[Span] = (),
        hashes: Mapping[int, str] | None = None,
    ) -> None:
        """Keep the positions of both ends of ``spans``, and the first line of each of ``lines``.

        ``hashes`` maps line numbers to hashes, for formats that need them
        (:func:`imagelint.formats.fingerprints.line_hashes`).
        """
        super().__init__(source.path, b"")
        self.bom_length, self.encoding = source.bom_length, source.encoding
        self.hashes = {} if hashes is None else dict(hashes)
        offsets = dict.fromkeys(offset for span in (*spans, *lines) for offset in span)
        self._positions = {offset: source.position(offset) for offset in offsets}
        self._lines = {span: _line(source, span) for span in lines}

    def position(self, offset: int) -> Position:
        """Return the line and column of an offset; ``KeyError`` for an offset that was not kept."""
        return self._positions[offset]

    def line_number(self, offset: int) -> int:
        """Return the 1-based line of an offset; ``KeyError`` for an offset that was not kept."""
        return self._positions[offset].line

    def line_of(self, span: Span) -> tuple[Source, Span]:
        """Return the kept part of the first line of one of ``lines``, and the span within it.

        The returned source has its own offsets: they differ from those of this source.
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
