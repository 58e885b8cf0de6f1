"""The plain lane: boring YAML → nodes, line by line, without a YAML library.

Most manifests are block mappings and lists of one-line scalars. A document is read
here only when every line fits that grammar and every indentation is one that YAML
accepts; anything else (anchors, tags, flow, odd folds, tabs, odd characters) is
declined and goes to libyaml, which is the judge of this lane in a differential test:
the same nodes at the same places, or none. A run that meets nothing else never imports
the library, and lines cost about half of what libyaml's events cost.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, NamedTuple

from imagelint.nodes import NOT_FINITE, ODD_SCALARS, Mapping, Node, Scalar, Sequence, Tree

__all__ = ["parse_plain"]

_PLAIN = (
    r"(?:[A-Za-z0-9_/.$(+=~^;\\]|-(?=\S))"
    r"[^\s:]*(?:(?::(?=\S)|[ ]+(?=[^\s\#:]))[^\s:]*){0,999}"  # the regex engine keeps each round
)
_LINE = re.compile(
    rf"""
    ^[ ]*
    (?:
        ((?:-[ ]+)*)                                        # 1: dashes
        (?:([A-Za-z0-9_/.$][A-Za-z0-9_/.$-]{{0,200}}):)?     # 2: a key
        (?:(?:(?<=:)[ ]+|(?<!:))
          (?: ({_PLAIN})                                    # 3: a plain scalar
            | '([^'\n\r]*)'                                 # 4: in single quotes
            | "([^"\\\n\r]*)"                               # 5: in double quotes
            | ([\[{{][^\n\r]*)                              # 6: flow, to the end of the line
            | ([|>][+-]?)                                   # 7: a block scalar's header
        ))?
      | (-)                                                 # 8: a dash alone
    )
    [ ]*(?:(?<![^ \n])\#[^\n]*)?\r?(?:\n|\Z)
    """,
    re.VERBOSE | re.MULTILINE,
)
_DASHES, _KEY, _PLAIN_SCALAR, _SINGLE, _DOUBLE, _FLOW, _BLOCK, _LONE_DASH = range(1, 9)
_OTHER_VALUES = frozenset((_SINGLE, _DOUBLE, _FLOW, _BLOCK))
_IN_FLOW = r"[^\s:,\[\]{}\#?'\"]"
_FLOW_SCALAR = re.compile(
    rf"""
      ((?:[A-Za-z0-9_/.$(+=~^;\\]|-(?={_IN_FLOW}))                   # 1: a plain scalar
       {_IN_FLOW}*(?:(?::|[ ]+)(?={_IN_FLOW}){_IN_FLOW}*){{0,999}})
    | '([^'\n\r]*)'                                                 # 2: in single quotes
    | "([^"\\\n\r]*)"                                               # 3: in double quotes
    """,
    re.VERBOSE,
)
_MAX_FLOW_DEPTH = 20
_ODD_ASCII = "[^\n\r\x20-\x7e]|\r(?!\n)"
_ODD = (
    "[^\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
    "|\r(?!\n)"
)
"""Tabs, control characters, breaks of YAML 1.1 and byte order marks: not for this lane."""
_START = re.compile(r"---[ ]*(?:[ ]\#[^\n]*)?\r?(?:\n|\Z)")
_FIRST_LINE = re.compile(r"[\r\n]*([ ]*)[^ \r\n]")
_MAX_DEPTH = 400  # what nests deeper is for the YAML library to bound
_ITEM = Scalar("", 0, 0)


class _Line(NamedTuple):
    """A line of the grammar, taken apart; its numbers count characters of the line.

    ``kind`` is the group of ``_LINE`` that it ends with. ``dashes`` are the columns of its
    dashes, ``column`` that of its key, ``value`` the text from ``start`` to ``end``: without
    quotes; of flow with what stands behind it; of a block scalar its header.
    """

    kind: int
    dashes: tuple[int, ...]
    key: str | None
    column: int
    value: str
    start: int
    end: int
    is_suspicious: bool


_lines: dict[str, _Line | None] = {}
"""Lines seen before, None for one that is not in the grammar. Manifests say the same again and
again: of ten lines eight are found here, for a fifth of what matching them costs."""
_LINES_MAX = 10_000
_LENGTH_MAX = 200


def _line(text: str) -> _Line | None:
    """Take a line apart that comes without its line feed."""
    match = _LINE.match(text)
    line = None if match is None else _taken_apart(text, match)
    if len(text) <= _LENGTH_MAX:
        if len(_lines) >= _LINES_MAX:
            _lines.clear()
        _lines[text] = line
    return line


def _taken_apart(text: str, match: re.Match[str]) -> _Line | None:
    kind = match.lastindex or _DASHES
    begin, end = match.span(_LONE_DASH if kind == _LONE_DASH else _DASHES)
    dashes = tuple(at for at in range(begin, end) if text[at] == "-")
    column, end_of_key = match.span(_KEY)
    key = text[column:end_of_key] if column >= 0 else None
    if key is None and not dashes and kind != _DASHES:
        return None  # a scalar on a line of its own
    start, end = match.span(kind)
    value = text[start:end]
    is_suspicious = key in ODD_SCALARS or (kind == _PLAIN_SCALAR and value in NOT_FINITE)
    return _Line(kind, dashes, key, column, value, start, end, is_suspicious)


def parse_plain(text: str) -> Tree | None:  # noqa: C901, PLR0911, PLR0912, PLR0915
    """Read a document, or return None where the grammar of this lane does not cover it.

    One loop over the lines; a call for each of its steps would cost as much as the parser
    that it spares, hence its length.
    """
    if _is_odd(text):
        return None
    tree = Tree()
    start = _START.match(text)
    begin = read_to = start.end() if start is not None else 0
    root = Sequence(0, 0)
    # The innermost open collection with its pairs or items and its column; the key (of a list:
    # ``_ITEM``) that waits for its value, and where that stands if nothing comes.
    node: Mapping | Sequence = root
    values: list[Any] = root.items
    column, is_list = -1, True
    waiting: Scalar | None = _ITEM
    place = 0
    around: list[tuple[Mapping | Sequence, list[Any], int, bool]] = []
    for raw in text[begin:].split("\n"):
        at = begin
        begin = at + len(raw) + 1
        if at < read_to:
            continue  # inside a block scalar
        line = _lines.get(raw) or _line(raw)
        if line is None:
            return None
        kind, dashes, key, key_column, written, value_start, value_end, is_suspicious = line
        if is_suspicious:
            tree.is_suspicious = True
        # --- dashes: a list's items
        for dash in dashes:
            while column > dash:
                if waiting is not None:
                    empty = Scalar("", place, place)
                    values.append(empty if is_list else (waiting, empty))
                    waiting = None
                node.end = at + dash
                node, values, column, is_list = around.pop()
            if column == dash and is_list:
                if waiting is not None:
                    values.append(Scalar("", place, place))
            elif waiting is None or len(around) > _MAX_DEPTH:
                return None
            else:
                around.append((node, values, column, is_list))
                node = Sequence(at + dash, at + dash)
                values.append(node if is_list else (waiting, node))
                values, column, is_list = node.items, dash, True
            waiting = _ITEM
            place = at + dash + 1
        # --- a key
        if key is not None:
            # A list that is not indented ends at the next key of the mapping around it.
            while column > key_column or (column == key_column and is_list):
                if waiting is not None:
                    empty = Scalar("", place, place)
                    values.append(empty if is_list else (waiting, empty))
                    waiting = None
                node.end = at + key_column
                node, values, column, is_list = around.pop()
            if column == key_column:
                if waiting is not None:
                    values.append((waiting, Scalar("", place, place)))
            elif waiting is None or len(around) > _MAX_DEPTH:
                return None
            else:
                around.append((node, values, column, is_list))
                node = Mapping(at + key_column, at + key_column)
                values.append(node if is_list else (waiting, node))
                values, column, is_list = node.pairs, key_column, False
            place = at + key_column + len(key)
            waiting = Scalar(key, at + key_column, place)
            place += 1
        # --- a value on its line
        if kind == _PLAIN_SCALAR:
            value: Node | None = Scalar(written, at + value_start, at + value_end)
        elif kind in _OTHER_VALUES:
            value = _value(tree, text, line, at, column)
            if value is None:
                return None
            if kind == _BLOCK:
                read_to = value.end
        else:
            continue
        values.append(value if is_list else (waiting, value))
        waiting = None
    if not root.items:
        return None
    while around:
        if waiting is not None:
            empty = Scalar("", place, place)
            values.append(empty if is_list else (waiting, empty))
            waiting = None
        node.end = len(text)
        node, values, column, is_list = around.pop()
    tree.root = root.items[0]
    return tree


def _value(tree: Tree, text: str, line: _Line, at: int, column: int) -> Node | None:
    """Read a value that is more than a plain scalar, on a line at ``at``; None declines it."""
    start, end = at + line.start, at + line.end
    if line.kind == _BLOCK:
        return _block(text, start, line.value, column)
    if line.kind == _FLOW:
        return _Flow(tree, text, end).read(start)
    return Scalar(line.value, start - 1, end + 1, "'" if line.kind == _SINGLE else '"')


class _Declined(Exception):  # noqa: N818 - no error: another reader takes over
    """Flow that is not for this lane."""


class _Flow:
    """Reads a flow collection that ends on its line."""

    def __init__(self, tree: Tree, text: str, end: int) -> None:
        self._tree = tree
        self._text = text
        self._end = end

    def read(self, at: int) -> Mapping | Sequence | None:
        """Read the collection at ``at``, behind which only a comment may stand; None declines."""
        try:
            node, at = self._collection(at, 1)
        except _Declined:
            return None
        rest = self._text[at : self._end]
        return node if not rest.strip(" ") or rest.lstrip(" ")[0] == "#" != rest[0] else None

    def _peek(self, at: int) -> tuple[str, int]:
        """Return the next character that is no blank, and where it stands."""
        while at < self._end and self._text[at] == " ":
            at += 1
        if at >= self._end:
            raise _Declined
        return self._text[at], at

    def _collection(self, at: int, depth: int) -> tuple[Mapping | Sequence, int]:
        if depth > _MAX_FLOW_DEPTH:
            raise _Declined
        is_list = self._text[at] == "["
        node: Mapping | Sequence = Sequence(at, at) if is_list else Mapping(at, at)
        shut = "]" if is_list else "}"
        char, at = self._peek(at + 1)
        while char != shut:
            key = _ITEM
            if not is_list:
                key, at = self._scalar(at)
                if self._text[at : at + 2] != ": ":
                    raise _Declined
                char, at = self._peek(at + 2)
            value: Node
            if char in "[{":
                value, at = self._collection(at, depth + 1)
            else:
                value, at = self._scalar(at)
            if isinstance(node, Sequence):
                node.items.append(value)
            else:
                node.pairs.append((key, value))
            char, at = self._peek(at)
            if char == ",":
                char, at = self._peek(at + 1)
            elif char != shut:
                raise _Declined
        node.end = at + 1
        return node, at + 1

    def _scalar(self, at: int) -> tuple[Scalar, int]:
        match = _FLOW_SCALAR.match(self._text, at, self._end)
        if match is None:
            raise _Declined
        kind = match.lastindex or 1
        value = match.group(kind)
        if kind == 1 and value in ODD_SCALARS:
            self._tree.is_suspicious = True
        return Scalar(value, at, match.end(), ("", "'", '"')[kind - 1]), match.end()


def _block(text: str, at: int, header: str, column: int) -> Scalar | None:
    """Read the literal or folded scalar whose header is at ``at``; None declines it."""
    start = text.find("\n", at) + 1 or len(text)
    first = _FIRST_LINE.match(text, start)
    indent = len(first.group(1)) if first is not None else 0
    if indent <= column:
        return None  # empty, or its indentation is not its own
    lines = _block_lines(indent).match(text, start)
    end = start if lines is None else lines.end()
    value = _block_value(text[start:end].replace("\r\n", "\n"), indent, header)
    return None if value is None else Scalar(value, at, end, header[0])


def _is_odd(text: str) -> bool:
    """Whether ``_ODD`` is in the text: not if all of it prints, which is quicker to know."""
    if text.replace("\n", "").isprintable():
        return False
    return re.search(_ODD_ASCII if text.isascii() else _ODD, text) is not None


@cache
def _block_lines(indent: int) -> re.Pattern[str]:
    return re.compile(rf"(?:[ ]{{{indent}}}[^\n]*(?:\n|\Z)|[ ]*\r?\n[\r\n]*)*")


def _block_value(text: str, indent: int, header: str) -> str | None:
    """Return a block scalar's value; None for folds that are more than lines joined by blanks."""
    body = text.rstrip("\n")
    lines = [line[indent:] for line in body.split("\n")]
    if not lines[-1].strip():
        return None  # ends in blanks
    if header[0] == "|":
        value = "\n".join(lines)
    elif any(not line or line[0] == " " for line in lines):
        return None
    else:
        value = " ".join(lines)
    breaks = text[len(body) :]
    if header.endswith("-"):
        return value
    return value + (breaks if header.endswith("+") else breaks[:1])
