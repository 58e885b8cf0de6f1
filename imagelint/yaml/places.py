"""Map each character of a scalar's value to its place, through quotes, escapes and indentation."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from imagelint.yaml.nodes import Scalar

__all__ = ["UnplacedError", "block_content", "places_of", "places_of_text"]

_BLOCK_HEADER = r"[|>][^\n\r\x85\u2028\u2029]*(?:\r\n|[\n\r\x85\u2028\u2029])"
_BREAK = "\n\r\x85\u2028\u2029"
_SPACE = " \t" + _BREAK
_ESCAPE = (
    r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}"
    r"|(?:\r\n|[\n\r\x85\u2028\u2029])[ \t]*|.)"
)


class UnplacedError(Exception):
    """The value has no exact place; ``str()`` says why, as a clause about the scalar."""


@lru_cache(1)  # one value may hold thousands of images
def places_of(text: str, node: Scalar) -> Sequence[int]:
    """Return the place of each character of the value, and of its end.

    All are indexes of ``text``, which contains the node. Raises :class:`UnplacedError` if the
    text does not show the value literally.
    """
    value, start, end = node.value, node.start, node.end
    if node.style == '"':
        return _places_in_escapes(text, node)
    if node.style == "|" and "\n" in value.rstrip("\n"):
        return _places_in_lines(text, node)
    if node.style in ("|", ">"):
        start = block_content(text, node)
    elif node.style == "'":
        start += 1
    # Without line folds and doubled quotes, which no reference contains, text and value
    # are the same.
    if not text.startswith(value, start) or start + len(value) > end:
        raise UnplacedError("it is folded over several lines")
    return range(start, start + len(value) + 1)


def places_of_text(text: str, node: Scalar) -> Sequence[int]:
    """Like :func:`places_of`, for a value of many lines, in any style and with folds.

    The places of non-space characters are exact; those of spaces and line breaks, which folding
    and indentation add and remove, are between the places of their neighbours.
    """
    if node.style == '"':
        return _places_in_escapes(text, node)
    at, end = node.start, node.end
    if node.style in ("|", ">"):
        header = re.compile(_BLOCK_HEADER).match(text, at, end)
        at = end if header is None else header.end()
    elif node.style == "'":
        at, end = at + 1, end - 1
    places: list[int] = []
    for char in node.value:
        if char in _SPACE:
            places.append(at)
            at += at < end and text[at] == char
            continue
        while at < end and text[at] in _SPACE:
            at += 1
        if at >= end or text[at] != char:
            raise UnplacedError("its text and its value differ")
        places.append(at)
        at += 2 if char == "'" and node.style == "'" else 1
    return [*places, at]


def block_content(text: str, node: Scalar) -> int:
    """Return where the content of a block scalar begins, after header and indentation."""
    header = re.compile(_BLOCK_HEADER).match(text, node.start, node.end)
    index = header.end() if header is not None else node.start
    while index < node.end and text[index] in " " + _BREAK:
        index += 1
    return index


def _places_in_lines(text: str, node: Scalar) -> list[int]:
    """Map a literal value to its text, line by line, each after its indentation."""
    at = block_content(text, node)
    indent = at - max(text.rfind(char, 0, at) for char in _BREAK) - 1
    places: list[int] = []
    for number, line in enumerate(node.value.split("\n")):
        if number:
            width = 2 if text.startswith("\r\n", at) else 1
            at += width
            stop = min(at + indent, node.end)
            at = next((i for i in range(at, stop) if text[i] != " "), stop)
        if not text.startswith(line, at):
            raise UnplacedError("it is folded over several lines")
        places += range(at, at + len(line) + 1)
        at += len(line)
    return places


def _places_in_escapes(text: str, node: Scalar) -> list[int]:
    """Map a double-quoted value (YAML's or JSON's) to its text, escape by escape."""
    places: list[int] = []
    escape = re.compile(_ESCAPE)
    index, end = node.start + 1, node.end - 1
    while index < end:
        char = text[index]
        match = escape.match(text, index, end) if char == "\\" else None
        if match is None:
            if char in _BREAK:
                raise UnplacedError("it is folded over several lines")
            places.append(index)
            index += 1
            continue
        if match.group()[1] not in _BREAK:  # an escaped line break adds no character
            places.append(index)
        index = match.end()
    if len(places) != len(node.value):
        raise UnplacedError("its escapes do not map to single characters")
    places.append(end)
    return places
