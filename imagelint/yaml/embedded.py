"""Documents inside of strings; their places and edits are in the file around them.

A patch in a kustomization, the values of a chart in an Application and a manifest in a ConfigMap
are YAML or JSON in a scalar. This module turns such a scalar into documents like any other; its
callers know which scalars hold documents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.model.source import Decoded, Source, Span
from imagelint.yaml.documents import Document, split
from imagelint.yaml.places import UnplacedError, places_of_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from imagelint.yaml.nodes import Scalar

__all__ = ["Embedded", "embedded"]


class Embedded(Document):
    """A document in a scalar of another document, which may itself be embedded.

    ``text`` and ``data`` are the document's own; ``span``, ``source`` and ``byte_offset`` refer to
    the file. If the file does not show the text literally (``is_placed`` is False), every place
    is the whole scalar, and nothing can be edited.
    """

    __slots__ = ("_is_placed", "_text")

    def __init__(
        self,
        outer: Document,
        node: Scalar,
        piece: Document,
        start: int,
        places: Sequence[int] | None,
    ) -> None:
        """Keep a piece of the value of ``node`` in ``outer``, from character ``start`` on.

        ``places`` are the places of all characters of the value, None if they are unknown.
        """
        self._text = piece.text
        # An alias may use the same string elsewhere, with another meaning.
        self._is_placed = places is not None and outer.is_placed and not node.anchored
        begin, end = outer.byte_offset(node.start), outer.byte_offset(node.end)
        text = _Inner(piece, outer, Span(begin, end), places, start)
        super().__init__(outer.source, Span(begin, end), (), piece.tree, text)

    @property
    def is_placed(self) -> bool:
        """Whether the bytes of the file show the text literally."""
        return self._is_placed

    @property
    def text(self) -> str:
        """The document's text, without the scalar's quotes, escapes and indentation."""
        return self._text

    @property
    def data(self) -> bytes:
        """The document's text in UTF-8."""
        return self._text.encode("utf-8", "surrogatepass")


class _Inner(Decoded):
    """The text of an embedded document; converts character indexes to bytes of the file."""

    __slots__ = ("_first", "_outer", "_places", "_span")

    def __init__(
        self,
        piece: Document,
        outer: Document,
        span: Span,
        places: Sequence[int] | None,
        first: int,
    ) -> None:
        super().__init__(b"", span.start, "utf-8")
        self.text = piece.decoded.text
        self._outer = outer
        self._span = span
        self._places = places
        self._first = first

    def byte_offset(self, index: int) -> int:
        """Return the byte offset in the file of character ``index`` of the text."""
        if self._places is None:
            return self._span.start
        at = min(self._first + index, len(self._places) - 1)
        return self._outer.byte_offset(self._places[at])


def embedded(document: Document, node: Scalar, text: str | None = None) -> list[Embedded]:
    """Return the documents in a scalar's value, split as kubectl splits a stream.

    ``text`` is read in place of the value; it is equally long.
    """
    data = (node.value if text is None else text).encode("utf-8", "surrogatepass")
    source = Source(document.source.path, data)
    if source.encoding != "utf-8":  # a byte order mark is text here
        source.bom_length, source.encoding = 0, "utf-8"
    places: Sequence[int] | None = None
    try:
        places = places_of_text(document.decoded.text, node)
    except UnplacedError:
        places = None
    found: list[Embedded] = []
    start = done = 0
    for piece in split(source):
        # The text of JSON is the whole stream's: its tree counts from there.
        begin = 0 if piece.tree is not None else piece.span.start
        start += len(data[done:begin].decode("utf-8", "replace")) if begin > done else 0
        done = max(done, begin)
        first = 0 if piece.tree is not None else start
        found.append(Embedded(document, node, piece, first, places))
    return found
