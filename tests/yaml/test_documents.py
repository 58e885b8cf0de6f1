"""Tables for how a stream falls into documents: kubectl's way, not a YAML library's.

Each table quotes the dossier's rows on separators, JSON streams and encodings; what is
expected was obtained from kubectl's and kustomize's own readers.
"""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagelint.model.source import Source
from imagelint.yaml.documents import Document, cut, split

BOM = codecs.BOM_UTF8
SEPARATOR_ERROR = "content "
"""... behind ``---``."""
JSON_ERROR = "not JSON"
"""... where kubectl reads a stream of JSON objects."""


def pieces(data: bytes | str) -> list[Document]:
    """Split a stream."""
    return split(Source("a.yaml", data.encode() if isinstance(data, str) else data))


def texts(data: bytes | str) -> list[str]:
    """Return the documents of a stream, as written in the source."""
    return [piece.data.decode() for piece in pieces(data)]


def problems(data: bytes | str) -> list[list[str]]:
    """Return for each document what ends the stream for kubectl, by how the message begins."""
    return [[problem.message[:8] for problem in piece.problems] for piece in pieces(data)]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param("", [], id="empty"),
        pytest.param("\n  \r\n", [], id="white space"),
        pytest.param("a: 1\n---\n \t\n", ["a: 1\n", " \t\n"], id="a tab, which is refused"),
        pytest.param("a: 1", ["a: 1"], id="one, no final break"),
        pytest.param("---", ["---"], id="a separator alone"),
        pytest.param("---\n", ["---\n"], id="a separator line alone"),
        pytest.param("---\n---\n---", ["---\n", "---"], id="separators alone"),
        pytest.param("a: 1\n---\nb: 2\n", ["a: 1\n", "b: 2\n"], id="two"),
        pytest.param("---\na: 1\n", ["---\na: 1\n"], id="a first one belongs to its document"),
        pytest.param("---\na: 1\n---\n", ["---\na: 1\n"], id="in front and behind"),
        pytest.param("a: 1\n---", ["a: 1\n"], id="at the very end"),
        pytest.param("a: 1\n--- \t\nb: 2", ["a: 1\n", "b: 2"], id="blanks behind it"),
        pytest.param("a: 1\n--- # c\nb: 2", ["a: 1\n", "b: 2"], id="a comment behind it"),
        pytest.param("a: 1\n---#c\nb: 2", ["a: 1\n", "b: 2"], id="---#c"),
        pytest.param("a: 1\n---\u00a0\nb: 2", ["a: 1\n", "b: 2"], id="--- and NBSP"),
        pytest.param("a: 1\n---\u0085\nb: 2", ["a: 1\n", "b: 2"], id="--- and NEL"),
        pytest.param("a: 1\n---\u2028\nb: 2", ["a: 1\n", "b: 2"], id="--- and LS"),
        pytest.param("a: 1\r\n---\r\nb: 2\r\n", ["a: 1\r\n", "b: 2\r\n"], id="CRLF"),
        pytest.param("a: |\n  ---\n  x\n", ["a: |\n  ---\n  x\n"], id="indented: literal text"),
        pytest.param("a: |\n---\nx: 1\n", ["a: |\n", "x: 1\n"], id="at column 0: never text"),
        pytest.param("a: 'x\n---\ny'\n", ["a: 'x\n", "y'\n"], id="at column 0 in quotes"),
        pytest.param("a: 1\n...\nb: 2\n", ["a: 1\n...\nb: 2\n"], id="... separates nothing"),
        pytest.param("a: 1\r---\rb: 2\r", ["a: 1\r---\rb: 2\r"], id="lone CR: no line"),
        pytest.param("a: 1\u0085---\u0085b", ["a: 1\u0085---\u0085b"], id="NEL: no line"),
        pytest.param("a: 1\n ---\nb: 2\n", ["a: 1\n ---\nb: 2\n"], id="not at column 0"),
        pytest.param("a: 1\n--\nb: 2\n", ["a: 1\n--\nb: 2\n"], id="two dashes"),
        pytest.param("# c\n---\na: 1\n", ["# c\n", "a: 1\n"], id="a comment is a document"),
        pytest.param("\n---\na: 1\n", ["a: 1\n"], id="a blank line in front"),
        pytest.param("a: 1\n---\n\x0c\n---\nb", ["a: 1\n", "\x0c\n", "b"], id="a form feed, too"),
        pytest.param("a: 1\n---\n---", ["a: 1\n", "---"], id="two at the very end"),
        pytest.param("null\n---\na: 1\n", ["null\n", "a: 1\n"], id="null is a document"),
    ],
)
def test_lines_that_separate(data: str, expected: list[str]) -> None:
    assert texts(data) == expected
    assert problems(data) == [[] for _ in expected]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param("--- {b: 2}\n", [(["x"], "--- {b: 2}\n")], id="content on the line"),
        pytest.param(
            "a: 1\n--- b: 2\nc: 3\n",
            [([], "a: 1\n"), (["x"], "--- b: 2\nc: 3\n")],
            id="content, and lines behind it",
        ),
        pytest.param("a: 1\n---b: 2\n", [([], "a: 1\n"), (["x"], "---b: 2\n")], id="---b: 2"),
        pytest.param("a: 1\n----\nb: 2\n", [([], "a: 1\n"), (["x"], "----\nb: 2\n")], id="----"),
        pytest.param("a: 1\n---yz\n", [([], "a: 1\n"), (["x"], "---yz\n")], id="---yz"),
        pytest.param("--- |\n  x\n", [(["x"], "--- |\n  x\n")], id="a block scalar"),
        pytest.param("--- !!map\na: 1\n", [(["x"], "--- !!map\na: 1\n")], id="a tag"),
        pytest.param(
            "---x\n---\nb: 2\n", [(["x"], "---x\n"), ([], "b: 2\n")], id="the next one is read"
        ),
        pytest.param(
            "---x\n---y\n", [(["x"], "---x\n"), (["x"], "---y\n")], id="one after another"
        ),
        pytest.param("a: 1\n---\ufeff\n", [([], "a: 1\n"), (["x"], "---\ufeff\n")], id="a BOM"),
        pytest.param("a: 1\n---\x1c\n", [([], "a: 1\n"), (["x"], "---\x1c\n")], id="no Go space"),
    ],
)
def test_separators_that_kubectl_refuses(data: str, expected: list[tuple[list[str], str]]) -> None:
    """The line stays in the document: others may read what is on it."""
    wanted = [([SEPARATOR_ERROR for _ in found], text) for found, text in expected]
    assert list(zip(problems(data), texts(data), strict=True)) == wanted


@pytest.mark.parametrize(
    ("data", "expected", "is_json"),
    [
        pytest.param('{"a":1}', ['{"a":1}'], [True], id="one object"),
        pytest.param(' \n{"a":1}\n', ['{"a":1}'], [True], id="white space around it"),
        pytest.param('{"a":1}{"b":2}', ['{"a":1}', '{"b":2}'], [True, True], id="joined"),
        pytest.param('{"a":1}\n\n{"b":2}', ['{"a":1}', '{"b":2}'], [True, True], id="on lines"),
        pytest.param('{"a":1}[2]3', ['{"a":1}', "[2]", "3"], [True] * 3, id="any values"),
        pytest.param("[1]", ["[1]"], [False], id="a list at first: YAML"),
        pytest.param("{a: 1}", ["{a: 1}"], [False], id="flow YAML"),
        pytest.param('{"a":1,}', ['{"a":1,}'], [False], id="a trailing comma: YAML"),
        pytest.param('{"a":1}\nb: 2\n', ['{"a":1}', "b: 2\n"], [True, False], id="then YAML"),
        pytest.param(
            '{"a":1}\n---\nb: 2\n', ['{"a":1}', "---\nb: 2\n"], [True, False], id="then ---"
        ),
        pytest.param(
            '{"a":1} ---\nb: 2', ['{"a":1}', "---\nb: 2"], [True, False], id="on its line"
        ),
        pytest.param(
            '{"a":1}\n---\n{"b":2}\n---\nc: 3',
            ['{"a":1}', '---\n{"b":2}\n', "c: 3"],
            [True, False, False],
            id="YAML from then on, JSON or not",
        ),
        pytest.param('# c\n{"a":1}', ['# c\n{"a":1}'], [False], id="a comment at first: YAML"),
        pytest.param('---\n{"a":1}', ['---\n{"a":1}'], [False], id="a separator at first: YAML"),
        pytest.param("\x0c{}", ["{}"], [False], id="a form feed at first"),
        pytest.param("\u00a0{}", ["{}"], [False], id="Go space at first that is no JSON"),
    ],
)
def test_json(data: str, expected: list[str], is_json: list[bool]) -> None:
    assert texts(data) == expected
    assert [piece.tree is not None for piece in pieces(data)] == is_json
    assert problems(data) == [[] for _ in expected]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param("{}{}---\na: 1\n", [[], [], [JSON_ERROR]], id="YAML behind two objects"),
        pytest.param("{}\n{}\n---\na: 1\n", [[], [], [JSON_ERROR]], id="---, on lines"),
        pytest.param("{}{}{a: 1}", [[], [], [JSON_ERROR]], id="flow YAML behind two"),
        pytest.param("{}{}{}x", [[], [], [], [JSON_ERROR]], id="text behind three"),
        pytest.param("{}{}---", [[], [], [JSON_ERROR]], id="a separator alone"),
        pytest.param(
            "{}{}x\n---\na: 1\n---x\n", [[], [], [JSON_ERROR], [], [SEPARATOR_ERROR]], id="more"
        ),
    ],
)
def test_no_yaml_behind_two_json_objects(data: str, expected: list[list[str]]) -> None:
    """The stream ends there for kubectl; what stands there is looked at all the same."""
    assert problems(data) == expected


def test_json_is_looked_for_where_kubectl_looks() -> None:
    """In the first 4096 bytes: behind that much white space the text is YAML."""
    assert pieces(" " * 4095 + "{}")[0].tree is not None
    assert pieces(" " * 4096 + "{}")[0].tree is None


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(BOM + b"a: 1", ["a: 1"], id="BOM"),
        pytest.param(BOM + b"---\na: 1", ["---\na: 1"], id="BOM and separator"),
        pytest.param(BOM + b'{"a":1}{}', ['{"a":1}', "{}"], id="BOM and JSON"),
        pytest.param(BOM, [], id="BOM alone"),
        pytest.param(BOM + BOM + b"a: 1", ["\ufeffa: 1"], id="a second one is text"),
        pytest.param(b"---\n" + BOM + b"a: 1", ["\ufeffa: 1"], id="behind a first separator"),
        pytest.param(
            b"a: 1\n---\n" + BOM + b"b: 2", ["a: 1\n", "\ufeffb: 2"], id="behind a separator"
        ),
        pytest.param(b"a: 1\n" + BOM + b"---\nb: 2", ["a: 1\n\ufeff---\nb: 2"], id="hides ---"),
    ],
)
def test_byte_order_marks(data: bytes, expected: list[str]) -> None:
    assert texts(data) == expected


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\u0085", "\u2028", "\u2029"])
def test_comments_end_where_yaml_ends_lines(line_break: str) -> None:
    """A directive alone is a document of its own; behind content it is none."""
    alone = f"# c \u00e2\u2027{line_break}%YAML 1.1{line_break}# d{line_break}"
    assert [len(found) for found in problems(alone)] == [1]
    assert problems(f"# c{line_break}{{a: b}}\n%YAML 1.1\n") == [[]]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("a: 1", ["a: 1"]),
        ("a: é\U0001f600\n---\nb: 2\n", ["a: é\U0001f600\n", "b: 2\n"]),
        ("a: 1\r\n--- # é\r\nb: 2", ["a: 1\r\n", "b: 2"]),
        ("---\na: 1", ["---\na: 1"]),
        ('{"é":1}\n{"b":2}', ['{"é":1}', '{"b":2}']),
        ('{"é":1}\n---\nb: 2', ['{"é":1}', "---\nb: 2"]),
        ("\ufeffa: 1", ["\ufeffa: 1"]),
        ("\u0a2d\u2d0a---\n", ["\u0a2d\u2d0a---\n"]),
    ],
)
def test_utf_16(encoding: str, text: str, expected: list[str]) -> None:
    """Split as kubectl does, after transcoding; spans lead to the bytes of the file."""
    bom = "\ufeff".encode(encoding)
    found = pieces(bom + text.encode(encoding))
    assert [piece.data.decode(encoding) for piece in found] == expected
    assert [piece.decoded.text for piece in found] == expected
    same = [piece.tree is not None for piece in pieces(text)]
    assert [piece.tree is not None for piece in found] == same


@pytest.mark.parametrize(
    ("data", "offset"),
    [
        (b"a: 1\n--- b: 2\n", 5),
        (BOM + b"--- b: 2\n", 3),
        (b"{}{} \nx: 1", 6),
        ("{}{'é'}".encode(), None),
        ("\ufeffa: é\n--- b: 2\n".encode("utf-16-le"), 12),
        ("\ufeff{}{}x".encode("utf-16-be"), 10),
    ],
)
def test_problems_stand_in_the_source(data: bytes, offset: int | None) -> None:
    found = [problem.offset for piece in pieces(data) for problem in piece.problems]
    assert found == ([] if offset is None else [offset])


@pytest.mark.parametrize(
    "data",
    [b"a: \xff\n---\nb: 2\n", b"\xff\n---\n\xfe", b'{"a":"\xff"}\n{"b":2}'],
)
def test_ill_formed_bytes_separate_nothing(data: bytes) -> None:
    assert len(pieces(data)) == 2
    assert not any(problems(data))


def test_byte_offset_leads_back() -> None:
    document = pieces("a: 1\n---\né: nginx\n".encode())[1]
    index = document.decoded.text.index("nginx")
    assert document.source.data[document.byte_offset(index) :] == b"nginx\n"


STREAMS = st.lists(
    st.sampled_from(
        [
            "---",
            "--- x",
            "{",
            "}",
            '{"a":1}',
            "{}",
            "a: 1",
            "\n",
            "\r",
            "\u0085",
            "\ufeff",
            " ",
            "é",
        ]
    ),
    max_size=12,
).map("".join)


@given(STREAMS | st.text(max_size=20), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_no_text_is_lost(text: str, encoding: str) -> None:
    """Law 6: documents stand in order, and only separators and white space lie between them."""
    data = text.encode(encoding, "replace")
    source = Source("a.yaml", data)
    done = source.bom_length
    between = b""
    for piece in split(source):
        assert done <= piece.span.start <= piece.span.end <= len(data)
        between += data[done : piece.span.start]
        assert piece.data == data[piece.span.start : piece.span.end]
        done = piece.span.end
    between += data[done:]
    for line in between.decode(source.encoding).split("\n"):
        content = line.strip(" \t\r\x85\ufeff").removeprefix("---").strip()
        assert not content or content.startswith("#")


# --- parts ------------------------------------------------------------------------------

PIECES = (
    *("---\n", "--- \n", "---\r\n", "--- # c\n", "--- {}\n", "---x: 1\n", "----\n", "---"),
    *("a: 1\n", "\n", "\r\n", "# c\n", "...\n", "b: |\n  ---\n", "{a: 1}\n", '{"a":1}\n', "é\n"),
)


@given(st.lists(st.sampled_from(PIECES), max_size=14), st.integers(0, 20))
def test_parts_have_the_documents_of_the_whole(texts: list[str], size: int) -> None:
    source = Source("a.yaml", "".join(texts).encode())
    parts = cut(source, size)
    found = [piece for part in parts for piece in split(source, part)]
    assert [(piece.span, piece.problems) for piece in found] == [
        (piece.span, piece.problems) for piece in split(source)
    ]


def test_a_stream_is_cut_at_its_separators() -> None:
    source = Source("a.yaml", BOM + b"a: 1\na: 2\n---\nb: 2\nb: 3\n---\nc: 3\n")
    assert [source.data[start:end] for start, end in cut(source, 1)] == [
        b"a: 1\na: 2\n",
        b"b: 2\nb: 3\n",
        b"c: 3\n",
    ]


@pytest.mark.parametrize("start", ["{a: 1}\n", "a: \udcff\n"])
def test_json_and_ill_formed_text_stay_whole(start: str) -> None:
    data = start.encode("utf-8", "surrogateescape") + b"---\nb: 2\n---\nc: 3\n"
    assert len(cut(Source("a.yaml", data), 1)) == 1
