"""The plain lane: boring YAML → nodes, line by line, without a YAML library.

Most manifests are block mappings and lists of one-line scalars. A document is read
here only when every line fits the grammar of :mod:`imagelint.lines` and every indentation is one
that YAML accepts; anything else (anchors, tags, flow over lines, odd folds, tabs) is
declined and goes to libyaml, which is the judge of this lane in a differential test:
the same nodes at the same places, or none. A run that meets nothing else never imports
the library, and lines cost about half of what libyaml's events cost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from imagelint.lines import (
    BLOCK,
    DOUBLE,
    FLOW,
    MAX_DEPTH,
    PLAIN,
    SINGLE,
    START,
    is_odd,
    known_lines,
    line_of,
    value_of,
)
from imagelint.nodes import Mapping, Scalar, Sequence, Tree

if TYPE_CHECKING:
    from imagelint.nodes import Node

__all__ = ["parse_plain"]

_OTHER_VALUES = frozenset((SINGLE, DOUBLE, FLOW, BLOCK))
_ITEM = Scalar("", 0, 0)
"""Stands for the key of a list's item."""


def parse_plain(text: str) -> Tree | None:  # noqa: C901, PLR0911, PLR0912, PLR0915
    """Read a document, or return None where the grammar of this lane does not cover it.

    One loop over the lines; a call for each of its steps would cost as much as the parser
    that it spares, hence its length.
    """
    if is_odd(text):
        return None
    tree = Tree()
    start = START.match(text)
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
        line = known_lines.get(raw) or line_of(raw)
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
            elif waiting is None or len(around) > MAX_DEPTH:
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
            elif waiting is None or len(around) > MAX_DEPTH:
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
        if kind == PLAIN:
            value: Node | None = Scalar(written, at + value_start, at + value_end)
        elif kind in _OTHER_VALUES:
            value = value_of(tree, text, line, at, column)
            if value is None:
                return None
            if kind == BLOCK:
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
