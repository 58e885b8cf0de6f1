"""Tables for what the YAML reader refuses and what it drops."""

from __future__ import annotations

import re
from typing import Any

import pytest

from imagelint.yaml import parser
from imagelint.yaml.bounds import MAX_DEPTH
from imagelint.yaml.parser import parse_events, parse_yaml
from tests.support.trees import plain

AB = [("a", "b")]
LONG = "k" * 1030
"""Longer than YAML allows a key to be that is not marked as one."""


class TestRefused:
    """What kubectl refuses; what stands before it is read all the same."""

    @pytest.mark.parametrize(
        ("text", "value", "place"),
        [
            pytest.param("a: [", [("a", [])], 4, id="an open sequence"),
            pytest.param("{a: b}\n\tc", None, 7, id="a tab behind a flow root"),
            pytest.param("a: b\n\ufeff# c", AB, 5, id="BOM before what looks like a comment"),
            pytest.param("a: {b: c", [("a", [("b", "c")])], 3, id="an open mapping"),
            pytest.param("a: 'b", [], 3, id="an open quote"),
            pytest.param("a: }", [], 3, id="a bracket without partner"),
            pytest.param("a: {b: c}}", [("a", [("b", "c")])], 9, id="a bracket too many"),
            pytest.param("a: @b", [], 3, id="@ at first"),
            pytest.param("a: `b", [], 3, id="` at first"),
            pytest.param("a: %b", [], 3, id="% at first"),
            pytest.param("a: b: c", AB, 4, id="a mapping in a line"),
            pytest.param("a: 'b' c", AB, 7, id="text behind a quote"),
            pytest.param("a: nginx:\n", [("a", "nginx")], 8, id="a colon at the end"),
            pytest.param("a: - b", [], 3, id="a sequence in a line"),
            pytest.param("a: b\n  c: d", [("a", "b c")], 8, id="indented too far"),
            pytest.param("a\nb: c", "a b", 3, id="a key on two lines"),
            pytest.param("a:\n\tb: c", [], 3, id="a tab to indent"),
            pytest.param("\ta: b", None, 0, id="a tab at first"),
            pytest.param("- \tb", [], 2, id="a tab behind a dash"),
            pytest.param(": b", [], 0, id="no key"),
            pytest.param("...", None, 0, id="an end of nothing"),
            pytest.param("a: !e!x b", [], 3, id="an unknown tag handle"),
            pytest.param(f"{LONG}: b", LONG, 1030, id="a long key"),
            pytest.param("{a: [::1]:5000/x}", [("a", [])], 5, id="IPv6 in flow"),
            pytest.param("{a: b:\n}", AB, 5, id="a colon at the end of a line in flow"),
        ],
    )
    def test_syntax(self, text: str, value: Any, place: int) -> None:
        tree = parse_events(text)
        assert plain(tree.root) == value
        (problem,) = tree.problems
        assert problem.offset == place
        assert problem.message
        assert tree.unread_from is not None

    @pytest.mark.parametrize("char", ["\x07", "\x00", "\x7f", "\ufffe"])
    def test_characters(self, char: str) -> None:
        """What YAML forbids is refused, and the rest read all the same."""
        tree = parse_events(f"a: {char}\nb: c\n")
        assert plain(tree.root) == [("a", "\ufffd"), ("b", "c")]
        assert [problem.offset for problem in tree.problems] == [3]
        assert tree.unread_from is None

    @pytest.mark.parametrize(
        ("text", "value", "place", "message"),
        [
            ("a: *q\n", [("a", "")], 3, "*q has no anchor"),
            ("\ufeffa: *q\n", [("a", "")], 4, "*q has no anchor"),
            ("a: &a [*a]\n", [("a", [""])], 7, "&a contains itself"),
            ("&a {x: {y: *a}}\n", [("x", [("y", "")])], 11, "&a contains itself"),
            ("a: &a\n  <<: *a\n", [("a", [("<<", "")])], 12, "&a contains itself"),
            ('a: "\\/"\n', [("a", "/")], 4, "the escape \\/"),
            ('a: "\\\\\\/"\n', [("a", "\\/")], 6, "the escape \\/"),
        ],
    )
    def test_meaning(self, text: str, value: Any, place: int, message: str) -> None:
        """Nothing is left unread where only a meaning is missing."""
        tree = parse_events(text)
        assert plain(tree.root) == value
        (problem,) = tree.problems
        assert problem.offset == place
        assert message in problem.message
        assert tree.unread_from is None

    @pytest.mark.parametrize(
        "text", ['a: "\\\\/"\n', "a: '\\/'\n", "a: \\/\n", "# \\/\n", "a: |\n  \\/"]
    )
    def test_no_escape(self, text: str) -> None:
        assert parse_events(text).problems == []

    @pytest.mark.parametrize(
        ("line", "count"), [("%YAML 1.1", 0), ("%YAML 1.2", 1), ("%TAG !e! tag:e,2000:", 0)]
    )
    def test_directives(self, line: str, count: int) -> None:
        """They are fine for go-yaml 1.1; that `---` cuts them off is the stream's business."""
        tree = parse_events(f"{line}\n---\na: b\n")
        assert plain(tree.root) == AB
        assert len(tree.problems) == count

    def test_a_surrogate_is_no_character(self) -> None:
        assert parse_events("a: \ud83d").problems

    @pytest.mark.parametrize(
        "make",
        [
            pytest.param(lambda depth: "[" * depth + "]" * depth, id="flow sequences"),
            pytest.param(lambda depth: "{a: " * depth + "b" + "}" * depth, id="flow mappings"),
            pytest.param(lambda depth: "- " * depth + "a", id="block sequences"),
        ],
    )
    @pytest.mark.slow
    def test_depth(self, make: Any) -> None:
        """go-yaml refuses more than 10,000 levels; nothing here recurses."""
        assert parse_events(make(1_000)).problems == []
        assert parse_events(make(MAX_DEPTH)).problems == []
        for parse in (parse_events, parse_yaml):
            (problem,) = parse(make(MAX_DEPTH + 1)).problems
            assert "10000 levels" in problem.message

    @pytest.mark.slow
    def test_much_in_the_depth(self) -> None:
        """For each token the parser looks at each open bracket: that has to come to an end."""
        text = "[" * 9_000 + "a, " * 10_000
        (problem,) = parse_events(text).problems
        assert "too much" in problem.message

    def test_bomb(self) -> None:
        """Each level holds the one before ten times; no level is walked twice."""
        lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
        for level in range(1, 30):
            lines += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]"]
        (problem,) = parse_events("\n".join(lines)).problems
        assert "excessive aliasing" in problem.message

    def test_many_aliases_are_no_bomb(self) -> None:
        """go-yaml counts what aliases decode against what stands there."""
        text = "a: &x [1, 2, 3]\nb: [" + "*x, " * 2000 + "]\nc: [" + "y, " * 500 + "]\n"
        assert parse_events(text).problems == []


class TestDropped:
    """Content that every reader ignores, without a word."""

    @pytest.mark.parametrize(
        ("text", "value", "dropped"),
        [
            pytest.param("a: b\n...\nc: d\n", AB, "c: d\n", id="behind ..."),
            pytest.param("a: b\n...\n# c\n\n  d\n", AB, "d\n", id="behind ... and a comment"),
            pytest.param("a: b\n...\n---\nc: d\n", AB, "c: d\n", id="behind ... and ---"),
            pytest.param("{a: b}\nc: d\n", AB, "c: d\n", id="behind a flow mapping"),
            pytest.param("[a]\nb\n", ["a"], "b\n", id="behind a flow sequence"),
            pytest.param("  a: b\nc: d\n", AB, "c: d\n", id="behind a dedent"),
            pytest.param('"a":b\nc: d\n', "a", ":b\nc: d\n", id="behind a lone quoted scalar"),
            pytest.param("a: b\r---\rc: d", AB, "c: d", id="behind --- between lone CR"),
            pytest.param("a: b\x85---\x85c: d", AB, "c: d", id="behind --- between NEL"),
            pytest.param("{a: b}}\n", AB, "}\n", id="a bracket too many"),
            pytest.param("\ufeff{a: b}\nc", AB, "c", id="with a BOM"),
            pytest.param("a: b\n...\n@c", AB, "@c", id="text that is no YAML"),
        ],
    )
    def test_dropped(self, text: str, value: Any, dropped: str) -> None:
        tree = parse_events(text)
        assert plain(tree.root) == value
        assert tree.problems == []
        assert tree.dropped_from is not None
        assert text[tree.dropped_from :] == dropped

    @pytest.mark.parametrize(
        "text",
        [
            "a: b\n...\n",
            "a: b\n...\n# c\n",
            "{a: b}\n# c: d\n",
            "a: b\n...\n---\n",
            "{a: b}\n...\n\n",
        ],
    )
    def test_nothing_dropped(self, text: str) -> None:
        tree = parse_events(text)
        assert (plain(tree.root), tree.problems, tree.dropped_from) == (AB, [], None)


def test_every_character_that_no_yaml_may_hold() -> None:
    """The pattern lists them; here is what YAML may hold (go-yaml's ``is_printable``)."""
    fit = "\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff"
    every = "".join(map(chr, range(0x110000)))
    assert re.findall(parser._FORBIDDEN, every) == re.findall(f"[^{fit}]", every)
