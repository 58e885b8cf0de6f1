"""JSON in pieces: a long list is made, written and dropped item by item.

``json.dumps`` with an indent needs the whole value, and keeps all of its text in memory in strings
of a few characters each: ten times the size of the output.
"""

from __future__ import annotations

import json
from itertools import islice
from types import GeneratorType
from typing import TYPE_CHECKING, Any, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["json_pieces"]

_STEP = "  "
_ITEMS = 64
"""Items per call of ``json.dumps``, which creates garbage."""


def json_pieces(value: object) -> Iterator[str]:
    """Yield the text of a value as ``json.dumps`` does with an indent of two, and a line feed.

    A list may be a generator: the value itself, or inside a mapping that is the value or an item.
    """
    yield from _written(value, "")
    yield "\n"


def _written(value: object, margin: str) -> Iterator[str]:
    if isinstance(value, GeneratorType):
        yield from _list(value, margin)
    elif _is_long(value):
        between = "{"
        for key, item in value.items():
            yield f"{between}\n{margin}{_STEP}{json.dumps(key)}: "
            yield from _written(item, margin + _STEP)
            between = ","
        yield f"\n{margin}}}"
    else:
        yield _dumped(value, margin)


def _list(items: Iterator[Any], margin: str) -> Iterator[str]:
    between = "["
    while some := list(islice(items, _ITEMS)):
        if any(map(_is_long, some)):
            for item in some:
                yield f"{between}\n{margin}{_STEP}"
                yield from _written(item, margin + _STEP)
                between = ","
        else:
            yield between
            yield _dumped(some, margin).removeprefix("[").removesuffix(f"\n{margin}]")
            between = ","
    yield "[]" if between == "[" else f"\n{margin}]"


def _is_long(value: object) -> TypeGuard[dict[str, object]]:
    """Whether a value is a mapping with a list that is a generator."""
    return isinstance(value, dict) and any(isinstance(one, GeneratorType) for one in value.values())


def _dumped(value: object, margin: str) -> str:
    text = json.dumps(value, indent=len(_STEP), allow_nan=False)
    return text.replace("\n", f"\n{margin}")  # line feeds inside texts are escaped
