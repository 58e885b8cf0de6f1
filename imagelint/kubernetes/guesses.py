"""What looks like an image where nobody described one: hints for users, and ``unknown-image``.

In a kind that neither the catalogue nor the policy describes, a value counts as an image if it
parses as a reference with a registry, a tag or a digest and its key ends in ``image``, or if
``repository`` is beside ``tag``. In objects of every kind so do annotations, environment variables,
flags and values of ConfigMaps whose names speak of an image. Whatever its name, a text with a
registry that serves only images, and with a tag or a digest, counts as well.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from imagelint.kubernetes.catalogue.entries import POD_TEMPLATE, Branch, at_path
from imagelint.kubernetes.objects import ObjectNode, find_objects, string_of
from imagelint.kubernetes.prefilter import KNOWN_REGISTRIES, hints_of, in_text_of_config
from imagelint.kubernetes.read import read_all
from imagelint.kubernetes.readers import Reader, View
from imagelint.kubernetes.sites import Place
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.reference import ImageReference
from imagelint.model.source import Span, as_yaml
from imagelint.yaml.documents import split
from imagelint.yaml.nodes import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from imagelint.kubernetes.catalogue.lookup import Catalogue
    from imagelint.kubernetes.examined import Examined
    from imagelint.kubernetes.objects import Step
    from imagelint.kubernetes.prefilter import Hints
    from imagelint.model.finding import KubeObject
    from imagelint.model.source import Position, Source
    from imagelint.yaml.documents import Document
    from imagelint.yaml.nodes import Node

    _Found = tuple[tuple[Step, ...], "Guess"]
    """A guess, and the steps to it."""

__all__ = ["Guess", "guesses_in"]

_TAGS: Final = ("tag", "version", "digest")
_KEY: Final = re.compile(r'[^.\[\]{}<>"]+')
_QUOTABLE: Final = re.compile(r'[^\[\]{}<>"]+')
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_AFTER: Final = frozenset(("name", "ref", "reference", "url", "uri", "full", "override", "default"))
"""Words behind ``image`` with which a name still is that of a whole image."""
_ARGUMENTS: Final = ("args", "command", "extraArgs", "additionalArgs")
_LINE: Final = re.compile(
    r"(?m)^(?![ \t]*(?:#|//))[^\n#]*?\bimage[\"']?[ \t]*[:=][ \t]*[\"']?"
    r"([a-z0-9][\w.-]*/[\w./:@-]*\w)"
)
"""A line in the text of a ConfigMap that names an image."""
_PUSHED: Final = frozenset(("destination", "destinations", "output", "outputs"))
"""Keys above images that a build pushes."""
_SHOWN_ONLY: Final = ("containerImage",)
"""Annotations that are only shown to people: that of OLM on a ClusterServiceVersion."""
_DEFINITION: Final = "CustomResourceDefinition"


class Guess(NamedTuple):
    """A text that looks like an image."""

    object: KubeObject
    field: str
    """Its path, or that of the mapping with its parts, as in an entry; empty if it cannot be."""
    parts: tuple[str, str] | None
    """The keys of repository and tag, if it is written in parts below ``field``."""
    entry: str
    """The field of the entry that describes it; empty if no entry can."""
    image: str
    what: str
    """``field``, ``annotation``, ``environment variable``, ``flag``, ``key`` or ``text``."""
    path: str
    span: Span
    place: Position

    @property
    def group(self) -> str:
        """The API group of the object."""
        return self.object.group

    @property
    def kind(self) -> str:
        """The kind of the object."""
        return self.object.kind


def guesses_in(
    source: Source,
    catalogue: Catalogue,
    examined: Iterable[Examined] = (),
    within: Span | None = None,
) -> Iterator[Guess]:
    """Yield the guesses for a source, in the order of the text.

    ``examined`` are its documents as far as they are read already; ``within`` is a part of it.
    """
    examined = tuple(examined)
    hints = hints_of(source, examined)
    if hints is None:
        return
    known = {one.document.span: one for one in reversed(examined)}
    for document in split(source, within):
        item = known.get(document.span)
        if hints.are_complete and not _is_hinted(document, item, catalogue, hints):
            continue
        if item is None or item.tree is None:
            item = read_all(document, catalogue)[0]
        yield from _in_document(item, catalogue)


def _is_hinted(
    document: Document,
    item: Examined | None,
    catalogue: Catalogue,
    hints: Hints,
) -> bool:
    """Whether something in a document may be an image; parts count only in an unknown kind."""
    start, end = document.span
    data = document.source.data
    if b"apiVersion" not in document.data or b"kind" not in document.data:
        return False
    images = [at for at in hints.images if start <= at < end]
    if item is None and b"kind: ConfigMap" in document.data:
        images = [at for at in images if not in_text_of_config(data, at)]
    root = None if item is None else item.extract.root
    if images or (root is not None and catalogue.lookup(root.group, root.kind) is not None):
        return bool(images)
    return any(start <= at < end for at in hints.repositories)


def _in_document(item: Examined, catalogue: Catalogue) -> Iterator[Guess]:
    assert item.tree is not None  # the caller asks for one
    claimed = {id(site.node) for site in item.extract.sites}
    claimed.update(id(one.node) for one in item.extract.inline)
    view = View(Reader.KUBECTL, walk_once=True)
    found, _ = find_objects(item.tree.root, view, item.document.source.path.rpartition("/")[2])
    seen: set[int] = set()
    for one in found:
        meta = one.meta
        if not meta.api_version or meta.kind == _DEFINITION or id(one.mapping) in seen:
            continue
        seen.add(id(one.mapping))
        for steps, guess in _Object(item, one, view, claimed, catalogue).guesses():
            if not catalogue.ignores(meta.group, meta.kind, steps):
                yield guess


def _annotations_of_pods(catalogue: Catalogue) -> frozenset[str]:
    """Return the annotations that are known on pods, and name no image on other objects."""
    metadata = catalogue.shape(POD_TEMPLATE).below.get("metadata", Branch())
    annotations = metadata.below.get("annotations", Branch())
    return frozenset((*_SHOWN_ONLY, *annotations.below))


class _Object:
    """The search of one object."""

    def __init__(
        self,
        item: Examined,
        one: ObjectNode,
        view: View,
        claimed: Container[int],
        catalogue: Catalogue,
    ) -> None:
        self._item = item
        self._one = one
        self._view = view
        self._claimed = claimed
        self._not_guessed = _annotations_of_pods(catalogue)
        self._is_known = catalogue.lookup(one.meta.group, one.meta.kind) is not None

    def guesses(self) -> Iterator[_Found]:
        """Yield each guess with the steps to it."""
        meta = self._one.meta
        is_config = (meta.group, meta.kind) == ("", "ConfigMap")
        seen: set[int] = set()
        work = [Place(self._one.mapping)]
        while work:
            place = work.pop()
            node = place.node
            if isinstance(node, Scalar):
                yield from self._scalar(place, is_config=is_config)
                continue
            if id(node) in seen:
                continue
            seen.add(id(node))
            if isinstance(node, Sequence):
                below = [Place(child, (*place.steps, at)) for at, child in enumerate(node.items)]
                if place.steps and place.steps[-1] in _ARGUMENTS:
                    yield from self._flags(place, node)
                    below = [one for one in below if not isinstance(one.node, Scalar)]
            else:
                entries = self._view.entries(node)
                if not self._is_known:
                    yield from self._parts(place, node)
                if place.steps[-2:-1] == ("env",) and {"name", "value"} <= entries.keys():
                    yield from self._variable(place, entries)
                    continue
                below = [
                    Place(child, (*place.steps, key))
                    for key, child in entries.items()
                    if place.steps or key not in ("status", "items")
                ]
            work += reversed(below)

    def _scalar(self, place: Place, *, is_config: bool) -> Iterator[_Found]:
        steps = place.steps
        name = next((str(one) for one in reversed(steps) if isinstance(one, str)), "")
        if steps[-3:-1] == ("metadata", "annotations"):
            if name not in self._not_guessed:
                yield from self._text(place, name, "annotation", "")
        elif steps[0] == "metadata":
            return
        elif is_config:
            if steps[0] == "data":
                of = as_yaml(self._one.meta.name or "")
                entry = f"{{at: data, keys: [{as_yaml(name)}], of: [{of}]}}"
                yield from self._text(place, name, "key", entry)
                yield from self._lines(place)
        elif not self._is_known and not _PUSHED.intersection(map(str, steps)):
            yield from self._text(place, name, "field", "")

    def _text(self, place: Place, name: str, what: str, entry: str) -> Iterator[_Found]:
        """Yield a text that is an image as a whole."""
        text = string_of(place.node, self._view)
        if text and id(place.node) not in self._claimed and _is_image(name, text):
            yield self._guess(place, text, what, entry)

    def _variable(self, place: Place, entries: dict[str, Node]) -> Iterator[_Found]:
        name = string_of(entries["name"], self._view) or ""
        value = Place(entries["value"], (*place.steps, "value"))
        entry = f"{{at: {at_path(_written(place.steps[:-1]))}, named: [{as_yaml(name)}]}}"
        yield from self._text(value, name, "environment variable", entry)

    def _flags(self, place: Place, node: Sequence) -> Iterator[_Found]:
        texts = [string_of(one, self._view) or "" for one in node.items]
        for index, text in enumerate(texts):
            flag, equals, value = text.partition("=")
            if not flag.startswith("-") or not flag.strip("-") or " " in flag:
                continue
            at = index
            if not equals and index + 1 < len(texts):
                at, value = index + 1, texts[index + 1]
            holder = Place(node.items[at], (*place.steps, at))
            is_claimed = id(holder.node) in self._claimed
            if value and not is_claimed and _is_image(flag.lstrip("-"), value):
                entry = f"{{at: {at_path(_written(place.steps))}, flags: [{as_yaml(flag)}]}}"
                yield self._guess(holder, value, "flag", entry)

    def _lines(self, place: Place) -> Iterator[_Found]:
        text = string_of(place.node, self._view) or ""
        if "\n" in text and id(place.node) not in self._claimed:
            images = dict.fromkeys(match[1] for match in _LINE.finditer(text))
            for image in images:
                if _is_image("", image):
                    yield self._guess(place, image, "text", "")

    def _parts(self, place: Place, node: Mapping) -> Iterator[_Found]:
        parts = _parts(node, self._view)
        entries = self._view.entries(node)
        if not place.steps or parts is None or id(entries[parts[0]]) in self._claimed:
            return
        names = [string_of(entries[key], self._view) or _value(entries[key]) for key in parts]
        image = f"{names[0]}{'@' if parts[1] == 'digest' else ':'}{names[1]}"
        if ImageReference.parse_or_none(image) is None or _PUSHED & {*map(str, place.steps)}:
            return
        tag = "digest" if parts[1] == "digest" else "tag"
        at = at_path(_written(place.steps))
        entry = f"{{at: {at}, repository: {parts[0]}, {tag}: {parts[1]}}}"
        first = Place(entries[parts[0]], place.steps)
        steps, guess = self._guess(first, image, "field", entry)
        yield steps, guess._replace(parts=parts)

    def _guess(self, place: Place, image: str, what: str, entry: str) -> _Found:
        document, node = self._item.document, place.node
        start, end = document.byte_offset(node.start), document.byte_offset(node.end)
        source, field = document.source, _written(place.steps)
        entry = entry if what == "text" else entry or field
        where = source.position(start)
        found = Guess(
            self._one.meta, field, None, entry, image, what, source.path, Span(start, end), where
        )
        return place.steps, found


def _written(steps: tuple[str | int, ...]) -> str:
    """Write a path in the catalogue's notation; empty if the notation cannot express a key."""
    pieces: list[str] = []
    for step in steps:
        if isinstance(step, int):
            pieces.append("[]")
        elif _KEY.fullmatch(step):
            pieces.append(f".{step}" if pieces else step)
        elif _QUOTABLE.fullmatch(step) and pieces:
            pieces.append(f'["{step}"]')
        else:
            return ""
    return "".join(pieces)


def _parts(node: Mapping, view: View) -> tuple[str, str] | None:
    """Return the keys of a repository and of its tag, if the mapping has both."""
    entries = view.entries(node)
    repository = string_of(entries.get("repository"), view)
    if not repository or ImageReference.parse_or_none(repository) is None:
        return None
    for name in _TAGS:
        if isinstance(entries.get(name), Scalar):
            return "repository", name
    return None


def _value(node: object) -> str:
    return node.value if isinstance(node, Scalar) else ""


def _is_image(name: str, text: str) -> bool:
    """Whether a text looks like an image: less is enough if its name speaks of one."""
    found = ImageReference.parse_or_none(text)
    if found is None or not (found.domain or found.tag or found.digest):
        return False
    if _names_image(name):
        return True
    domain = found.domain or ""
    is_known = any(domain == one or domain.endswith(f".{one}") for one in KNOWN_REGISTRIES)
    return is_known and bool(found.tag or found.digest)


def _names_image(name: str) -> bool:
    words = [word.lower() for word in _WORD.findall(name)]
    at = max((i for i, word in enumerate(words) if word.endswith("image")), default=None)
    return at is not None and all(word in _AFTER for word in words[at + 1 :])
