"""Fields that look like images in kinds that the catalogue does not know: hints for users.

A value counts as an image if it parses as a reference with a registry, a tag or a digest and its
key ends in ``image``, or if ``repository`` is beside ``tag``. No rule uses this: a user who knows
the kind adds an entry.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from imagelint.kubernetes.examine import examine
from imagelint.kubernetes.objects import ObjectNode, find_objects, string_of
from imagelint.kubernetes.readers import Reader, View
from imagelint.kubernetes.sites import Place
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.reference import ImageReference
from imagelint.yaml.nodes import Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.kubernetes.catalogue.lookup import Catalogue
    from imagelint.kubernetes.examined import Examined
    from imagelint.model.source import Position, Source

__all__ = ["Guess", "unknown_fields"]

_TAGS = ("tag", "version", "digest")
_KEY = re.compile(r'[^.\[\]{}<>"]+')
_QUOTABLE = re.compile(r'[^\[\]{}<>"]+')


class Guess(NamedTuple):
    """A field that looks like an image; ``field`` is written as in an entry."""

    group: str
    kind: str
    field: str
    parts: tuple[str, str] | None
    """The keys of repository and tag, if it is written in parts below ``field``."""
    image: str
    path: str
    place: Position


def unknown_fields(source: Source, catalogue: Catalogue) -> Iterator[Guess]:
    """Yield the guesses for a source, in the order of the text."""
    for item in examine(source, catalogue, prove=False):
        claimed = {id(site.node) for site in item.extract.sites}
        view = View(Reader.KUBECTL, walk_once=True)
        assert item.tree is not None  # the call above requests trees
        found, _ = find_objects(item.tree.root, view, source.path.rpartition("/")[2])
        for one in found:
            meta = one.meta
            if meta.api_version and catalogue.lookup(meta.group, meta.kind) is None:
                yield from _guesses(item, one, view, claimed)


def _guesses(item: Examined, one: ObjectNode, view: View, claimed: set[int]) -> Iterator[Guess]:
    source = item.document.source
    seen: set[int] = set()
    work = [Place(one.mapping)]
    while work:
        place = work.pop()
        node = place.node
        if isinstance(node, Scalar):
            image = string_of(node, view)
            is_named = str(place.steps[-1]).lower().endswith("image")
            if is_named and image and id(node) not in claimed and _is_image(image):
                where = source.position(item.document.byte_offset(node.start))
                yield _guess(one, place, None, image, (source.path, where))
            continue
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, Sequence):
            below = [Place(child, (*place.steps, 0)) for child in node.items]
        else:
            entries = view.entries(node)
            parts = _parts(node, view)
            if parts is not None:
                where = source.position(item.document.byte_offset(entries[parts[0]].start))
                names = [string_of(entries[key], view) or _text(entries[key]) for key in parts]
                image = f"{names[0]}{'@' if parts[1] == 'digest' else ':'}{names[1]}"
                yield _guess(one, place, parts, image, (source.path, where))
            below = [
                Place(child, (*place.steps, key))
                for key, child in entries.items()
                if not (place.steps == () and key in ("status", "items", "metadata"))
            ]
        work += reversed(below)


def _guess(
    one: ObjectNode,
    place: Place,
    parts: tuple[str, str] | None,
    image: str,
    where: tuple[str, Position],
) -> Guess:
    return Guess(one.meta.group, one.meta.kind, _written(place), parts, image, *where)


def _written(place: Place) -> str:
    """Write a path in the catalogue's notation; empty if the notation cannot express a key."""
    pieces: list[str] = []
    for step in place.steps:
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


def _text(node: object) -> str:
    return node.value if isinstance(node, Scalar) else ""


def _is_image(text: str) -> bool:
    found = ImageReference.parse_or_none(text)
    return found is not None and bool(found.domain or found.tag or found.digest)
