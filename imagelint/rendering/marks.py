"""Which values make which part of which image, found by experiment. Pure.

A value is marked by a unique text in front of it. If the images of a rendering with marks are,
without the marks, those of the first rendering, then each mark shows where a value begins. What
does not stand this test (a value that decides something, or is cut) is not taken for a source.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from imagelint.model.namedtuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from imagelint.rendering.helm import Values

__all__ = [
    "INSECURE_IMAGES",
    "Experiment",
    "Leaf",
    "Path",
    "Source",
    "candidates",
    "empty_ones",
    "leaves",
    "overlay",
]
__all__ += ["permission", "trace"]

Path: TypeAlias = "tuple[str | int, ...]"
"""Keys of mappings and indexes of lists."""
Experiment: TypeAlias = "Callable[[Values], Sequence[str] | None]"
"""Renders with an overlay; returns the images in their order, None if they are others."""

INSECURE_IMAGES: Final[Path] = ("global", "security", "allowInsecureImages")
"""The value with which charts of Bitnami accept images from other registries than their own."""
_TEMPLATE: Final = "{{"
_EDGES: Final = "/-._:@"
"""Characters around a value in an image."""
_TELLING: Final = re.compile(r"image|registry|repositor|hub", re.IGNORECASE)


class Leaf(NamedTuple):
    """A text in the values of a chart; empty for null, too."""

    path: Path
    value: str

    @property
    def head(self) -> str:
        """The part before the first template in it."""
        return self.value.partition(_TEMPLATE)[0]


class Source(NamedTuple):
    """A value that makes a part of an image: the image is before + part + after."""

    leaf: Leaf
    before: str
    after: str


def leaves(values: Values) -> Iterator[Leaf]:
    """Yield all texts in values, in order."""
    yield from _leaves(values, ())


def _leaves(value: Any, path: Path) -> Iterator[Leaf]:  # noqa: ANN401 - JSON
    if isinstance(value, str) or value is None:
        yield Leaf(path, value or "")
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _leaves(one, (*path, key))
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from _leaves(one, (*path, index))


def candidates(found: Iterable[Leaf], images: Iterable[str]) -> list[Leaf]:
    """Return the leaves that may make the name of an image; those with telling keys come first."""
    names = {_name(image) for image in images}
    some = [leaf for leaf in found if any(_occurs(_name(leaf.head), name) for name in names)]
    return sorted(some, key=lambda leaf: not _is_telling(leaf.path))


def empty_ones(found: Iterable[Leaf]) -> list[list[Leaf]]:
    """Return empty leaves that may be a registry or an image, in groups to be marked at once.

    Those of single images come first; each global one may hide the others, so it stands alone.
    """
    empty = [leaf for leaf in found if not leaf.value and _is_telling(leaf.path[-1:])]
    own = [leaf for leaf in empty if leaf.path[0] != "global"]
    return [own, *([leaf] for leaf in empty if leaf.path[0] == "global")]


def _is_telling(path: Path) -> bool:
    return any(isinstance(key, str) and re.search(_TELLING, key) for key in path)


def _name(image: str) -> str:
    """Return an image, or the beginning of one, without tag and digest."""
    name = image.partition("@")[0]
    slash = name.rfind("/")
    colon = name.find(":", slash + 1)
    return name if colon < 0 else name[:colon]


def _occurs(part: str, name: str) -> bool:
    """Whether a text is in a name, from edge to edge."""
    part = part.rstrip(_EDGES)
    at = name.find(part) if part else -1
    while at >= 0:
        end = at + len(part)
        if (at == 0 or name[at - 1] in _EDGES) and (end == len(name) or name[end] in _EDGES):
            return True
        at = name.find(part, at + 1)
    return False


def permission(values: Values) -> list[tuple[Path, bool]]:
    """Return what Bitnami's charts want to be told before they accept another registry.

    Only the subcharts may be of Bitnami: they get the global values of the chart.
    """
    return [(INSECURE_IMAGES, True)] if _asks_for_permission(values) else []


def _asks_for_permission(values: object) -> bool:
    if not isinstance(values, dict):
        return False
    here: object = values
    for key in INSECURE_IMAGES:
        here = here.get(key) if isinstance(here, dict) else None
    return here is not None or any(map(_asks_for_permission, values.values()))


def overlay(values: Values, changes: Iterable[tuple[Path, str | bool]]) -> Values:
    """Return values that change others: a list is restated whole."""
    made: dict[str, Any] = {}
    for path, text in changes:
        here: Any = made
        there: Any = values
        for key, following in pairwise(path):
            there = there.get(key, {}) if isinstance(there, dict) else there[key]
            if isinstance(here, dict) and key not in here:
                here[key] = _copy(there) if isinstance(following, int) else {}
            here = here[key]
        here[path[-1]] = text
    return made


def _copy(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return {key: _copy(one) for key, one in value.items()}
    return [_copy(one) for one in value] if isinstance(value, list) else value


def trace(
    images: Sequence[str],
    values: Values,
    marked: Sequence[Leaf],
    experiment: Experiment,
    most: int,
) -> list[tuple[Source, ...]]:
    """Return the sources of each image, from its beginning to its end.

    Experiments with all leaves are tried first, then with halves of those that break a rendering;
    ``most`` is their greatest number.
    """
    tracer = _Tracer(images, values, experiment, most)
    tracer.solve(list(marked))
    return [tuple(sorted(set(found), key=lambda one: len(one.before))) for found in tracer.sources]


class _Tracer:
    """The experiments with one rendering."""

    def __init__(
        self, images: Sequence[str], values: Values, experiment: Experiment, most: int
    ) -> None:
        self._images = images
        self._values = values
        self._experiment = experiment
        self._left = most
        self._token = _token(images)
        self.sources: list[list[Source]] = [[] for _ in images]

    def solve(self, marked: list[Leaf]) -> None:
        """Mark leaves at once; where that breaks the rendering or an image, mark fewer."""
        if not marked or not self._left:
            return
        self._left -= 1
        changes: list[tuple[Path, str | bool]] = [
            (leaf.path, f"{self._token}{number}z{leaf.value}") for number, leaf in enumerate(marked)
        ]
        changes += permission(self._values)
        found = self._experiment(overlay(self._values, changes))
        doubtful = marked if found is None else self._learn(marked, found)
        if doubtful and len(marked) > 1:
            half = (len(doubtful) + 1) // 2
            self.solve(doubtful[:half])
            if not all(self.sources):
                self.solve(doubtful[half:])

    def _learn(self, marked: list[Leaf], found: Sequence[str]) -> list[Leaf]:
        """Take sources from marked images; return the leaves of those that became others."""
        doubtful: set[int] = set()
        pattern = re.compile(f"{self._token}([0-9]+)z")
        for image, new, sources in zip(self._images, found, self.sources, strict=True):
            if new == image:
                continue
            places = list(pattern.finditer(new))
            if len(places) == 1 and not marked[int(places[0][1])].value:
                before, after = new[: places[0].start()], new[places[0].end() :]
                if image.startswith(before) and image.endswith(after):
                    sources.append(Source(marked[int(places[0][1])], before, after))
            elif pattern.sub("", new) == image:
                sources.extend(_sources(marked, image, places))
            else:
                doubtful |= {int(place[1]) for place in places} or {*range(len(marked))}
        return [marked[number] for number in sorted(doubtful)]


def _sources(
    marked: Sequence[Leaf], image: str, places: Iterable[re.Match[str]]
) -> Iterator[Source]:
    """Yield the sources in an image, whose marks are at these places."""
    length = 0
    for place in places:
        leaf = marked[int(place[1])]
        before = image[: place.start() - length]
        length += len(place[0])
        if image.startswith(leaf.head, len(before)):
            yield Source(leaf, before, image[len(before) + len(leaf.head) :])


def _token(images: Sequence[str]) -> str:
    """Return a text that occurs in no image; it is valid in all parts of an image."""
    text = "zq"
    while any(text in image for image in images):
        text += "q"
    return text
