"""Fixes of a document: judged sites → an edit for each scalar, or why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.engine.edits import NotEditableError, edit_scalar, uses_elsewhere
from imagelint.model.namedtuple import NamedTuple
from imagelint.yaml.nodes import Scalar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from imagelint.engine.judge import Judged
    from imagelint.kubernetes.examined import Examined
    from imagelint.model.source import Edit

__all__ = ["Part", "Repair", "repairs_of"]


class Repair(NamedTuple):
    """The fix of a site's scalar: its edit, or why there is none."""

    edit: Edit | None
    reason: str | None = None


Part = tuple[int, "tuple[int, int] | None"]
"""A scalar, by the id of its node, and a part of its value; None: the whole value."""


def repairs_of(item: Examined, judged: Sequence[Judged], *, ill_formed: bool) -> dict[Part, Repair]:
    """Return the fix of every scalar, or part of one, that should change."""
    uses: dict[Part, list[Judged]] = {}
    for one in judged:
        uses.setdefault((id(one.site.node), one.site.within), []).append(one)
    shared: set[int] = set()
    if item.tree is not None and not item.refusals:
        shared = uses_elsewhere(item.tree, item.extract.sites)
    repairs: dict[Part, Repair] = {}
    for key, ones in uses.items():
        wanted = {_wanted_text(one) for one in ones}
        if wanted == {None}:
            continue
        unfixable = next((one.site.unfixable for one in ones if one.site.unfixable), None)
        if unfixable is not None:
            reason = unfixable
        elif item.refusals:
            reason = "kubectl cannot read the document"
        elif ill_formed:
            reason = "the file is not valid text in its encoding"
        elif len(wanted) > 1:
            reason = "other uses of its anchor need another image"
        elif key[0] in shared:
            reason = "its anchor is also used for something other than an image"
        else:
            repairs[key] = _repair(item, ones[0], wanted.pop())
            continue
        repairs[key] = Repair(None, reason)
    return repairs


def _wanted_text(one: Judged) -> str | None:
    """Return the new text of the site's node; of an image in parts, without the tail."""
    return None if one.wanted is None else str(one.wanted).removesuffix(one.site.tail)


def _repair(item: Examined, one: Judged, new: str | None) -> Repair:
    """Make the edit of one scalar; for an image in parts, of the part with the registry."""
    site = one.site
    is_whole = not site.tail or str(one.wanted).endswith(site.tail)
    if not isinstance(site.node, Scalar) or new is None or not is_whole:
        return Repair(None, "it is not written as one value")
    try:
        return Repair(edit_scalar(item.document, site.node, new, site.within))
    except NotEditableError as error:
        return Repair(None, str(error))
