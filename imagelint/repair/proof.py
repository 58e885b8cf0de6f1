"""The proof of a fix: the edited file, read again, differs only in the intended scalars."""

from __future__ import annotations

from bisect import bisect_left
from functools import partial
from typing import TYPE_CHECKING, TypeAlias

from imagelint.engine.edits import place_of
from imagelint.model.source import Span
from imagelint.yaml.fast.lines import SCALARS, line_of
from imagelint.yaml.nodes import Mapping, Node, Scalar, Tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from imagelint.kubernetes.examine import Examination
    from imagelint.kubernetes.examined import Examined
    from imagelint.model.report import FileResult
    from imagelint.model.source import Edit
    from imagelint.yaml.documents import Document

__all__ = ["difference", "same_trees"]

_IsEdited: TypeAlias = "Callable[[int, int], bool]"
"""Whether a range of a document, in characters, contains an edit."""
_Promised: TypeAlias = "dict[tuple[Span, str | None, str | None], str]"
"""The expected images, by position, field and current value."""
_OTHER_DOCUMENTS = "the edited file reads as a different number of documents"


def difference(
    before: Examination, after: Examination, edits: Iterable[Edit], result: FileResult
) -> str | None:
    """Return a difference between both versions other than the edited images, or None.

    The number of documents must be the same, and so must the number of refusals; every node must
    be the same except for scalars that an edit changes; and every image must be the one that its
    finding promised. A document with the same bytes reads as before, so only those that changed,
    or should have changed, are compared.
    """
    places = sorted({edit.span for edit in edits})
    promised = {
        (finding.span, finding.field, finding.image): finding.fix.image
        for finding in result.repaired
        if finding.fix is not None
    }
    due = sorted({span for span, _, _ in promised})
    if len(before.documents) != len(after.documents):
        return _OTHER_DOCUMENTS
    for old, new in zip(before.documents, after.documents, strict=True):
        if old.data == new.data and old.problems == new.problems and not _in(old.span, due):
            continue
        items, others = before.of(old), after.of(new)
        if not items or not others:
            return _OTHER_DOCUMENTS  # one of them is proven to hold no image
        if not _differ_in_edits(items, others, partial(_is_edited, old, places)):
            items, others = before.with_trees_of(old), after.with_trees_of(new)
        wrong = _documents_difference(items, others, places, promised)
        if wrong is not None:
            return wrong
    return None


def _is_edited(document: Document, places: Sequence[Span], start: int, end: int) -> bool:
    """Whether one of the edited ``places`` lies in a range of a document's text."""
    return _in(Span(document.byte_offset(start), document.byte_offset(end)), places)


def _in(outer: Span, spans: Sequence[Span]) -> bool:
    """Whether one of the sorted ``spans``, which do not overlap, lies within ``outer``."""
    at = bisect_left(spans, (outer.start, 0))
    return at < len(spans) and spans[at].end <= outer.end


def _differ_in_edits(
    items: Sequence[Examined], others: Sequence[Examined], is_edited: _IsEdited
) -> bool:
    """Whether two documents are skimmed and differ only in edited values.

    If each line is the same except for its value, so are the trees, at a quarter of the cost.
    """
    if any(item.tree is not None for item in (*items, *others)):
        return False
    [old], [new] = items, others  # a skimmed document has none inside
    return _differ_in_values(old.document.text, new.document.text, is_edited)


def _differ_in_values(old: str, new: str, is_edited: _IsEdited) -> bool:
    """Whether the lines of two skimmable texts are the same, except for edited scalars.

    Block scalars are then the same in both, since headers and indentation are equal.
    """
    lines, others = old.split("\n"), new.split("\n")
    if len(lines) != len(others):
        return False
    for number, (line, other) in enumerate(zip(lines, others, strict=True)):
        if line != other:
            place = _other_value(line, other)
            at = sum(map(len, lines[:number])) + number
            if place is None or not is_edited(at + place[0], at + place[1]):
                return False
    return True


def _other_value(old: str, new: str) -> tuple[int, int] | None:
    """Return the range of the only scalar that differs, if its style is the same."""
    scalar, other = line_of(old), line_of(new)
    if scalar is None or other is None:
        return None
    _, kind, _, _, start, end, _, shape = scalar
    _, other_kind, _, _, other_start, other_end, _, other_shape = other
    is_same = (kind, shape, old[:start], old[end:]) == (
        other_kind,
        other_shape,
        new[:other_start],
        new[other_end:],
    )
    return (start, end) if is_same and kind in SCALARS else None


def _documents_difference(
    old: list[Examined], new: list[Examined], places: Sequence[Span], promised: _Promised
) -> str | None:
    """Compare a document and those in its strings with their new versions."""
    if len(old) != len(new):
        return _OTHER_DOCUMENTS
    for item, other in zip(old, new, strict=True):
        is_edited = partial(_is_edited, item.document, places)
        wrong = _document_difference(item, other, is_edited, promised)
        if wrong is not None:
            return wrong
    return None


def _document_difference(
    old: Examined, new: Examined, is_edited: _IsEdited, promised: _Promised
) -> str | None:
    if len(old.refusals) != len(new.refusals):
        return f"the edited document does not parse: {new.refusals[0].message}"
    if old.tree is None or new.tree is None:  # both are skimmed, and their lines are compared
        return _wrong_image(old, new, promised)
    if not same_trees(old.tree, new.tree, lambda node: is_edited(node.start, node.end)):
        return "the edited document has changed outside of its images"
    return _wrong_image(old, new, promised)


def same_trees(old: Tree, new: Tree, is_edited: Callable[[Scalar], bool] = lambda _: False) -> bool:
    """Whether two trees have the same notation and content, except for edited scalars."""
    if old.root is None or new.root is None:
        return old.root is new.root
    work: list[tuple[Node, Node]] = [(old.root, new.root)]
    seen: set[tuple[int, int]] = set()
    while work:
        node, other = work.pop()
        if (id(node), id(other)) in seen:
            continue
        seen.add((id(node), id(other)))
        below, twins = _below(node), _below(other)
        if _written(node) != _written(other) or len(below) != len(twins):
            return False
        if _value(node) != _value(other) and not (isinstance(node, Scalar) and is_edited(node)):
            return False
        work += zip(below, twins, strict=True)
    return True


def _written(node: Node) -> tuple[object, ...]:
    """Return the notation of a node, which no fix changes."""
    style = (node.style, node.type) if isinstance(node, Scalar) else ()
    return (type(node), node.tag, node.anchored, style)


def _value(node: Node) -> str | None:
    return node.value if isinstance(node, Scalar) else None


def _below(node: Node) -> list[Node]:
    if isinstance(node, Scalar):
        return []
    if isinstance(node, Mapping):
        return [side for pair in node.pairs for side in pair]
    return node.items


def _wrong_image(old: Examined, new: Examined, promised: _Promised) -> str | None:
    """Return which image is not as expected, or None."""
    if len(old.extract.sites) != len(new.extract.sites):
        return "the edited document has a different number of images"
    for site, other in zip(old.extract.sites, new.extract.sites, strict=True):
        span = place_of(old.document, site.node, site.within)
        value = site.value.value
        wanted = promised.get((span, site.field, value if isinstance(value, str) else None), value)
        if site.values_at and (site.field, site.values_at) == (other.field, other.values_at):
            continue  # its values are images of their own
        if site.field != other.field or other.value.value != wanted:
            return f"{other.field} would read {other.value.value!r}, not {wanted!r}"
    return None
