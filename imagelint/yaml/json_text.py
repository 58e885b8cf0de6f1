r"""A JSON document → nodes with spans, by the rules of Go's ``encoding/json``.

libyaml refuses much valid JSON (surrogate escapes, ``\/``, long keys), and kubectl tries
JSON first, so this module reads JSON: a small tokenizer without recursion. kubectl passes
what its JSON decoder refuses to its YAML reader, and imagelint does the same.
"""

from __future__ import annotations

import re
from json import JSONDecoder
from typing import NoReturn

from imagelint.yaml.nodes import Folded, Mapping, Node, Scalar, Sequence, Tree, ValueType

__all__ = ["JsonError", "parse_json", "skip_space"]

MAX_DEPTH = 10_000
"""Go refuses JSON that nests deeper (``encoding/json``, scanner.go)."""

_SPACE = re.compile(r"[ \t\r\n]*")
_TOKEN = re.compile(
    r"""
      (?P<string>"[^"\\\x00-\x1f]*")
    | (?P<escaped>")  # to be decoded; a repeated group would cost memory for each escape
    | (?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)
    | (?P<word>true|false|null)
    | (?P<opening>[{\[])
    """,
    re.VERBOSE,
)
_PLAIN_KEY = re.compile(r'("([^"\\\x00-\x1f]*)")[ \t\r\n]*:[ \t\r\n]*')
_BETWEEN = re.compile(r"[ \t\r\n]*([,}\]]?)[ \t\r\n]*")
_WORD_TYPES: dict[str, ValueType] = {"true": "boolean", "false": "boolean", "null": "null"}
_YAML_BREAKS = "\x85\u2028\u2029"
"""Text in JSON, but line breaks in YAML 1.1."""
_FOLD = re.compile(rf" *([{_YAML_BREAKS}])((?: *[{_YAML_BREAKS}])*) *")
_LONE_SURROGATES = "[\ud800-\udfff]"


class JsonError(ValueError):
    """The text is not JSON from the index where a value was expected."""

    def __init__(self, index: int, message: str) -> None:
        """Keep where reading stopped (in characters) and why."""
        super().__init__(message)
        self.index = index
        self.message = message


def skip_space(text: str, index: int) -> int:
    """Return the index of the next character that is not JSON white space."""
    match = _SPACE.match(text, index)
    return match.end() if match else index


def parse_json(text: str, start: int = 0) -> tuple[Tree, int]:
    """Parse one JSON value at ``start``; return its tree and the index after it.

    Raises :class:`JsonError` where Go's decoder reports a syntax error.
    """
    return _Parser(text).parse(start)


class _Parser:
    """Parses one value iteratively, with its own stack."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._may_fold = not text.isascii() and any(char in text for char in _YAML_BREAKS)
        self._tree = Tree()
        self._open: list[Mapping | Sequence] = []
        self._keys: list[Scalar] = []
        """For each open mapping with a value begun: the key of that value."""

    def parse(self, start: int) -> tuple[Tree, int]:
        index = self._value(skip_space(self._text, start))
        while self._open:
            index = self._next(index)
        return self._tree, index

    def _next(self, index: int) -> int:
        """Read what follows in the innermost open collection: its end, or the next value."""
        parent = self._open[-1]
        is_mapping = isinstance(parent, Mapping)
        is_empty = not (parent.pairs if isinstance(parent, Mapping) else parent.items)
        between = _BETWEEN.match(self._text, index)
        assert between is not None  # the pattern also matches nothing
        mark = between[1]
        if mark == ("}" if is_mapping else "]"):
            parent.end = between.end(1)
            self._open.pop()
            return parent.end
        if mark != ("" if is_empty else ","):
            wanted = "a key in double quotes" if is_mapping else "a value"
            self._fail(between.start(1), wanted if is_empty else "`,` or the end")
        index = between.end()
        return self._value(self._key(index) if is_mapping else index)

    def _key(self, index: int) -> int:
        """Read a key with its colon; return the index where the value begins."""
        plain = _PLAIN_KEY.match(self._text, index)
        if plain is not None:
            self._keys.append(Scalar(plain[2], *plain.span(1), '"', type="string"))
            return plain.end()
        match = _TOKEN.match(self._text, index)
        if match is None or match.lastgroup not in ("string", "escaped"):
            self._fail(index, "a key in double quotes")
        key = self._scalar(match)
        self._keys.append(key)
        colon = skip_space(self._text, key.end)
        if self._text[colon : colon + 1] != ":":
            self._fail(colon, "`:` behind a key")
        return skip_space(self._text, colon + 1)

    def _value(self, index: int) -> int:
        """Read a scalar, or the start of a collection; return the index after it."""
        match = _TOKEN.match(self._text, index)
        if match is None:
            self._fail(index, "a value")
        if match.lastgroup != "opening":
            scalar = self._scalar(match)
            self._attach(self._folded(scalar) if self._may_fold else scalar)
            return scalar.end
        opened = Mapping(index, index) if match.group() == "{" else Sequence(index, index)
        self._attach(opened)
        self._open.append(opened)
        if len(self._open) > MAX_DEPTH:
            raise JsonError(index, f"nested deeper than {MAX_DEPTH} levels")
        return match.end()

    def _scalar(self, match: re.Match[str]) -> Scalar:
        text, (start, end) = match.group(), match.span()
        if match.lastgroup == "string":
            return Scalar(text[1:-1], start, end, '"', type="string")
        if match.lastgroup == "escaped":
            try:
                value, end = _decoded(self._text, start)
            except ValueError:
                self._fail(start, "a string")
            return Scalar(value, start, end, '"', type="string")
        kind: ValueType = "number" if match.lastgroup == "number" else _WORD_TYPES[text]
        return Scalar(text, start, end, type=kind)

    def _folded(self, scalar: Scalar) -> Scalar:
        """Return the scalar with the value that kustomize, which reads JSON as YAML, may read."""
        written = self._text[scalar.start : scalar.end]
        folded = _FOLD.sub(_fold, written)
        if folded == written:
            return scalar
        return Folded(scalar.value, scalar.start, scalar.end, _decoded(folded, 0, strict=False)[0])

    def _attach(self, node: Node) -> None:
        if not self._open:
            self._tree.root = node
        elif isinstance(self._open[-1], Sequence):
            self._open[-1].items.append(node)
        else:
            self._open[-1].pairs.append((self._keys.pop(), node))

    def _fail(self, index: int, wanted: str) -> NoReturn:
        found = repr(self._text[index]) if index < len(self._text) else "the end of the text"
        raise JsonError(index, f"expected {wanted}, found {found}")


def _decoded(text: str, start: int, *, strict: bool = True) -> tuple[str, int]:
    """Return the string at a quote and the index behind it; raise ``ValueError`` for no string."""
    value, end = JSONDecoder(strict=strict).raw_decode(text, start)
    return re.sub(_LONE_SURROGATES, "\ufffd", value), end  # Go replaces lone surrogates, too


def _fold(match: re.Match[str]) -> str:
    """Return how YAML reads line breaks in quotes, with the blanks around them."""
    first, more = (part.replace(" ", "").replace("\x85", "\n") for part in match.groups())
    return (more or " ") if first == "\n" else first + more
