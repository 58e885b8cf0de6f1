"""JSON piece by piece is what ``json.dumps`` makes of the whole."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagelint.formats.json_pieces import json_pieces

if TYPE_CHECKING:
    from collections.abc import Iterator

LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
)
VALUES = st.recursive(
    LEAVES | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=10,
)


def made(items: list[Any]) -> Iterator[Any]:
    yield from items


@given(st.lists(VALUES, max_size=3), st.integers(0, 150), VALUES)
def test_it_is_what_json_dumps(items: list[Any], count: int, other: Any) -> None:
    items = (items * 150)[:count]
    for value, streamed in (
        (other, other),
        (items, made(items)),
        ({"a": other, "\n": items, "b": []}, {"a": other, "\n": made(items), "b": made([])}),
        ({"runs": [{"r": items}, 1]}, {"runs": made([{"r": made(items)}, 1])}),
    ):
        assert "".join(json_pieces(streamed)) == json.dumps(value, indent=2) + "\n"


def test_items_are_made_as_they_are_written() -> None:
    asked: list[int] = []

    def items() -> Iterator[int]:
        for number in range(1_000):
            asked.append(number)
            yield number

    pieces = json_pieces({"items": items()})
    while not asked:
        next(pieces)
    assert len(asked) < 100


def test_no_number_that_json_lacks() -> None:
    with pytest.raises(ValueError, match="JSON"):
        list(json_pieces({"a": made([float("nan")])}))
