"""A place in an object → its image sites: whole images, parts, flags, lines of a text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from imagelint.kubernetes.catalogue.entries import (
    CONTAINERS,
    ELSEWHERE,
    IMAGE,
    ROLES,
    Form,
    Holder,
    SplitNames,
)
from imagelint.kubernetes.injection import INJECTED, pod_asks
from imagelint.kubernetes.objects import (
    ObjectNode,
    Place,
    Step,
    after,
    flag_values,
    keyed_values,
    named_so,
    named_values,
    path_of,
    string_of,
    text_at,
)
from imagelint.kubernetes.readers import BOTH, Reader, Value, View, resolve, type_of
from imagelint.model.namedtuple import NamedTuple
from imagelint.yaml.nodes import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.kubernetes.catalogue.entries import Ways
    from imagelint.model.finding import KubeObject

__all__ = ["ISTIO", "PARTS", "ImageSite", "Place", "Step", "after", "named_so", "path_of"]
__all__ += ["sites_at"]

ISTIO: Final = "Istio"


class ImageSite(NamedTuple):
    """One place that holds an image.

    ``value`` is the image as read, its JSON type in ``value.type`` (also ``mapping``
    and ``sequence``, with the value None). ``node`` is the scalar that holds the registry,
    which is the one to edit; if that holds more than the image, ``within`` is the start and
    end of the image in its value. For an image in parts, ``tail`` is the text after that
    scalar (``:1.25@sha256:...``). ``has_separate_tag`` says that the tag is written in
    another place.
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
    """What replaces the value before it is pulled (Istio, OpenShift); None: nothing."""
    is_asked: bool | None = True
    """Whether it is certain to be replaced; None: the namespace decides."""
    views: frozenset[Reader] = BOTH
    """The readers that see the site; for trees without merges there is one view."""
    within: tuple[int, int] | None = None
    unfixable: str | None = None
    """Why no edit of the node can have the wanted effect; None: an edit is possible."""
    values_at: tuple[str, ...] = ()
    """For a placeholder, the fields with its known values, each of which is a site."""


def sites_at(
    item: ObjectNode, view: View, place: Place, holder: Holder
) -> Iterator[tuple[tuple[Step, ...], ImageSite]]:
    """Yield the sites at a place, each with the steps from the object's root to it."""
    if holder.split is not None:
        if holder.only is None or text_at(place.node, holder.only[:1], view) == holder.only[1]:
            yield from _split_sites(item, view, place, holder)
    elif holder.flags:
        for found, start in flag_values(view, place, holder.flags):
            yield from _text_sites(item, view, found, start, holder)
    elif holder.keys:
        for found in keyed_values(view, place, holder):
            yield from _text_sites(item, view, found, 0, holder)
    elif holder.named:
        for found in named_values(view, place, holder):
            yield from _text_sites(item, view, found, 0, holder)
    elif holder != IMAGE:
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

    The object around a list of containers has its own name, which does not count.
    """
    levels = 1 if place.steps[-3:-2] and place.steps[-3] in CONTAINERS else 2
    for parent in reversed(place.parents[-levels:]):
        name = string_of(view.entries(parent).get("name"), view)
        if name is not None:
            return name
    return None


# --- images inside of texts -----------------------------------------------------------

_PAIR: Final = r"[^\s=]+=(\S+)"


def _text_sites(
    item: ObjectNode, view: View, place: Place, start: int, holder: Holder
) -> Iterator[tuple[tuple[Step, ...], ImageSite]]:
    """Yield the sites inside of one scalar, from ``start`` on; none if it is empty."""
    value = _value(place.node, view)
    text = str(value.value) if value.type == "string" else None
    if value.type == "null" or text == "" or (text is not None and start == len(text)):
        return
    places: list[tuple[int, int] | None] = [None]
    if text is not None:
        places = _spans(text, start, holder)
    is_kept = holder.form is Form.OVERRIDE and str(text).endswith(_KEPT)
    tail = _tag_beside(view, place, holder)
    for within in places:
        inside = value if text is None or within is None else Value("string", text[slice(*within)])
        for read in _with_registries(inside, holder):
            yield (
                place.steps,
                ImageSite(
                    Value("string", f"{read.value}{tail}") if tail else read,
                    place.node,
                    item.meta,
                    item.prefix + path_of(place.steps),
                    _container(place, view),
                    "image",
                    item.readers,
                    tail=tail,
                    has_separate_tag=_has_separate_tag(holder, tail, read, inside) or is_kept,
                    within=within,
                    unfixable=None if read == inside else _unfixable(holder),
                ),
            )


_KEPT: Final = (":*", "@*")
"""The ends of an image whose tag, or digest, is in another entry."""


def _spans(text: str, start: int, holder: Holder) -> list[tuple[int, int] | None]:
    """Return the spans of the images in a text, from ``start`` on; None: the whole text is one."""
    if holder.form is Form.PAIRS:
        return [match.span(1) for match in re.finditer(_PAIR, text)]
    if holder.form is Form.OVERRIDE:
        start = text.find("=") + 1
        end = len(text) - len(":*") if text.endswith(_KEPT) else len(text)
        if text.startswith(("*", ":", "@"), start) or (end < len(text) and not start):
            return []  # it sets no image name
        return [(start, end) if start else None]
    if holder.form is Form.TRACKED:
        colon = text.find(":", text.rfind("/") + 1)
        return [(start, colon) if colon > start else None]
    prefix = _prefix_of(text[start:], holder) if holder.prefixes else ""
    if prefix is None:
        return []
    start += len(prefix)
    return [(start, len(text)) if start else None]


def _tag_beside(view: View, place: Place, holder: Holder) -> str:
    """Return the tag in a key of its own beside a text, with its ``:``."""
    if not (holder.tag_beside and place.parents):
        return ""
    tag = string_of(view.entries(place.parents[-1]).get(holder.tag_beside), view)
    return f":{tag}" if tag else ""


def _has_separate_tag(holder: Holder, tail: str, read: Value, written: Value) -> bool:
    if holder.form is Form.SHORT:
        return read != written
    return holder.form in {Form.UNTAGGED, Form.TRACKED} or (bool(holder.tag_beside) and not tail)


_UNSURE: Final = "its registry depends on a version that is not set here; write the registry"
_TAGLESS: Final = "its tag is not set here; write the whole image"


def _unfixable(holder: Holder) -> str | None:
    """Return why an image that names no registry cannot be rewritten in place, else None."""
    if len(holder.registries) > 1:
        return _UNSURE
    return _TAGLESS if holder.form is Form.SHORT else None


def _prefix_of(text: str, holder: Holder) -> str | None:
    """Return the prefix with which a text begins, None if there is none."""
    for prefix in holder.prefixes:
        if text.startswith(prefix) and (prefix or "://" not in text):
            return prefix
    return None


def _with_registries(value: Value, holder: Holder) -> list[Value]:
    """Return an image as the operator pulls it: from each of its registries if none is named."""
    text = str(value.value)
    is_full = "/" in text if holder.form is Form.SHORT else _names_registry(text)
    if not holder.registries or value.type != "string" or is_full:
        return [value]
    if holder.registries == ELSEWHERE:
        return []
    return [Value("string", f"{registry}/{text}") for registry in holder.registries]


def _names_registry(text: str) -> bool:
    first, slash, _ = text.partition("/")
    return bool(slash) and (first == "localhost" or not set(".:${").isdisjoint(first))


# --- images in parts ------------------------------------------------------------------


PARTS: Final = Holder(
    split=SplitNames(
        repository=(("repository",), ("name",)),
        tag=(("tag",), ("version",)),
        digest=(("digest",),),
        registry=(("registry",),),
    )
)
"""The parts of an image in a mapping that is recognised only by its keys."""


def _split_sites(
    item: ObjectNode, view: View, place: Place, holder: Holder
) -> Iterator[tuple[tuple[Step, ...], ImageSite]]:
    """Yield the one image that is written in parts below ``place``, if its name is set.

    The site's node is the part with the registry: ``registry`` if that is set. An image that
    names none is read with each registry that the operator may add.
    """
    names = holder.split
    if not isinstance(place.node, Mapping) or names is None:
        return
    parts = _Parts(item, view, place)
    registry = parts.find(names.registry)
    name = parts.find(names.image or names.repository)
    is_whole = name is not None and bool(names.image) and "/" in name[1].value
    tail = "" if is_whole else parts.tail(names)
    has_separate_tag = not is_whole and not tail
    unfixable, found = None, name
    if registry is not None and not is_whole and (name is not None or names.default):
        tail = f"/{names.default if name is None else name[1].value}{tail}"
        found = registry
    if found is None:
        return
    path, node = found
    prefix = "" if not holder.prefixes else _prefix_of(node.value, holder)
    if prefix is None:
        return
    within = (len(prefix), len(node.value)) if prefix else None
    text = Value("string", node.value[len(prefix) :])
    reads = [text]
    if found is name and not is_whole:
        reads = _with_registries(text, holder)
        if reads != [text] and names.image:  # with a slash it is a whole reference
            reads = [Value("string", f"{read.value}{tail}") for read in reads]
            unfixable = None if tail else _TAGLESS
            tail = ""
        elif reads != [text] and names.registry:
            where = parts.place(names.registry[0])
            unfixable = f"the operator sets its registry; write one at {where}"
    if len(reads) > 1:
        unfixable = _UNSURE
    for read in reads:
        yield (
            path,
            ImageSite(
                Value("string", f"{read.value}{tail}"),
                node,
                item.meta,
                item.prefix + path_of(path),
                string_of(view.entries(place.node).get("name"), view),
                "image",
                item.readers,
                tail=tail,
                has_separate_tag=has_separate_tag,
                within=within,
                unfixable=unfixable,
            ),
        )


class _Parts:
    """The parts of an image, searched below a place, or from the object's root if marked so."""

    def __init__(self, item: ObjectNode, view: View, place: Place) -> None:
        self._root = item.mapping
        self._view = view
        self._place = place

    def find(self, ways: Ways) -> tuple[tuple[Step, ...], Scalar] | None:
        """Return the first non-empty scalar, and the steps to it from the root."""
        for way in ways:
            node: Node | None = self._place.node
            steps, keys = self._place.steps, way
            if way[0].startswith("/"):
                node, steps, keys = self._root, (), (way[0][1:], *way[1:])
            for key in keys:
                node = self._view.entries(node).get(key) if isinstance(node, Mapping) else None
            if isinstance(node, Scalar) and type_of(node) != "null" and node.value:
                return (*steps, *keys), node
        return None

    def place(self, way: tuple[str, ...]) -> str:
        """Return the path of a part."""
        is_from_root = way[0].startswith("/")
        steps = (way[0][1:], *way[1:]) if is_from_root else (*self._place.steps, *way)
        return path_of(steps)

    def tail(self, names: SplitNames) -> str:
        """Return the tag and digest of an image in parts, with their ``:`` and ``@``."""
        tag, digest, sha256 = (
            "" if part is None else part[1].value
            for part in map(self.find, (names.tag, names.digest, names.sha256))
        )
        if sha256:
            return f"@sha256:{sha256.removeprefix('sha256:')}"
        if tag.startswith("sha256:"):
            return f"@{tag}"
        return (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")


# --- placeholders ---------------------------------------------------------------------


def _placeholder(
    value: str | float | None, item: ObjectNode, place: Place, view: View
) -> tuple[str | None, bool | None]:
    """Return which platform fills in a placeholder, and whether it is certain to.

    ``auto`` is Istio's in the containers of its injection template, a single blank OpenShift's in
    an object with an image trigger.
    """
    is_container = _role(place) in ("container", "init container")
    if value == "auto" and is_container and _container(place, view) in INJECTED:
        deep = len(place.parents) >= _POD_DEPTH
        pod = view.entries(place.parents[-_POD_DEPTH]) if deep else {}
        return ISTIO, pod_asks(pod.get("metadata"), pod.get("spec"), view)
    if value == " ":
        root = item.mapping
        if text_at(root, ("metadata", "annotations", "image.openshift.io/triggers"), view):
            return "OpenShift", True
        spec = view.entries(root).get("spec")
        triggers = view.entries(spec).get("triggers") if isinstance(spec, Mapping) else None
        for trigger in triggers.items if isinstance(triggers, Sequence) else ():
            if text_at(trigger, ("type",), view) == "ImageChange":
                return "OpenShift", True
    return None, True


_POD_DEPTH = 3
"""Levels between a container's image and the mapping with the pod's spec and metadata."""
