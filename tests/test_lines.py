"""The grammar of a line: its table, and the short way through it against the long one."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from imagelint import lines
from imagelint.lines import BLOCK, DOUBLE, FLOW, NOTHING, PLAIN, SINGLE, Line, line_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ((), NOTHING, None, "", 0, 0, False)),
        ("   ", ((), NOTHING, None, "", 0, 0, False)),
        ("  # a: b", ((), NOTHING, None, "", 0, 0, False)),
        ("a:", ((0,), NOTHING, "a", "", 0, 0, False)),
        ("  a:  # c", ((4,), NOTHING, "a", "", 0, 0, False)),
        ("  a: b", ((4,), PLAIN, "a", "b", 5, 6, False)),
        ("a: b c # d", ((0,), PLAIN, "a", "b c", 3, 6, False)),
        ("a: b#c", ((0,), PLAIN, "a", "b#c", 3, 6, False)),
        ("a: b:c", ((0,), PLAIN, "a", "b:c", 3, 6, False)),
        ("a: -b", ((0,), PLAIN, "a", "-b", 3, 5, False)),
        ("a: 'b'", ((0,), SINGLE, "a", "b", 4, 5, False)),
        ('a: "b c"\r', ((0,), DOUBLE, "a", "b c", 4, 7, False)),
        ('a: ""', ((0,), DOUBLE, "a", "", 4, 4, False)),
        ("a: [b, c] # d", ((0,), FLOW, "a", "[b, c] # d", 3, 13, False)),
        ("a: |-", ((0,), BLOCK, "a", "|-", 3, 5, False)),
        ("- a: b", ((1, 4), PLAIN, "a", "b", 5, 6, False)),
        ("- - a:", ((1, 5, 8), NOTHING, "a", "", 0, 0, False)),
        ("  -", ((5,), NOTHING, None, "", 0, 0, False)),
        ("- a", ((1,), PLAIN, None, "a", 2, 3, False)),
        ("null: a", ((0,), PLAIN, "null", "a", 6, 7, True)),
        ("a: .inf", ((0,), PLAIN, "a", ".inf", 3, 7, True)),
        ("a", None),
        ("a: b: c", None),
        ("a: b:", None),
        ("a: 'b''c'", None),
        ('a: "\\n"', None),
        ("a: &b c", None),
        ("a: !b c", None),
        ("a: *b", None),
        ("? a", None),
        ("<<: a", None),
        ('"a": b', None),
        ("a:\tb", None),
        ("a : b", None),
    ],
)
def test_line_of(text: str, expected: tuple[object, ...] | None) -> None:
    for _ in range(2):  # also when it is known
        line = line_of(text)
        assert (None if line is None else line[:-1]) == expected


@pytest.mark.parametrize(
    ("text", "other", "is_same"),
    [
        ("a: b", "a: 'c d'", True),
        ("a: b", 'a: "c"  # d', True),
        ("- a: b", "- a: c", True),
        ("- b", "- c d", True),
        ("a: [b]", "a: {c: d}", True),
        ("a: |", "a: >-", True),
        ("", "  # a", True),
        ("a: b", "a:", False),
        ("a: b", " a: b", False),
        ("a: b", "- a: b", False),
        ("a: b", "b: b", False),
        ("a: b", "a: [b]", False),
        ("a: b", "a: |", False),
        ("a: 1", "a: .inf", False),
        ("", "a:", False),
    ],
)
def test_shapes(text: str, other: str, is_same: bool) -> None:
    """What one may know of the other: all but the value."""
    for known in (lines.known_lines, lines._known_heads, lines._known_shapes):
        known.clear()  # a shape that was forgotten in between would get another number
    one, two = line_of(text), line_of(other)
    assert one is not None
    assert two is not None
    assert (one[-1] == two[-1]) is is_same


def in_full(text: str) -> Line | None:
    """Take a line apart by the whole grammar."""
    match = lines._grammar().match(text)
    return None if match is None else lines._taken_apart(text, match)


_PIECES = st.sampled_from(
    [
        *(
            "- ",
            "  ",
            ": ",
            ":",
            " ",
            "#",
            " #",
            "'",
            '"',
            "-",
            "\\",
            "\r",
            "\t",
            "|",
            "[a]",
            "{}",
            ".inf",
        ),
        *(
            "a",
            "B",
            "1",
            ".",
            "/",
            "_",
            "@",
            "+",
            "=",
            ",",
            "%",
            "$",
            "~",
            "^",
            "(",
            ")",
            "é",
            "null",
        ),
        *(
            "image",
            "name",
            "nginx:1.25",
            "--flag=a",
            "<",
            "&",
            "*",
            "!",
            "?",
            "`",
            "\u2028",
            ";",
            ">",
        ),
    ]
)


@given(st.lists(_PIECES, max_size=9).map("".join))
@example("a: b ")
@example("a: b\r")
@example("a: 'b'c'")
@example("a: '")
@example("a: a:")
@example("a: ::")
@example("- b: -")
@example("- b: --")
@example("a: b: c")
def test_the_short_way_is_the_long_one(text: str) -> None:
    """What a line's head and a simple value are known to be is what the grammar says."""
    if re.search(r"\r(?!\Z)", text) is None:
        assert line_of(text) == in_full(text)
