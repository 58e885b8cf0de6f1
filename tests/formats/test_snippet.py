from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagelint.formats.snippet import _as_it_fits, _as_it_is, cells, snippet
from imagelint.model.source import Source, Span


def source(text: str = "kind: Pod\n  image: nginx\n", path: str = "k/a.yaml") -> Source:
    return Source(path, text.encode())


def at(found: Source, text: str) -> Span:
    start = found.data.index(text.encode())
    return Span(start, start + len(text.encode()))


@pytest.mark.parametrize(
    ("line", "marked", "expected"),
    [
        ("image: nginx", "nginx", ("image: nginx", "       ^^^^^")),
        ("\timage:\tnginx", "nginx", ("    image:    nginx", "              ^^^^^")),
        ("日本: 日本語 # x", "日本語", ("日本: 日本語 # x", "      ^^^^^^")),
        (
            "✅\ufe0f❤\ufe0f👍🏽: 가ｱ日 # x",
            "가ｱ日",
            ("✅\ufe0f❤\ufe0f👍🏽: 가ｱ日 # x", "        ^^^^^"),
        ),
        ("e\u0301: nginx", "nginx", ("e\u0301: nginx", "   ^^^^^")),
        ("\u200b: nginx", "nginx", (r"\u200b: nginx", "        ^^^^^")),
        ("a: nginx\r", "nginx", ("a: nginx", "   ^^^^^")),
        ("nginx", "nginx", ("nginx", "^^^^^")),
    ],
)
def test_the_caret_stands_below_what_is_meant(
    line: str, marked: str, expected: tuple[str, str]
) -> None:
    for before in ("", "one\n", "one\r", "one\r\n"):
        found = source(f"{before}{line}\nnext\n")
        assert snippet(found, at(found, marked), 80) == expected


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_other_encodings(encoding: str) -> None:
    found = Source("a", "é: nginx 日\nnext".encode(encoding))
    start = found.data.index("n".encode(found.encoding))
    span = Span(start, start + len("nginx".encode(found.encoding)))
    assert snippet(found, span, 80) == ("é: nginx 日", "   ^^^^^")


def test_bytes_that_are_no_text() -> None:
    found = Source("a", b"\xff\xfdx: nginx \xff\nnext")
    assert snippet(found, at(found, "nginx"), 80) == ("��x: nginx �", "     ^^^^^")


def test_an_empty_span_has_a_caret_and_an_empty_line_has_none() -> None:
    assert snippet(source("abc"), Span(1, 1), 80) == ("abc", " ^")
    assert snippet(source(""), Span(0, 0), 80) == ("", "^")


def test_of_several_lines_the_first_is_shown() -> None:
    found = source('image: "a\n  b"\n')
    assert snippet(found, at(found, '"a\n  b"'), 80) == ('image: "a', "       ^^")


@pytest.mark.parametrize("width", [20, 40, 80])
@pytest.mark.parametrize(
    ("before", "marked", "after"),
    [
        ("x" * 5000, "nginx", "y" * 5000),
        ("x" * 5000, "nginx", ""),
        ("", "nginx", "y" * 5000),
        ("日" * 500, "nginx", "本" * 500),
        ("ab", "n" * 5000, "y"),
        ("x" * 500, "日" * 500, "y"),
        ("\x1b" * 500, "nginx", "\x1b" * 500),
    ],
)
def test_a_long_line_is_shown_through_a_window(
    width: int, before: str, marked: str, after: str
) -> None:
    found = source(f"{before}{marked}{after}")
    start = len(before.encode())
    line, carets = snippet(found, Span(start, start + len(marked.encode())), width)
    assert cells(line) <= width
    assert cells(carets) <= width
    offset = carets.index("^")
    assert marked[0] in line
    shown_before = line[: line.index(marked[0])] if marked[0] not in before else ""
    assert not shown_before or cells(shown_before) == offset
    assert carets.strip("^ ") == ""


def test_a_huge_line_costs_nothing() -> None:
    found = source("a\n" + "x" * 20_000_000 + "nginx" + "y" * 20_000_000)
    for start in (2, 20_000_002):  # where no end, and where no line feed at all is near
        for _ in range(1000):
            snippet(found, Span(start, start + 5), 80)


@given(
    st.lists(st.sampled_from([*"a:- \n\r\t", "image: nginx\n", "é", "日", "\ufeff", "\x1b"])),
    st.data(),
    st.sampled_from([10, 20, 80]),
)
def test_a_short_line_is_shown_as_a_long_one_is(
    pieces: list[str], data: st.DataObject, width: int
) -> None:
    found = source("".join(pieces))
    start = data.draw(st.integers(found.bom_length, max(len(found.data), found.bom_length)))
    span = Span(start, min(start + data.draw(st.integers(0, 15)), max(len(found.data), start)))
    quick = _as_it_is(found, span, width)
    assert quick in {None, _as_it_fits(found, span, width)}
