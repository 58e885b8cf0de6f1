"""Tables for sources, positions, edits and what is shown of a value."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from imagelint.model.source import Edit, Position, Source, Span, apply_edits, as_yaml, shown

LE, BE = codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE
BOM = codecs.BOM_UTF8


def source(data: bytes) -> Source:
    """Make a source whose path does not matter."""
    return Source("a.yaml", data)


@pytest.mark.parametrize(
    ("data", "offset", "line", "column"),
    [
        pytest.param(b"", 0, 1, 1, id="empty"),
        pytest.param(b"ab", 1, 1, 2, id="first line"),
        pytest.param(b"ab", 2, 1, 3, id="end of the file"),
        pytest.param(b"a\nb", 1, 1, 2, id="LF belongs to its line"),
        pytest.param(b"a\nb", 2, 2, 1, id="behind LF"),
        pytest.param(b"a\n", 2, 2, 1, id="behind the final LF"),
        pytest.param(b"a\r\nb", 2, 1, 3, id="between CR and LF"),
        pytest.param(b"a\r\nb", 3, 2, 1, id="behind CRLF"),
        pytest.param(b"a\rb", 2, 2, 1, id="behind a lone CR"),
        pytest.param(b"a\r\rb", 3, 3, 1, id="two CR are two breaks"),
        pytest.param(b"a\n\rb", 3, 3, 1, id="LF CR are two breaks"),
        pytest.param("a\x85b\u2028c\u2029d".encode(), 11, 1, 7, id="NEL, LS, PS: no breaks"),
        pytest.param(b"a\x0bb\x0cc\x1cd", 6, 1, 7, id="VT, FF, FS: no breaks"),
        pytest.param(b"\t\tx", 2, 1, 3, id="a tab is one column"),
        pytest.param("é x".encode(), 3, 1, 3, id="two bytes, one column"),
        pytest.param("\U0001f600x".encode(), 4, 1, 2, id="astral: one column"),
        pytest.param("e\u0301x".encode(), 3, 1, 3, id="a combining mark has its own column"),
        pytest.param(BOM + b"ab", 4, 1, 2, id="BOM has no column"),
        pytest.param(BOM + b"ab", 3, 1, 1, id="behind the BOM"),
        pytest.param(BOM + b"ab", 0, 1, 1, id="in front of the BOM"),
        pytest.param(BOM + b"a\nb", 5, 2, 1, id="BOM, second line"),
        pytest.param(b"a" + BOM + b"b", 4, 1, 3, id="a later BOM is a character"),
        pytest.param(LE + "a\nb".encode("utf-16-le"), 6, 2, 1, id="UTF-16LE, behind LF"),
        pytest.param(LE + "ab".encode("utf-16-le"), 4, 1, 2, id="UTF-16LE, column"),
        pytest.param(BE + "a\r\nb".encode("utf-16-be"), 8, 2, 1, id="UTF-16BE, behind CRLF"),
        pytest.param(BE + "\U0001f600x".encode("utf-16-be"), 6, 1, 2, id="UTF-16BE, astral"),
        pytest.param(
            LE + "\u0a0d\u0d0ab".encode("utf-16-le"), 6, 1, 3, id="UTF-16: 0A and 0D are halves"
        ),
        pytest.param(b"\xffx", 1, 1, 2, id="an ill-formed byte: one column"),
        pytest.param(b"\xe2\x82x", 2, 1, 2, id="a cut sequence: one column"),
        pytest.param(b"\xff\xc3\nx", 3, 2, 1, id="ill-formed bytes, next line"),
    ],
)
def test_position(data: bytes, offset: int, line: int, column: int) -> None:
    assert source(data).position(offset) == Position(line, column)


PIECES = st.sampled_from([b"a", b"\n", "é".encode(), "\U0001f600".encode(), b"\x80", b"\xf0\x9f"])
WIDE = st.sampled_from([b"a\0", b"\n\0", b"\x3d\xd8\x00\xde", b"\x3d\xd8", b"\x00\xde"])


@given(
    data=st.lists(PIECES).map(b"".join)
    | st.lists(WIDE).map(lambda units: codecs.BOM_UTF16_LE + b"".join(units))
)
def test_long_texts_are_counted_piece_by_piece(data: bytes) -> None:
    whole, piecewise = source(data), source(data)
    span = Span(whole.bom_length, len(data))
    with pytest.MonkeyPatch.context() as patch:
        decoded = whole.decode(span)
        patch.setattr("imagelint.model.source._STRIDE", 1_000_000)
        offsets = [decoded.byte_offset(index) for index in range(len(decoded.text) + 1)]
        expected = [whole.position(offset) for offset in offsets]
        patch.setattr("imagelint.model.source._STRIDE", 8)
        decoded = piecewise.decode(span)
        assert [decoded.byte_offset(index) for index in range(len(decoded.text) + 1)] == offsets
        assert [piecewise.position(offset) for offset in reversed(offsets)] == expected[::-1]


@pytest.mark.parametrize(
    ("data", "number", "text"),
    [
        pytest.param(b"a\nb\n", 1, "a", id="LF"),
        pytest.param(b"a\r\nb", 1, "a", id="CRLF"),
        pytest.param(b"a\rb", 2, "b", id="lone CR"),
        pytest.param(b"a\nb", 2, "b", id="no final break"),
        pytest.param(b"a\n", 2, "", id="behind the final break"),
        pytest.param(b"", 1, "", id="empty"),
        pytest.param(BOM + b"a\nb", 1, "a", id="without the BOM"),
        pytest.param(LE + "ä\nb".encode("utf-16-le"), 1, "ä", id="UTF-16LE"),
        pytest.param(BE + "a\r\nb".encode("utf-16-be"), 2, "b", id="UTF-16BE"),
        pytest.param(b"a\xffb\n", 1, "a\ufffdb", id="ill-formed"),
    ],
)
def test_line(data: bytes, number: int, text: str) -> None:
    assert source(data).line(number) == text


@pytest.mark.parametrize(
    ("data", "encoding", "bom_length"),
    [
        (b"", "utf-8", 0),
        (b"a", "utf-8", 0),
        (BOM, "utf-8", 3),
        (BOM + BOM, "utf-8", 3),
        (LE, "utf-16-le", 2),
        (BE, "utf-16-be", 2),
        (b"\xff", "utf-8", 0),
        (b"a\x00b\x00", "utf-8", 0),
    ],
)
def test_encoding(data: bytes, encoding: str, bom_length: int) -> None:
    made = source(data)
    assert (made.encoding, made.bom_length) == (encoding, bom_length)
    assert repr(made) == f"Source('a.yaml', {len(data)} bytes)"


@pytest.mark.parametrize(
    ("data", "text", "offsets", "first_ill_formed"),
    [
        pytest.param(b"ab", "ab", [0, 1, 2], None, id="ASCII"),
        pytest.param(
            "aé€\U0001f600b".encode(), "aé€\U0001f600b", [0, 1, 3, 6, 10, 11], None, id="wide"
        ),
        pytest.param(b"\xffa", "\ufffda", [0, 1, 2], 0, id="one byte that is never UTF-8"),
        pytest.param(b"a\xe2\x82b", "a\ufffdb", [0, 1, 3, 4], 1, id="a cut sequence is one"),
        pytest.param(b"\xf0\x9f\x98", "\ufffd", [0, 3], 0, id="three of four bytes are one"),
        pytest.param(b"\xff\xffa", "\ufffd\ufffda", [0, 1, 2, 3], 0, id="each lone byte"),
        pytest.param(
            b"\xc0\xaf\xe2\x82", "\ufffd\ufffd\ufffd", [0, 1, 2, 4], 0, id="overlong, cut"
        ),
        pytest.param(b"\xed\xa0\x80a", "\ufffd\ufffd\ufffda", [0, 1, 2, 3, 4], 0, id="surrogate"),
        pytest.param(b"a\xff\xc3\xa9\xffb", "a\ufffdé\ufffdb", [0, 1, 2, 4, 5, 6], 1, id="between"),
        pytest.param("\ufffda".encode(), "\ufffda", [0, 3, 4], None, id="U+FFFD itself is fine"),
    ],
)
def test_decoded_utf_8(
    data: bytes, text: str, offsets: list[int], first_ill_formed: int | None
) -> None:
    """Each maximal ill-formed part is one U+FFFD, and leads back to its bytes."""
    padded = source(b"x" * 10 + data)
    decoded = padded.decode(Span(10, len(padded.data)))
    assert decoded.text == text
    assert [decoded.byte_offset(index) - 10 for index in range(len(text) + 1)] == offsets
    if first_ill_formed is not None:
        first_ill_formed += 10
    assert decoded.first_ill_formed == first_ill_formed


@pytest.mark.parametrize(
    ("data", "text", "offsets", "ill_formed"),
    [
        pytest.param(
            "aé\U0001f600b".encode("utf-16-le"), "aé\U0001f600b", [0, 2, 4, 8, 10], False, id="wide"
        ),
        pytest.param(b"\x00\xd8a\x00", "\ufffda", [0, 2, 4], True, id="lone high surrogate"),
        pytest.param(b"\x00\xdca\x00", "\ufffda", [0, 2, 4], True, id="lone low surrogate"),
        pytest.param(b"a\x00\x00\xd8", "a\ufffd", [0, 2, 4], True, id="cut pair at the end"),
        pytest.param(b"a\x00b", "a\ufffd", [0, 2, 3], True, id="half a unit at the end"),
        pytest.param(b"a\x00\x00\xd8b", "a\ufffd", [0, 2, 5], True, id="a cut pair and a half"),
    ],
)
def test_decoded_utf_16(data: bytes, text: str, offsets: list[int], ill_formed: bool) -> None:
    made = source(LE + data)
    decoded = made.decode(Span(2, len(made.data)))
    assert decoded.text == text
    assert [decoded.byte_offset(index) - 2 for index in range(len(text) + 1)] == offsets
    assert (decoded.first_ill_formed is not None) is ill_formed


@given(st.sampled_from([b"", BOM, LE, BE]), st.binary(max_size=40))
def test_characters_lead_back_to_bytes_in_order(bom: bytes, data: bytes) -> None:
    """Law 6: whatever the bytes, places are in the file, in order, and have a line."""
    made = source(bom + data)
    decoded = made.decode(Span(made.bom_length, len(made.data)))
    offsets = [decoded.byte_offset(index) for index in range(len(decoded.text) + 1)]
    assert offsets == sorted(offsets)
    assert offsets[0] == made.bom_length
    assert offsets[-1] == len(made.data)
    positions = [made.position(offset) for offset in offsets]
    assert positions == sorted(positions)
    assert positions[0] == Position(1, 1)
    assert made.line(positions[-1].line) is not None


@pytest.mark.parametrize(
    ("data", "edits", "expected"),
    [
        pytest.param(b"abc", [], b"abc", id="none"),
        pytest.param(b"abc", [(0, 0, "x")], b"xabc", id="insert in front"),
        pytest.param(b"abc", [(3, 3, "x")], b"abcx", id="insert at the end"),
        pytest.param(b"abc", [(1, 2, "")], b"ac", id="delete"),
        pytest.param(b"abc", [(2, 3, "y"), (0, 1, "x")], b"xby", id="in any order"),
        pytest.param(b"abc", [(0, 1, "x"), (1, 2, "y")], b"xyc", id="side by side"),
        pytest.param(b"abc", [(1, 1, "x"), (1, 2, "y")], b"axyc", id="insert before a replacement"),
        pytest.param(b"abc", [(1, 1, "x"), (1, 1, "x")], b"axbc", id="equal edits count once"),
        pytest.param(b"a\xffc", [(0, 0, "é")], b"\xc3\xa9a\xffc", id="other bytes are copied"),
        pytest.param(LE + b"a\x00", [(2, 2, "x/")], LE + b"x\x00/\x00a\x00", id="UTF-16LE"),
        pytest.param(BE + b"\x00a", [(2, 4, "b")], BE + b"\x00b", id="UTF-16BE"),
        pytest.param(BOM + b"a", [(3, 3, "x")], BOM + b"xa", id="BOM stays"),
    ],
)
def test_apply_edits(data: bytes, edits: list[tuple[int, int, str]], expected: bytes) -> None:
    made = [Edit(Span(start, end), text) for start, end, text in edits]
    assert apply_edits(source(data), made) == expected


@pytest.mark.parametrize(
    ("edits", "message"),
    [
        pytest.param([(0, 2, "x"), (1, 3, "y")], "overlap at byte 1", id="overlap"),
        pytest.param([(0, 3, "x"), (1, 2, "y")], "overlap at byte 1", id="inside"),
        pytest.param([(0, 2, "x"), (0, 2, "y")], "overlap at byte 0", id="two texts for one place"),
        pytest.param([(1, 1, "x"), (1, 1, "y")], "overlap at byte 1", id="two insertions"),
        pytest.param([(0, 2, "x"), (1, 1, "y")], "overlap at byte 1", id="insertion inside"),
        pytest.param([(2, 9, "x")], "outside of the file at byte 2", id="behind the end"),
        pytest.param([(9, 9, "x")], "outside of the file at byte 9", id="far away"),
        pytest.param([(-1, 1, "x")], "outside of the file at byte -1", id="before the start"),
        pytest.param([(2, 1, "x")], "outside of the file at byte 2", id="backwards"),
    ],
)
def test_edits_without_meaning_are_refused(edits: list[tuple[int, int, str]], message: str) -> None:
    made = [Edit(Span(start, end), text) for start, end, text in edits]
    with pytest.raises(ValueError, match=message):
        apply_edits(source(b"abc"), made)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("nginx:1.27", "nginx:1.27", id="plain"),
        pytest.param("é\U0001f600 x", "é\U0001f600 x", id="letters of any script"),
        pytest.param("a\tb\nc\rd", r"a\tb\nc\rd", id="white space"),
        pytest.param("\x1b[31mred", r"\x1b[31mred", id="terminal escape"),
        pytest.param("\x00\x7f\x9b", r"\x00\x7f\x9b", id="C0 and C1 controls"),
        pytest.param("a\u202eb\u2066c", r"a\u202eb\u2066c", id="bidirectional"),
        pytest.param("a\u200bb\u2060c\ufeffd", r"a\u200bb\u2060c\ufeffd", id="zero width"),
        pytest.param("a\x85b\u2028c\u2029", r"a\x85b\u2028c\u2029", id="unicode breaks"),
        pytest.param("a\u00a0b", r"a\xa0b", id="a blank that is none"),
        pytest.param("\U000e0001x", r"\U000e0001x", id="tag characters"),
        pytest.param("\ud800x", r"\ud800x", id="a lone surrogate"),
        pytest.param("x" * 200, "x" * 200, id="as long as may be"),
        pytest.param("x" * 201, "x" * 200 + "…", id="cut"),
        pytest.param("", "", id="empty"),
    ],
)
def test_shown(text: str, expected: str) -> None:
    assert shown(text) == expected


def test_shown_is_cut_before_it_is_escaped() -> None:
    assert shown("\x00" * 5, limit=2) == r"\x00\x00…"


@given(st.text(max_size=30))
def test_shown_can_be_printed(text: str) -> None:
    assert shown(text).isprintable()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("quay.io/a/**", "quay.io/a/**"),
        ("../base.yaml", "../base.yaml"),
        ("*.example.com", '"*.example.com"'),
        ("[::1]:80", '"[::1]:80"'),
        ("h:80", '"h:80"'),
        ("1.10", '"1.10"'),
        ("off", '"off"'),
        ("", '""'),
        ('a "b" # c', '"a \\"b\\" # c"'),
        ("a\x1b[0m\u2028", '"a\\x1b[0m\\u2028"'),
    ],
)
def test_as_yaml(text: str, expected: str) -> None:
    assert as_yaml(text) == expected


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_yaml_says_the_same_wherever_it_stands(text: str) -> None:
    written = as_yaml(text)
    assert written.isprintable()
    for around in ("{}", "[{}]", "a: {}", "{{a: {}}}"):
        found = YAML(typ="safe").load(around.format(written))
        while not isinstance(found, str):
            found = found["a" if isinstance(found, dict) else 0]
        assert found == text
