"""Values for keys of a YAML document → edits in the document's own style.

``fix --render`` writes images into values files, HelmReleases and Applications with this module.
A key that is there gets its new value inside its quotes; a key that is missing is inserted after
its last sibling, in block or flow style, with the line breaks and the indentation of the file.
Every result is parsed again: it must read as the old document with the new values, else there is
a reason and no edit.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from imagelint.engine.edits import NotEditableError
from imagelint.kubernetes.readers import View, resolve
from imagelint.kubernetes.scalars import Reader
from imagelint.model.source import Edit, Source, Span, apply_edits
from imagelint.repair.values import (
    Wanted,
    flow,
    in_block,
    lines,
    new_value,
    overlaid,
    same,
    value_of,
    wanted_by_key,
)
from imagelint.yaml.documents import Document, split
from imagelint.yaml.nodes import Mapping, Scalar, Tree, nodes_once
from imagelint.yaml.parser import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping as MappingType

    from imagelint.repair.values import New, Path, Value
    from imagelint.yaml.nodes import Node

__all__ = ["set_values"]

_BREAK: Final = r"\r\n|\n|\r"
_NEXT_LEVEL: Final = r"(?m)^( *)[^ #\r\n-][^\r\n]*:[ ]*(?:#[^\r\n]*)?[\r\n]+\1( +)[^ #\r\n-]"
"""A key without a value on its line, and a line below that is indented further."""
_COLON: Final = r"[ \t]*:"
_ALIAS: Final = r"[ \t]*:[ \t]+(\*[^\s,\[\]{}]+)"
_KEEP: Final = r"[|>][0-9]*\+"
_NOT_READ: Final = "the edited text would not read as it should"


def set_values(document: Document, values: MappingType[Path, Value]) -> list[Edit]:
    """Return the edits that give the keys of ``document`` new values, the missing keys included.

    Nothing else changes: neither other values nor comments, line breaks or the final newline.
    Raises :class:`NotEditableError` if the document cannot be edited so, for instance because an
    anchor is used elsewhere, or a number leads to an item that is not there.
    """
    if not values:
        return []
    tree = document.tree or parse_yaml(document.text)
    if tree.problems or tree.dropped_from is not None:
        raise NotEditableError("it is no valid YAML document")
    wanted = wanted_by_key(values)
    expected = overlaid(value_of(tree.root, View(Reader.KUBECTL)), wanted)
    reason = _NOT_READ
    for is_first in (False, True):
        try:
            changes = _Changes(document.decoded.text, tree, is_first=is_first).of(wanted)
            edits = _placed(document, changes)
        except NotEditableError as error:
            reason = str(error)
        else:
            if _reads_as(document, edits, expected):
                return edits
    raise NotEditableError(reason)


class _Changes:
    """Collects replacements of ranges of a text, in characters; an empty range inserts."""

    def __init__(self, text: str, tree: Tree, *, is_first: bool) -> None:
        """Edit ``text``, whose tree is ``tree``.

        Missing keys are inserted behind the last key of their mapping, or before the first one
        if ``is_first``: what stands behind the last one may not allow it.
        """
        self._text = text
        self._tree = tree
        self._view = View(Reader.KUBECTL)
        self._is_first = is_first
        found = re.search(_BREAK, text)
        self._newline = "\n" if found is None else found.group()
        level = re.search(_NEXT_LEVEL, text)
        self._step = "  " if level is None else level.group(2)
        self._changes: list[tuple[int, int, str]] = []

    def of(self, wanted: Wanted) -> list[tuple[int, int, str]]:
        """Return the changes for new values at the root."""
        root, text = self._tree.root, self._text
        if root is None or (isinstance(root, Scalar) and resolve(root).type == "null"):
            end = len(text)
            block = lines(new_value(wanted), "", self._step)
            before = "" if not text or text.endswith(("\n", "\r")) else self._newline
            after = self._newline if not text or not before else ""
            self._changes.append((end, end, before + self._newline.join(block) + after))
        elif isinstance(root, Mapping) and not root.pairs:
            written = self._newline.join(lines(new_value(wanted), "", self._step))
            self._changes.append((root.start, root.end, written))
        else:
            self._descend(root, wanted)
        return self._changes

    def _descend(self, node: Node, wanted: Wanted) -> None:
        if isinstance(node, Mapping):
            self._descend_mapping(node, wanted)
            return
        if isinstance(node, Scalar):
            raise NotEditableError("it has a text where keys are wanted")
        for step, below in wanted.items():
            if not isinstance(step, int) or not 0 <= step < len(node.items):
                raise NotEditableError("the list has no such item")
            item = node.items[step]
            if item.start < node.start:
                raise NotEditableError("an item of the list is an alias")
            self._set(item, below)

    def _descend_mapping(self, node: Mapping, wanted: Wanted) -> None:
        own = {self._view.key(key): (key, value) for key, value in node.pairs}
        merged = self._view.entries(node)
        missing: dict[str, Value] = {}
        for step, below in wanted.items():
            if isinstance(step, int):
                raise NotEditableError("it has keys where a list is wanted")
            if step in own:
                self._set_pair(node, *own[step], below)
            elif step in merged:  # through a merge key: its source also serves others
                missing[step] = overlaid(value_of(merged[step], self._view), below)
            else:
                missing[step] = new_value(below)
        if missing:
            self._insert(node, missing)

    def _set_pair(self, holder: Mapping, key: Node, value: Node, wanted: Wanted | New) -> None:
        """Set the value of a key that is written in its mapping."""
        if value.start < key.start:
            alias = re.compile(_ALIAS).match(self._text, key.end)
            if alias is None:
                raise NotEditableError("it is an alias")
            restated = overlaid(value_of(value, self._view), wanted)
            self._changes.append((*alias.span(1), flow(restated, is_json=False)))
            return
        is_nothing = isinstance(value, Scalar) and resolve(value).type == "null"
        if not is_nothing and not (isinstance(value, Mapping) and not value.pairs):
            self._set(value, wanted)
            return
        new = new_value(wanted)
        colon = re.compile(_COLON).match(self._text, key.end)
        if colon is None or value.start < colon.end() - 1:
            raise NotEditableError("its form is unusual")
        is_block = self._text[holder.start] != "{"
        if not is_block or not isinstance(new, dict) or value.anchored or value.tag is not None:
            written = flow(new, is_json=not is_block and self._is_json(holder))
            start = value.start if value.end > value.start else colon.end()
            before = "" if self._text[start - 1] in " \t" else " "
            self._changes.append((start, max(value.end, start), before + written))
            return
        self._changes.append((colon.end(), max(value.end, colon.end()), ""))
        end = self._line_end(max(value.end, colon.end()))
        indent = " " * self._column(key.start) + self._step
        block = lines(new, indent, self._step)
        self._changes.append((end, end, "".join(self._newline + line for line in block)))

    def _set(self, value: Node, wanted: Wanted | New) -> None:
        """Set a value that is written at its place."""
        if isinstance(wanted, Wanted):
            self._descend(value, wanted)
            return
        if not isinstance(value, Scalar):
            raise NotEditableError("it has keys or items where one value is wanted")
        new, style = wanted.value, value.style
        end = value.end
        if style in ("|", ">"):
            end = value.start + len(self._text[value.start : end].rstrip())
        if isinstance(new, str) and style == "'" and new.isprintable():
            written = "'" + new.replace("'", "''") + "'"
        elif value.type is not None or (isinstance(new, str) and style == '"'):
            written = json.dumps(new, ensure_ascii=not str(new).isprintable())
        else:
            written = in_block(new)
        self._changes.append((value.start, end, written))

    # --- new keys -------------------------------------------------------------------------

    def _insert(self, node: Mapping, new: dict[str, Value]) -> None:
        """Insert keys into a mapping that has others."""
        text = self._text
        first = min(key.start for key, _ in node.pairs)
        if text[node.start] == "{":
            inner = flow(new, is_json=self._is_json(node))[1:-1]
            at = first if self._is_first else self._content_end(node)
            written = f"{inner}, " if self._is_first else f", {inner}"
        else:
            indent = " " * self._column(first)
            block = lines(new, indent, self._step)
            if self._is_first:
                at = first
                written = (
                    "".join(f"{line}{self._newline}" for line in block)[len(indent) :] + indent
                )
            else:
                at = self._line_end(self._content_end(node))
                written = "".join(self._newline + line for line in block)
        self._changes.append((at, at, written))

    def _content_end(self, node: Mapping) -> int:
        """Return where the last value of a mapping ends; blocks end where the next node begins."""
        end = node.start
        for inner in nodes_once(node):
            if inner.start < node.start:
                continue  # an alias
            if isinstance(inner, Scalar) and inner.style in ("|", ">"):
                if re.match(_KEEP, self._text[inner.start : inner.end]):
                    raise NotEditableError("its last value keeps the blank lines behind it")
                content = self._text[inner.start : inner.end].rstrip()
                end = max(end, inner.start + len(content))
            elif isinstance(inner, Scalar) or (
                inner is not node and self._text[inner.start] in "[{"
            ):
                end = max(end, inner.end)
        return end

    def _line_end(self, at: int) -> int:
        found = re.compile(r"[\r\n]").search(self._text, at)
        return len(self._text) if found is None else found.start()

    def _column(self, at: int) -> int:
        breaks = (self._text.rfind(char, 0, at) for char in "\r\n")
        return at - max(breaks) - 1

    def _is_json(self, node: Mapping) -> bool:
        keys = [key for key, _ in node.pairs]
        return bool(keys) and all(isinstance(key, Scalar) and key.style == '"' for key in keys)


def _reads_as(document: Document, edits: list[Edit], expected: Value) -> bool:
    """Whether the edited file reads as ``expected`` here, and elsewhere as before."""
    source = document.source
    after = Source(source.path, apply_edits(source, edits))
    olds, news = split(source), split(after)
    if not olds and len(news) == 1:  # there were only comments
        return _tree_reads_as(parse_yaml(news[0].text), expected)
    if len(olds) != len(news):
        return False
    changed = [pair for pair in zip(olds, news, strict=True) if pair[0].data != pair[1].data]
    if len(changed) != 1:
        return not changed and not edits
    old, new = (found.tree or parse_yaml(found.text) for found in changed[0])
    while type(document) is not Document:  # it is in a string, perhaps of one in a string
        inner = _changed_text(old, new)
        if inner is None:
            return False
        old, new = inner
        if _tree_reads_as(new, expected):
            return True
    return type(document) is Document and _tree_reads_as(new, expected)


def _tree_reads_as(tree: Tree, expected: Value) -> bool:
    if tree.problems or tree.dropped_from is not None:
        return False
    return same(value_of(tree.root, View(Reader.KUBECTL)), expected)


def _changed_text(old: Tree, new: Tree) -> tuple[Tree, Tree] | None:
    """Return the documents in the only text that differs between two trees."""
    if new.problems:
        return None
    olds, news = (
        [node for node in nodes_once(tree.root) if isinstance(node, Scalar)] for tree in (old, new)
    )
    if len(olds) != len(news):
        return None
    texts = [(a.value, b.value) for a, b in zip(olds, news, strict=True) if a.value != b.value]
    if len(texts) != 1:
        return None
    before, after = texts[0]
    return parse_yaml(before), parse_yaml(after)


def _placed(document: Document, changes: list[tuple[int, int, str]]) -> list[Edit]:
    """Return changes of a document's text as edits of its file."""
    if type(document) is not Document:
        changes = [(start, end, _in_string(document, text)) for start, end, text in changes]
    inserted: dict[int, str] = {}
    for start, end, text in changes:
        if start == end:  # what belongs deeper comes first: both mappings may end here
            inserted[start] = inserted.get(start, "") + text
    replaced = [change for change in changes if change[1] > change[0]]
    placed = [*replaced, *((at, at, text) for at, text in inserted.items() if text)]
    return [
        Edit(Span(document.byte_offset(start), document.byte_offset(end)), text)
        for start, end, text in sorted(placed)
    ]


def _in_string(document: Document, text: str) -> str:
    """Return text as it is written in the string that holds the document."""
    source = document.source
    style = source.decode(Span(document.span.start, document.span.end)).text[:1]
    if not document.is_placed or source.encoding != "utf-8":
        raise NotEditableError("the string around it does not contain it literally")
    if style == "|":
        start = document.byte_offset(0)
        line = max(source.data.rfind(char, 0, start) for char in (b"\n", b"\r")) + 1
        return re.sub(_BREAK, lambda found: found.group() + " " * (start - line), text)
    if re.search(r"[\r\n\"'\\]", text):
        raise NotEditableError("the string around it has no room for it")
    return text
