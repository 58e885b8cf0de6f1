"""Tables for the JSON reader: what Go's encoding/json reads, and where each value stands."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagelint.kubernetes.readers import Reader, resolve
from imagelint.yaml.json_text import MAX_DEPTH, JsonError, parse_json, skip_space
from imagelint.yaml.nodes import Mapping, Node, Scalar, Sequence


def plain(node: Node | None) -> Any:
    """Return a node as Python's own values; a mapping as the list of its pairs."""
    if isinstance(node, Scalar):
        return resolve(node).value
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    assert isinstance(node, Mapping)
    return [(plain(key), plain(value)) for key, value in node.pairs]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"a"', "a"),
        ('""', ""),
        (r'"\"\\\/\b\f\n\r\t"', '"\\/\b\f\n\r\t'),
        (r'"\u006eginx"', "nginx"),
        (r'"\ud83d\ude00"', "\U0001f600"),
        (r'"\ud800"', "\ufffd"),
        (r'"\ude00\ud83d"', "\ufffd\ufffd"),
        (r'"\ud83dx\ude00"', "\ufffdx\ufffd"),
        ('"\x7f\x85\u2028"', "\x7f\x85\u2028"),
        ("0", 0),
        ("-0", 0),
        ("12", 12),
        ("-1.5e3", -1500.0),
        ("1E+2", 100.0),
        ("true", True),
        ("false", False),
        ("null", None),
        ("[]", []),
        ("{}", []),
        ('[1, "a", [], {}]', [1, "a", [], []]),
        ('{"a": {"b": [null]}}', [("a", [("b", [None])])]),
        ('{"a": 1, "a": 2}', [("a", 1), ("a", 2)]),
        ('{"<<": {"a": 1}}', [("<<", [("a", 1)])]),
        (' \t\r\n{ "a" \n: \r\n1 \t, "b":2 } ', [("a", 1), ("b", 2)]),
        ('{"' + "k" * 2000 + '": 1}', [("k" * 2000, 1)]),
    ],
)
def test_values(text: str, value: Any) -> None:
    tree, _ = parse_json(text)
    assert plain(tree.root) == value


@pytest.mark.parametrize(
    ("inside", "by_kustomize"),
    [
        ("a", "a"),
        ("\x85", " "),
        ("a \x85 b", "a b"),
        (" \x85 \x85 b", "\nb"),
        ("\u2028", "\u2028"),
        ("a \u2028 b", "a\u2028b"),
        ("\u2028\x85 x", "\u2028\nx"),
        ("\x85\u2029x", "\u2029x"),
        (r"a\u0020" + "\x85" + r"\"b", 'a  "b'),
        (r"a\\ " + "\x85" + r"\u0085c", "a\\ \x85c"),
        (r"\u0085", "\x85"),
    ],
)
def test_kustomize_folds_lines_in_strings(inside: str, by_kustomize: str) -> None:
    """It reads JSON as YAML, where NEL, LS and PS end lines."""
    tree, _ = parse_json(f'["{inside}"]')
    assert isinstance(tree.root, Sequence)
    (node,) = tree.root.items
    assert isinstance(node, Scalar)
    assert resolve(node).value == json.loads(f'"{inside}"')
    assert resolve(node, Reader.KUSTOMIZE).value == by_kustomize


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("", 0),
        ("  ", 2),
        ("x", 0),
        ("'a'", 0),
        ("{a: 1}", 1),
        ('{"a" 1}', 5),
        ('{"a": }', 6),
        ('{"a": 1,}', 8),
        ('{"a": 1 "b"}', 8),
        ("[1,]", 3),
        ("[1 2]", 3),
        ("[,]", 1),
        ("[}", 1),
        ('{"a": 1]', 7),
        ('{"a": 1', 7),
        ('"a', 0),
        ('"a\nb"', 0),
        ('"\t"', 0),
        (r'"\x6e"', 0),
        (r'"\u12"', 0),
        (r'"\'"', 0),
        ("[+1]", 1),
        ("[.5]", 1),
        ("[01]", 2),
        ("[1.]", 2),
        ("[True]", 1),
        ("[NaN]", 1),
        ("\ufeff{}", 0),
        ("\xa0{}", 0),
        ("{} // c", None),
        ("tru", 0),
    ],
)
def test_what_is_no_json(text: str, index: int | None) -> None:
    """``index`` is where a value, a comma or an end was expected; None: a value, with a rest."""
    if index is None:
        assert parse_json(text)[1] == 2
        return
    with pytest.raises(JsonError) as caught:
        parse_json(text)
    assert caught.value.index == index
    assert str(caught.value) == caught.value.message


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [("{}{}", 0, 2), ("{}{}", 2, 4), ("{} \n{}", 2, 6), ("[1]x", 0, 3), ('"a""b"', 0, 3)],
)
def test_a_value_ends_where_the_next_begins(text: str, start: int, end: int) -> None:
    assert parse_json(text, start)[1] == end


def test_spans_enclose_values_as_written() -> None:
    text = ' { "a" : [ 1.50, "\\u006e\U0001f600" ] ,"b":{"c":null} }'
    tree, end = parse_json(text)
    spans: list[str] = []
    work: list[Node] = [tree.root] if tree.root is not None else []
    while work:
        node = work.pop()
        spans.append(text[node.start : node.end])
        if isinstance(node, Mapping):
            work += [side for pair in node.pairs for side in pair]
        elif isinstance(node, Sequence):
            work += node.items
    string = '"\\u006e\U0001f600"'
    expected = [text.strip(), '"a"', f"[ 1.50, {string} ]", "1.50", string]
    expected += ['"b"', '{"c":null}', '"c"', "null"]
    assert sorted(spans) == sorted(expected)
    assert end == len(text)


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_depth(opening: str) -> None:
    """Go refuses to nest deeper than 10,000 levels, and nothing here recurses."""
    closing = "]" if opening == "[" else "}"
    text = opening * MAX_DEPTH + "1" + closing * MAX_DEPTH
    assert parse_json(text)[1] == len(text)
    with pytest.raises(JsonError, match="deeper than 10000"):
        parse_json(opening + text + closing)


@pytest.mark.parametrize(
    ("text", "index", "after"), [("", 0, 0), ("a", 0, 0), (" \t\r\na", 0, 4), ("a \x0b", 1, 2)]
)
def test_skip_space(text: str, index: int, after: int) -> None:
    assert skip_space(text, index) == after


_TEXTS = st.text(st.characters(codec="utf-8"))
_LEAVES = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | _TEXTS
JSON_VALUES: st.SearchStrategy[Any] = st.deferred(
    lambda: (
        _LEAVES
        | st.lists(JSON_VALUES, max_size=4)
        | st.dictionaries(_TEXTS, JSON_VALUES, max_size=4)
    )
)


@given(JSON_VALUES, st.booleans(), st.sampled_from([None, 1, "\t"]))
def test_reads_what_was_written(value: Any, ascii_only: bool, indent: int | str | None) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    tree, end = parse_json(text)
    assert end == len(text)
    assert plain(tree.root) == json.loads(text, object_pairs_hook=list)


@given(st.text(alphabet='{}[]":,\\u0123abtrue \n\t-.eE\x00é'))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Law 6; and what is read, Python's reader reads too."""
    try:
        _, end = parse_json(text)
    except JsonError as error:
        end = error.index
    else:
        json.loads(text[:end])
    assert 0 <= end <= len(text)
