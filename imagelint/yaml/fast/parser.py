"""The fast reader: simple YAML → nodes, line by line, without a YAML library.

Most manifests are block mappings and lists of one-line scalars. This module reads a document only
if every line fits the grammar of ``yaml/fast/lines.py``, or continues the plain scalar or the flow
above it, and every indentation is valid YAML. It declines everything else (tags, rare folds, tabs),
and libyaml reads that. A differential test compares both: this reader must return the same nodes at
the same places, or none. A run that needs nothing else never imports the library, and lines cost
about half as much as libyaml's events.
"""

from __future__ import annotations

from typing import Any

from imagelint.yaml.fast.flow import node_over_lines
from imagelint.yaml.fast.lines import (
    ANCHORED,
    FLOW,
    MAX_DEPTH,
    NOTHING,
    PLAIN,
    QUOTED_KEY,
    START,
    SUSPICIOUS,
    is_odd,
    known_lines,
    line_of,
    tail_of,
    value_of,
)
from imagelint.yaml.nodes import Mapping, Scalar, Sequence, Tree

__all__ = ["parse_plain"]

_GROWN_MAX = 10_000
"""Characters of a plain scalar that may grow line by line: each line copies it."""
_ITEM = Scalar("", 0, 0)
"""Represents the key of a list item."""


def parse_plain(text: str) -> Tree | None:  # noqa: C901, PLR0911, PLR0912, PLR0915
    """Parse a document, or return None if the grammar of this reader does not cover it.

    This is one long loop over the lines: a call for each of its steps would cost as much as
    the parser that it replaces.
    """
    if is_odd(text):
        return None
    tree = Tree()
    start = START.match(text)
    begin = read_to = start.end() if start is not None else 0
    root = Sequence(0, 0)
    # The innermost open collection with its pairs or items, and the step that leads to it; the key
    # (in a list: ``_ITEM``) without a value yet, and the place of that value if it is empty.
    node: Mapping | Sequence = root
    values: list[Any] = root.items
    level = -1
    waiting: Scalar | None = _ITEM
    place = 0
    around: list[tuple[Mapping | Sequence, list[Any], int]] = []
    kind = NOTHING
    value: Any = None
    for raw in text[begin:].split("\n"):
        at = begin
        begin = at + len(raw) + 1
        if at < read_to:
            continue  # inside a block scalar or flow
        line = known_lines.get(raw) or line_of(raw)
        if line is None:
            # It can only continue a plain scalar that ends at the end of the line before.
            tail = tail_of(raw)
            if tail is None or kind != PLAIN or text[value.end : at].strip(" \r") != "\n":
                return None
            if tail[0] <= level >> 1 or len(value.value) > _GROWN_MAX:
                return None
            value.value += f" {raw[slice(*tail)]}"
            value.end = at + tail[1]
            continue
        steps, kind, key, written, value_start, value_end, oddity, _ = line
        if oddity & SUSPICIOUS:
            tree.is_suspicious = True
        if oddity & ANCHORED:
            return None
        for step in steps:
            start_at = at + (step >> 1)
            while level > step:
                if waiting is not None:
                    empty = Scalar("", place, place)
                    values.append(empty if level & 1 else (waiting, empty))
                    waiting = None
                node.end = start_at
                node, values, level = around.pop()
            if level == step:
                if waiting is not None:
                    empty = Scalar("", place, place)
                    values.append(empty if level & 1 else (waiting, empty))
            elif waiting is None or len(around) > MAX_DEPTH:
                return None
            else:
                around.append((node, values, level))
                parent, node = values, (Sequence if step & 1 else Mapping)(start_at, start_at)
                parent.append(node if level & 1 else (waiting, node))
                values = node.items if isinstance(node, Sequence) else node.pairs
                level = step
            if step & 1 or key is None:
                waiting, place = _ITEM, start_at + 1
            else:
                place = start_at + len(key)
                if oddity & QUOTED_KEY:
                    place += 2
                    waiting = Scalar(key, start_at, place, text[start_at])
                else:
                    waiting = Scalar(key, start_at, place)
                place += 1
        if kind == PLAIN:
            value = Scalar(written, at + value_start, at + value_end)
        elif kind != NOTHING:
            value = value_of(tree, text, line, at, level >> 1)
            if value is None and kind == FLOW:
                value = node_over_lines(tree, text, at + value_start)
            if value is None:
                return None
            read_to = value.end
        else:
            continue
        values.append(value if level & 1 else (waiting, value))
        waiting = None
    if not root.items:
        return None
    while around:
        if waiting is not None:
            empty = Scalar("", place, place)
            values.append(empty if level & 1 else (waiting, empty))
            waiting = None
        node.end = len(text)
        node, values, level = around.pop()
    tree.root = root.items[0]
    return tree
