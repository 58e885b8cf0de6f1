"""Small YAML trees, and a writer that picks a style for each node: the matter of ``streams``."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    import random

__all__ = ["Alias", "List", "Map", "Node", "Pair", "Text", "Writer"]

_KEYS = ('"{}"', "'{}'", "!!str {}", "&k {}", "{} ", "!k {}", "? {}\n")


class Text(NamedTuple):
    """A scalar as written; ``block``: it spans lines, and stands in no flow collection."""

    text: str
    block: bool = False


class Alias(NamedTuple):
    name: str


class Map(NamedTuple):
    pairs: list[Pair]
    anchor: str = ""


class List(NamedTuple):
    items: list[Node]
    anchor: str = ""


Node: TypeAlias = "Text | Alias | Map | List"
Pair: TypeAlias = "tuple[Text, Node]"


class Writer:
    """Writes trees; every choice is the random source's."""

    def __init__(self, source: random.Random) -> None:
        self._random = source

    def _chance(self, percent: int) -> bool:
        return self._random.random() * 100 < percent

    def _key(self, key: Text) -> str:
        if key.text == "<<" or not self._chance(5):
            return key.text
        return self._random.choice(_KEYS).format(key.text)

    def block(self, node: Node, indent: int) -> str:
        """Write a node in block style; what is no scalar begins on the line that it is put on."""
        pad = " " * indent
        if isinstance(node, Map) and node.pairs:
            return f"\n{pad}".join(self._pair(key, value, indent) for key, value in node.pairs)
        if isinstance(node, List) and node.items:
            return f"\n{pad}".join(f"- {self._item(item, indent + 2)}" for item in node.items)
        if isinstance(node, Text):
            return node.text.replace("{}", pad + " ") if node.block else node.text
        return self.flow(node)

    def _item(self, item: Node, indent: int) -> str:
        if isinstance(item, Map | List) and item.anchor:
            return f"&{item.anchor}\n{' ' * indent}" + self.block(item, indent)
        return self.flow(item) if self._chance(8) else self.block(item, indent)

    def _pair(self, key: Text, value: Node, indent: int) -> str:
        name = self._key(key)
        colon = f"{' ' * indent}:" if name.endswith("\n") else ":"
        comment = self._random.choice(("",) * 30 + (" # c", "  # image: x"))
        if isinstance(value, Text | Alias) or self._chance(7):
            return f"{name}{colon} {self._written(value, indent + 1)}"
        if not (value.pairs if isinstance(value, Map) else value.items):
            return f"{name}{colon} {self.flow(value)}"
        anchor = f" &{value.anchor}" if value.anchor else ""
        deeper = indent + self._random.choice((2, 2, 2, 4, 1))
        if isinstance(value, List) and self._chance(50):
            deeper = indent
        return f"{name}{colon}{anchor}{comment}\n{' ' * deeper}{self.block(value, deeper)}"

    def _written(self, value: Node, indent: int) -> str:
        return self.block(value, indent) if isinstance(value, Text) else self.flow(value)

    def flow(self, node: Node) -> str:
        if isinstance(node, Alias):
            return f"*{node.name}"
        if isinstance(node, Text):
            return "'in flow'" if node.block else node.text.partition(" #")[0]
        anchor = f"&{node.anchor} " if node.anchor else ""
        gap = self._random.choice((", ", ", ", ", ", ",\n        "))
        if isinstance(node, List):
            return f"{anchor}[{gap.join(map(self.flow, node.items))}]"
        pairs = (f"{key.text}: {self.flow(value)}" for key, value in node.pairs)
        return f"{anchor}{{{gap.join(pairs)}}}"
