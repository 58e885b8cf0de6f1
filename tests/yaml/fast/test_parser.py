"""The plain lane: what it takes, what it declines, and libyaml as its judge."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagelint.kubernetes.readers import refusals
from imagelint.model.source import Source
from imagelint.yaml.documents import split
from imagelint.yaml.fast.parser import parse_plain
from imagelint.yaml.nodes import Node, Scalar, Sequence
from imagelint.yaml.parser import parse_events
from tests.corpus.oracle import files, read
from tests.support.edited import edited
from tests.support.shared import needs_shared

_POD = """\
# A comment in front.
apiVersion: v1
kind: Pod
metadata:
  name: web   # behind a value
  labels: {app: web, "tier": 'front', nested: [a, [b, {c: d}], ]}
  annotations:
    empty:
    # between
    text: |
      first

        indented
      last
    "example.com/quoted": 'it''s'
    'other': "a \\"b\\" \\\\ \\n"
    kept: |+
      line

    folded: >-
      one
      two
spec:
  containers:
  - name: web
    image: nginx:1.25
    args: ["--port=8080", -v, plain text, 'single', ]
  -
    name: "sidecar"
    image: 'registry.example.com:5000/team/app:1.0@sha256:0123'
    command:
      - sh
      - -c
      - |
        exec app
  -   name: far
      image: busybox
  initContainers: []
  nodeSelector: {}
  tolerations: [
    {key: a, operator: Exists},
    "b"
  ]
  long: some text
    that goes on,
    and on
  nested:
  - - a
    - b
  - - - c
"""


def dump(root: Node | None) -> list[Any]:
    """Return a tree as plain data, with every place in it; flat, for it may nest deeply."""
    flat: list[Any] = []
    work = [] if root is None else [root]
    while work:
        node = work.pop()
        if isinstance(node, Scalar):
            flat.append((node.value, node.start, node.end, node.style, node.tag, node.anchored))
            continue
        below: list[Node] = []
        if isinstance(node, Sequence):
            below += node.items
        else:
            below += [one for pair in node.pairs for one in pair]
        flat.append((type(node), node.start, node.end, len(below)))
        work += reversed(below)
    return flat


def disagreement(text: str) -> str | None:
    """Return how the lane's reading differs from libyaml's; None where it declines or agrees."""
    plain = parse_plain(text)
    if plain is None:
        return None
    judge = parse_events(text)
    if judge.problems or judge.dropped_from is not None:
        return f"libyaml refuses it: {judge.problems} {judge.dropped_from}"
    if judge.has_aliases or judge.has_merges:
        return "libyaml finds an alias"
    if refusals(judge) and not plain.is_suspicious:
        return "kubectl may refuse it, and the lane does not say so"
    return None if dump(plain.root) == dump(judge.root) else "the trees differ"


@pytest.mark.parametrize(
    "text",
    [
        _POD,
        _POD.replace("\n", "\r\n"),
        "---\na: b\n",
        "--- # comment\na: b",
        "a:\n- b\n- c\nd: e\n",
        "a:\n  - b: c\n    d: e\n  - f\n",
        "- a: b\n- c\n",
        "a: b é c\n",
        "null: a\n",
        "a: .inf\n",
        'a: \'it\'\'s\'\n\'b c\': "d\\"\\\\\\n\\t"\n"null": {"e": "\\n"}\n',
        '- "a":\n  - "b:":\n',
        "a: b\n  c\n",
        "a: b \r\n  c d \r\n  e:f\r\ng: h\n",
        "- a\n b\n- - c\n    d\n",
        "a:\n- b\n c\n- d\n",
        "a: .inf\n  b\n",
        "a: {b: c\n  }\n",
        "a: [b,\nc, {d: e,\r\n\n 'f': \"g\"}\n ] # h\ni: j\n",
        "a: <b>\nc: é\n",
        'a: "b\n  c"\nd: e\n',
        "a: 'b\n  c'\nd: e\n",
        'a: "b  \n\n \n  c \\\n  d\\\n\n  e\\n\n  f"\n',
        'a: "\n  b\n"\n',
        'a: "b \\\r\n  c\r\n\r\n  d"\r\ne: f\r\n',
        "a: '\n  it''s\n\n b ''\n  '\n",
        "a: 'b\nc: d\n'\ne: f\n",
        "- 'a\n  b'\n- - \"c\n  d\" # e\n",
        '"a": "b\n  c"\n',
        "a: [b, 'c\n  d', {e: \"f\\\n  g\"}]\n",
        "a: [\"b\n  c\", 'd\n e']\nf: g\n",
        '"a" : b\nc   : d\ne : |\n    f\n',
        "- a : [b]\n- 'c'  :  \"d\n    e\"\n",
        'a: "b' + " " * 5_000 + 'c\n  d"\n',
    ],
)
def test_takes(text: str) -> None:
    assert parse_plain(text) is not None
    assert disagreement(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing\n",
        "---\n",
        "scalar\n",
        "a: &x b\n",
        "a: *x\n",
        "a: !!str b\n",
        "<<: {a: b}\n",
        "? a\n: b\n",
        "a: b: c\n",
        "a: b\n c: d\n",
        "a:\n  b\n",
        "a:\n  - b\n  c: d\n",
        "a:\n    b: c\n  d: e\n",
        "- a\n  b: c\n",
        "a:\tb\n",
        'a: "b\n---\n  c"\n',
        'a: "b\n... c"\n',
        'a: "b\n  c\\x41"\n',
        'a: "b\n  c": d\n',
        'a: "b\n  c" d\n',
        'a: "b\n  c\n',
        "a: 'b\n  c' d\n",
        '"a\n  b": c\n',
        '- "a\n  b": c\n',
        "a: {'b\n  c': d}\n",
        'a: ["b\n  c": d]\n',
        "<<: 'a\n  b'\n",
        "'a\n  b'\n",
        "a: 'b\t\n  c'\n",
        "a: {b: c\n  d}\n",
        "a: {b:\n  c}\n",
        "a: {b\n  : c}\n",
        "a: [b,\n...\n]\n",
        "a: [b, # c\n  d]\n",
        "a: [b\n  c]\n",
        "a: [b,\n  c] d\n",
        "a: b\n" + "  c\n" * 10_000,
        "a: [b,\n  c]#d\n",
        "a: [b,\n",
        "a: b # c\n  d\n",
        "a: b\n\n  c\n",
        "a: b\n  # c\n  d\n",
        "a: b\n  c # d\n  e\n",
        "a: b\n  c: d\n",
        "a: b\n  - c\n",
        "a:\n  b: c\n  d\n",
        "a: 'b'\n  c\n",
        "- a\nb\n",
        "  a\nb: c\n",
        "a: {b}\n",
        "a: {b:c}\n",
        "a: {?b: c}\n",
        "a: [b: c]\n",
        "a: {b: c} d\n",
        "a: {b: c}#d\n",
        "a: |2\n    b\n",
        "a: |\nb: c\n",
        "a: >\n  b\n\n  c\n",
        "a: b\n...\n",
        "a: b\n---\n",
        "%YAML 1.1\n---\na: b\n",
        "\ufeffa: b\n",
        "a: b\rc: d\n",
        "a: b\x85c: d\n",
        "a: \x07\n",
        "a: @b\n",
        "a: `b`\n",
        '"<<": {a: b}\n',
        '"a" :\n',
        "a :\n",
        "a : # b\n",
        "a :\n  b: c\n",
        "a :b\n",
        "a: b : c\n",
        'a: "\\x41"\n',
        'a: "\\/"\n',
        'a: {"b":c}\n',
        "a: - b\n",
        "a: {{ .Values.b }}\n",
    ],
)
def test_declines(text: str) -> None:
    assert parse_plain(text) is None


@given(st.data())
def test_agrees_on_edited_documents(data: st.DataObject) -> None:
    text = _POD
    begin = data.draw(st.integers(0, len(text) - 1))
    begin = text.rfind("\n", 0, begin) + 1
    text = text[begin : begin + data.draw(st.integers(1, len(text)))]
    text = edited(data, text)
    assert disagreement(text) is None, text


@pytest.mark.parametrize("depth", [1, 21, 2_000])
@pytest.mark.parametrize(
    ("opening", "closing"), [("[", "]"), ("[a, {b: ", "}, c]"), ("[[], ", "]")]
)
def test_flow_may_nest(opening: str, closing: str, depth: int) -> None:
    text = f"a: {opening * depth}[]{closing * depth}\n"
    assert parse_plain(text) is not None
    assert disagreement(text) is None


@pytest.mark.parametrize("text", ["a: " + "[" * 9_600 + "]" * 9_600, "a: " + "[" * 100, "a: [{]}"])
def test_flow_that_nests_too_deep_or_not_at_all_is_left_to_libyaml(text: str) -> None:
    assert parse_plain(text) is None


@pytest.mark.slow
@needs_shared
def test_agrees_on_the_corpus() -> None:
    taken = 0
    for file in files():
        data = read(file)
        if b"image" not in data:
            continue
        for document in split(Source(file, data)):
            if document.tree is None:
                text = document.decoded.text
                assert disagreement(text) is None, file
                taken += parse_plain(text) is not None
    assert taken > 4_000
