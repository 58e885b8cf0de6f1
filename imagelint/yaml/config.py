"""Read imagelint's own YAML files: every value has a place, every mistake is a PolicyError.

Policies and rule files are read with this module. Scalars are text: ``off`` is the word, a date
remains a date, ``1.10`` keeps its zero; the reader of each key interprets the text. Aliases are
resolved; merge keys and duplicate keys are refused, because YAML libraries disagree on their
meaning. No I/O.
"""

from __future__ import annotations

from contextlib import contextmanager
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from imagelint.model.errors import PolicyError, did_you_mean
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import Span, as_yaml, shown
from imagelint.patterns.globs import InvalidPattern, NamePattern, PathPattern, PathPatterns
from imagelint.patterns.images import RegistryPattern
from imagelint.yaml.nodes import Mapping, Node, Scalar, Sequence
from imagelint.yaml.parser import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from imagelint.model.source import Source
    from imagelint.yaml.nodes import Tree

__all__ = ["Entry", "Fields", "is_text"]

_STANDARD_TAG = "tag:yaml.org,2002:"
_EMPTY = frozenset({"", "~", "null", "Null", "NULL"})
_E = TypeVar("_E", bound=Enum)


class Entry(NamedTuple):
    """One key of a mapping: its text, its node, and its value."""

    name: str
    key: Node
    value: Node


class Fields:
    """One of imagelint's own YAML files, whose root is a mapping.

    In the methods, ``where`` is the path to the node for messages (``environments.prod.allow``),
    empty at the root. All of them raise :class:`PolicyError` with file, line and column.
    """

    def __init__(self, source: Source, anchor: str = "") -> None:
        """Parse ``source``; it must be exactly one whole, well-formed document.

        ``anchor`` is passed on to its path globs (:class:`imagelint.patterns.globs.PathPattern`).
        """
        self.source = source
        self._anchor = anchor
        self._decoded = source.decode(Span(source.bom_length, len(source.data)))
        if self._decoded.first_ill_formed is not None:
            place = source.position(self._decoded.first_ill_formed)
            message = f"not valid {source.encoding.upper()}"
            raise PolicyError(message, source.path, *place)
        tree = _tree(self._decoded.text)
        for problem in tree.problems:
            raise self._error_at(problem.offset, problem.message)
        if tree.dropped_from is not None:
            message = "one document is wanted, and YAML readers ignore what stands behind it"
            raise self._error_at(tree.dropped_from, message)
        if tree.root is None:
            message = "the file is empty"
            raise PolicyError(message, source.path)
        self.root = tree.root

    def place(self, node: Node) -> tuple[int, int]:
        """Return a node's line and column, both 1-based."""
        return self.source.position(self._decoded.byte_offset(node.start))

    def span(self, node: Node) -> Span:
        """Return a node's place, in bytes."""
        offsets = self._decoded.byte_offset(node.start), self._decoded.byte_offset(node.end)
        return Span(*offsets)

    def origin(self, node: Node) -> str:
        """Return a node's file and line, for messages."""
        return f"{self.source.path}:{self.place(node)[0]}"

    def error(self, node: Node, message: str) -> PolicyError:
        """Return the error for a node; the caller raises it."""
        return self._error_at(node.start, message)

    def _error_at(self, index: int, message: str) -> PolicyError:
        place = self.source.position(self._decoded.byte_offset(index))
        return PolicyError(message, self.source.path, *place, self.source)

    def unknown_key(self, key: Node, where: str, name: str, keys: Collection[str]) -> PolicyError:
        """Return the error for a key that a mapping does not allow."""
        advice = did_you_mean(name, keys, "the keys are")
        return self.error(key, _at(where, f'unknown key "{shown(name)}"; {advice}'))

    def missing_key(self, node: Node, where: str, name: str) -> PolicyError:
        """Return the error for a mapping without a required key."""
        return self.error(node, _at(where, f'the key "{name}" is missing'))

    def unknown_value(
        self, node: Node, where: str, text: str, values: Collection[str]
    ) -> PolicyError:
        """Return the error for a text that is none of ``values``."""
        advice = did_you_mean(text, values, "it can be")
        return self.error(node, _at(where, f'unknown value "{shown(text)}"; {advice}'))

    def find(self, keys: Iterable[str], text: str | None = None) -> tuple[int, int] | None:
        """Return line and column of the node at ``keys``, or of ``text`` in the list there."""
        node = self.at(keys)
        if node is not None and text is not None:
            items = node.items if isinstance(node, Sequence) else ()
            node = next((one for one in items if self._holds(one, text)), None)
        return None if node is None else self.place(node)

    def at(self, keys: Iterable[str]) -> Node | None:
        """Return the node at ``keys``, followed mapping by mapping; None if there is none.

        In a list (of Harbors) the first item that has all of the keys counts.
        """
        found: list[Node] = [self.root]
        for key in keys:
            holders: list[Node] = []
            for node in found:
                if isinstance(node, Sequence) and node is not self.root:
                    holders += node.items
                else:
                    holders.append(node)
            found = [
                value
                for holder in holders
                for name, value in (holder.pairs if isinstance(holder, Mapping) else ())
                if isinstance(name, Scalar) and name.value == key
            ]
        return found[0] if found else None

    @staticmethod
    def _holds(node: Node, text: str) -> bool:
        """Whether a node is this text, or a mapping with a value that begins with it."""
        if isinstance(node, Mapping):
            values = (value for _, value in node.pairs)
            return any(isinstance(one, Scalar) and text.startswith(one.value) for one in values)
        return isinstance(node, Scalar) and node.value == text

    @contextmanager
    def placing(self, node: Node, where: str) -> Iterator[None]:
        """Turn an :class:`InvalidPattern` raised inside into the error for ``node``."""
        try:
            yield
        except InvalidPattern as error:
            raise self.error(node, _at(where, str(error))) from None

    def entries(self, node: Node, where: str) -> list[Entry]:
        """Return the entries of a mapping with arbitrary keys, in order."""
        if not isinstance(node, Mapping):
            raise self.error(node, _at(where, f"a mapping is wanted, not {_kind(node)}"))
        found: dict[str, Entry] = {}
        for key, value in node.pairs:
            if isinstance(key, Scalar) and key.value == "<<" and not key.style:
                message = "merge keys (<<) are not supported: write the keys out"
                raise self.error(key, _at(where, message))
            name = self.text(key, where)
            if name in found:
                line, _ = self.place(found[name].key)
                message = f"duplicate key {shown(name)}, first on line {line}"
                raise self.error(key, _at(where, message))
            found[name] = Entry(name, key, value)
        return list(found.values())

    def record(
        self, node: Node, where: str, keys: Collection[str], required: Iterable[str] = ()
    ) -> dict[str, Node]:
        """Return the values of a mapping with known keys, by key."""
        found: dict[str, Node] = {}
        for entry in self.entries(node, where):
            if entry.name not in keys:
                raise self.unknown_key(entry.key, where, entry.name, keys)
            found[entry.name] = entry.value
        for name in required:
            if name not in found:
                raise self.missing_key(node, where, name)
        return found

    def items(self, node: Node, where: str) -> list[Node]:
        """Return the items of a list."""
        if not isinstance(node, Sequence):
            advice = ""
            if isinstance(node, Scalar) and is_text(node):
                advice = f"; write [{as_yaml(node.value)}]"
            message = f"a list is wanted, not {_kind(node)}{advice}"
            raise self.error(node, _at(where, message))
        return node.items

    def text(self, node: Node, where: str) -> str:
        """Return the text of a scalar as written; an empty value is an error."""
        if not isinstance(node, Scalar) or not is_text(node):
            raise self.error(node, _at(where, f"text is wanted, not {_kind(node)}"))
        tag = node.tag
        if tag is not None and tag != "!" and not tag.startswith(_STANDARD_TAG):
            raise self.error(node, _at(where, f"unknown tag {shown(tag)}"))
        return node.value

    def texts(self, node: Node, where: str) -> tuple[str, ...]:
        """Return a list of texts."""
        return tuple(self.text(item, where) for item in self.items(node, where))

    def flag(self, node: Node, where: str) -> bool:
        """Return a boolean, written ``true`` or ``false``."""
        text = self.text(node, where)
        if text not in ("true", "false"):
            raise self.error(node, _at(where, f"true or false is wanted, not {shown(text)}"))
        return text == "true"

    def name(self, node: Node, where: str) -> NamePattern:
        """Return the name pattern in a scalar."""
        text = self.text(node, where)
        with self.placing(node, where):
            return NamePattern.parse(text)

    def names(self, node: Node, where: str) -> tuple[NamePattern, ...]:
        """Return a list of name patterns."""
        return tuple(self.name(item, where) for item in self.items(node, where))

    def patterns(self, node: Node, where: str) -> tuple[RegistryPattern, ...]:
        """Return a list of image patterns, each a text or a mapping."""
        return tuple(self._pattern(item, where) for item in self.items(node, where))

    def _pattern(self, node: Node, where: str) -> RegistryPattern:
        if not isinstance(node, Mapping):
            text = self.text(node, where)
            with self.placing(node, where):
                return RegistryPattern.parse(text)
        keys = ("registry", "repository", "tag", "digest")
        record = self.record(node, where, keys, ("registry",))
        parts = {key: self.text(value, f"{where}.{key}") for key, value in record.items()}
        with self.placing(node, where):
            return RegistryPattern.from_parts(parts)

    def paths(self, node: Node, where: str) -> PathPatterns:
        """Return a list of path globs."""
        found = []
        for item in self.items(node, where):
            text = self.text(item, where)
            with self.placing(item, where):
                found.append(PathPattern.parse(text, self._anchor))
        return PathPatterns(tuple(found))

    def one_of(self, node: Node, where: str, names: Collection[str], what: str) -> str:
        """Return a scalar's text, which must be one of ``names``; ``what`` is the word for them."""
        text = self.text(node, where)
        if text not in names:
            advice = did_you_mean(text, names, f"the {what}s are")
            raise self.error(node, _at(where, f'no {what} "{shown(text)}"; {advice}'))
        return text

    def choice(self, node: Node, where: str, members: type[_E]) -> _E:
        """Return the enum member whose text a scalar holds."""
        text = self.text(node, where)
        names = [str(member.value) for member in members]
        if text not in names:
            raise self.unknown_value(node, where, text, names)
        return members(text)


@lru_cache(maxsize=1)
def _tree(text: str) -> Tree:
    """Parse a file once, although a policy is read twice: for what it extends, and for the rest."""
    return parse_yaml(text)


def is_text(node: Scalar) -> bool:
    """Whether a scalar is a text, not an empty value."""
    return bool(node.style) or node.tag is not None or node.value not in _EMPTY


def _kind(node: Node) -> str:
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Sequence):
        return "a list"
    return f'"{shown(node.value)}"' if is_text(node) else "an empty value"


def _at(where: str, message: str) -> str:
    return f"{where}: {message}" if where else message
