"""Small objects with odd keys: what kubectl and kustomize may take for one, for two or for a merge.

Keys in base64, by alias, with tags, twice, in merges that lose, in merges of merges. Each object is
a Pod, or a List of Pods, so that most of its mappings decide on an image.
"""

from __future__ import annotations

from base64 import b64encode
from functools import partial
from typing import TYPE_CHECKING

from tests.differential.trees import Alias, List, Map, Node, Pair, Text

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

__all__ = ["OddKeys"]

_SPELLED = (
    *('"{}"', "'{}'", "!!str {}", "! {}", '! "{}"', "!k {}", "!<!!str> {}", "&k {}"),
    *("!!merge {}", "!<!!merge> {}", '!!merge "{}"', "!!null {}"),
)
_MERGES = (
    *("<<",) * 12,
    *('"<<"', "!!merge <<", "! <<", '! "<<"', "!!str <<", '!!merge "<<"', "!<!!merge> <<", "&m <<"),
    *("!!merge x", "!!merge name", "!!merge image", "*m ", "!!binary PDw="),
)
_PATH = ("spec", "containers", "image")
"""The keys from a Pod to its image; containers are in a list."""


class OddKeys:
    """Makes objects; every choice is the random source's. ``image`` returns a new one.

    What stands first is made first, so that aliases find their anchors before them.
    """

    def __init__(self, source: random.Random, image: Callable[[], str]) -> None:
        self._random = source
        self._image = image
        self._count = 0
        self._anchors: dict[int, list[str]] = {0: [], 1: [], 2: []}
        self._lists: dict[int, list[str]] = {0: [], 1: [], 2: []}
        self._keys: list[str] = []

    def _chance(self, percent: float) -> bool:
        return self._random.random() * 100 < percent

    def _name(self, known: list[str], letter: str) -> str:
        self._count += 1
        known.append(f"{letter}{self._count}")
        return known[-1]

    def object(self) -> Map:
        """Return a Pod, or a List of such, in which ``items`` may stand twice."""
        if self._chance(75):
            return self._pod()
        plan = [self._items for _ in range(self._random.choice((1, 1, 2)))]
        if self._chance(15):
            plan.append(lambda: self._merge(0, 1))
        return Map([*self._head("List"), *(make() for make in plan)])

    def _items(self) -> Pair:
        count = self._random.choice((0, 1, 1, 2))
        return self._pair("items", lambda: List([self._pod() for _ in range(count)]))

    def _pod(self) -> Map:
        return self._mapping(0, 0, self._head("Pod"))

    def _head(self, kind: str) -> list[Pair]:
        kinds = [kind]
        if self._chance(4):
            kinds.insert(self._random.randrange(2), self._random.choice(("List", "Pod", "Secret")))
        metadata = Map([(Text("name"), Text("p"))])
        pairs = [self._pair("kind", partial(Text, one)) for one in kinds]
        return [(Text("apiVersion"), Text("v1")), *pairs, (Text("metadata"), metadata)]

    def _mapping(self, level: int, depth: int, head: list[Pair]) -> Map:
        """Return a Pod, its spec or its container, ``head`` included; deep ones hold less."""
        one = self._random.choice((1,) * 12 + (0, 0, 2, 2 if depth else 1))
        plan: list[Callable[[], Pair]] = [
            lambda: self._pair(_PATH[level], lambda: self._below(level, depth))
        ] * one
        if level == 2 and self._chance(70):
            plan.append(lambda: (Text("name"), Text("c")))
        if depth < 3:
            merges = self._random.choice((0, 0, 0, 0, 0, 1, 1, 2) if depth else (0, 1, 1, 1))
            plan += [lambda: self._merge(level, depth + 1)] * merges
        self._random.shuffle(plan)
        pairs = [*head, *(make() for make in plan)]
        anchor = self._name(self._anchors[level], "a") if self._chance(40) else ""
        return Map(pairs, anchor)

    def _below(self, level: int, depth: int) -> Node:
        if level == 2:
            return Text(self._image())
        inner: Node
        if self._anchors[level + 1] and self._chance(15):
            inner = Alias(self._random.choice(self._anchors[level + 1]))
        else:
            inner = self._mapping(level + 1, depth, [])
        return List([inner]) if level == 1 else inner

    def _merge(self, level: int, depth: int) -> Pair:
        """Return a merge of mappings of a level."""
        key = self._random.choice(_MERGES)
        if key.startswith("*") and key.strip("* ") not in self._keys:
            key = "<<"
        if key.startswith("&"):
            self._keys.append("m")
        if self._lists[level] and self._chance(10):
            return Text(key), Alias(self._random.choice(self._lists[level]))
        if not self._chance(30):
            return Text(key), self._source(level, depth)
        items = [self._source(level, depth) for _ in range(self._random.choice((0, 1, 2, 2, 3)))]
        return Text(key), List(
            items, self._name(self._lists[level], "l") if self._chance(30) else ""
        )

    def _source(self, level: int, depth: int) -> Node:
        if self._anchors[level] and self._chance(50):
            return Alias(self._random.choice(self._anchors[level]))
        return Text("x") if self._chance(1) else self._mapping(level, depth, [])

    def _pair(self, key: str, make: Callable[[], Node]) -> Pair:
        """Return a pair, the key of which may be spelled in an odd way."""
        return Text(self._spelled(key)), make()

    def _spelled(self, key: str) -> str:
        if self._keys and self._chance(3):
            return f"*{self._random.choice(self._keys)} "
        if self._chance(3):
            return f"&{self._name(self._keys, key[0])} {key}"
        if self._chance(3):
            return f'"{key[:-1]}\\u{ord(key[-1]):04x}"'
        if self._chance(3):
            tag = self._random.choice(("!!binary", "!!binary", "!<!!binary>"))
            return f"{tag} {b64encode(key.encode()).decode()}"
        return self._random.choice(_SPELLED).format(key) if self._chance(4) else key
