"""Tables for the YAML reader; what is expected was obtained from go-yaml."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from imagelint.yaml.nodes import Mapping, Sequence, is_alias_of_merge
from imagelint.yaml.parser import parse_events
from tests.support.trees import plain, scalars

AB = [("a", "b")]
LONG = "k" * 1030
"""Longer than YAML allows a key to be that is not marked as one."""


class TestRead:
    """What go-yaml reads without complaint."""

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            pytest.param("", None, id="empty"),
            pytest.param("# c\n", None, id="a comment"),
            pytest.param("---\n", "", id="a separator"),
            pytest.param("a: b", AB, id="no final break"),
            pytest.param("a: 'b'\n", AB, id="single quotes"),
            pytest.param('a: "b"\n', AB, id="double quotes"),
            pytest.param('"a": b\n', AB, id="a quoted key"),
            pytest.param("a : b\n", AB, id="a blank before the colon"),
            pytest.param('"\\x61": "\\u0062"\n', AB, id="escapes"),
            pytest.param('a: "b\\\n  c"\n', [("a", "bc")], id="an escaped break"),
            pytest.param("a: |-\n  b\n", AB, id="literal, stripped"),
            pytest.param("a: |\n  b\n", [("a", "b\n")], id="literal, clipped"),
            pytest.param("a: |+\n  b\n\n", [("a", "b\n\n")], id="literal, kept"),
            pytest.param("a: >-\n  b\n  c\n", [("a", "b c")], id="folded"),
            pytest.param("a: |2-\n   b\n", [("a", " b")], id="an indentation indicator"),
            pytest.param("a: |- # c\n  b\n", AB, id="a comment behind a header"),
            pytest.param("a: |-\n  b\n # c\n", AB, id="a comment behind a literal"),
            pytest.param("a:\n  b\n", AB, id="on the next line"),
            pytest.param("a: # c\n  # d\n  b\n", AB, id="behind comments"),
            pytest.param("a: b\n  c\n", [("a", "b c")], id="a plain scalar on two lines"),
            pytest.param("a: b # c\n", AB, id="a comment behind it"),
            pytest.param("a: b#c\n", [("a", "b#c")], id="no comment without a blank"),
            pytest.param("a: b:c\n", [("a", "b:c")], id="a colon in a block scalar"),
            pytest.param("- a\n- - b\n  - c\n", ["a", ["b", "c"]], id="sequences"),
            pytest.param("a:\n- b\n", [("a", ["b"])], id="a sequence that is not indented"),
            pytest.param("- a\n-\n", ["a", ""], id="an empty item"),
            pytest.param("? a\n: b\n", AB, id="an explicit key"),
            pytest.param("? a\n", [("a", "")], id="an explicit key without a value"),
            pytest.param("? |-\n  a\n: b\n", AB, id="a literal as a key"),
            pytest.param("? [a]\n: b\n", [(["a"], "b")], id="a sequence as a key"),
            pytest.param(f"? {LONG}\n: b\n", [(LONG, "b")], id="a long key, marked"),
            pytest.param("a: 1\na: 2\n", [("a", "1"), ("a", "2")], id="a key twice"),
            pytest.param("{a: b}", AB, id="flow"),
            pytest.param(
                "{a: [b, {c: d}], e: }", [("a", ["b", [("c", "d")]]), ("e", "")], id="flow in flow"
            ),
            pytest.param("[a: b]", [AB], id="a pair in a flow sequence"),
            pytest.param("{a,}", [("a", "")], id="a trailing comma"),
            pytest.param('{"a":b}', AB, id="no blank behind a quoted key"),
            pytest.param("{a: b,c: d}", [("a", "b"), ("c", "d")], id="no blank behind a comma"),
            pytest.param("a: b\r\nc: d\r\n", [("a", "b"), ("c", "d")], id="CRLF"),
            pytest.param("a: b\rc: d", [("a", "b"), ("c", "d")], id="lone CR"),
            pytest.param("a: b\x85c: d", [("a", "b"), ("c", "d")], id="NEL"),
            pytest.param(
                "a: b\u2028c: d\u2029e: f", [("a", "b"), ("c", "d"), ("e", "f")], id="LS, PS"
            ),
            pytest.param("a: b # c\x85d: e", [("a", "b"), ("d", "e")], id="NEL ends a comment"),
            pytest.param("# c\u2028a: b", AB, id="LS ends a comment"),
            pytest.param("# c\ra: b", AB, id="CR ends a comment"),
            pytest.param("a: |-\n  b\x85c: d", [("a", "b"), ("c", "d")], id="NEL ends a literal"),
            pytest.param("a:\x85  b: c", [("a", [("b", "c")])], id="NEL and indentation"),
            pytest.param("\ufeffa: b", AB, id="BOM"),
            pytest.param("\ufeff\ufeffa: b", AB, id="BOM twice"),
            pytest.param("a: b\n\ufeffc: d", [("a", "b"), ("\ufeffc", "d")], id="BOM in a key"),
            pytest.param("a: \ufeffb", [("a", "\ufeffb")], id="BOM in a scalar"),
            pytest.param("a: é\U0001f600", [("a", "é\U0001f600")], id="beyond ASCII"),
        ],
    )
    def test_read(self, text: str, value: Any) -> None:
        tree = parse_events(text)
        assert plain(tree.root) == value
        assert tree.problems == []
        assert tree.dropped_from is None
        assert tree.unread_from is None

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("{a: b:c}", "b:c"),
            ("{a: nginx:}", "nginx:"),
            ("{a: nginx:,b: c}", "nginx:"),
            ("{a: http://x:1/y}", "http://x:1/y"),
            ("{a: x::}", "x::"),
            ("{a: b:c\n}", "b:c"),
            ("{a: !<tag:x> b:c}", "b:c"),
            ("{a: !!str b:c}", "b:c"),
            ("{a: &x b:c}", "b:c"),
            ("{a: b:c#d}", "b:c#d"),
            ("{a: 'b:c', d: e:f}", "b:c"),
            ('{a: "b:c", d: e:f}', "b:c"),
            ('{a: "b: c", d: e:f}', "b: c"),
            ("{a: b\ue000:c}", "b\ue000:c"),
            ("{a: b:c} # d:e", "b:c"),
            ("{a: sha256:1@x:2}", "sha256:1@x:2"),
        ],
    )
    def test_colons_in_flow(self, text: str, value: str) -> None:
        """libyaml 0.1.7 refuses what go-yaml reads: a colon in a plain flow scalar."""
        tree = parse_events(text)
        assert plain(tree.root)[0] == ("a", value)
        assert tree.problems == []
        node = list(scalars(tree))[1]
        assert text[node.start : node.end].strip("'\"") == value

    def test_a_flow_key_may_hold_a_colon(self) -> None:
        assert plain(parse_events("{? a:b : c, image:nginx}").root) == [
            ("a:b", "c"),
            ("image:nginx", ""),
        ]

    @pytest.mark.parametrize("text", ["a:\tb\n", "a: b\t\n", "a: b\t# c\n", "- b\t\n"])
    def test_tabs_between(self, text: str) -> None:
        tree = parse_events(text)
        assert [node.value for node in scalars(tree)][-1] == "b"
        assert tree.problems == []


class TestReferences:
    """Anchors, aliases, tags and merges are kept for ``kubernetes/readers.py`` to judge."""

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("a: &x b\nc: *x\n", [("a", "b"), ("c", "b")]),
            ("a: &x 1\nb: &x 2\nc: *x\n", [("a", "1"), ("b", "2"), ("c", "2")]),
            ("a: &x\nb: *x\n", [("a", ""), ("b", "")]),
            ("&x a: *x\n", [("a", "a")]),
            ("a: &x b\n*x : c\n", [("a", "b"), ("b", "c")]),
            ("a: &x [b]\nc: [*x, *x]\n", [("a", ["b"]), ("c", [["b"], ["b"]])]),
            ("{a: &x nginx:1, b: *x}", [("a", "nginx:1"), ("b", "nginx:1")]),
        ],
    )
    def test_aliases(self, text: str, value: Any) -> None:
        tree = parse_events(text)
        assert plain(tree.root) == value
        assert tree.problems == []
        assert tree.has_aliases

    def test_an_alias_is_the_same_object(self) -> None:
        found = list(scalars(parse_events("a: &x b\nc: *x\n")))
        assert found[1] is found[3]
        assert [node.anchored for node in found] == [False, True, False, True]

    @pytest.mark.parametrize(
        ("text", "has_merges"),
        [
            ("a: &x {b: c}\nd: {<<: *x}\n", True),
            ("a: {<<: {b: c}}\n", True),
            ("a: {!!merge <<: {b: c}}\n", True),
            ("a: {! <<: {b: c}}\n", True),
            ('a: {"<<": {b: c}}\n', False),
            ("a: {!!str <<: {b: c}}\n", False),
            ("a: <<\n", False),
        ],
    )
    def test_merge_keys(self, text: str, has_merges: bool) -> None:
        tree = parse_events(text)
        assert tree.has_merges is has_merges
        assert tree.problems == []

    @pytest.mark.parametrize(
        ("text", "is_alias"),
        [
            ("a: &m <<\nb: {*m : {c: d}}\n", True),
            ("a: {&m <<: {}}\nb: {*m : {c: d}}\n", True),
            ("a: &m '<<'\nb: {*m : {c: d}}\n", False),
            ("a: &m <<\nb: {<<: {c: d}}\n", False),
        ],
    )
    def test_aliases_of_merge_keys(self, text: str, is_alias: bool) -> None:
        """They are told from merge keys, for kustomize merges by them behind all others."""
        root = parse_events(text).root
        assert isinstance(root, Mapping)
        inner = root.pairs[1][1]
        assert isinstance(inner, Mapping)
        assert is_alias_of_merge(inner.pairs[0][0]) is is_alias

    def test_a_colon_ends_the_name_of_an_anchor(self) -> None:
        """It is no part of a plain scalar, also where a colon in flow has to be hidden."""
        tree = parse_events("x: [a:1]\ny:\n  &k:kind: Job\n")
        assert [node.value for node in scalars(tree)] == ["x", "a:1", "y", ":kind", "Job"]
        assert tree.problems == []

    @pytest.mark.parametrize(
        ("text", "tag"),
        [
            ("a: !!str b", "tag:yaml.org,2002:str"),
            ("a: !<tag:yaml.org,2002:str> b", "tag:yaml.org,2002:str"),
            ("a: !foo b", "!foo"),
            ("a: ! b", "!"),
            ("a: b", None),
            ("a: 'b'", None),
        ],
    )
    def test_tags(self, text: str, tag: str | None) -> None:
        node = list(scalars(parse_events(text)))[1]
        assert (node.value, node.tag) == ("b", tag)

    @pytest.mark.parametrize(
        ("text", "written", "style"),
        [
            ("a: b # c", "b", ""),
            ("a: b  \n", "b", ""),
            ("a: 'b'", "'b'", "'"),
            ('a: "\\x62"', '"\\x62"', '"'),
            ("a: &x b", "b", ""),
            ("a: !!str b", "b", ""),
            ("a: &x !!str 'b'", "'b'", "'"),
            ("a: !!str &x 'b'", "'b'", "'"),
            ("a: !<tag:yaml.org,2002:str>\tb", "b", ""),
            ("a: &x # c\n  b", "b", ""),
            ("a: &x\n  # !!c\n  !!str\n\n  b", "b", ""),
            ("a: &x !!str |-\n  b\n", "|-\n  b\n", "|"),
            ("a: >- # c\n  b\n", ">- # c\n  b\n", ">"),
            ("{a: &x b}", "b", ""),
            ("[a: !x 'b']", "'b'", "'"),
            ("a: &x\x85  b", "b", ""),
            ("\ufeffa: b", "b", ""),
            ("\ufeffa: &x 'b'", "'b'", "'"),
            ("é\U0001f600: b", "b", ""),
            ("a: &x", "", ""),
            ("a: !!str", "", ""),
        ],
    )
    def test_spans(self, text: str, written: str, style: str) -> None:
        """A scalar stands behind its anchor and tag, with its quotes."""
        tree = parse_events(text)
        assert tree.problems == []
        node = list(scalars(tree))[1]
        assert (text[node.start : node.end], node.style) == (written, style)


def test_nodes_show_themselves() -> None:
    root = parse_events("a: ['b', {c: d}]").root
    assert isinstance(root, Mapping)
    items = root.pairs[0][1]
    assert isinstance(items, Sequence)
    assert repr(root) == "Mapping(1 pairs @0)"
    assert repr(items) == "Sequence(2 items @3)"
    assert repr(items.items[0]) == "Scalar(''b' @4)"


def test_no_other_parser_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the C extension is missing, no document is judged by a parser that reads otherwise."""
    monkeypatch.setitem(sys.modules, "_ruamel_yaml", None)
    with pytest.raises(ImportError):
        parse_events("a: b")
