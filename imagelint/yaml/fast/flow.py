"""Flow collections and quotes in simple YAML: ``[a, {b: c}]``, ``'d'``, ``"e"``, on any lines.

The part of the fast reader (``yaml/fast/lines.py``) that reads across lines. It declines what
is not in its grammar (plain scalars over several lines, rare escapes, ``{a}``).
"""

from __future__ import annotations

import re
from typing import Final

from imagelint.yaml.nodes import ODD_SCALARS, Mapping, Node, Scalar, Sequence, Tree

__all__ = ["FLOW_BEGINS", "IN_DOUBLE", "IN_SINGLE", "flow_on_line", "node_over_lines", "unquoted"]

FLOW_BEGINS: Final = frozenset("[{")
IN_SINGLE: Final = r"[^'\n\r]*(?:''[^'\n\r]*){0,99}"
IN_DOUBLE: Final = r"""[^"\\\n\r]*(?:\\["\\nt][^"\\\n\r]*){0,99}"""
_ESCAPES = {'"': '"', "\\": "\\", "n": "\n", "t": "\t"}
"""The supported escapes, by the character after the backslash."""
_IN_FLOW = r"[^\s:,\[\]{}\#?'\"]"
_FLOW_SCALAR = rf"""(?x)
      ((?:[A-Za-z0-9_/.$(+=~^;\\]|-(?={_IN_FLOW}))                   # 1: a plain scalar
       {_IN_FLOW}*(?:(?::|[ ]+)(?={_IN_FLOW}){_IN_FLOW}*){{0,999}})
    | '({IN_SINGLE})'                                               # 2: in single quotes
    | "({IN_DOUBLE})"                                               # 3: in double quotes
    """
_OVER_LINES = r"""(?x)
      '([^']*(?:''[^']*){0,999})'                                   # 1: in single quotes
    | "([^"\\]*(?:\\(?:["\\nt]|\r?\n)[^"\\]*){0,999})"              # 2: in double quotes
    """
_STYLES = ("", "'", '"')
# A run of blanks is matched only from its start: a long one would take quadratic time.
_FOLD = r"(?<![ ])[ ]*(?:\r?\n[ ]*)+"
_ESCAPE_OR_FOLD = rf"\\(?:\r?\n[ ]*((?:\r?\n[ ]*)*)|(.))|{_FOLD}"
_MARKERS = ("\n---", "\n...")
_MAX_FLOW_DEPTH = 9_500  # in total below the 10,000 levels that go-yaml reads
_SHUT = {Sequence: "]", Mapping: "}"}
_NO_KEY = Scalar("", 0, 0)


def unquoted(written: str, quote: str) -> str:
    """Return the value of a quoted text: escapes decoded, lines folded."""
    if quote == '"':
        if "\\" in written or "\n" in written:
            return re.sub(_ESCAPE_OR_FOLD, _read, written)
        return written
    value = written.replace("''", "'")
    return re.sub(_FOLD, _folded, value) if "\n" in value else value


def _read(match: re.Match[str]) -> str:
    """Return the value of an escape, an escaped line break or a fold."""
    if match[2] is not None:
        return _ESCAPES[match[2]]
    return _folded(match) if match[1] is None else "\n" * match[1].count("\n")


def _folded(match: re.Match[str]) -> str:
    breaks = match[0].count("\n")
    return " " if breaks == 1 else "\n" * (breaks - 1)


class _Declined(Exception):
    """Flow that this reader does not support."""


def flow_on_line(tree: Tree, text: str, at: int, end: int) -> Node | None:
    """Read a flow collection that ends, like its line, before ``end``; None declines it."""
    return _Flow(tree, text, end, " ").read(at)


def node_over_lines(tree: Tree, text: str, at: int) -> Node | None:
    """Read a flow collection or quotes that continue on the next lines; None declines them."""
    node = _Flow(tree, text, len(text), " \r\n").read(at)
    if node is None or any(text.find(marker, at, node.end) >= 0 for marker in _MARKERS):
        return None
    return node


class _Flow:
    """Reads a flow collection."""

    def __init__(self, tree: Tree, text: str, end: int, blanks: str) -> None:
        self._tree = tree
        self._text = text
        self._end = end
        self._blanks = blanks
        """What may separate two of its tokens."""
        self._is_over_lines = "\n" in blanks

    def read(self, at: int) -> Node | None:
        """Read the node at ``at``, which only a comment may follow; None declines it."""
        node: Node
        try:
            if self._text[at] in FLOW_BEGINS:
                node, at = self._collection(at)
            elif self._is_over_lines:
                node, at = self._scalar(at)
            else:
                return None
        except _Declined:
            return None
        stop = self._text.find("\n", at, self._end)  # do not copy the rest of the text
        rest = self._text[at : self._end if stop < 0 else stop].rstrip("\r")
        return node if not rest.strip(" ") or rest.lstrip(" ")[0] == "#" != rest[0] else None

    def _peek(self, at: int) -> tuple[str, int]:
        """Return the next character that is not blank, and its index."""
        while at < self._end and self._text[at] in self._blanks:
            at += 1
        if at >= self._end:
            raise _Declined
        return self._text[at], at

    def _collection(self, at: int) -> tuple[Mapping | Sequence, int]:  # noqa: C901
        """Read a collection and its contents, without recursion; return it and its end."""
        around: list[tuple[Mapping | Sequence, Scalar]] = []
        node = self._opened(at)
        char, at = self._peek(at + 1)
        while True:
            if char != _SHUT[type(node)]:
                key = _NO_KEY
                if isinstance(node, Mapping):
                    key, at = self._scalar(at)
                    if self._text[at : at + 2] != ": " or self._is_folded(key):
                        raise _Declined
                    char, at = self._peek(at + 2)
                if char in FLOW_BEGINS:
                    if len(around) >= _MAX_FLOW_DEPTH:
                        raise _Declined
                    around.append((node, key))
                    node = self._opened(at)
                    char, at = self._peek(at + 1)
                    continue
                value: Node
                value, at = self._scalar(at)
            else:
                node.end = at = at + 1
                if not around:
                    return node, at
                value = node
                node, key = around.pop()
            if isinstance(node, Sequence):
                node.items.append(value)
            else:
                node.pairs.append((key, value))
            char, at = self._peek(at)
            if char == ",":
                char, at = self._peek(at + 1)
            elif char != _SHUT[type(node)]:
                raise _Declined

    def _opened(self, at: int) -> Mapping | Sequence:
        return Sequence(at, at) if self._text[at] == "[" else Mapping(at, at)

    def _is_folded(self, key: Scalar) -> bool:
        return self._text.find("\n", key.start, key.end) >= 0

    def _scalar(self, at: int) -> tuple[Scalar, int]:
        match = re.compile(_FLOW_SCALAR).match(self._text, at, self._end)
        style = _STYLES[(match.lastindex or 1) - 1] if match is not None else self._text[at]
        if match is None and self._is_over_lines and style in _STYLES:
            match = re.compile(_OVER_LINES).match(self._text, at, self._end)
        if match is None:
            raise _Declined
        value = match.group(match.lastindex or 1)
        if style:
            value = unquoted(value, style)
        elif value in ODD_SCALARS:
            self._tree.is_suspicious = True
        return Scalar(value, at, match.end(), style), match.end()
