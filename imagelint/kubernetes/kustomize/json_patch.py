"""JSON 6902 operations → the images that they write, at the places that their paths name.

A value is searched as part of its target: in an object of the target's kind that contains
only the path to the value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from imagelint.kubernetes.kustomize.kind_changes import (
    API_VERSION,
    KIND,
    NEW_KIND,
    kinds_at,
    reveals,
)
from imagelint.kubernetes.kustomize.kinds import is_host
from imagelint.kubernetes.kustomize.leads import Lead, in_patch_of_host, is_index, lead
from imagelint.kubernetes.kustomize.model import Inline, Target, Unjudged
from imagelint.kubernetes.kustomize.schema import PLUGINS
from imagelint.kubernetes.objects import ObjectNode, string_of
from imagelint.kubernetes.readers import BOTH, resolve, type_of
from imagelint.kubernetes.search import ImageSite, sites_of
from imagelint.kubernetes.sites import path_of
from imagelint.model.source import shown
from imagelint.yaml.nodes import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from collections.abc import Mapping as Mapping_
    from typing import TypeAlias

    from imagelint.kubernetes.catalogue.lookup import Catalogue
    from imagelint.kubernetes.kustomize.targets import Aim
    from imagelint.kubernetes.readers import View

    Found: TypeAlias = ImageSite | Unjudged | Inline
    Inside: TypeAlias = Callable[[ObjectNode, View], Iterable[Found]]
    """What an object passes to kustomize, besides its images."""

__all__ = ["ONTO_PLUGIN", "read_operations", "steps_of_pointer", "why_no_operation"]

_MOST_STEPS: Final = 64
"""Steps of a path; no Kubernetes object has half as many."""
_COPIES: Final = frozenset(("copy", "move"))
ONTO_PLUGIN: Final = "it changes what a transformer does"
_ONTO_PATCH: Final = "it changes which objects a patch is for, or what it does to them"
_NO_IMAGE: Final = frozenset(("test", "remove"))
_OPERATIONS: Final = frozenset(("add", "replace", *_COPIES, *_NO_IMAGE))


def read_operations(  # noqa: PLR0913 - all that is known of a patch
    root: Sequence,
    view: View,
    catalogue: Catalogue,
    aims: list[Aim],
    inside: Inside,
    *,
    once: bool,
) -> Iterator[Found]:
    """Yield the images and patches that operations write, and what only a build can tell of them.

    Source: RFC 6902; github.com/evanphx/json-patch v4, which ignores whatever is before the first
    slash of a path.
    """
    for index, item in enumerate(root.items):
        if not isinstance(item, Mapping):
            continue
        entries = view.entries(item)
        name = string_of(entries.get("op"), view) or ""
        pointer = entries.get("path")
        if name in _NO_IMAGE or not isinstance(pointer, Scalar):
            continue
        at = f"[{index}].path"
        steps = steps_of_pointer(pointer.value)
        if len(steps) > _MOST_STEPS:
            message = f"its path has more than {_MOST_STEPS} steps"
            yield Unjudged(pointer, at, message, is_about_images=True)
        elif _makes_another_kind(steps, entries, name, view, catalogue, aims):
            yield Unjudged(pointer, at, NEW_KIND, is_about_images=True)
        elif name in _COPIES:
            source = entries.get("from")
            origin = steps_of_pointer(source.value) if isinstance(source, Scalar) else ()
            if _copies_into_image(catalogue, aims, origin, steps):
                message = f"`{name}` copies an image from another field"
                yield Unjudged(pointer, at, message, is_about_images=True)
        elif "value" in entries:
            more = (view, catalogue, aims, inside, once)
            yield from _written(entries["value"], pointer, at, steps, *more)


def steps_of_pointer(pointer: str) -> tuple[str, ...]:
    """Return the keys and indexes of a JSON pointer."""
    pieces = pointer.split("/", _MOST_STEPS + 2)[1:]
    return tuple(piece.replace("~1", "/").replace("~0", "~") for piece in pieces)


def why_no_operation(item: Node, view: View) -> str:
    """Return why kustomize refuses an item of a JSON 6902 patch; empty if it may apply it."""
    if not isinstance(item, Mapping):
        return f"is a {type_of(item)}, not an operation of JSON 6902"
    entries = view.entries(item)
    name = string_of(entries.get("op"), view)
    if name not in _OPERATIONS:
        return (
            "has no `op`" if name is None else f"has the `op` {shown(name)}, unknown in JSON 6902"
        )
    for key in ("path", "from") if name in _COPIES else ("path",):
        if "/" not in (string_of(entries.get(key), view) or ""):
            return f"has no `{key}` that starts with `/`"
    return ""


def _makes_another_kind(  # noqa: PLR0913, PLR0917 - all that is known of an operation
    steps: tuple[str, ...],
    entries: Mapping_[str, Node],
    name: str,
    view: View,
    catalogue: Catalogue,
    aims: list[Aim],
) -> bool:
    """Whether an operation changes the kind of an object, whose images are then not seen."""
    value = None if name in _COPIES else entries.get("value")
    written: dict[str, str | None] = {}
    if steps in ((KIND,), (API_VERSION,)):
        written = {steps[0]: string_of(value, view)}
    elif not steps and isinstance(value, Mapping):
        below = view.entries(value)
        written = {key: string_of(below[key], view) for key in (KIND, API_VERSION) if key in below}
    return bool(written) and reveals(catalogue, kinds_at(aims), written)


def _written(  # noqa: PLR0913, PLR0917 - all that is known of an operation
    value: Node,
    pointer: Scalar,
    at: str,
    steps: tuple[str, ...],
    view: View,
    catalogue: Catalogue,
    aims: list[Aim],
    inside: Inside,
    once: bool,  # noqa: FBT001 - handed on
) -> Iterator[Found]:
    """Yield what a value adds."""
    onto = [aim.searched for aim in aims if aim.searched.kind in PLUGINS]
    if any(lead(catalogue, one.group, one.kind, steps) is Lead.PART for one in onto):
        yield Unjudged(pointer, at, ONTO_PLUGIN, is_about_images=True)
        return
    found = list(_shown_in(value, steps, view, catalogue, aims, inside, once))
    yield from found
    if found or type_of(value) == "null":
        return
    if any(in_patch_of_host(aim.searched.group, aim.searched.kind, steps) for aim in aims):
        if isinstance(value, Scalar) or _holds_anything(value):
            yield Unjudged(pointer, at, _ONTO_PATCH, is_about_images=True)
    elif isinstance(value, Scalar):
        yield from _as_image(value, pointer, at, steps, catalogue, aims)


def _shown_in(  # noqa: PLR0913, PLR0917 - all that is known of an operation
    value: Node,
    steps: tuple[str, ...],
    view: View,
    catalogue: Catalogue,
    aims: list[Aim],
    inside: Inside,
    once: bool,  # noqa: FBT001 - handed on
) -> Iterator[Found]:
    """Yield what is found in an object that contains only the value."""
    shown = _shown(steps)
    for root, path in _objects_around(value, steps):
        found: list[Found] = []
        for aim in aims:
            item = ObjectNode(root, "", aim.searched, BOTH)
            for site in sites_of(item, view, catalogue, once=once):
                owner = aim.named if site.object == aim.searched else site.object
                found.append(site._replace(object=owner))
            if is_host(aim.searched.group, aim.searched.kind):
                found += (_of_any(one, steps) for one in inside(item, view))
        for one in found:
            is_below = one.field.startswith(path)
            yield one._replace(field=shown + one.field[len(path) :]) if is_below else one
        if found:
            return


def _of_any(found: Found, steps: tuple[str, ...]) -> Found:
    """Return what is found in a host; a patch without its target applies to anything."""
    if isinstance(found, Inline) and steps[-1:] == ("patch",):
        return found._replace(target=Target())
    return found


def _holds_anything(node: Node) -> bool:
    return bool(node.items if isinstance(node, Sequence) else getattr(node, "pairs", ()))


def _as_image(  # noqa: PLR0913, PLR0917 - all that is known of an operation
    value: Scalar,
    pointer: Scalar,
    at: str,
    steps: tuple[str, ...],
    catalogue: Catalogue,
    aims: list[Aim],
) -> Iterator[Found]:
    """Yield a scalar that is an image, or a part of one, depending on where its path leads."""
    leads = (lead(catalogue, aim.searched.group, aim.searched.kind, steps) for aim in aims)
    nearest = max(leads, default=Lead.NONE)
    if nearest is Lead.IMAGE and aims and steps[-1:] == ("image",):
        named, shown = aims[-1].named, _shown(steps)
        yield ImageSite(resolve(value), value, named, shown, None, "image", by_shape=True)
    elif nearest is Lead.PART:
        message = "it writes a part of an image"
        yield Unjudged(pointer, at, message, is_about_images=True)


def _objects_around(value: Node, steps: tuple[str, ...]) -> Iterator[tuple[Mapping, str]]:
    """Yield objects that contain only a value, and the field of the value.

    An index may also be a key of a mapping, so a path with an index yields two: with lists
    first.
    """
    for lists in (True, False) if any(is_index(step) for step in steps) else (True,):
        node = value
        for step in reversed(steps):
            around: Node
            if lists and is_index(step):
                around = Sequence(value.start, value.end)
                around.items.append(node)
            else:
                around = Mapping(value.start, value.end)
                around.pairs.append((Scalar(step, value.start, value.start, '"'), node))
            node = around
        if isinstance(node, Mapping):
            yield node, path_of(tuple(0 if lists and is_index(step) else step for step in steps))


def _shown(steps: Iterable[str]) -> str:
    """Write a pointer as Kubernetes writes fields: ``spec.containers[0].image``, ``[-]``."""
    pieces = [f"[{step}]" if is_index(step) or "." in step else f".{step}" for step in steps]
    return "".join(pieces).removeprefix(".")


def _copies_into_image(
    catalogue: Catalogue, aims: Iterable[Aim], origin: tuple[str, ...], steps: tuple[str, ...]
) -> bool:
    """Whether something that is not an image is copied to an image field."""
    for aim in aims:
        group, kind = aim.searched.group, aim.searched.kind
        becomes = lead(catalogue, group, kind, steps)
        if becomes is Lead.NONE:
            continue
        was = lead(catalogue, group, kind, origin)
        if was is not becomes or _place(origin) != _place(steps):
            return True
    return False


def _place(steps: tuple[str, ...]) -> str:
    """Return the last key of a path; all lists of containers are equal."""
    keys = [step for step in steps if not is_index(step)]
    last = keys[-1] if keys else ""
    return "containers" if last.lower().endswith("containers") else last
