"""What fixes moved: the registries that pods pull from now, and names that kustomize matches."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from imagelint.model.namedtuple import NamedTuple
from imagelint.model.reference import ImageReference
from imagelint.rules.checks.placeholders import partial_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imagelint.model.finding import Finding

__all__ = ["Moves", "moves_of"]

_PAIRS = 4096
"""The number of cached pairs of images: a repository repeats few images."""


class Moves(NamedTuple):
    """What the fixes of one or more files moved."""

    registries: frozenset[str]
    """The new registries of images that were elsewhere before."""
    names: frozenset[tuple[str, str]]
    """Names of images before and after, as kustomize compares them: without the tag."""


def moves_of(findings: Iterable[Finding]) -> Moves:
    """Return what the fixes of findings move."""
    registries: set[str] = set()
    names: set[tuple[str, str]] = set()
    for finding in findings:
        if finding.fix is not None:
            registry, pair = _move(finding.image, finding.fix.image)
            registries.update(registry)
            if finding.object is None or finding.object.kind != "Kustomization":
                names.update(pair)
    return Moves(frozenset(registries), frozenset(names))


@lru_cache(_PAIRS)
def _move(before: str | None, after: str) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the registry and the names of one repair, if it moves them."""
    new = _known(after)
    old = None if before is None else _known(before)
    if new is None:
        return [], []
    is_there = not new.registry or (old is not None and old.registry == new.registry)
    return [] if is_there else [new.registry], [] if old is None else [(_name(old), _name(new))]


def _known(image: str) -> ImageReference | None:
    """Return an image, or what is known about one with placeholders."""
    partial = None
    reference = ImageReference.parse_or_none(image)
    if reference is None:
        partial = partial_of(image)
    return partial.reference if partial else reference


def _name(reference: ImageReference) -> str:
    return f"{reference.domain}/{reference.path}" if reference.domain else reference.path
