"""Bytes → documents, split as kubectl splits them, not as a YAML library does.

kubectl tries JSON if the first character is ``{`` and falls back to YAML if no more than
one object was read (apimachinery, ``YAMLOrJSONDecoder``). A line reader splits YAML: every
line that starts with ``---`` separates documents, even inside of a YAML scalar
(``YAMLReader``). An error of that reader is recorded but does not end the stream here: the
documents after it are still linted.
"""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import Decoded, Source, Span, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.yaml.nodes import Tree

__all__ = ["Document", "StreamProblem", "cut", "split"]

_DASHES = b"---"
_CONTENT = re.compile(rb"[^ \n\r]")
"""A tab counts: no YAML starts with it, so kubectl refuses a document of blanks and tabs."""
_BREAK = rb"(?:\r\n|\r(?!\n)|\n|\xc2\x85|\xe2\x80[\xa8\xa9])"
_IN_LINE = rb"[^\r\n\xc2\xe2]*(?:(?:\xc2(?!\x85)|\xe2(?!\x80[\xa8\xa9]))[^\r\n\xc2\xe2]*)*"
"""A YAML 1.1 line, and with it a comment, also ends at NEL, LS and PS."""
_DIRECTIVES = b"".join(
    (
        rb"(?:\xef\xbb\xbf)?(?:[ \t]*(?:#" + _IN_LINE + rb")?" + _BREAK + rb")*",
        rb"(%" + _IN_LINE + rb")(?:" + _BREAK + rb"[ \t]*(?:[#%]" + _IN_LINE + rb")?)*",
    )
)
"""A piece of only directives, comments and blank lines, cut off from its document."""
_CUT = rb"(?m)^(?!---)[^\n]*\n(---[ \t]*\r?\n)"
"""A line and, after it, a separator line without content."""
_GO_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007"
    "\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
"""What Go's ``unicode.IsSpace`` treats as space; Python's ``isspace`` accepts more."""
_YAML_SPACE = " \t\r\x85\u2028\u2029"
_GUESS_BYTES = 4096
"""The bytes in which kubectl looks for ``{`` (cli-runtime, ``NewYAMLOrJSONDecoder(r, 4096)``)."""


class StreamProblem(NamedTuple):
    """An error that ends the stream for kubectl; ``offset`` in bytes of the source."""

    offset: int
    message: str


class Document:
    """A piece of a source that kubectl passes to one decoder call.

    ``span`` is in bytes of the source. ``tree`` is set for JSON, which must be parsed
    to find its end; ``yaml/parser.py`` parses YAML when needed.
    """

    __slots__ = ("_decoded", "problems", "source", "span", "tree")

    def __init__(
        self,
        source: Source,
        span: Span,
        problems: tuple[StreamProblem, ...] = (),
        tree: Tree | None = None,
        decoded: Decoded | None = None,
    ) -> None:
        """Keep the piece ``span`` of ``source``."""
        self.source = source
        self.span = span
        self.problems = problems
        self.tree = tree
        self._decoded = decoded

    @property
    def is_placed(self) -> bool:
        """Whether the source shows the text literally, so that an edit of one edits the other."""
        return True

    @property
    def decoded(self) -> Decoded:
        """The piece as text; node offsets count its characters."""
        if self._decoded is None:
            self._decoded = self.source.decode(self.span)
        return self._decoded

    @property
    def text(self) -> str:
        """The piece's own text; for JSON :attr:`decoded` is the whole stream's."""
        return self.decoded.text if self.tree is None else self.source.decode(self.span).text

    @property
    def data(self) -> bytes:
        """The piece's bytes, in the source's encoding."""
        return self.source.data[self.span.start : self.span.end]

    def byte_offset(self, index: int) -> int:
        """Return the source's byte offset of a character of the text."""
        return self.decoded.byte_offset(index)


def split(source: Source, within: Span | None = None) -> list[Document]:
    """Return the documents of a source, in order and without empty ones.

    ``within`` is a span from :func:`cut`: return only its documents. Raises nothing: errors of
    kubectl's reader are in :attr:`Document.problems`.
    """
    if source.encoding != "utf-8":
        return _split_wide(source)
    start = source.bom_length
    if within is not None and within.start != start:
        return _split_yaml(source, *within)
    if _starts_with_brace(source):
        return list(_split_json(source))
    return _split_yaml(source, start, len(source.data) if within is None else within.end)


def cut(source: Source, size: int) -> list[Span]:
    """Cut a source between documents into pieces of ``size`` bytes or a little more.

    Splitting the pieces gives the same documents as splitting the whole source. JSON, and text that
    is not valid UTF-8, remains one piece.
    """
    spans = []
    start, end = source.bom_length, len(source.data)
    if source.encoding == "utf-8" and not _starts_with_brace(source):
        pattern = re.compile(_CUT)
        while (match := pattern.search(source.data, start + size)) is not None:
            spans.append(Span(start, match.start(1)))
            start = match.end()
    spans.append(Span(start, end))
    try:
        for span in spans if len(spans) > 1 else ():
            source.data[span.start : span.end].decode()
    except UnicodeDecodeError:
        return [Span(source.bom_length, end)]
    return spans


def _starts_with_brace(source: Source) -> bool:
    start = source.bom_length
    if source.data[start : start + 1].isalpha():  # true of most manifests
        return False
    head = source.data[start : start + _GUESS_BYTES].decode("utf-8", "replace")
    return head.lstrip(_GO_SPACE).startswith("{")


def _split_yaml(source: Source, start: int, end: int) -> list[Document]:
    """Split the bytes from ``start`` to ``end`` at lines that start with ``---``.

    As in kubectl's reader, a separator belongs to the document after it if there is no
    line before it, and otherwise to no document.
    """
    data = source.data
    begin = start
    problems: tuple[StreamProblem, ...] = ()
    documents: list[Document | None] = []
    for at, after in _separators(data, start, end):
        is_first = at == begin
        if at > begin:
            documents.append(_document(source, begin, at, problems))
            begin, problems = after, ()
        rest = data[at + len(_DASHES) : after].removesuffix(b"\n").decode("utf-8", "replace")
        behind = rest.strip(_GO_SPACE)
        if behind and not behind.startswith("#"):
            # The line may hold content that other tools read: keep it in the document.
            begin = at
            message = f"content behind `---`: {shown(behind, 60)}"
            problems = (StreamProblem(at, message),)
        elif is_first and rest and rest[0] not in _YAML_SPACE:
            begin = after
            message = f"`---{shown(rest, 10)}` is no separator without a line before it"
            problems = (StreamProblem(at, message),)
        elif is_first and data.startswith(codecs.BOM_UTF8, after, end):
            begin = after
            message = "a byte order mark behind a first `---`, where it is text to kubectl"
            problems = (StreamProblem(begin, message),)
    documents.append(_document(source, begin, end, problems))
    return [document for document in documents if document is not None]


def _separators(data: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the start of each line that begins with ``---``, and the start of the next line.

    This searches for bytes: a regular expression with ``^`` stops at every line, which took a
    quarter of the whole run in a tree of large CRDs.
    """
    if data.startswith(_DASHES, start, end):  # even if a JSON object is before it on the line
        yield start, _next_line(data, start, end)
    at = start
    while (at := data.find(b"\n" + _DASHES, at, end) + 1) > 0:
        yield at, _next_line(data, at, end)


def _next_line(data: bytes, at: int, end: int) -> int:
    feed = data.find(b"\n", at, end)
    return end if feed < 0 else feed + 1


def _document(
    source: Source, begin: int, end: int, problems: tuple[StreamProblem, ...]
) -> Document | None:
    """Return the document between two offsets, None if it is empty."""
    directive = None
    if source.data.find(b"%", begin, end) >= 0:
        directive = re.compile(_DIRECTIVES).fullmatch(source.data, begin, end)
    if directive is not None:
        message = "a directive (%YAML, %TAG), which is a document of its own to kubectl"
        problems = (*problems, StreamProblem(directive.start(1), message))
    if problems or _CONTENT.search(source.data, begin, end) is not None:
        return Document(source, Span(begin, end), problems)
    return None


def _split_json(source: Source) -> Iterator[Document]:
    """Read JSON values until one fails, then continue as YAML after the last good one."""
    from imagelint.yaml.json_text import (  # noqa: PLC0415 - most streams are YAML
        JsonError,
        parse_json,
        skip_space,
    )

    decoded = source.decode(Span(source.bom_length, len(source.data)))
    text = decoded.text
    index = count = 0
    while True:
        begin = skip_space(text, index)
        if begin >= len(text):
            return
        try:
            tree, index = parse_json(text, begin)
        except JsonError as error:
            failure = error
            break
        count += 1
        span = Span(decoded.byte_offset(begin), decoded.byte_offset(index))
        yield Document(source, span, (), tree, decoded)
    start = decoded.byte_offset(index)
    yaml = decoded.byte_offset(_line_end(text, index))
    rest = _split_yaml(source, yaml, len(source.data))
    if count > 1:
        at = decoded.byte_offset(failure.index)
        message = f"not JSON, where kubectl reads a stream of JSON objects: {failure.message}"
        problem = StreamProblem(at, message)
        if not rest:
            rest = [Document(source, Span(start, len(source.data)))]
        rest[0].problems = (problem, *rest[0].problems)
    yield from rest


def _line_end(text: str, index: int) -> int:
    """Skip white space up to and including the first line feed, as kubectl does."""
    while index < len(text) and text[index] in _GO_SPACE:
        index += 1
        if text[index - 1] == "\n":
            break
    return index


def _split_wide(source: Source) -> list[Document]:
    """Split UTF-16: kubectl transcodes the stream first, so split the text as UTF-8."""
    from imagelint.yaml.json_text import parse_json  # noqa: PLC0415 - rarely needed

    whole = Source(
        source.path, source.decode(Span(source.bom_length, len(source.data))).text.encode()
    )
    whole.bom_length = 0  # a second byte order mark is text
    pieces = split(whole)
    documents = []
    done = 0
    at = source.bom_length
    for piece in pieces:
        at += _wide_length(whole.data[done : piece.span.start], source.encoding)
        end = at + _wide_length(whole.data[piece.span.start : piece.span.end], source.encoding)
        problems = tuple(StreamProblem(at, problem.message) for problem in piece.problems)
        documents.append(Document(source, Span(at, end), problems))
        if piece.tree is not None:
            documents[-1].tree = parse_json(documents[-1].decoded.text)[0]
        done, at = piece.span.end, end
    return documents


def _wide_length(data: bytes, encoding: str) -> int:
    return len(data.decode().encode(encoding))
