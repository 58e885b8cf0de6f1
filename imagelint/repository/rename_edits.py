"""New names for an entry → edits of its file: of its name, and copies after it.

A copy is the text of the entry, with its comments and with all other fixes in it; only the name is
new. If the form of an entry is not known to be safe, there is a reason and no edit; every edit is
verified by parsing the edited file.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from itertools import takewhile
from typing import TYPE_CHECKING, Final, TypeAlias

from imagelint.engine.edits import NotEditableError, edit_scalar
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import Edit, Source, Span, apply_edits
from imagelint.repair.proof import same_trees
from imagelint.yaml.documents import Document, split
from imagelint.yaml.nodes import Mapping, Scalar, Sequence, Tree, is_merge, nodes_once
from imagelint.yaml.parser import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imagelint.yaml.nodes import Node

__all__ = ["Entries", "Renaming"]

Path: TypeAlias = "tuple[int, ...]"
"""A path to a node in a tree: the indexes of items and of pairs, whose values are followed."""

_BLOCK_ITEM: Final = r"[ ]*-[ ]+"
_REST: Final = r"[ \t]*(?:#[^\r\n]*)?"
"""What may follow the end of a value on its line."""
_COMMA: Final = r"[ \t]*,[ \t]*(?:#[^\r\n]*)?(?=[\r\n])"
_BREAK: Final = r"\r\n|\n|\r"
_PREFIX: Final = "prefix/"
"""A possible text before a name."""
_WRONG_ENTRY: Final = "the edited entry does not read as it should"
_OTHER_BREAKS: Final = "[\x85\u2028\u2029]"


class Renaming(NamedTuple):
    """An entry and the names to give it."""

    item: Mapping | Scalar
    """The item of a list: for ``images`` a mapping, for Argo CD a text."""
    name: Scalar
    names: tuple[str, ...]
    """Its own, then those of copies after it."""
    within: tuple[int, int] | None = None
    """The part of the scalar that is the name; None for all of it."""


class Entries:
    """The entries of one document, to rename and copy."""

    def __init__(self, document: Document, root: Node) -> None:
        """Use a document whose root is ``root``; the nodes of entries are below it."""
        self._document = document
        self._root = root
        self._parents: dict[int, tuple[Node, int]] = {}
        for node in nodes_once(root):
            below: list[Node] = []
            if isinstance(node, Mapping):
                below = [value for _, value in node.pairs]
            elif isinstance(node, Sequence):
                below = node.items
            self._parents.update((id(one), (node, number)) for number, one in enumerate(below))
        self._is_odd = re.search(_OTHER_BREAKS, document.decoded.text) is not None

    def can_rename(self, one: Renaming) -> bool:
        """Whether the form of an entry allows another name."""
        return self._can(one, f"{_PREFIX}{_name_of(one)}")

    def can_copy(self, one: Renaming) -> bool:
        """Whether the form of an entry allows a copy after it."""
        return self._can(one, _name_of(one), f"{_PREFIX}{_name_of(one)}")

    def edits(self, renamings: Iterable[Renaming], others: Iterable[Edit] = ()) -> list[Edit]:
        """Return the edits that give entries their new names, verified by parsing the result.

        ``others`` are edits of the same file that are applied together with these; copies of an
        entry include their changes of it. Raises :class:`NotEditableError` if the edits are not
        possible, or would change anything else.
        """
        renamings, others = list(renamings), sorted(set(others))
        edits = [edit for one in renamings for edit in self._edits(one, others)]
        paths = sorted(
            ((self._path(one.item), one) for one in renamings), key=lambda found: found[0]
        )
        wrong = _difference(self._document, paths, edits, others)
        if wrong is not None:
            raise NotEditableError(wrong)
        return edits

    def _can(self, one: Renaming, *names: str) -> bool:
        try:
            self._edits(one._replace(names=names), [])
        except NotEditableError:
            return False
        return True

    def _edits(self, one: Renaming, others: list[Edit]) -> list[Edit]:
        own, *copies = one.names
        self._refuse_shared(one)
        edits = []
        if own != _name_of(one):
            edits.append(edit_scalar(self._document, one.name, own, one.within))
        if copies:
            edits.append(self._copies(one, copies, others))
        return edits

    def _refuse_shared(self, one: Renaming) -> None:
        """Raise if an edit of a name would also change something else."""
        if isinstance(one.item, Mapping):
            keys = [key for key, _ in one.item.pairs]
            if any(isinstance(key, Scalar) and is_merge(key, by_tag=True) for key in keys):
                raise NotEditableError("it merges other entries")
            if all(value is not one.name for _, value in one.item.pairs):
                raise NotEditableError("its name is written elsewhere")
        node: Node | None = one.name
        while node is not None:
            if node.anchored:
                raise NotEditableError("it has an anchor")
            node = self._parents[id(node)][0] if id(node) in self._parents else None

    def _copies(self, one: Renaming, names: Iterable[str], others: list[Edit]) -> Edit:
        """Return the insertion of copies with the given names."""
        document, text = self._document, self._document.decoded.text
        parent, _ = self._parents.get(id(one.item), (None, 0))
        if not isinstance(parent, Sequence):
            raise NotEditableError("it is not an item of a list")
        self._refuse_odd(one)
        place = _flow_place if text[parent.start] == "[" else _block_place
        region, at, before, behind = place(text, one.item)
        start, end = (document.byte_offset(index) for index in region)
        first = bisect_left(others, Edit(Span(start, start), ""))
        inner = list(takewhile(lambda edit: edit.span.end <= end, others[first:]))
        pieces = []
        for name in names:
            edits = {*inner}
            if name != _name_of(one):
                edits.add(edit_scalar(document, one.name, name, one.within))
            pieces.append(before + _edited(document.source, Span(start, end), edits) + behind)
        offset = document.byte_offset(at)
        return Edit(Span(offset, offset), "".join(pieces))

    def _refuse_odd(self, one: Renaming) -> None:
        """Raise if the form of an entry leaves doubt about how a copy of it is read."""
        if type(self._document) is not Document:
            raise NotEditableError("it is in a string")
        if self._is_odd:
            raise NotEditableError("the file has line breaks that only YAML knows")
        for node in nodes_once(one.item):
            if node.anchored:
                raise NotEditableError("it holds an anchor")
            if isinstance(node, Scalar) and node.style in ("|", ">"):
                raise NotEditableError("it holds a block of text")

    def _path(self, node: Node) -> Path:
        """Return the path of a node."""
        steps: list[int] = []
        while id(node) in self._parents:
            node, step = self._parents[id(node)]
            steps.append(step)
        return tuple(reversed(steps))


def _name_of(one: Renaming) -> str:
    start, end = one.within or (0, len(one.name.value))
    return one.name.value[start:end]


# --- copies --------------------------------------------------------------------------------


def _block_place(text: str, item: Node) -> tuple[tuple[int, int], int, str, str]:
    """Return which text to copy, where to insert it, and what to insert before and after it.

    The text is the lines of the item, from its dash to a comment on its last line.
    """
    start = max(text.rfind("\n", 0, item.start), text.rfind("\r", 0, item.start)) + 1
    last = _content_end(text, item)
    rest = re.compile(_REST).match(text, last)
    end = last if rest is None else rest.end()
    is_alone = re.fullmatch(_BLOCK_ITEM, text[start : item.start]) is not None
    if not is_alone or text[end : end + 1] not in ("", "\n", "\r"):
        raise NotEditableError("it shares its lines with something else")
    return (start, end), end, _break_before(text, start), ""


def _content_end(text: str, item: Node) -> int:
    """Return where the last value of an item ends; blocks end where the next node begins."""
    return max(
        node.end
        for node in nodes_once(item)
        if isinstance(node, Scalar) or text[node.start] in ("[", "{")
    )


def _flow_place(text: str, item: Node) -> tuple[tuple[int, int], int, str, str]:
    """Return the same for an item in brackets: on its own line, or after it."""
    region = item.start, item.end
    start = max(text.rfind("\n", 0, item.start), text.rfind("\r", 0, item.start)) + 1
    indent = text[start : item.start]
    if indent.strip(" \t"):
        return region, item.end, ", ", ""
    line_break = _break_before(text, start) + indent
    comma = re.compile(_COMMA).match(text, item.end)
    if comma is None:
        return region, item.end, f",{line_break}", ""
    return region, comma.end(), line_break, ","


def _break_before(text: str, start: int) -> str:
    """Return the line break before a line; for the first line the one after it."""
    breaks = [match.group() for match in re.finditer(_BREAK, text[max(start - 2, 0) : start])]
    if breaks:
        return breaks[-1]
    first = re.search(_BREAK, text)
    return "\n" if first is None else first.group()


def _edited(source: Source, span: Span, edits: Iterable[Edit]) -> str:
    """Return a piece of a source with edits applied."""
    piece = Source(source.path, source.data[span.start : span.end])
    piece.encoding, piece.bom_length = source.encoding, 0
    shifted = [
        Edit(Span(start - span.start, end - span.start), text) for (start, end), text in edits
    ]
    return apply_edits(piece, shifted).decode(source.encoding)


# --- verification --------------------------------------------------------------------------


def _difference(
    document: Document,
    paths: list[tuple[Path, Renaming]],
    edits: list[Edit],
    others: list[Edit],
) -> str | None:
    """Return what is wrong in the edited file, or None."""
    if not edits:
        return None
    source = document.source
    try:
        old = Source(source.path, apply_edits(source, others))
        new = Source(source.path, apply_edits(source, [*others, *edits]))
    except ValueError:
        return "another edit is made at the same place"
    wrong, pair = _wrong_document(old, new, paths)
    while wrong is not None and pair is not None and type(document) is not Document:
        # The document is in a string, perhaps of a document that is itself in a string.
        old, new = (Source(source.path, text.encode("utf-8", "surrogatepass")) for text in pair)
        wrong, pair = _wrong_document(old, new, paths)
    return wrong


def _wrong_document(
    before: Source, after: Source, paths: list[tuple[Path, Renaming]]
) -> tuple[str | None, tuple[str, str] | None]:
    """Return what is wrong, and the values of the only scalar that differs, if it is only one."""
    olds, news = split(before), split(after)
    if len(olds) != len(news):
        return "the edited file reads as a different number of documents", None
    changed = [pair for pair in zip(olds, news, strict=True) if pair[0].data != pair[1].data]
    if len(changed) != 1:
        return "not one document alone would change", None
    old, new = (one.tree or parse_yaml(one.text) for one in changed[0])
    if new.problems:
        return f"the edited file does not parse: {new.problems[0].message}", None
    scalars = [
        [node.value for node in nodes_once(tree.root) if isinstance(node, Scalar)]
        for tree in (old, new)
    ]
    pairs = [pair for pair in zip(*scalars, strict=False) if pair[0] != pair[1]]
    return _wrong_entry(old, new, paths), pairs[0] if len(pairs) == 1 else None


def _at(root: Node | None, path: Path) -> Node | None:
    """Return the node at a path, if there is one."""
    for step in path:
        if isinstance(root, Mapping) and step < len(root.pairs):
            root = root.pairs[step][1]
        elif isinstance(root, Sequence) and step < len(root.items):
            root = root.items[step]
        else:
            return None
    return root


def _wrong_entry(old: Tree, new: Tree, paths: list[tuple[Path, Renaming]]) -> str | None:
    """Remove the copies from the new tree; it then differs from the old one only in names."""
    names: set[int] = set()
    for path, one in paths:  # in order: everything before an entry is unchanged then
        item, name = _at(old.root, path), _name_in(_at(old.root, path), one)
        twins = [_at(new.root, path)]
        parent = _at(new.root, path[:-1])
        if len(one.names) > 1 and isinstance(parent, Sequence):
            twins = [*parent.items[path[-1] : path[-1] + len(one.names)]]
            del parent.items[path[-1] + 1 : path[-1] + len(one.names)]
        if item is None or name is None or len(twins) != len(one.names):
            return _WRONG_ENTRY
        for twin, own in zip(twins, one.names, strict=True):
            if not _is_copy(item, name, twin, own, one):
                return _WRONG_ENTRY
        names.add(id(name))
    if not same_trees(old, new, lambda node: id(node) in names):
        return "the edited file has changed outside of the entry"
    return None


def _name_in(item: Node | None, one: Renaming) -> Scalar | None:
    """Return the name of an entry in another tree of the same form."""
    if isinstance(one.item, Scalar):
        return item if isinstance(item, Scalar) else None
    for number, (_, value) in enumerate(one.item.pairs):
        if value is one.name and isinstance(item, Mapping) and number < len(item.pairs):
            found = item.pairs[number][1]
            return found if isinstance(found, Scalar) else None
    return None


def _is_copy(item: Node, name: Scalar, twin: Node | None, own: str, one: Renaming) -> bool:
    """Whether a node is a copy of an entry, with its ``own`` name."""
    start, end = one.within or (0, len(name.value))
    other = _name_in(twin, one)
    if other is None or other.value != name.value[:start] + own + name.value[end:]:
        return False
    old, new = Tree(), Tree()
    old.root, new.root = item, twin
    return same_trees(old, new, lambda node: node is name)
