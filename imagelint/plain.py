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

from imagelint.nodes import ODD_SCALARS, Mapping, Node, Scalar, Sequence, Tree

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
_ODD_ASCII = re.compile("[^\n\r\x20-\x7e]|\r(?!\n)")
_ODD = re.compile(
    "[^\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
    "|\r(?!\n)"
)
"""Tabs, control characters, breaks of YAML 1.1 and byte order marks: not for this lane."""
_START = re.compile(r"---[ ]*(?:[ ]\#[^\n]*)?\r?(?:\n|\Z)")
_FIRST_LINE = re.compile(r"[\r\n]*([ ]*)[^ \r\n]")
_MAX_DEPTH = 900  # below what libyaml is asked for, flow at the bottom included
_ITEM = Scalar("", 0, 0)


def parse_plain(text: str) -> Tree | None:  # noqa: C901, PLR0911, PLR0912, PLR0915
    """Read a document, or return None where the grammar of this lane does not cover it.

    One loop over the lines; a call for each of its steps would cost as much as the parser
    that it spares, hence its length.
    """
    if (_ODD_ASCII if text.isascii() else _ODD).search(text) is not None:
        return None
    tree = Tree()
    stack = _Stack(tree)
    columns, nodes, waiting, places = stack.columns, stack.nodes, stack.waiting, stack.places
    start = _START.match(text)
    expected = start.end() if start is not None else 0
    for line in _LINE.finditer(text, expected):
        begin = line.start()
        if begin != expected:
            if begin < expected:
                continue  # inside a block scalar
            return None
        expected = line.end()
        kind = line.lastindex or _DASHES
        at, content = line.span(_DASHES)
        if kind == _LONE_DASH:
            at = line.start(_LONE_DASH)
            content = at + 1
        if kind == _DASHES and at == content:
            continue  # a blank line or a comment
        # --- dashes: a list's items
        while at < content:
            column = at - begin
            while columns and columns[-1] > column:
                stack.close(at)
            if columns and columns[-1] == column and type(nodes[-1]) is Sequence:
                stack.fill_empty()
            elif not stack.open(Sequence(at, at), column):
                return None
            waiting[-1] = _ITEM
            at += 1
            places[-1] = at
            while at < content and text[at] == " ":
                at += 1
        # --- a key
        start_of_key, end_of_key = line.span(_KEY)
        if start_of_key >= 0:
            column = start_of_key - begin
            # A list that is not indented ends at the next key of the mapping around it.
            while columns and (
                columns[-1] > column or (columns[-1] == column and type(nodes[-1]) is Sequence)
            ):
                stack.close(start_of_key)
            if columns and columns[-1] == column:
                stack.fill_empty()
            elif not stack.open(Mapping(start_of_key, start_of_key), column):
                return None
            key = text[start_of_key:end_of_key]
            if key in ODD_SCALARS:
                tree.is_suspicious = True
            waiting[-1] = Scalar(key, start_of_key, end_of_key)
            places[-1] = end_of_key + 1
            if kind == _KEY:
                continue
        elif kind in (_DASHES, _LONE_DASH):
            continue
        elif line.start(_DASHES) == content:
            return None  # a scalar on a line of its own
        # --- a value on its line
        key_or_item = waiting[-1]
        value = _value(tree, text, line, kind, columns[-1])
        if value is None or key_or_item is None:
            return None
        if kind == _BLOCK:
            expected = value.end
        _fill(nodes[-1], key_or_item, value)
        waiting[-1] = None
    if expected != len(text) or tree.root is None:
        return None
    while nodes:
        stack.close(expected)
    return tree


class _Stack:
    """The open collections, innermost last."""

    __slots__ = ("_tree", "columns", "nodes", "places", "waiting")

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self.columns: list[int] = []
        self.nodes: list[Mapping | Sequence] = []
        self.waiting: list[Scalar | None] = []
        """The key (for a list: ``_ITEM``) that waits for its value, or None."""
        self.places: list[int] = []
        """Where that value stands if nothing comes: right behind its colon or dash."""

    def open(self, node: Mapping | Sequence, column: int) -> bool:
        """Open a collection as the value that is waited for, or as the root."""
        if self.nodes:
            key = self.waiting[-1]
            if key is None or len(self.nodes) > _MAX_DEPTH:
                return False
            _fill(self.nodes[-1], key, node)
            self.waiting[-1] = None
        elif self._tree.root is None:
            self._tree.root = node
        else:
            return False
        self.columns.append(column)
        self.nodes.append(node)
        self.waiting.append(None)
        self.places.append(0)
        return True

    def fill_empty(self) -> None:
        """Give what waits for its value the empty one, which YAML takes for null."""
        key = self.waiting[-1]
        if key is not None:
            _fill(self.nodes[-1], key, Scalar("", self.places[-1], self.places[-1]))

    def close(self, at: int) -> None:
        """Close the innermost collection in front of what stands at ``at``."""
        self.fill_empty()
        self.nodes.pop().end = at
        self.columns.pop()
        self.waiting.pop()
        self.places.pop()


def _value(
    tree: Tree, text: str, line: re.Match[str], kind: int, column: int
) -> Scalar | Mapping | Sequence | None:
    """Read the value that begins on a line; None declines it."""
    start, end = line.span(kind)
    if kind == _PLAIN_SCALAR:
        written = text[start:end]
        if written in ODD_SCALARS:
            tree.is_suspicious = True
        return Scalar(written, start, end)
    if kind == _BLOCK:
        return _block(text, start, line.end(), line.group(_BLOCK), column)
    if kind == _FLOW:
        return _Flow(tree, text, end).read(start)
    quote = "'" if kind == _SINGLE else '"'
    return Scalar(text[start:end], start - 1, end + 1, quote)


def _fill(parent: Mapping | Sequence, key: Scalar, value: Node) -> None:
    """Give a waiting key, or a list's waiting item, its value."""
    if isinstance(parent, Sequence):
        parent.items.append(value)
    else:
        parent.pairs.append((key, value))


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
            _fill(node, key, value)
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


def _block(text: str, at: int, start: int, header: str, column: int) -> Scalar | None:
    """Read a literal or folded scalar whose content begins at ``start``; None declines it."""
    first = _FIRST_LINE.match(text, start)
    indent = len(first.group(1)) if first is not None else 0
    if indent <= column:
        return None  # empty, or its indentation is not its own
    lines = _block_lines(indent).match(text, start)
    end = start if lines is None else lines.end()
    value = _block_value(text[start:end].replace("\r\n", "\n"), indent, header)
    return None if value is None else Scalar(value, at, end, header[0])


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
