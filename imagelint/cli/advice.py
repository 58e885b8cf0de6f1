"""Advice after images were rewritten."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from imagelint.repair.moves import Moves

__all__ = ["advice"]

_FEW = 5


def advice(moves: Sequence[Moves]) -> Iterator[str]:
    """Yield a line about pull secrets, if the rewritten images may need one."""
    registries = sorted({registry for one in moves for registry in one.registries})
    if registries:
        yield (
            f"note: pods now pull from {_listed(registries)}: they need its pull secret,"
            " unless the project is public"
        )


def _listed(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - _FEW} more" if len(texts) > _FEW else ""
    return ", ".join(texts[:_FEW]) + more
