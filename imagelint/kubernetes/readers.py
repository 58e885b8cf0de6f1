"""Nodes → what kubectl and what kustomize make of them.

Both read YAML with libraries of the same descent and still differ (go-yaml v2 with
sigs.k8s.io/yaml, and go-yaml v3): in merges, duplicate keys, lists and the words of
YAML 1.1. A :class:`View` is one reader's reading of a tree; :func:`refusals` says
why kubectl refuses a tree that parses. An image that either reader sees counts.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias, TypeGuard

from imagelint.kubernetes.scalars import (
    FALSE,
    FALSE_1_1,
    MAY_BE_NUMBERS,
    NULLS,
    TRUE,
    TRUE_1_1,
    WORDS,
)
from imagelint.model.namedtuple import NamedTuple
from imagelint.yaml.bounds import MERGED_IF_REFUSED
from imagelint.yaml.nodes import (
    NOT_FINITE,
    Mapping,
    Node,
    ParseProblem,
    Scalar,
    Sequence,
    Tree,
    ValueType,
    is_merge,
    nodes_once,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["BOTH", "Reader", "Value", "View", "is_text", "refusals", "resolve", "type_of", "views"]

_PREFIX = "tag:yaml.org,2002:"
_INTEGER = r"[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|0[0-7]+|0|[1-9][0-9]*)"
_FLOAT = r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
_CLOCK = r"([0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2})(?:\.([0-9]+))?"
_TIMESTAMP = (
    r"([0-9]{4}-[0-9]{1,2}-[0-9]{1,2})"
    rf"(?:[Tt]{_CLOCK}(Z|[-+][0-9]{{2}}:[0-9]{{2}})| {_CLOCK})?"
)
_EXACT, _EXACT_DIGITS = 1e21, 20
"""Shorter decimals are 64-bit integers; Python reads no integer of any length, either."""


class Reader(Enum):
    """Who reads a manifest."""

    KUBECTL = "kubectl"
    KUSTOMIZE = "kustomize"


BOTH = frozenset(Reader)


class Value(NamedTuple):
    """A scalar as read: its JSON type (string, number, boolean, null) and value."""

    type: ValueType
    value: str | float | bool | None


def is_text(node: Node) -> TypeGuard[Scalar]:
    """Whether a node is at first sight a string to every reader; others may be, too."""
    return (
        type(node) is Scalar
        and node.tag is None
        and node.type is None
        and bool(node.style or (node.value not in WORDS and node.value[0] not in MAY_BE_NUMBERS))
    )


def resolve(scalar: Scalar, reader: Reader = Reader.KUBECTL) -> Value:
    """Return what ``reader`` makes of a scalar (go-yaml ``resolve.go`` v2, v3).

    Where the tag contradicts the text (``!!int x``) the value is a string; that the
    document is refused is for :func:`refusals` to say.
    """
    text = scalar.value
    if scalar.type is not None:
        return _json_value(scalar.type, text)
    tag = scalar.tag
    if tag is None:
        if scalar.style or (text not in WORDS and text[0] not in MAY_BE_NUMBERS):
            return Value("string", text)
    elif tag == _PREFIX + "binary":
        return Value("string", _binary(text))
    elif tag == "!" and reader is Reader.KUSTOMIZE and not scalar.style:
        tag = None  # go-yaml v3 takes it for no tag at all
    elif tag not in _RESOLVED_TAGS:
        return Value("string", text)
    return _implicit(text, reader, tag)


def type_of(node: Node) -> ValueType:
    """Return the JSON type of a node, as kubectl reads it."""
    if isinstance(node, Scalar):
        return resolve(node).type
    return "mapping" if isinstance(node, Mapping) else "sequence"


_RESOLVED_TAGS = frozenset(_PREFIX + name for name in ("bool", "int", "float", "null", "timestamp"))


def _implicit(text: str, reader: Reader, tag: str | None) -> Value:
    if text in NULLS:
        return Value("null", None)
    if text in (TRUE_1_1 if reader is Reader.KUBECTL else TRUE):
        return Value("boolean", value=True)
    if text in (FALSE_1_1 if reader is Reader.KUBECTL else FALSE):
        return Value("boolean", value=False)
    if text in NOT_FINITE:
        return Value("number", None)  # a number that JSON cannot write
    if tag in (None, _PREFIX + "timestamp"):
        date = _rfc3339(text)
        if date is not None:
            return Value("string", text if reader is Reader.KUBECTL else date)
    number = _number(text)
    return Value("string", text) if number is None else Value("number", number)


def _number(text: str) -> float | None:
    if text[0] == "." and "_" in text:
        return None
    plain = text.replace("_", "")
    if re.fullmatch(_INTEGER, plain):
        digits = plain.lstrip("+-")
        base = {"0x": 16, "0b": 2, "0o": 8}.get(digits[:2].lower())
        if base is None:
            base = 8 if len(digits) > 1 and digits[0] == "0" else 10
        if base == 10:
            return _decimal(plain)
        number = int(digits[2:] if digits[1] in "xXbBoO" else digits, base)
        number = -number if plain[0] == "-" else number
        return number if -(2**63) <= number < 2**64 else None
    return _decimal(plain) if re.fullmatch(_FLOAT, plain) else None


def _decimal(text: str) -> float | None:
    """Return a decimal number as encoding/json writes it, None where it is too large."""
    digits = text.lstrip("+-")
    if len(digits) < _EXACT_DIGITS and digits.isdigit():
        return int(text)
    value = float(text)
    if value.is_integer() and abs(value) < _EXACT:
        return int(value)
    return value if abs(value) != float("inf") else None


def _rfc3339(text: str) -> str | None:
    """Write a timestamp as kustomize's JSON does (a mere date gets a time); None if it is none."""
    match = re.fullmatch(_TIMESTAMP, text) if text[4:5] == "-" else None
    if match is None:
        return None
    from datetime import datetime  # noqa: PLC0415 - few manifests hold a date

    date, *clocks, zone, spaced, spaced_fraction = match.groups()
    clock, fraction = clocks if zone else (spaced, spaced_fraction)
    numbers = [int(number) for number in f"{date}-{clock or '0:0:0'}".replace(":", "-").split("-")]
    try:
        moment = datetime(*numbers)  # type: ignore[arg-type]  # noqa: DTZ001 - the zone is text
    except ValueError:  # the 30th of February
        return None
    fraction = (fraction or "").rstrip("0")
    return moment.isoformat() + (f".{fraction}" if fraction else "") + (zone or "Z")


def _binary(text: str) -> str:
    try:
        return _decoded(text).decode("utf-8", "replace")
    except ValueError:
        return text


def _decoded(base64_text: str) -> bytes:
    """Decode base64 as Go does, which passes over line breaks alone; raises ``ValueError``."""
    import base64  # noqa: PLC0415 - few manifests tag a value as binary

    return base64.b64decode(base64_text.replace("\r", "").replace("\n", ""), validate=True)


def _json_value(type_: ValueType, text: str) -> Value:
    if type_ == "number":
        number = _decimal(text)
        return Value(type_, text if number is None else number)
    if type_ == "boolean":
        return Value(type_, text == "true")
    return Value(type_, text if type_ == "string" else None)


class View:
    """One reader's reading of a tree."""

    def __init__(self, reader: Reader, *, walk_once: bool = False, has_merges: bool = True) -> None:
        """Read as ``reader``.

        With ``walk_once``, for a document that kubectl refuses, no mapping is merged twice into
        another, and merges come to an end. ``has_merges=False`` promises that there are none.
        """
        self.reader = reader
        self._has_merges = has_merges
        self._walk_once = walk_once
        self._may_merge = MERGED_IF_REFUSED
        self._entries: dict[int, dict[str, Node]] = {}
        self._kept: list[Mapping] = []

    def entries(self, mapping: Mapping) -> dict[str, Node]:
        """Return the mapping as the reader sees it: merges done, the winning value of each key."""
        known = self._entries.get(id(mapping))
        if known is None:
            known = self._entries[id(mapping)] = {}
            self._kept.append(mapping)
            overrides = self.reader is Reader.KUBECTL
            for key, value in self._pairs(mapping) if self._has_merges else mapping.pairs:
                name = key.value if is_text(key) else self.key(key)
                if overrides or name not in known:
                    known[name] = value
        return known

    def key(self, key: Node) -> str:
        """Return a key as the string that it is in JSON; complex keys get a name of their own."""
        if not isinstance(key, Scalar):
            return f"\0{key.start}"
        value = resolve(key, self.reader)
        if value.type == "string":
            return str(value.value)
        if value.type == "boolean":
            return "true" if value.value else "false"
        return key.value

    def _pairs(self, mapping: Mapping) -> Iterator[tuple[Node, Node]]:
        """Yield all pairs with merges expanded, in the order in which the reader sets them."""
        seen = {id(mapping)}

        def sources(key: Node, value: Node) -> list[Mapping]:
            if not _is_merge(key, self.reader):
                return []
            found = [one for one in _merge_sources(key, value) if id(one) not in seen]
            if self._walk_once:
                seen.update(map(id, found))
                self._may_merge -= sum(len(one.pairs) for one in found)
            return found if self._may_merge > 0 else []

        if self.reader is Reader.KUBECTL:
            return _set_by_kubectl(mapping, sources)
        return _set_by_kustomize(mapping, sources)


_Sources: TypeAlias = "Callable[[Node, Node], list[Mapping]]"
"""The mappings that a pair merges, none where it is no merge."""


def _set_by_kubectl(mapping: Mapping, sources: _Sources) -> Iterator[tuple[Node, Node]]:
    """Yield keys as they come, merged ones too, for the last to win; a list's first comes last."""
    work = [iter(mapping.pairs)]
    while work:
        for key, value in work[-1]:
            if _is_merge(key, Reader.KUBECTL):
                work.extend(iter(source.pairs) for source in sources(key, value))
                break
            yield key, value
        else:
            work.pop()


def _set_by_kustomize(mapping: Mapping, sources: _Sources) -> Iterator[tuple[Node, Node]]:
    """Yield the explicit keys, for the first to win, then those of the merges in order.

    Merges inside of merges come last, and of a list only the first one's (kyaml rnode.go,
    deAnchor: each ``<<`` that comes in by a merge takes the place of the one before it).
    """
    work = [mapping]
    while work:
        node = work.pop()
        direct = [source for pair in node.pairs for source in sources(*pair)]
        nested: list[Mapping] = []
        for one in (node, *direct):
            yield from (pair for pair in one.pairs if not _is_merge(pair[0], Reader.KUSTOMIZE))
        for one in direct:
            nested = nested or [source for pair in one.pairs for source in sources(*pair)]
        work += reversed(nested)


def _is_merge(key: Node, reader: Reader) -> bool:
    return isinstance(key, Scalar) and is_merge(key, by_tag=reader is Reader.KUSTOMIZE)


def _merge_sources(key: Node, value: Node) -> list[Mapping]:
    if isinstance(value, Mapping):
        return [value]
    if isinstance(value, Sequence) and _is_written_there(key, value):
        return [item for item in value.items if isinstance(item, Mapping)]
    return []


def _is_written_there(key: Node, value: Sequence) -> bool:
    """Whether a merge's list stands behind its key; go-yaml refuses an alias to a list."""
    return value.start > key.start


def views(tree: Tree) -> list[View]:
    """Return the views that may differ in structure.

    That is kubectl's, and kustomize's where there are merges, or a List with a key twice.
    """
    once = bool(tree.problems)
    found = [View(Reader.KUBECTL, walk_once=once, has_merges=tree.has_merges)]
    if tree.has_merges or _has_twice(tree.root):
        other = View(Reader.KUSTOMIZE, walk_once=once)
        if once or not _kustomize_refuses(tree.root, other):
            found.append(other)
    return found


def _kustomize_refuses(root: Node | None, view: View) -> bool:
    """Whether a mapping has a key twice, which go-yaml v3 refuses.

    Of a List that is alone in its file kustomize takes the items without a look at the rest,
    and of two keys the first (kyaml, byteio_reader.go).
    """
    if isinstance(root, Mapping):
        entries = view.entries(root)
        kind, items = entries.get("kind"), entries.get("items")
        if items is not None and isinstance(kind, Scalar) and kind.value in _UNWRAPPED:
            root = items
    return any(_has_twice(node) for node in nodes_once(root))


_UNWRAPPED = ("List", "ResourceList")


def _has_twice(node: Node | None) -> bool:
    """Whether a key stands in a mapping twice; a quoted `<<` is another key than a merge."""
    if not isinstance(node, Mapping):
        return False
    scalars = [key for key, _ in node.pairs if isinstance(key, Scalar)]
    keys = [(key.value, is_merge(key, by_tag=True)) for key in scalars]
    return len(keys) != len(set(keys))


def refusals(tree: Tree) -> list[ParseProblem]:
    """Return why kubectl refuses a YAML tree that its parser accepts."""
    problems: list[ParseProblem] = []
    for node in nodes_once(tree.root):
        if isinstance(node, Mapping):
            problems += _key_problems(node)
        elif isinstance(node, Scalar):
            problem = _scalar_problem(node)
            if problem is not None:
                problems.append(ParseProblem(node.start, problem))
    return sorted(problems)


def _key_problems(mapping: Mapping) -> Iterator[ParseProblem]:
    for key, value in mapping.pairs:
        if not isinstance(key, Scalar):
            yield ParseProblem(key.start, "a mapping or list as a key")
        elif is_merge(key):
            sources = [value]
            if isinstance(value, Sequence) and _is_written_there(key, value):
                sources = value.items
            if not all(isinstance(source, Mapping) for source in sources):
                yield ParseProblem(key.start, "a merge key needs a mapping or a list of mappings")
        elif resolve(key).type == "null":
            yield ParseProblem(key.start, "an empty or null key")


def _scalar_problem(node: Scalar) -> str | None:
    if node.type is not None or (node.tag is None and node.style):
        return None
    if node.value in NOT_FINITE and resolve(node).type == "number":
        return f"{node.value} has no form in JSON"
    if node.tag == _PREFIX + "binary":
        try:
            _decoded(node.value)
        except ValueError:
            return "!!binary with text that is no base64"
    elif node.tag in _RESOLVED_TAGS and not _fits(node, node.tag[len(_PREFIX) :]):
        return f"`{node.value[:40]}` is no !!{node.tag[len(_PREFIX) :]}"
    return None


def _fits(node: Scalar, name: str) -> bool:
    value = resolve(node)
    if name == "timestamp":
        return _rfc3339(node.value) is not None
    if name == "int":
        return re.fullmatch(_INTEGER, node.value.replace("_", "")) is not None
    wanted = {"bool": "boolean", "float": "number", "null": "null"}[name]
    return value.type == wanted
