"""The proof of a fix: the edited file, read again, differs only in the intended scalars."""

from __future__ import annotations

from bisect import bisect_left
from functools import partial
from typing import TYPE_CHECKING, TypeAlias, cast

from imagelint.engine.edits import place_of
from imagelint.kubernetes.read import Examined, is_free, read_all, skimmed
from imagelint.kubernetes.skim.reader import skim
from imagelint.model.source import Span
from imagelint.yaml.documents import split
from imagelint.yaml.fast.lines import SCALARS, line_of
from imagelint.yaml.nodes import Mapping, Node, Scalar, Tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from imagelint.kubernetes.catalogue.lookup import Catalogue
    from imagelint.kubernetes.kustomize.model import FileRole
    from imagelint.kubernetes.skim.reader import Skim
    from imagelint.model.report import FileResult
    from imagelint.model.source import Edit, Source
    from imagelint.yaml.documents import Document

__all__ = ["difference", "same_trees"]

_IsEdited: TypeAlias = "Callable[[int, int], bool]"
"""Whether a range of a document, in characters, contains an edit."""
_Promised: TypeAlias = "dict[tuple[Span, str | None, str | None], str]"
"""The expected images, by position, field and current value."""
_OTHER_DOCUMENTS = "the edited file reads as a different number of documents"


def difference(  # noqa: PLR0913, PLR0917 - both sides, and how to read them
    before: Source,
    after: Source,
    edits: Iterable[Edit],
    result: FileResult,
    catalogue: Catalogue,
    skimming: Skim = skim,
) -> str | None:
    """Return a difference between both versions other than the edited images, or None.

    The number of documents must be the same, and so must the number of refusals; every node must
    be the same except for scalars that an edit changes; and every image must be the one that its
    finding promised. A document with the same bytes reads as before, so only those that changed,
    or should have changed, are read again.
    """
    roles = cast("tuple[FileRole, ...]", result.roles)
    places = sorted({edit.span for edit in edits})
    promised = {
        (finding.span, finding.field, finding.image): finding.fix.image
        for finding in result.repaired
        if finding.fix is not None
    }
    due = sorted({span for span, _, _ in promised})
    file_name = before.path.rpartition("/")[2]
    old, new = split(before), split(after)
    if len(old) != len(new):
        return _OTHER_DOCUMENTS
    for one, other in zip(old, new, strict=True):
        if one.data == other.data and one.problems == other.problems and not _in(one.span, due):
            continue
        is_edited = partial(_is_edited, one, places)
        pair = None
        if not roles:
            pair = _skimmed_alike(one, other, catalogue, is_edited, skimming)
        if pair is not None:
            wrong = _wrong_image(*pair, promised)
        elif not roles and (is_free(one, catalogue) or is_free(other, catalogue)):
            return _OTHER_DOCUMENTS
        else:
            wrong = _documents_difference(
                read_all(one, catalogue, file_name, roles),
                read_all(other, catalogue, file_name, roles),
                places,
                promised,
            )
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


def _skimmed_alike(
    one: Document,
    other: Document,
    catalogue: Catalogue,
    is_edited: _IsEdited,
    skimming: Skim,
) -> tuple[Examined, Examined] | None:
    """Skim two documents that differ only in edited values; None if that takes trees to verify.

    If each line is the same except for its value, so are the trees, at a quarter of the cost.
    """
    old, new = (skimmed(document, catalogue, skimming) for document in (one, other))
    if old is None or new is None or not _differ_in_values(one.text, other.text, is_edited):
        return None
    return old, new


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
    one, other = line_of(old), line_of(new)
    if one is None or other is None:
        return None
    _, kind, _, _, start, end, _, shape = one
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
    for one, other in zip(old, new, strict=True):
        is_edited = partial(_is_edited, one.document, places)
        wrong = _document_difference(one, other, is_edited, promised)
        if wrong is not None:
            return wrong
    return None


def _document_difference(
    old: Examined, new: Examined, is_edited: _IsEdited, promised: _Promised
) -> str | None:
    if len(old.refusals) != len(new.refusals):
        return f"the edited document does not parse: {new.refusals[0].message}"
    assert old.tree is not None  # documents read here are not skimmed
    assert new.tree is not None
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
        one, other = work.pop()
        if (id(one), id(other)) in seen:
            continue
        seen.add((id(one), id(other)))
        below, twins = _below(one), _below(other)
        if _written(one) != _written(other) or len(below) != len(twins):
            return False
        if _value(one) != _value(other) and not (isinstance(one, Scalar) and is_edited(one)):
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
    for one, other in zip(old.extract.sites, new.extract.sites, strict=True):
        span = place_of(old.document, one.node, one.within)
        value = one.value.value
        wanted = promised.get((span, one.field, value if isinstance(value, str) else None), value)
        if one.values_at and (one.field, one.values_at) == (other.field, other.values_at):
            continue  # its values are images of their own
        if one.field != other.field or other.value.value != wanted:
            return f"{other.field} would read {other.value.value!r}, not {wanted!r}"
    return None
