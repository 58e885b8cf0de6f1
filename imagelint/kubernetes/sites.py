"""A place in an object → the image sites there: whole images, parts, flags, lines of a text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from imagelint.kubernetes.catalogue.entries import CONTAINERS, EACH_ITEM, EACH_VALUE, ROLES, Form
from imagelint.kubernetes.objects import ObjectNode, string_of
from imagelint.kubernetes.readers import BOTH, Reader, Value, View, resolve, type_of
from imagelint.model.namedtuple import NamedTuple
from imagelint.patterns.globs import NamePattern
from imagelint.yaml.nodes import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.kubernetes.catalogue.entries import Holder, SplitNames
    from imagelint.model.finding import KubeObject

__all__ = ["ISTIO", "ISTIO_CONTAINERS", "ImageSite", "Place", "Step"]
__all__ += ["after", "path_of", "sites_at"]

ISTIO: Final = "Istio"
ISTIO_CONTAINERS: Final = frozenset({"istio-proxy", "istio-init", "istio-validation"})
Step = str | int
"""A key, or an index in a list."""


class ImageSite(NamedTuple):
    """One place that holds an image.

    ``value`` is the image as read, its JSON type in ``value.type`` (also ``mapping``
    and ``sequence``, with the value None). ``node`` is what stands there: the scalar
    that holds the registry, which is the one to edit; where that holds more than the
    image, ``within`` is where in its value the image stands, as start and end. Of an
    image in parts, ``tail`` is the text behind that scalar (``:1.25@sha256:...``).
    ``has_separate_tag`` says that the tag is written somewhere out of sight.
    """

    value: Value
    node: Node
    object: KubeObject
    field: str
    container: str | None
    role: str
    readers: frozenset[Reader] = BOTH
    by_shape: bool = False
    tail: str = ""
    has_separate_tag: bool = False
    filled_by: str | None = None
    """Who replaces the value before anything is pulled (Istio, OpenShift); None: nobody."""
    is_asked: bool | None = True
    """Whether it is sure to be replaced; None: the namespace decides."""
    views: frozenset[Reader] = BOTH
    """In whose view of the tree the site was found; of trees without merges there is one view."""
    within: tuple[int, int] | None = None


class Place(NamedTuple):
    """A node on the way along a field's path, with what was passed on it."""

    node: Node
    steps: tuple[Step, ...] = ()
    parents: tuple[Mapping, ...] = ()


def path_of(steps: tuple[Step, ...]) -> str:
    """Write a path as Kubernetes does: ``spec.containers[0].image``, ``annotations[a.b/c]``."""
    pieces = [f"[{step}]" if isinstance(step, int) or "." in step else f".{step}" for step in steps]
    return "".join(pieces).removeprefix(".")


def after(place: Place, segment: str, view: View) -> Iterator[Place]:
    """Yield the places that one segment of a field's path leads to."""
    node, steps, parents = place
    if segment == EACH_ITEM:
        if isinstance(node, Sequence):
            for index, child in enumerate(node.items):
                yield Place(child, (*steps, index), parents)
    elif isinstance(node, Mapping):
        entries = view.entries(node)
        if segment == EACH_VALUE:
            for key, child in entries.items():
                yield Place(child, (*steps, key), (*parents, node))
        elif segment in entries:
            yield Place(entries[segment], (*steps, segment), (*parents, node))


def sites_at(
    item: ObjectNode, view: View, place: Place, holder: Holder
) -> Iterator[tuple[tuple[Step, ...], ImageSite]]:
    """Yield the sites that a place holds, each with the steps from the object's root to it."""
    if holder.split is not None:
        key, wanted = holder.only or ("", None)
        if wanted is None or string_of(view.get(place.node, key), view) == wanted:
            yield from _split_site(item, view, place, holder.split, holder.prefix)
    elif holder.flags:
        for found, start in _flag_values(view, place, holder.flags):
            yield from _text_sites(item, view, found, start, holder)
    elif holder.named:
        for found in _named_values(view, place, holder):
            yield from _text_sites(item, view, found, 0, holder)
    elif holder.prefix or holder.form is not Form.IMAGE:
        yield from _text_sites(item, view, place, 0, holder)
    else:
        value = _value(place.node, view)
        filled_by, is_asked = _placeholder(value.value, item, place, view)
        yield (
            place.steps,
            ImageSite(
                value,
                place.node,
                item.meta,
                item.prefix + path_of(place.steps),
                _container(place, view),
                _role(place),
                item.readers,
                filled_by=filled_by,
                is_asked=is_asked,
            ),
        )


def _value(node: Node, view: View) -> Value:
    if isinstance(node, Scalar):
        return resolve(node, view.reader)
    return Value(type_of(node), None)


def _role(place: Place) -> str:
    return next((ROLES[str(key)] for key in reversed(place.steps) if key in ROLES), "image")


def _container(place: Place, view: View) -> str | None:
    """Return the name beside the image: the container's, or the volume's.

    What is around a list of containers has a name of its own.
    """
    levels = 1 if place.steps[-3:-2] and place.steps[-3] in CONTAINERS else 2
    for parent in reversed(place.parents[-levels:]):
        name = string_of(view.get(parent, "name"), view)
        if name is not None:
            return name
    return None


# --- images inside of texts -----------------------------------------------------------

_PAIR: Final = r"[^\s=]+=(\S+)"


def _flag_values(view: View, place: Place, flags: frozenset[str]) -> Iterator[tuple[Place, int]]:
    """Yield the arguments that hold a flag's value (``--flag=IMG``; ``--flag``, then ``IMG``)."""
    items = place.node.items if isinstance(place.node, Sequence) else []
    for index, node in enumerate(items):
        text = string_of(node, view) or ""
        flag, is_given, _ = text.partition("=")
        if not flag.startswith("-") or flag.lstrip("-") not in flags:
            continue
        if is_given:
            yield Place(node, (*place.steps, index), place.parents), len(flag) + 1
        elif index + 1 < len(items):
            yield Place(items[index + 1], (*place.steps, index + 1), place.parents), 0


def _named_values(view: View, place: Place, holder: Holder) -> Iterator[Place]:
    """Yield the values of a list of names and values, such as ``env``."""
    items = place.node.items if isinstance(place.node, Sequence) else []
    for index, node in enumerate(items):
        entries = view.entries(node) if isinstance(node, Mapping) else {}
        name = string_of(entries.get("name"), view)
        if "value" in entries and name and _matches(holder.named, name):
            yield Place(entries["value"], (*place.steps, index, "value"), place.parents)


def _matches(named: tuple[str, ...], name: str) -> bool:
    return any(NamePattern(pattern).matches(name) for pattern in named)


def _text_sites(
    item: ObjectNode, view: View, place: Place, start: int, holder: Holder
) -> Iterator[tuple[tuple[Step, ...], ImageSite]]:
    """Yield the sites inside of one scalar, from ``start`` on; none where nothing is written."""
    value = _value(place.node, view)
    text = str(value.value) if value.type == "string" else None
    if value.type == "null" or text == "" or (text is not None and start == len(text)):
        return
    places: list[tuple[int, int] | None] = [None]
    is_kept = False
    if text is not None and holder.form is Form.PAIRS:
        places = [match.span(1) for match in re.finditer(_PAIR, text)]
    elif text is not None and holder.form is Form.OVERRIDE:
        start = text.find("=") + 1
        end = len(text) - len(":*") if text.endswith((":*", "@*")) else len(text)
        is_kept = end < len(text)  # the tag or digest that another entry has
        if text.startswith(("*", ":", "@"), start) or (is_kept and not start):
            return  # it sets no name
        places = [(start, end) if start else None]
    elif text is not None and holder.prefix:
        if not text.startswith(holder.prefix, start):
            return
        places = [(start + len(holder.prefix), len(text))]
    elif text is not None and start:
        places = [(start, len(text))]
    for within in places:
        inside = value if text is None or within is None else Value("string", text[slice(*within)])
        yield (
            place.steps,
            ImageSite(
                inside,
                place.node,
                item.meta,
                item.prefix + path_of(place.steps),
                _container(place, view),
                "image",
                item.readers,
                has_separate_tag=holder.form is Form.UNTAGGED or is_kept,
                within=within,
            ),
        )


# --- images in parts ------------------------------------------------------------------


def _split_site(
    item: ObjectNode, view: View, place: Place, names: SplitNames, prefix: str
) -> Iterator[tuple[tuple[Step, ...], ImageSite]]:
    """Yield the one image that is written in parts below ``place``, none without its name.

    The site's node is the part with the registry: ``registry`` where there is one.
    """
    if not isinstance(place.node, Mapping):
        return
    registry = _part(view, place.node, names.registry)
    steps = names.image or names.repository
    name = _part(view, place.node, steps)
    tail = (
        "" if name is not None and names.image and "/" in name.value else _tail(view, place, names)
    )
    is_whole = name is not None and bool(names.image) and "/" in name.value
    if registry is not None and not is_whole and (name is not None or names.default):
        written = names.default if name is None else name.value
        node, steps, tail = registry, names.registry, f"/{written}{tail}"
    elif name is not None:
        node = name
    else:
        return
    if prefix and not node.value.startswith(prefix):
        return
    within = (len(prefix), len(node.value)) if prefix else None
    path = (*place.steps, *steps)
    yield (
        path,
        ImageSite(
            Value("string", node.value[len(prefix) :] + tail),
            node,
            item.meta,
            item.prefix + path_of(path),
            string_of(view.get(place.node, "name"), view),
            "image",
            item.readers,
            tail=tail,
            has_separate_tag=not is_whole and not _tail(view, place, names),
            within=within,
        ),
    )


def _tail(view: View, place: Place, names: SplitNames) -> str:
    """Return the tag and digest of an image in parts, with their ``:`` and ``@``."""
    assert isinstance(place.node, Mapping)
    tag, digest, sha256 = (
        "" if part is None else part.value
        for part in (
            _part(view, place.node, keys) for keys in (names.tag, names.digest, names.sha256)
        )
    )
    if sha256:
        return f"@sha256:{sha256.removeprefix('sha256:')}"
    if tag.startswith("sha256:"):
        return f"@{tag}"
    return (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")


def _part(view: View, node: Node | None, keys: tuple[str, ...]) -> Scalar | None:
    """Return the scalar at a path of keys, None where there is none or nothing in it."""
    node = view.get(node, *keys) if keys else None
    if isinstance(node, Scalar) and type_of(node) != "null" and node.value:
        return node
    return None


# --- placeholders ---------------------------------------------------------------------


def _placeholder(
    value: str | float | None, item: ObjectNode, place: Place, view: View
) -> tuple[str | None, bool | None]:
    """Return which platform fills in a placeholder, and whether it is sure to.

    ``auto`` is Istio's in the containers of its injection template, a single blank OpenShift's in
    an object with an image trigger.
    """
    is_container = value == "auto" and _role(place) in ("container", "init container")
    if is_container and _container(place, view) in ISTIO_CONTAINERS:
        from imagelint.kubernetes.injection import pod_asks  # noqa: PLC0415 - rare

        deep = len(place.parents) >= _POD_DEPTH
        pod = place.parents[-_POD_DEPTH] if deep else None
        return ISTIO, pod_asks(view.get(pod, "metadata"), view)
    if value == " ":
        root = item.mapping
        annotation = view.get(root, "metadata", "annotations", "image.openshift.io/triggers")
        if string_of(annotation, view):
            return "OpenShift", True
        triggers = view.get(root, "spec", "triggers")
        for trigger in triggers.items if isinstance(triggers, Sequence) else ():
            if string_of(view.get(trigger, "type"), view) == "ImageChange":
                return "OpenShift", True
    return None, True


_POD_DEPTH = 3
"""From a container's image up to what holds the pod's spec and metadata."""
