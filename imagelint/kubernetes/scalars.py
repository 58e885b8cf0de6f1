"""How kubectl and kustomize read a scalar: its type and value, and why kubectl refuses it.

Most plain scalars are strings to every reader, which a fast check shows.
"""

from __future__ import annotations

import re
from datetime import datetime
from enum import Enum
from typing import Final, TypeGuard

from imagelint.model.namedtuple import NamedTuple
from imagelint.yaml.nodes import NOT_FINITE, Folded, Mapping, Node, Scalar, ValueType

__all__ = ["BOTH", "MAY_BE_NUMBERS", "WORDS", "YAML_TAG", "Reader", "Value"]
__all__ += ["is_text", "reads_as_text", "resolve", "scalar_problem", "tag_of", "type_of"]

NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
TRUE: Final = frozenset({"true", "True", "TRUE"})
FALSE: Final = frozenset({"false", "False", "FALSE"})
TRUE_1_1: Final = TRUE | {"y", "Y", "yes", "Yes", "YES", "on", "On", "ON"}
"""True in YAML 1.1, and so to kubectl."""
FALSE_1_1: Final = FALSE | {"n", "N", "no", "No", "NO", "off", "Off", "OFF"}
WORDS: Final = NULLS | TRUE_1_1 | FALSE_1_1
"""Plain scalars that are not strings to one reader or both, except numbers."""
MAY_BE_NUMBERS: Final = frozenset("+-.0123456789")
"""First characters of plain scalars that may be a number or a date."""
YAML_TAG: Final = "tag:yaml.org,2002:"
_INTEGER = r"[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|0[0-7]+|0|[1-9][0-9]*)"
_FLOAT = r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
_CLOCK = r"([0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2})(?:\.([0-9]+))?"
_TIMESTAMP = (
    r"([0-9]{4}-[0-9]{1,2}-[0-9]{1,2})"
    rf"(?:[Tt]{_CLOCK}(Z|[-+][0-9]{{2}}:[0-9]{{2}})| {_CLOCK})?"
)
_EXACT, _EXACT_DIGITS = 1e21, 20
"""Shorter decimals are 64-bit integers; Python limits the length of integers, too."""


class Reader(Enum):
    """The program that reads a manifest."""

    KUBECTL = "kubectl"
    KUSTOMIZE = "kustomize"


BOTH = frozenset(Reader)


class Value(NamedTuple):
    """A scalar as read: its JSON type (string, number, boolean, null) and value."""

    type: ValueType
    value: str | float | bool | None


def is_text(node: Node) -> TypeGuard[Scalar]:
    """Whether a node is certainly a string to every reader; others may be, too."""
    return (
        type(node) is Scalar
        and node.tag is None
        and node.type is None
        and bool(node.style or (node.value not in WORDS and node.value[0] not in MAY_BE_NUMBERS))
    )


def resolve(scalar: Scalar, reader: Reader = Reader.KUBECTL) -> Value:
    """Return how ``reader`` reads a scalar (go-yaml ``resolve.go`` v2, v3).

    If the tag contradicts the text (``!!int x``) the value is a string; :func:`scalar_problem`
    reports that the document is refused.
    """
    text = scalar.value
    if scalar.type is not None:
        if reader is Reader.KUSTOMIZE and isinstance(scalar, Folded):
            text = scalar.folded
        return _json_value(scalar.type, text)
    tag = scalar.tag if reader is Reader.KUBECTL else tag_of(scalar)
    if tag is None:
        if scalar.style or (text not in WORDS and text[0] not in MAY_BE_NUMBERS):
            return Value("string", text)
    elif tag == YAML_TAG + "binary":
        return Value("string", _binary(text))
    elif tag == "!" and reader is Reader.KUSTOMIZE and not scalar.style:
        tag = None  # go-yaml v3 ignores it
    elif tag not in _RESOLVED_TAGS:
        return Value("string", text)
    return _implicit(text, reader, tag)


def type_of(node: Node) -> ValueType:
    """Return the JSON type of a node, as kubectl reads it."""
    if isinstance(node, Scalar):
        return resolve(node).type
    return "mapping" if isinstance(node, Mapping) else "sequence"


_RESOLVED_TAGS = frozenset(
    YAML_TAG + name for name in ("bool", "int", "float", "null", "timestamp")
)


def _implicit(text: str, reader: Reader, tag: str | None) -> Value:
    if text in NULLS:
        return Value("null", None)
    if text in (TRUE_1_1 if reader is Reader.KUBECTL else TRUE):
        return Value("boolean", value=True)
    if text in (FALSE_1_1 if reader is Reader.KUBECTL else FALSE):
        return Value("boolean", value=False)
    if text in NOT_FINITE:
        return Value("number", None)  # a number that JSON cannot represent
    if tag in (None, YAML_TAG + "timestamp"):
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
    """Return a decimal number as encoding/json writes it, None if it is too large."""
    digits = text.lstrip("+-")
    if len(digits) < _EXACT_DIGITS and digits.isdigit():
        return int(text)
    value = float(text)
    if value.is_integer() and abs(value) < _EXACT:
        return int(value)
    return value if abs(value) != float("inf") else None


def _rfc3339(text: str) -> str | None:
    """Return a timestamp as in kustomize's JSON (a date gets a time); None if it is not one."""
    match = re.fullmatch(_TIMESTAMP, text) if text[4:5] == "-" else None
    if match is None:
        return None

    date, *clocks, zone, spaced, spaced_fraction = match.groups()
    clock, fraction = clocks if zone else (spaced, spaced_fraction)
    numbers = [int(number) for number in f"{date}-{clock or '0:0:0'}".replace(":", "-").split("-")]
    try:
        moment = datetime(*numbers)  # type: ignore[arg-type]  # noqa: DTZ001 - the zone is text
    except ValueError:  # a date such as the 30th of February
        return None
    fraction = (fraction or "").rstrip("0")
    return moment.isoformat() + (f".{fraction}" if fraction else "") + (zone or "Z")


def _binary(text: str) -> str:
    try:
        return _decoded(text).decode("utf-8", "replace")
    except ValueError:
        return text


def _decoded(base64_text: str) -> bytes:
    """Decode base64 as Go does, which skips only line breaks; raises ``ValueError``."""
    import base64  # noqa: PLC0415 - few manifests tag a value as binary

    return base64.b64decode(base64_text.replace("\r", "").replace("\n", ""), validate=True)


def _json_value(type_: ValueType, text: str) -> Value:
    if type_ == "number":
        number = _decimal(text)
        return Value(type_, text if number is None else number)
    if type_ == "boolean":
        return Value(type_, text == "true")
    return Value(type_, text if type_ == "string" else None)


def tag_of(node: Node) -> str | None:
    """Return a tag as kustomize has it, for which ``!<!!x>`` is the same as ``!!x``."""
    tag = node.tag
    return f"{YAML_TAG}{tag[2:]}" if tag is not None and tag.startswith("!!") else tag


def scalar_problem(node: Scalar) -> str | None:
    """Return why kubectl refuses a scalar, None if it does not."""
    if node.type is not None or (node.tag is None and node.style):
        return None
    if node.value in NOT_FINITE and resolve(node).type == "number":
        return f"{node.value} cannot be written in JSON"
    if node.tag == YAML_TAG + "binary":
        try:
            _decoded(node.value)
        except ValueError:
            return "the !!binary value is not base64"
    elif node.tag in _RESOLVED_TAGS and not _fits(node, node.tag[len(YAML_TAG) :]):
        return f"`{node.value[:40]}` is not a valid !!{node.tag[len(YAML_TAG) :]}"
    return None


def _fits(node: Scalar, name: str) -> bool:
    value = resolve(node)
    if name == "timestamp":
        return _rfc3339(node.value) is not None
    if name == "int":
        return re.fullmatch(_INTEGER, node.value.replace("_", "")) is not None
    wanted = {"bool": "boolean", "float": "number", "null": "null"}[name]
    return value.type == wanted


def reads_as_text(plain: str) -> bool:
    """Whether a plain scalar, or key, is certainly a string to every reader."""
    return plain not in WORDS and plain[0] not in MAY_BE_NUMBERS
