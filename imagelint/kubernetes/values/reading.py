"""Values of a Helm chart, as nodes → the image sites in them, by shape.

Values are a mapping, a list of ``name`` and ``value`` (Argo CD's parameters), or a mapping of
dotted names (k3s' ``set``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from imagelint.kubernetes.catalogue.entries import HELM_PARAMETERS, HELM_SET
from imagelint.kubernetes.objects import Place, path_of, string_of
from imagelint.kubernetes.readers import Value, View, type_of
from imagelint.kubernetes.site import ImageSite
from imagelint.kubernetes.values.releases import release_namespaces
from imagelint.kubernetes.values.shapes import (
    DIGESTS,
    NAMES,
    TAGS,
    has_placeholder,
    has_version,
    holds_registry,
    is_chart_or_repository,
    is_container_list,
    is_image_key,
    is_image_list,
    is_name_key,
    is_registry_key,
    is_skipped,
    looks_like_image,
    names_host,
    names_known_registry,
    readable,
    tail_of,
)
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import shown
from imagelint.yaml.nodes import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.kubernetes.objects import ObjectNode, Step

__all__ = ["value_sites"]

_RENDER: Final = "check the rendered chart (`imagelint check --render`)"
_BESIDE_AN_IMAGE: Final = ("pullPolicy", "imagePullPolicy", "command", "args")
"""Keys that only stand beside an image."""
_OF_KUSTOMIZE: Final = ("newName", "newTag")
_OF_MAPPINGS: Final = (*NAMES, "registry")
"""Keys that mean something only together with others."""
_GLOBAL: Final = (
    ("global", "imageRegistry"),
    ("global", "image", "registry"),
    ("global", "registry"),
)
_INDEX: Final = re.compile(r"\[[0-9]+\]$")

Found = tuple["tuple[Step, ...]", ImageSite]


def value_sites(
    item: ObjectNode, view: View, place: Place, shape: str, *, once: bool
) -> Iterator[Found]:
    """Yield the sites in values at a place, each with the steps from the object's root to it.

    ``once``: each node once.
    """
    reader = _Reader(item, view, release_namespaces(item.meta, place.parents, view), once=once)
    if shape in {HELM_PARAMETERS, HELM_SET}:
        names = _parameters(view, place) if shape == HELM_PARAMETERS else _names(view, place)
        tree, steps = _as_tree(names, place.node)
        for _, site in reader.read(Place(tree, place.steps)):
            at = steps[id(site.node)]
            yield at, site._replace(field=item.prefix + path_of(at))
    else:
        yield from reader.read(place)


def _parameters(view: View, place: Place) -> Iterator[tuple[str, Scalar, tuple[Step, ...]]]:
    """Yield the parameters in a list: a dotted name, the value, and the steps to it."""
    for index, one in enumerate(place.node.items if isinstance(place.node, Sequence) else ()):
        name, value = string_of(view.get(one, "name"), view), view.get(one, "value")
        if name and isinstance(value, Scalar):
            yield name, value, (*place.steps, index, "value")


def _names(view: View, place: Place) -> Iterator[tuple[str, Scalar, tuple[Step, ...]]]:
    """Yield the entries of a mapping from dotted names to values."""
    entries = view.entries(place.node) if isinstance(place.node, Mapping) else {}
    for name, value in entries.items():
        if isinstance(value, Scalar):
            yield name, value, (*place.steps, name)


def _as_tree(
    named: Iterator[tuple[str, Scalar, tuple[Step, ...]]], around: Node
) -> tuple[Mapping, dict[int, tuple[Step, ...]]]:
    """Return the values that dotted names set, as a mapping, and the steps to each scalar."""
    root = Mapping(around.start, around.end)
    known: dict[tuple[str, ...], Mapping] = {(): root}
    steps: dict[int, tuple[Step, ...]] = {}
    for name, value, at in named:
        pieces = re.split(r"(?<!\\)\.", name)
        keys = tuple(_INDEX.sub("", key).replace("\\.", ".") for key in pieces)
        for depth in range(1, len(keys)):
            if keys[:depth] not in known:
                inner = known[keys[:depth]] = Mapping(around.start, around.end)
                known[keys[: depth - 1]].pairs.append((_key(keys[depth - 1], around), inner))
        known[keys[:-1]].pairs.append((_key(keys[-1], around), value))
        steps[id(value)] = at
    return root, steps


def _key(text: str, around: Node) -> Scalar:
    return Scalar(text, around.start, around.start, '"')


class _Part(NamedTuple):
    """A scalar with a part of an image, and its key."""

    key: str
    node: Scalar
    text: str


class _Reader:
    """Finds the images in values."""

    def __init__(
        self, item: ObjectNode, view: View, runs_in: frozenset[str] | None, *, once: bool
    ) -> None:
        self._item = item
        self._view = view
        self._runs_in = runs_in
        self._once = once
        self._overriding = ""
        """The key of a registry that may replace those beside the images."""

    def read(self, start: Place) -> Iterator[Found]:
        """Yield the sites in a mapping or list, depth first."""
        self._overriding = self._global_registry(start.node)
        seen: set[int] = set()
        work = [start]
        while work:
            place = work.pop()
            node = place.node
            if isinstance(node, Scalar) or (self._once and id(node) in seen):
                continue
            seen.add(id(node))
            if isinstance(node, Sequence):
                key = str(place.steps[-1]) if place.steps else ""
                below = [Place(one, (*place.steps, at)) for at, one in enumerate(node.items)]
                if is_image_list(key):
                    yield from self._listed(below)
            else:
                entries = self._view.entries(node)
                if "apiVersion" in entries and "kind" in entries:
                    continue  # an object of its own
                yield from self._in_mapping(place.steps, entries)
                below = [
                    Place(value, (*place.steps, key))
                    for key, value in entries.items()
                    if not isinstance(value, Scalar) and not is_skipped(key)
                ]
            work += reversed(below)

    def _global_registry(self, root: Node) -> str:
        """Return the key of a registry that charts put in place of those of single images."""
        for way in _GLOBAL:
            if string_of(self._view.get(root, *way), self._view):
                return ".".join(way)
        return ""

    def _listed(self, items: list[Place]) -> Iterator[Found]:
        """Yield the strings of a list of images that are images beyond doubt."""
        for place in items:
            text = string_of(place.node, self._view)
            if text and names_host(text) and looks_like_image(text, is_sure=False):
                assert isinstance(place.node, Scalar)  # it is a string
                yield self._site(place.steps, place.node, text)

    def _in_mapping(self, steps: tuple[Step, ...], entries: dict[str, Node]) -> Iterator[Found]:
        """Yield the images that the scalars of a mapping are, or are parts of."""
        parts = {
            key: _Part(key, value, text)
            for key, value in entries.items()
            if isinstance(value, Scalar) and (text := self._text(key, value))
        }
        if not parts:
            return
        outer = next((step for step in reversed(steps) if isinstance(step, str)), "")
        is_container = bool(steps) and isinstance(steps[-1], int) and is_container_list(outer)
        name = self._name(outer, parts, entries, is_container=is_container)
        registry = parts.get("registry")
        if name is not None and self._is_folder(steps, name):
            yield self._registry_alone(steps, name)
        elif name is not None:
            yield self._whole(steps, name, parts, is_container=is_container)
        elif registry is not None and holds_registry(registry.text) and _is_image(outer):
            yield self._registry_alone(steps, registry)
        for part in parts.values():
            if part is not name and part.key not in _OF_MAPPINGS:
                yield from self._by_key(steps, part, parts)

    @staticmethod
    def _is_folder(steps: tuple[Step, ...], name: _Part) -> bool:
        """Whether the repository of ``images`` is that of several images, below which they are."""
        outer = steps[-1] if steps else 0
        is_plural = isinstance(outer, str) and is_image_list(outer)
        return is_plural and name.key == "repository" and names_host(name.text)

    def _text(self, key: str, node: Scalar) -> str | None:
        """Return the text of a scalar; a tag may look like a number."""
        text = string_of(node, self._view)
        is_tag = text is None and key in TAGS and type_of(node) == "number"
        return node.value if is_tag else text

    @staticmethod
    def _name(
        outer: str, parts: dict[str, _Part], entries: dict[str, Node], *, is_container: bool
    ) -> _Part | None:
        """Return the part with the name of the image that a mapping is; None if it is none."""
        if any(key in entries for key in _OF_KUSTOMIZE):
            return None
        is_image = _is_image(outer)
        beside = any(key in parts for key in ("tag", "digest", "registry"))
        is_sure = beside or any(key in entries for key in _BESIDE_AN_IMAGE)
        for key in NAMES:
            part = parts.get(key)
            if part is None:
                continue
            if key == "repository":
                if is_chart_or_repository(outer, entries) and not is_image:
                    continue
                if not (is_image or is_sure or names_known_registry(part.text)):
                    continue
            elif key == "name" and not (is_image and (is_sure or names_host(part.text))):
                continue
            is_certain = is_sure or is_image or is_container
            if looks_like_image(part.text, is_sure=is_certain):
                return part
        return None

    def _whole(
        self, steps: tuple[Step, ...], name: _Part, parts: dict[str, _Part], *, is_container: bool
    ) -> Found:
        """Return the image that the scalars of a mapping are parts of."""
        tag = next((parts[key].text for key in TAGS if key in parts), "")
        digest = next((parts[key].text for key in DIGESTS if key in parts), "")
        below = parts.get("image")
        if name.key == "repository" and below is not None and not names_host(below.text):
            # The repository is a folder, and the image a name in it.
            return self._joined(steps, name, f"{below.text}{tail_of(tag, digest)}", parts)
        is_full = is_container or _has_tag(name.text)
        tail = "" if is_full else tail_of(tag, digest)
        registry = parts.get("registry")
        if registry is not None and not is_container:
            return self._joined(steps, registry, f"{name.text}{tail}", parts)
        at = (*steps, name.key)
        has_separate_tag = not (is_full or tail)
        path, site = self._site(at, name.node, name.text, tail, has_separate_tag=has_separate_tag)
        if not (is_container or names_host(name.text) or has_placeholder(name.text)):
            site = site._replace(unresolved=_nameless(name.text))
        return path, site

    def _joined(
        self, steps: tuple[Step, ...], first: _Part, rest: str, parts: dict[str, _Part]
    ) -> Found:
        """Return the image that begins with a registry, or a folder on one, in a key of its own."""
        tail = rest if first.text.endswith("/") else f"/{rest}"
        path, site = self._site((*steps, first.key), first.node, first.text, tail)
        site = site._replace(has_separate_tag=not _has_tag(rest))
        if first.key != "registry" and not names_host(f"{first.text}/"):
            return path, site._replace(unresolved=_nameless(first.text + tail))
        if first.key == "registry" and self._overriding:
            why = f"{self._overriding} may replace its registry; {_RENDER}"
            return path, site._replace(unresolved=f"{shown(first.text + tail)}: {why}")
        is_known = holds_registry(first.text.rstrip("/")) or has_placeholder(first.text)
        if not is_known and "registry" in parts:
            return path, site._replace(unresolved=_nameless(first.text + tail))
        return path, site

    def _by_key(
        self, steps: tuple[Step, ...], part: _Part, parts: dict[str, _Part]
    ) -> Iterator[Found]:
        """Yield what one scalar is by its key alone."""
        key, text = part.key, part.text
        if is_registry_key(key):
            if holds_registry(text) and (key != "hub" or "tag" in parts or "/" in text):
                yield self._registry_alone(steps, part)
        elif is_image_key(key) or is_name_key(key):
            tag = self._tag_of(key, parts)
            is_clear = names_host(text) or tag or has_version(text)
            is_clear = is_clear or (is_name_key(key) and "/" in text)
            if not (is_clear and looks_like_image(text, is_sure=False)):
                return
            is_full = _has_tag(text)
            tail = "" if is_full else tail_of(tag, "")
            has_separate_tag = not (is_full or tail)
            at = (*steps, key)
            path, site = self._site(at, part.node, text, tail, has_separate_tag=has_separate_tag)
            if not names_host(text):
                site = site._replace(unresolved=_nameless(text))
            yield path, site

    @staticmethod
    def _tag_of(key: str, parts: dict[str, _Part]) -> str:
        """Return the tag in a key beside that of an image: ``fooImageTag``, ``fooTag``."""
        stem = re.sub("Repository$|Name$", "", key)
        short = re.sub("[-_]?[iI]mage$", "", stem)
        beside = (f"{stem}Tag", f"{short}Tag" if short else "tag")
        return next((parts[one].text for one in beside if one in parts), "")

    def _registry_alone(self, steps: tuple[Step, ...], part: _Part) -> Found:
        """Return a registry that the chart puts before images that are not written here."""
        path, site = self._site((*steps, part.key), part.node, part.text)
        why = f"{shown(part.text)} is a registry, and the chart sets the images; {_RENDER}"
        return path, site._replace(unresolved=why, is_registry=True)

    def _site(
        self,
        steps: tuple[Step, ...],
        node: Scalar,
        text: str,
        tail: str = "",
        *,
        has_separate_tag: bool = False,
    ) -> Found:
        text, unresolved = readable(text), None
        if "{{" in text:
            unresolved = f"{shown(text)}: a template fills in a part; {_RENDER}"
        site = ImageSite(
            Value("string", text + tail),
            node,
            self._item.meta,
            self._item.prefix + path_of(steps),
            None,
            "image",
            self._item.readers,
            by_shape=True,
            tail=tail,
            has_separate_tag=has_separate_tag,
            unresolved=unresolved,
            runs_in=self._runs_in,
        )
        return steps, site


def _is_image(key: str) -> bool:
    return is_image_key(key) or is_image_list(key)


def _has_tag(text: str) -> bool:
    """Whether a tag or digest follows the name of an image."""
    return ":" in text.rpartition("/")[2] or "@" in text


def _nameless(text: str) -> str:
    return f"{shown(text)} names no registry, and the chart may add one; {_RENDER}"
