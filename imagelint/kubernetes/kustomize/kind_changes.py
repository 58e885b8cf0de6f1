"""Changes of an object's kind. imagelint searches for images by the kind that is written.

Only a build shows the images that the new kind has and the old one does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from imagelint.kubernetes.kustomize.leads import groups_of
from imagelint.kubernetes.kustomize.targets import aims_of, kinds_of
from imagelint.model.finding import KubeObject

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from imagelint.kubernetes.catalogue.lookup import Catalogue
    from imagelint.kubernetes.kustomize.model import FieldChange, Target
    from imagelint.kubernetes.kustomize.targets import Aim

__all__ = ["API_VERSION", "KIND", "NEW_KIND", "changes_kind", "kinds_at", "kinds_of_target"]
__all__ += ["reveals"]

Kinds: TypeAlias = "tuple[tuple[str, str] | None, ...]"
"""API groups and kinds that objects may have; None for any."""
KIND: Final = "kind"
API_VERSION: Final = "apiVersion"
NEW_KIND: Final = "it changes the kind of an object, which may then have images that are not seen"
"""A clause for what only a build can tell."""


def kinds_at(aims: Iterable[Aim]) -> Kinds:
    """Return the kinds of objects that a patch applies to."""
    found = [None if one.is_any else (one.searched.group, one.searched.kind) for one in aims]
    return (None,) if None in found else tuple(found)


def kinds_of_target(target: Target, catalogue: Catalogue) -> Kinds:
    """Return the kinds of the objects of a target."""
    return kinds_at(aims_of(target, KubeObject("", ""), "", catalogue))


def reveals(catalogue: Catalogue, kinds: Kinds, written: Mapping[str, str | None]) -> bool:
    """Whether objects may have unseen images after something is written into them.

    ``written`` has their new ``kind`` and ``apiVersion``, None if it is not known. If Kubernetes
    itself has one of the kinds, it does not count as a kind of another group.
    """
    own = {old[1] for old in kinds if old is not None and _is_exact(catalogue, old)}
    meant = [old for old in kinds if old is None or old[1] not in own or _is_exact(catalogue, old)]
    return any(_reveals(catalogue, old, written) for old in meant)


def _is_exact(catalogue: Catalogue, kind: tuple[str, str]) -> bool:
    known = catalogue.lookup(*kind)
    return known is not None and known.is_exact


def _reveals(
    catalogue: Catalogue, old: tuple[str, str] | None, written: Mapping[str, str | None]
) -> bool:
    kind = written[KIND] if KIND in written else old and old[1]
    version = written.get(API_VERSION)
    group = old[0] if old else ""
    if API_VERSION in written:
        group = KubeObject(version or "", "").group
    if not kind or (API_VERSION in written and version is None):
        return True
    if old == (group, kind):
        return False
    becomes = catalogue.lookup(group, kind)
    if becomes is not None and becomes.holds_nothing:
        return False
    was = None if old is None else catalogue.lookup(*old)
    # An unknown kind without a group may be one of Kubernetes', which are not searched by shape.
    may_be_free = KIND in written and was is None and not (old and old[0])
    is_searched = not may_be_free and (was is None or not was.is_exact)
    if old is not None and is_searched:
        return becomes is not None and not becomes.branch.is_bare
    is_known = was is not None and becomes is not None and becomes.is_exact
    return not (is_known and becomes == was)


def changes_kind(catalogue: Catalogue, change: FieldChange) -> bool:
    """Whether a replacement or a fieldSpec changes the kind of objects, with unseen images."""
    if change.steps not in ((KIND,), (API_VERSION,)):
        return False
    kinds: Kinds = (None,)
    if change.kind and kinds_of(change.kind):
        kinds = tuple(
            (group, kind)
            for kind in kinds_of(change.kind)
            for group in ((change.group,) if change.group else groups_of(catalogue, kind))
        )
    value = None if change.value is None else change.value.value
    return reveals(catalogue, kinds, {change.steps[0]: value})
