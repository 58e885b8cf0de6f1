"""Comments that suppress findings: ``# imagelint: ignore[rule, ...] reason``.

::

    image: nginx  # imagelint: ignore[unapproved-registry] replaced in Q1
    image: >-     # imagelint: ignore[floating-tag] after a key whose value starts on a later line
    # imagelint: ignore[floating-tag] the line below, skipping further comments in between
    # imagelint: ignore-file[floating-tag] the whole file; above everything except comments

Only comments count: the same text inside a string, or in JSON, is text. The policy decides what a
comment cannot suppress (``engine/excuses.py``). Pure.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from imagelint.model.finding import COMMENT_MARK as MARK
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import Span
from imagelint.yaml.documents import split
from imagelint.yaml.nodes import Mapping, Scalar, nodes_once
from imagelint.yaml.parser import parse_yaml
from imagelint.yaml.places import block_content

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from imagelint.model.source import Source
    from imagelint.yaml.documents import Document
    from imagelint.yaml.nodes import Node

__all__ = ["Ignore", "Ignores", "find_ignores"]

_COMMENT: Final = rf"(?:^|(?<=[ \t\r\n\ufeff]))\#[ \t]*{MARK}[ \t]*([^\r\n]*)"
_FORM: Final = r"(ignore-file|ignore)[ \t]*\[([^\[\]]*)\][ \t:,-]*(.*)"
_USAGE = "write `# imagelint: ignore[RULE] REASON` or `# imagelint: ignore-file[RULE] REASON`"


class Ignore(NamedTuple):
    """One comment."""

    span: Span
    """From its ``#`` to the end of the line, in bytes."""
    rules: tuple[str, ...]
    reason: str
    line: int | None
    """The line whose findings it suppresses; None: the whole file."""
    problem: str | None = None
    """Why it suppresses nothing: its syntax is wrong."""


class Ignores:
    """The comments of one source, and which rules each has suppressed so far."""

    def __init__(
        self, found: Iterable[Ignore] = (), heads: dict[int, list[int]] | None = None
    ) -> None:
        """Keep the comments in their order.

        ``heads`` are the lines with the key or the header of a scalar that starts on a later line.
        """
        self.found = tuple(found)
        self._heads = heads or {}
        self._by_line: dict[int | None, list[Ignore]] = {}
        for one in self.found:
            if one.problem is None:
                self._by_line.setdefault(one.line, []).append(one)
        self.used: set[tuple[Ignore, str]] = set()

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.found)

    def covering(self, rule: str, line: int) -> Iterator[Ignore]:
        """Yield the well-formed comments that name a rule for a line, the line's own first."""
        for place in self._places(line):
            for one in self._by_line.get(place, ()):
                if rule in one.rules:
                    yield one

    def is_about(self, ignore: Ignore, line: int) -> bool:
        """Whether a comment applies to a line."""
        return ignore.line in self._places(line)

    def _places(self, line: int) -> tuple[int | None, ...]:
        return (line, *self._heads.get(line, ()), None)

    def unused(self) -> Iterator[tuple[Ignore, str]]:
        """Yield each comment with each of its rules that suppressed nothing."""
        for one in self.found:
            for rule in one.rules if one.problem is None else ():
                if (one, rule) not in self.used:
                    yield one, rule


def find_ignores(source: Source) -> Ignores:
    """Find the comments of a source: matches that are not inside a scalar."""
    decoded = source.decode(Span(source.bom_length, len(source.data)))
    text = decoded.text
    scalars = _Scalars(source)
    found = []
    top = _end_of_top(text)
    targets: dict[int, int] = {}
    matches = list(re.finditer(_COMMENT, text))
    offsets = decoded.byte_offsets(index for match in matches for index in match.span())
    for match, start, end in zip(matches, offsets, offsets, strict=True):
        if start in scalars:
            continue
        span = Span(start, end)
        line = source.line_number(start)
        if _begins_line(text, match.start()):
            line = _line_below(source, line, targets)
        found.append(_ignore(span, match[1], line, is_at_top=match.start() < top))
    return Ignores(found, scalars.heads)


def _ignore(span: Span, text: str, line: int, *, is_at_top: bool) -> Ignore:
    form = re.match(_FORM, text)
    if form is None:
        return Ignore(span, (), "", line, f"this comment suppresses nothing; {_USAGE}")
    what, names, reason = form.groups()
    rules = tuple(dict.fromkeys(name.strip() for name in names.split(",") if name.strip()))
    if not rules:
        return Ignore(span, (), "", line, f"this comment names no rule; {_USAGE}")
    if what == "ignore":
        return Ignore(span, rules, reason.strip(), line)
    problem = None if is_at_top else "ignore-file works only at the top of the file; move it there"
    return Ignore(span, rules, reason.strip(), None, problem)


def _end_of_top(text: str) -> int:
    """Return where content starts: above it are only comments, blanks, ``---`` and ``%``."""
    at = 0
    for line in text.splitlines(keepends=True):
        bare = line.strip(" \t\r\n\ufeff")
        if bare.startswith("---"):
            bare = bare[3:].strip()
        if bare and not bare.startswith(("#", "%")):
            break
        at += len(line)
    return at


def _begins_line(text: str, index: int) -> bool:
    """Whether only blanks precede the index on its line."""
    while index > 0 and text[index - 1] in " \t\ufeff":
        index -= 1
    return index == 0 or text[index - 1] in "\r\n"


def _line_below(source: Source, line: int, targets: dict[int, int]) -> int:
    """Return the first line below that is not a comment; ``targets`` caches runs of comments."""
    run = []
    below = line
    while below not in targets:
        run.append(below)
        below += 1
        if below > source.line_count or not source.line(below).lstrip(" \t").startswith("#"):
            targets[run[-1]] = below
            break
    target = targets.get(below, below)
    targets.update(dict.fromkeys(run, target))
    return target


class _Scalars:
    """The positions of scalars in the documents with the mark.

    Scalars that contain the mark, in bytes: text inside them is not a comment. And the lines of
    scalars that start below their key, or below their block header.
    """

    def __init__(self, source: Source) -> None:
        spans: list[tuple[int, int]] = []
        self.heads: dict[int, list[int]] = {}
        for document in split(source):
            if document.tree is not None:  # JSON has no comments
                spans.append(document.span)
            elif MARK in document.decoded.text:
                root = parse_yaml(document.decoded.text).root
                nodes = () if root is None else tuple(nodes_once(root))
                spans += _in_bytes(document, _marked(document.decoded.text, nodes))
                for head, value in _in_bytes(document, _headed(document.decoded.text, nodes)):
                    line = source.line_number(value)
                    self.heads.setdefault(line, []).append(source.line_number(head))
        self._spans = sorted(spans)

    def __contains__(self, offset: int) -> bool:
        at = bisect_right(self._spans, offset, key=itemgetter(0)) - 1
        return at >= 0 and self._spans[at][0] <= offset < self._spans[at][1]


def _in_bytes(document: Document, places: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield pairs of indexes of the document's text as byte offsets."""
    indexes = sorted({index for pair in places for index in pair})
    offsets = dict(zip(indexes, document.decoded.byte_offsets(indexes), strict=True))
    yield from ((offsets[first], offsets[last]) for first, last in places)


def _begin(text: str, node: Scalar) -> int:
    """Return where a scalar's text starts: after the header of a block scalar."""
    return block_content(text, node) if node.style in ("|", ">") else node.start


def _marked(text: str, nodes: Iterable[Node]) -> list[tuple[int, int]]:
    """Return the ranges of the scalars that contain the mark."""
    return [
        (_begin(text, node), node.end)
        for node in nodes
        if isinstance(node, Scalar) and MARK in text[node.start : node.end]
    ]


def _headed(text: str, nodes: Iterable[Node]) -> list[tuple[int, int]]:
    """Return the starts of keys and headers, each with the start of its text on a later line."""
    found = [
        (node.start, _begin(text, node))
        for node in nodes
        if isinstance(node, Scalar) and node.style in ("|", ">")
    ]
    found += (
        (key.start, _begin(text, value))
        for node in nodes
        if isinstance(node, Mapping)
        for key, value in node.pairs
        if isinstance(value, Scalar)
    )
    return [(head, begin) for head, begin in found if re.search(r"[\r\n]", text[head:begin])]
