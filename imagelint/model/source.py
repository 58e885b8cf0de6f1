"""Sources, spans and edits; the only code that turns offsets into lines and columns.

Offsets are bytes into the file as it was read, whatever its encoding. Lines and
columns are 1-based, columns count code points, and lines break at LF, CRLF and a
lone CR, as in an editor (YAML 1.1 breaks at NEL, LS and PS too; editors don't).
No I/O here.
"""

from __future__ import annotations

import codecs
import re
from array import array
from bisect import bisect_right
from functools import cached_property
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any, TypeAlias

from imagelint.model.namedtuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

__all__ = ["Decoded", "Edit", "Mark", "Position", "Source", "Span", "apply_edits", "mark_of"]
__all__ += ["as_yaml", "one_line", "shown"]

_LINE_BREAK = re.compile(rb"\r\n|\n|\r")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_BOM_STARTS = frozenset(bom[:1] for bom, _ in _BOMS)
_ESCAPED_BYTES = "[\udc80-\udcff]+"
_SHOWN_MAX = 200
_PLAIN = r"(?:[A-Za-z_]|\.\.?/)[A-Za-z0-9._/*?@-]*"
_WORDS = frozenset(("true", "false", "yes", "no", "on", "off", "null", "y", "n"))
"""Plain scalars that YAML does not read as text."""
_LINE_MAX = 4000
_STRIDE = 1024
"""Distance between cached places: in characters of a text, in bytes of a long line."""
_STRIDE_OF_LINES = 4096
"""Bytes between two offsets whose line number is cached."""
_UTF8_MAX = 4
"""The most bytes that one character takes in UTF-8."""


Mark: TypeAlias = "tuple[int, int]"
"""Identifies the bytes of a source: see :func:`mark_of`."""


class Span(NamedTuple):
    """A half-open range of bytes in a source."""

    start: int
    end: int


class Position(NamedTuple):
    """A position for people: 1-based line, 1-based column in code points."""

    line: int
    column: int


class Edit(NamedTuple):
    """Replace the bytes of ``span`` with ``text``; an empty span inserts."""

    span: Span
    text: str


class _Repair(NamedTuple):
    """The index behind a U+FFFD, and how many more bytes the source has than the text so far."""

    end: int
    growth: int


class Decoded:
    """A piece of a source as text; converts character indexes back to byte offsets.

    Ill-formed input is read as kubectl reads it: each maximal ill-formed part of
    UTF-8 becomes one U+FFFD (``golang.org/x/text/encoding/unicode``).
    """

    __slots__ = ("_encoding", "_end", "_marks", "_repairs", "_start", "first_ill_formed", "text")

    def __init__(self, data: bytes, start: int, encoding: str) -> None:
        """Decode ``data``, which begins at byte ``start`` of its source."""
        self._start = start
        self._end = start + len(data)
        self._encoding = encoding
        self._repairs: list[_Repair] = []
        self._marks: list[int] = []
        """Bytes before every ``_STRIDE``-th character; filled when the first offset is needed."""
        self.first_ill_formed: int | None = None
        """The source's byte offset of the first ill-formed byte, if there is one."""
        try:
            self.text = data.decode(encoding)
        except UnicodeDecodeError as error:
            self.first_ill_formed = start + error.start
            if encoding == "utf-8":
                self.text = self._repair(data.decode(encoding, "surrogateescape"))
            else:  # a lone surrogate and U+FFFD both take two bytes
                self.text = data.decode(encoding, "replace")

    def _repair(self, escaped: str) -> str:
        """Replace runs of escaped bytes, and record how the lengths differ."""
        pieces: list[str] = []
        done = length = growth = 0
        for run in re.finditer(_ESCAPED_BYTES, escaped):
            bad = run.group().encode("utf-8", "surrogateescape")
            pieces.append(escaped[done : run.start()])
            length += run.start() - done
            done = run.end()
            for size in _ill_formed_sizes(bad):
                pieces.append("\ufffd")
                length += 1
                growth += size - 3
                self._repairs.append(_Repair(length, growth))
        pieces.append(escaped[done:])
        return "".join(pieces)

    def byte_offset(self, index: int) -> int:
        """Return the byte offset in the source of character ``index`` of :attr:`text`."""
        if self._encoding == "utf-8" and self.text.isascii():
            return self._start + index
        if index >= len(self.text):
            return self._end  # UTF-16 may end in half a character
        if not self._marks:
            self._mark()
        mark = index // _STRIDE
        size = self._marks[mark] + len(self.text[mark * _STRIDE : index].encode(self._encoding))
        return self._start + size + (self._growth(index) if self._repairs else 0)

    def _growth(self, index: int) -> int:
        """Return how many more bytes than written the text has up to ``index``."""
        repairs = _number_up_to(index, self._repairs, attrgetter("end"))
        return self._repairs[repairs - 1].growth if repairs else 0

    def _mark(self) -> None:
        """Measure the text in pieces: counting from its start each time would be quadratic."""
        size = 0
        for begin in range(0, len(self.text), _STRIDE):
            self._marks.append(size)
            size += len(self.text[begin : begin + _STRIDE].encode(self._encoding))

    def byte_offsets(self, indexes: Iterable[int]) -> Iterator[int]:
        """Yield :meth:`byte_offset` of each index."""
        return map(self.byte_offset, indexes)


def _ill_formed_sizes(bad: bytes) -> Iterator[int]:
    """Yield the length of each maximal ill-formed part of ``bad``, which is all ill-formed."""
    at = 0
    while at < len(bad):
        try:
            bad[at : at + 4].decode()
        except UnicodeDecodeError as error:
            yield error.end
            at += error.end


class Source:
    """The bytes of one file or stream and the path that findings name.

    ``path`` is for people and matching: relative to the working folder where the
    file is below it, with ``/``. The bytes are never changed.
    """

    def __init__(self, path: str, data: bytes) -> None:
        """Keep ``data`` as it was read from ``path``."""
        self.path = path
        self.data = data
        self.bom_length, self.encoding = 0, "utf-8"
        self._feeds_alone: bool | None = None
        if data[:1] in _BOM_STARTS:
            for bom, encoding in _BOMS:
                if data.startswith(bom):
                    self.bom_length, self.encoding = len(bom), encoding
                    break

    def __repr__(self) -> str:
        """Show the path and the size, not the bytes."""
        return f"Source({self.path!r}, {len(self.data)} bytes)"

    def decode(self, span: Span) -> Decoded:
        """Read a slice as text; the slice must begin and end between characters."""
        return Decoded(self.data[span.start : span.end], span.start, self.encoding)

    @cached_property
    def _line_starts(self) -> Sequence[int]:
        if self.encoding == "utf-8":
            lines = array("q", (match.end() for match in _LINE_BREAK.finditer(self.data)))
            lines.insert(0, self.bom_length)  # not a list: large streams have millions
            return lines
        text = self.data[self.bom_length :].decode(self.encoding, "replace")
        starts = [0, *(match.end() for match in re.finditer(r"\r\n|\n|\r", text))]
        offsets, previous, at = [], 0, self.bom_length
        for start in starts:
            at += len(text[previous:start].encode(self.encoding))
            previous = start
            offsets.append(at)
        return offsets

    @property
    def _has_feeds_alone(self) -> bool:
        """Whether only line feeds break lines.

        Every file with a finding is asked; ``cached_property`` takes a lock on Python 3.11.
        """
        if self._feeds_alone is None:
            self._feeds_alone = self.encoding == "utf-8" and b"\r" not in self.data
        return self._feeds_alone

    @cached_property
    def _breaks_before(self) -> list[int]:
        """The number of line feeds before each piece of ``_STRIDE_OF_LINES`` bytes.

        A report needs few positions; a list of all lines would take ten times as long.
        """
        counts = [0]
        for start in range(0, len(self.data), _STRIDE_OF_LINES):
            counts.append(counts[-1] + self.data.count(b"\n", start, start + _STRIDE_OF_LINES))
        return counts

    def position(self, offset: int) -> Position:
        """Return the line and column of a byte offset; a byte order mark has no column."""
        line = self.line_number(offset)
        return Position(line, self._count(self._line_start(line, offset), offset) + 1)

    def _line_start(self, line: int, offset: int) -> int:
        """Return the offset at which the line of a byte offset begins."""
        if not self._has_feeds_alone:
            return self._line_starts[line - 1]
        piece = offset // _STRIDE_OF_LINES
        found = self.data.rfind(b"\n", piece * _STRIDE_OF_LINES, offset)
        if found < 0 < piece and self._breaks_before[piece]:
            counts = self._breaks_before  # in the piece behind which the count stays as it is
            end = _number_up_to(counts[piece] - 1, counts) * _STRIDE_OF_LINES
            found = self.data.rfind(b"\n", end - _STRIDE_OF_LINES, end)
        return found + 1 or self.bom_length

    @cached_property
    def _counted(self) -> dict[int, list[tuple[int, int]]]:
        """For each long line, by its start: offsets on it and the code points before each."""
        return {}

    def _count(self, start: int, end: int) -> int:
        """Count the code points between a line's start and an offset on it.

        A file may be one line with a finding at each end: nothing is counted twice.
        """
        at, count = start, 0
        if end - start > _STRIDE:
            places = self._counted.setdefault(start, [(start, 0)])
            while places[-1][0] + _STRIDE < end:
                at, count = places[-1]
                stop = self._boundary(at + _STRIDE)
                places.append((stop, count + self._length(at, stop)))
            at, count = places[_number_up_to(end, places, itemgetter(0)) - 1]
        return count + self._length(at, end)

    def _length(self, start: int, end: int) -> int:
        return len(self.data[start:end].decode(self.encoding, "replace"))

    def _boundary(self, offset: int) -> int:
        """Return the nearest offset at or before this one that does not split a character."""
        if self.encoding == "utf-8":
            for back in range(_UTF8_MAX):
                if self.data[offset - back] & 0xC0 != 0x80:
                    return offset - back
            return offset  # ill-formed: each byte counts as one character
        offset -= (offset - self.bom_length) % 2
        high = self.data[offset - 1 if self.encoding == "utf-16-le" else offset - 2]
        return offset - 2 if high & 0xFC == 0xD8 else offset

    @property
    def line_count(self) -> int:
        """The number of lines; text after the last line break is a line."""
        return len(self._line_starts)

    def line_number(self, offset: int) -> int:
        """Return the 1-based line of a byte offset."""
        if self._has_feeds_alone:
            piece = offset // _STRIDE_OF_LINES
            before = self._breaks_before[piece] if piece else 0
            return before + self.data.count(b"\n", piece * _STRIDE_OF_LINES, offset) + 1
        return max(_number_up_to(offset, self._line_starts), 1)

    def line(self, number: int) -> str:
        """Return the text of a 1-based line, without its line break."""
        starts = self._line_starts
        start = starts[number - 1]
        end = starts[number] if number < len(starts) else len(self.data)
        return self.data[start:end].decode(self.encoding, "replace").rstrip("\r\n")


def _number_up_to(
    limit: int, values: Sequence[Any], key: Callable[[Any], int] | None = None
) -> int:
    """Return how many of the values, which ascend, are at most ``limit``."""
    return bisect_right(values, limit, key=key)


def apply_edits(source: Source, edits: Iterable[Edit]) -> bytes:
    """Return the source's bytes with the edits applied; every other byte is copied.

    Equal edits count once (two uses of one anchor need the same change). Raises
    ``ValueError`` if edits overlap or two insertions are at the same offset: the result
    would be ambiguous, so nothing is written.
    """
    data = memoryview(source.data)
    pieces: list[bytes | memoryview] = []
    done = 0
    last: Edit | None = None
    for edit in sorted(set(edits)):
        start, end = edit.span
        if last is not None and (start < done or edit.span == last.span):
            message = f"edits overlap at byte {start}"
            raise ValueError(message)
        if not 0 <= start <= end <= len(source.data):
            message = f"edit outside of the file at byte {start}"
            raise ValueError(message)
        pieces += (data[done:start], edit.text.encode(source.encoding))
        done, last = end, edit
    pieces.append(data[done:])
    return b"".join(pieces)


def mark_of(data: bytes) -> Mark:
    """Return a value that identifies bytes within this process and the processes forked from it.

    It is their length and their 64-bit hash, whose key is new in each process that is started.
    """
    return len(data), hash(data)


def one_line(text: str) -> str:
    """Return a message as one line: file names in it may contain line feeds."""
    return shown(text, _LINE_MAX)


def shown(text: str, limit: int = _SHOWN_MAX) -> str:
    """Return ``text`` safe for a terminal and a log: shortened, without invisible characters.

    Control, bidirectional, zero-width and other non-printing characters become escapes,
    so that no manifest can move the cursor, change colours or reorder a report.
    """
    if len(text) <= limit and text.isprintable():
        return text
    cut = text[:limit]
    if not cut.isprintable():
        invisible = (char for char in set(cut) if not char.isprintable())
        cut = cut.translate(
            {ord(char): char.encode("unicode_escape").decode() for char in invisible}
        )
    return cut + "…" if len(text) > limit else cut


def as_yaml(text: str) -> str:
    """Return ``text`` in a form to paste into YAML anywhere: plain, or in double quotes.

    The result is safe to print, like that of :func:`shown`.
    """
    if re.fullmatch(_PLAIN, text) and text.lower() not in _WORDS:
        return text
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{shown(quoted, len(quoted))}"'  # the escapes are valid in YAML, too
