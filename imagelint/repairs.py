"""What should change in a document and how: judged sites → an edit for each scalar, or why not."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from imagelint.edits import NotEditableError, edit_scalar, uses_elsewhere
from imagelint.nodes import Scalar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from imagelint.examine import Examined
    from imagelint.judge import Judged
    from imagelint.text import Edit

__all__ = ["Repair", "repairs_of"]


class Repair(NamedTuple):
    """How the scalar of a site becomes right: its edit, or why there is none."""

    edit: Edit | None
    reason: str | None = None


def repairs_of(item: Examined, judged: Sequence[Judged], *, ill_formed: bool) -> dict[int, Repair]:
    """Return for every scalar that should change how it can, by the id of its node."""
    uses: dict[int, list[Judged]] = {}
    for one in judged:
        uses.setdefault(id(one.site.node), []).append(one)
    shared = set() if item.refusals else uses_elsewhere(item.tree, item.extract.sites)
    repairs: dict[int, Repair] = {}
    for key, ones in uses.items():
        wanted = {None if one.wanted is None else str(one.wanted) for one in ones}
        if wanted == {None}:
            continue
        if item.refusals:
            reason = "kubectl must be able to read the document first"
        elif ill_formed:
            reason = "the file is not valid text in its encoding"
        elif len(wanted) > 1:
            reason = "its anchor has other uses that want another image"
        elif key in shared:
            reason = "its anchor is also used where it is no image"
        else:
            repairs[key] = _repair(item, ones[0])
            continue
        repairs[key] = Repair(None, reason)
    return repairs


def _repair(item: Examined, one: Judged) -> Repair:
    """Make the edit of one scalar; of an image in parts, only of the part with the registry."""
    node, tail, new = one.site.node, one.site.tail, str(one.wanted)
    if not isinstance(node, Scalar) or not new.endswith(tail):
        return Repair(None, "it is not written in one piece")
    try:
        return Repair(edit_scalar(item.document, node, new.removesuffix(tail)))
    except NotEditableError as error:
        return Repair(None, str(error))
