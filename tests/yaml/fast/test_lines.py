"""The grammar of a line: its table, and the short way through it against the long one."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from imagelint.yaml.fast import lines
from imagelint.yaml.fast.lines import (
    ALIAS,
    ANCHORED,
    BLOCK,
    DOUBLE,
    FLOW,
    NOTHING,
    PLAIN,
    QUOTED_KEY,
    SINGLE,
    SUSPICIOUS,
    Line,
    is_odd,
    line_of,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ((), NOTHING, None, "", 0, 0, 0)),
        ("   ", ((), NOTHING, None, "", 0, 0, 0)),
        ("  # a: b", ((), NOTHING, None, "", 0, 0, 0)),
        ("a:", ((0,), NOTHING, "a", "", 0, 0, 0)),
        ("  a:  # c", ((4,), NOTHING, "a", "", 0, 0, 0)),
        ("  a: b", ((4,), PLAIN, "a", "b", 5, 6, 0)),
        ("a: b c # d", ((0,), PLAIN, "a", "b c", 3, 6, 0)),
        ("a: b#c", ((0,), PLAIN, "a", "b#c", 3, 6, 0)),
        ("a: b:c", ((0,), PLAIN, "a", "b:c", 3, 6, 0)),
        ("a: -b", ((0,), PLAIN, "a", "-b", 3, 5, 0)),
        ("a: 'b'", ((0,), SINGLE, "a", "b", 4, 5, 0)),
        ('a: "b c"\r', ((0,), DOUBLE, "a", "b c", 4, 7, 0)),
        ('a: ""', ((0,), DOUBLE, "a", "", 4, 4, 0)),
        ("a: [b, c] # d", ((0,), FLOW, "a", "[b, c] # d", 3, 13, 0)),
        ("a: |-", ((0,), BLOCK, "a", "|-", 3, 5, 0)),
        ("- a: b", ((1, 4), PLAIN, "a", "b", 5, 6, 0)),
        ("- - a:", ((1, 5, 8), NOTHING, "a", "", 0, 0, 0)),
        ("  -", ((5,), NOTHING, None, "", 0, 0, 0)),
        ("- a", ((1,), PLAIN, None, "a", 2, 3, 0)),
        ("null: a", ((0,), PLAIN, "null", "a", 6, 7, SUSPICIOUS)),
        ("a: .inf", ((0,), PLAIN, "a", ".inf", 3, 7, SUSPICIOUS)),
        ("a", None),
        ("a: b: c", None),
        ("a: b:", None),
        ("a: 'b''c'", ((0,), SINGLE, "a", "b'c", 4, 8, 0)),
        (r'a: "\n\"\\\t" # b', ((0,), DOUBLE, "a", '\n"\\\t', 4, 12, 0)),
        (r'a: "\x41"', ((0,), FLOW, "a", r'"\x41"', 3, 9, 0)),  # as quotes over several lines
        (r'a: "\/"', ((0,), FLOW, "a", r'"\/"', 3, 7, 0)),
        ('a: "b\\', ((0,), FLOW, "a", '"b\\', 3, 6, 0)),
        ("- - 'b", ((1, 5), FLOW, None, "'b", 4, 6, 0)),
        ("'b", None),
        ("<<: 'b", None),
        ("a: &b c", ((0,), PLAIN, "a", "c", 6, 7, ANCHORED)),
        ("a: &b", ((0,), NOTHING, "a", "", 0, 0, ANCHORED)),
        ("- &b  'c' # d\r", ((1,), SINGLE, None, "c", 7, 8, ANCHORED)),
        ('"a" : &b .inf', ((0,), PLAIN, "a", ".inf", 9, 13, ANCHORED | QUOTED_KEY | SUSPICIOUS)),
        ("- &b a: c", None),
        ("&b a: c", None),
        ("&b", None),
        ("a: &b &c d", None),
        ("a: &b *c", None),
        ("a: &b !c d", None),
        ("a: &b: c", None),
        ("a: & b", None),
        ("a: &é b", None),
        ("a: !b c", None),
        ("a: *b", ((0,), ALIAS, "a", "b", 3, 5, ANCHORED)),
        ("- - *b-_0  # c\r", ((1, 5), ALIAS, None, "b-_0", 4, 9, ANCHORED)),
        ("a: *b c", None),
        ("a: *b:", None),
        ("a: *b, ", None),
        ("a: *", None),
        ("*b : c", None),
        ("<<: *b", None),
        ("? a", None),
        ("<<: a", None),
        ('"a": b', ((0,), PLAIN, "a", "b", 5, 6, QUOTED_KEY)),
        ("- 'a b: c#': {}", ((1, 4), FLOW, "a b: c#", "{}", 13, 15, QUOTED_KEY)),
        ('  "null":', ((4,), NOTHING, "null", "", 0, 0, QUOTED_KEY)),
        ('"a": .inf', ((0,), PLAIN, "a", ".inf", 5, 9, QUOTED_KEY | SUSPICIOUS)),
        ('"": a', None),
        ('"<<": a', None),
        ("'<<':", None),
        ('"a"b: c', None),
        ('"a" : b', ((0,), PLAIN, "a", "b", 6, 7, QUOTED_KEY)),
        ("'it''s': b", None),
        (r'"a\n": b', None),
        ('"a": "b",', ((0,), FLOW, "a", '"b",', 5, 9, QUOTED_KEY)),
        ('"a"', None),
        ("a:\tb", None),
        ("a : b", ((0,), PLAIN, "a", "b", 4, 5, 0)),
        ("- 'a'  :  'b' # c", ((1, 4), SINGLE, "a", "b", 11, 12, QUOTED_KEY)),
        ("a : [b]", ((0,), FLOW, "a", "[b]", 4, 7, 0)),
        ("a :", None),
        ("a : # b", None),
        ("- a :", None),
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
        ('"a": b', "\"a\": 'c'", True),
        ("a: b", r'a: "\n"', True),
        ("a: b", '"a": b', False),
        ("'a': b", '"a": b', True),
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
    return lines._rare(text) if match is None else lines._taken_apart(text, match)


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
@example("#\t")
@example("a: b ")
@example("a: b\r")
@example("a: 'b'c'")
@example("a: '")
@example("a: a:")
@example("a: b # c")
@example("a: b  #: c\r")
@example("a:  # b: c")
@example("a :  # b")
@example("a : b # c")
@example("a: # b: c")
@example("a: -- # b")
@example("a: é # b")
@example("a: 'b' # c")
@example("a: b: c # d")
@example("a: ::")
@example("- b: -")
@example("- b: --")
@example("a: b: c")
@example('"a": b')
@example("'a: b': c")
@example('"a" b": c')
@example('"<<": a')
@example('"a": "b"c"')
@example("'a': ''")
def test_the_short_way_is_the_long_one(text: str) -> None:
    """What a line's head and a simple value are known to be is what the grammar says."""
    if re.search(r"\r(?!\Z)", text) is None:
        assert line_of(text) == (None if is_odd(text + "\n") else in_full(text))


@given(st.text(st.sampled_from("ab\r\n\t\x00\x7f\x85é\u2028\ufeff\ufffe 日\U0001f680"), max_size=9))
@example("a\r\n\rb")
@example("\r\n")
@example("a\n\r")
def test_what_is_odd_is_what_the_pattern_says(text: str) -> None:
    """ASCII is searched in another way, for its speed."""
    assert is_odd(text) == (re.search(lines._ODD, text) is not None)


def test_every_character_that_is_odd() -> None:
    """The pattern lists what is odd; here is what is not, which would be slow to compile."""
    fit = "\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff"
    every = "".join(map(chr, range(0x110000)))
    assert re.findall(lines._ODD, every) == re.findall(f"[^{fit}]", every)
    assert re.search(lines._ODD, "a\r\n") is None
