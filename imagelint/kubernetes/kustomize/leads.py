"""A path of fields → whether it leads to an image, by the catalogue or by the shape of a pod."""

from __future__ import annotations

import re
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from imagelint.kubernetes.catalogue.entries import CONTAINERS, EACH_ITEM, EACH_VALUE, OBJECT
from imagelint.kubernetes.kustomize.folding import fold
from imagelint.kubernetes.kustomize.kinds import HOSTS, is_host
from imagelint.kubernetes.kustomize.schema import PLUGINS
from imagelint.kubernetes.objects import named_so
from imagelint.patterns.globs import NamePattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from imagelint.kubernetes.catalogue.entries import Branch, Holder
    from imagelint.kubernetes.catalogue.lookup import Catalogue
    from imagelint.kubernetes.kustomize.model import FieldChange

__all__ = [
    "Lead",
    "groups_of",
    "image_key",
    "in_patch_of_host",
    "is_index",
    "is_judged",
    "lead",
    "lead_of_any",
]

_INDEX: Final = r"[+-]?[0-9]+|-|\*|\[.*\]"
_ABOVE: Final = frozenset(
    ("spec", "template", "podSpec", "podTemplate", "jobTemplate", *CONTAINERS)
)
_KEYS: Final = ("image", "newName")
"""Keys that are images below a field of which nothing is known."""
_MAPS: Final = ("labels", "annotations", "selector")
"""The ends of fields that hold labels or annotations, in lower case."""
_PARTS: Final = ("registry", "repository", "image")
_MOST_STEPS: Final = 64
_DECIDE: Final = frozenset(
    (
        *(
            "imagetag",
            "fieldspecs",
            "annotations",
            "labels",
            "replacements",
            "value",
            "targets",
            "target",
        ),
        *("patch", "path", "jsonop", "patches", "paths", "options"),
    )
)
"""Fields of plugins, folded, that decide which images are written, or where."""
_NAMES_IMAGE: Final = frozenset(("newname",))
"""Fields of ``imageTag`` that change more than the tag."""
_PATCHES: Final = frozenset(("patches", "patchesJson6902", "patchesStrategicMerge"))
_NAMES_OBJECT: Final = frozenset(
    ("name", "namespace", "version", "labelSelector", "annotationSelector")
)
"""Fields of a patch's target that do not affect the kind as which it is read."""


class Lead(IntEnum):
    """What is at the end of a path: the larger, the closer to an image."""

    NONE = 0
    ABOVE = 1
    """Something that contains images."""
    PART = 2
    """A part of an image that names it (its registry, its repository)."""
    IMAGE = 3


def is_index(step: str) -> bool:
    """Whether a step may be an item of a list."""
    return re.fullmatch(_INDEX, step) is not None


def lead(catalogue: Catalogue, group: str, kind: str, steps: tuple[str, ...]) -> Lead:
    """Return what a path leads to in objects of a kind.

    ``steps`` are keys; an item of a list is an index, ``*``, ``[key=value]`` or left out.
    """
    if len(steps) > _MOST_STEPS:
        return Lead.IMAGE
    if not group and kind in PLUGINS:
        return _in_plugin(catalogue, steps)
    known = catalogue.lookup(group, kind)
    found = Lead.NONE if known is None else _walk(catalogue, known.branch, steps)
    if known is None or not known.is_exact:
        found = max(found, _by_shape(steps))
    return max(found, Lead.PART) if in_patch_of_host(group, kind, steps) else found


def in_patch_of_host(group: str, kind: str, steps: tuple[str, ...]) -> bool:
    """Whether a path leads to, or into, the patches that an object makes others apply."""
    if not is_host(group, kind):
        return False
    if kind == "ApplicationSet" and steps[:2] == ("spec", "templatePatch"):
        return True
    around = "spec" if kind == "Kustomization" else "kustomize"
    keys = [step for step in steps if not is_index(step)]
    below = keys[keys.index(around) + 1 :] if around in keys else []
    if not below or below[0] not in _PATCHES:
        return False
    return not (below[1:2] == ["target"] and below[2:3] and below[2] in _NAMES_OBJECT)


def lead_of_any(catalogue: Catalogue, group: str, kind: str, steps: tuple[str, ...]) -> Lead:
    """Return what a path leads to if the group, or also the kind, may be any."""
    if kind:
        groups = (group,) if group else groups_of(catalogue, kind)
        return max(lead(catalogue, one, kind, steps) for one in groups)
    found = _by_shape(steps)
    for one in catalogue.core_entries():
        for name in one.kinds:
            if not group:
                found = max(found, lead(catalogue, one.groups[-1], name, steps))
    for name in catalogue.kinds_in(group) if group else ():
        found = max(found, lead(catalogue, group, name, steps))
    of_hosts = [lead(catalogue, *host, steps) for host in HOSTS if not group]
    return max((found, *(one for one in of_hosts if one >= Lead.PART)))


def image_key(catalogue: Catalogue, change: FieldChange) -> str | None:
    """Return a key that is written below a field and is an image there or names one, if any."""
    group, kind, steps = change.group, change.kind, change.steps
    keys: Iterable[str] | None = change.keys
    if keys is None:
        groups = (group,) if group or not kind else groups_of(catalogue, kind)
        keys = {**dict.fromkeys(_KEYS), **_keys_below(catalogue, groups, kind, steps)}
    names_labels = bool(steps) and steps[-1].lower().endswith(_MAPS)
    for key in keys:
        if key == "image" and names_labels:
            continue  # a label or an annotation with such a name
        if lead_of_any(catalogue, group, kind, (*steps, key)) >= Lead.PART:
            return key
    return None


def _keys_below(
    catalogue: Catalogue, groups: Iterable[str], kind: str, steps: tuple[str, ...]
) -> dict[str, None]:
    """Return the keys that the catalogue has at the end of a path."""
    found: dict[str, None] = {}
    for group in groups:
        known = catalogue.lookup(group, kind)
        states = [] if known is None else _opened(catalogue, [known.branch])
        for step in steps:
            states = _opened(catalogue, _down(states, step))
        for branch in states:
            found.update(dict.fromkeys(branch.below))
            for holder in branch.holders:
                found.update(dict.fromkeys(holder.keys))
                for name in _PARTS if holder.split is not None else ():
                    found.update((way[0], None) for way in getattr(holder.split, name))
    return found


def is_judged(catalogue: Catalogue, group: str, kind: str, steps: tuple[str, ...]) -> bool:
    """Whether the value at a path counts as an image in any object of a kind."""
    keys = [step for step in steps if not is_index(step)]
    known = catalogue.lookup(group, kind)
    if known is not None and _walk(catalogue, known.branch, steps) is Lead.IMAGE:
        return True
    is_searched = known is None or not known.is_exact
    return is_searched and keys[-1:] == ["image"] and keys[-2:-1] in [[one] for one in CONTAINERS]


def groups_of(catalogue: Catalogue, kind: str) -> tuple[str, ...]:
    """Return the API groups that have a kind, as far as the catalogue knows; else the core."""
    return catalogue.groups_with(kind) or ("",)


def _in_plugin(catalogue: Catalogue, steps: tuple[str, ...]) -> Lead:
    """Return what a path leads to in an object that configures a plugin: fields for images."""
    names = [fold(step) for step in steps]
    if names[:1] in (["annotations"], ["labels"]) and steps[1:]:
        if steps[1] in _KEYS:  # below a fieldSpec's field it is an image
            return Lead.PART
        is_image = names[0] == "annotations" and lead(catalogue, "", "Pod", ("metadata", *steps))
        return Lead.PART if is_image else Lead.NONE
    is_tag_alone = names[:1] == ["imagetag"] and names[1:2] and names[1] not in _NAMES_IMAGE
    return Lead.PART if names[:1] and names[0] in _DECIDE and not is_tag_alone else Lead.NONE


def _walk(catalogue: Catalogue, root: Branch, steps: tuple[str, ...]) -> Lead:
    best = Lead.NONE
    states = _opened(catalogue, [root])
    for at, step in enumerate(steps):
        for branch in states:
            for holder in branch.holders:
                best = max(best, _in_holder(holder, steps[at:]))
        states = _opened(catalogue, _down(states, step))
        if not states:
            return best
    for branch in states:
        for holder in branch.holders:
            is_list = bool(holder.flags or holder.named or holder.keys or holder.text)
            is_above = bool(holder.shape or holder.split is not None or is_list)
            best = max(best, Lead.ABOVE if is_above else Lead.IMAGE)
        if branch.below:
            best = max(best, Lead.ABOVE)
    return best


def _down(states: Iterable[Branch], step: str) -> Iterator[Branch]:
    """Yield what a step leads to."""
    for branch in states:
        for segment, child in branch.below.items():
            is_item = segment == EACH_ITEM and is_index(step)
            if segment in (step, EACH_VALUE) or is_item:
                yield child


def _opened(catalogue: Catalogue, branches: Iterable[Branch]) -> list[Branch]:
    """Return branches with the fields of their shapes and the items of lists."""
    found: dict[int, Branch] = {}
    work = list(branches)
    while work:
        branch = work.pop()
        if id(branch) in found:
            continue
        found[id(branch)] = branch
        work += (
            catalogue.shape(holder.shape)
            for holder in branch.holders
            if holder.shape and holder.shape != OBJECT
        )
        if EACH_ITEM in branch.below:
            work.append(branch.below[EACH_ITEM])
    return list(found.values())


def _in_holder(holder: Holder, rest: tuple[str, ...]) -> Lead:
    """Return what the rest of a path leads to in a value with its own notation for images."""
    if holder.shape == OBJECT:
        return _by_shape(rest)
    if holder.split is not None:
        parts = (way for name in _PARTS for way in getattr(holder.split, name))
        return Lead.PART if rest in parts else Lead.NONE
    if holder.keys and len(rest) == 1 and named_so(rest[0], holder.keys):
        return Lead.IMAGE
    if holder.named and rest[-1] == "value":
        name = re.fullmatch(r"\[name=(.*)\]", rest[0])
        if name is not None and any(NamePattern(one).matches(name[1]) for one in holder.named):
            return Lead.IMAGE
    return Lead.NONE


def _by_shape(steps: tuple[str, ...]) -> Lead:
    """Return what a path leads to in an object of an unknown kind."""
    keys = [step for step in steps if not is_index(step)]
    if not keys:
        return Lead.ABOVE
    if keys[-1] == "image" or keys[-2:] == ["image", "reference"]:
        return Lead.IMAGE
    if keys[-1] in _PARTS and keys[-2:-1] == ["image"]:
        return Lead.PART
    return Lead.ABOVE if keys[-1] in _ABOVE else Lead.NONE
