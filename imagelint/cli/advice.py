"""What somebody who has just rewritten images needs to know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.model.source import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from imagelint.model.report import FileResult
    from imagelint.repair.moves import Moves

__all__ = ["advice"]

_FEW = 5


def advice(moves: Sequence[Moves], seen: Iterable[FileResult]) -> Iterator[str]:
    """Yield a line about pull secrets and one about kustomize, where there is reason to.

    ``seen`` are the results, from before the repair, of the files that have names for kustomize.
    """
    registries = sorted({registry for one in moves for registry in one.registries})
    if registries:
        yield (
            f"note: pods now pull from {_listed(registries)}: they need its pull secret,"
            " unless the project is public"
        )
    renamed = dict(sorted({names for one in moves for names in one.names}))
    stale = [
        f"{shown(name)} ({shown(result.path)}:{result.source.position(span.start).line},"
        f" now {shown(renamed[name])})"
        for result in seen
        for name, span in result.kustomize_names
        if name in renamed
    ]
    if stale:
        yield f"note: kustomize images[].name entries that no longer match: {_listed(stale)}"


def _listed(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - _FEW} more" if len(texts) > _FEW else ""
    return ", ".join(texts[:_FEW]) + more
