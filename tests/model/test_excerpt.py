"""What is kept of a source says what the source says."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from imagelint.formats.snippet import snippet
from imagelint.model.excerpt import Excerpt
from imagelint.model.source import Source, Span

WIDEST = 160
PIECES = (
    *("a", " b", "image: nginx:1", "é", "日本", "🚀", "\u0301", "\t", "\x1b", "\u202e", "\ufeff"),
    *("\n", "\r\n", "\r", "\x85", "\u2028", "x" * 170, "日" * 90, "y " * 400),
)
MARKS = {"utf-8": b"\xef\xbb\xbf", "utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}


@st.composite
def sources(draw: st.DrawFn) -> tuple[Source, list[Span]]:
    text = "".join(draw(st.lists(st.sampled_from(PIECES), max_size=12)))
    encoding = draw(st.sampled_from(("utf-8", "utf-8", *MARKS)))
    mark = MARKS[encoding] if encoding != "utf-8" or draw(st.booleans()) else b""
    source = Source("a.yaml", mark + text.encode(encoding))
    places = [
        len(mark) + len(text[:at].encode(encoding))
        for at in draw(st.lists(st.integers(0, len(text)), min_size=2, max_size=8))
    ]
    return source, [Span(*sorted(pair)) for pair in zip(places[::2], places[1::2], strict=False)]


@given(sources(), st.integers(1, WIDEST))
@example((Source("a", b"\xff\xfe" + b"x\0" * 900), [Span(1500, 1510)]), WIDEST)
@example((Source("a", b"a" * 2000 + b"\n"), [Span(900, 1900)]), WIDEST)
@example((Source("a", b"a\n\xef\xbb\xbfb: c\n"), [Span(5, 6), Span(2, 5)]), 40)
def test_an_excerpt_shows_what_its_source_shows(
    made: tuple[Source, list[Span]], width: int
) -> None:
    source, spans = made
    excerpt: Excerpt = pickle.loads(pickle.dumps(Excerpt(source, spans[:1], spans)))  # noqa: S301 - ours
    assert (excerpt.path, excerpt.data) == (source.path, b"")
    for span in spans:
        for offset in span:
            assert excerpt.position(offset) == source.position(offset)
            assert excerpt.line_number(offset) == source.line_number(offset)
        assert snippet(excerpt, span, width) == snippet(source, span, width)


def test_a_place_that_was_not_named() -> None:
    """Nobody is told a wrong line: that would be a mistake of ours, and is one to see."""
    excerpt = Excerpt(Source("a", b"a: b\n"), [Span(0, 1)])
    with pytest.raises(KeyError):
        excerpt.position(3)
