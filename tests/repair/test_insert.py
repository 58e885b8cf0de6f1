"""New values for keys, written in the style of the file; the rest stays as it is."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from imagelint.engine.edits import NotEditableError
from imagelint.model.source import Source, Span, apply_edits
from imagelint.repair.insert import set_values
from imagelint.yaml.documents import Document, split
from imagelint.yaml.embedded import embedded
from imagelint.yaml.nodes import Scalar, nodes_once
from imagelint.yaml.parser import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from imagelint.repair.values import Path, Value

REGISTRY: dict[Path, Value] = {("image", "registry"): "h.io/hub"}


def document_of(data: bytes) -> Document:
    source = Source("values.yaml", data)
    return (split(source) or [Document(source, Span(source.bom_length, len(data)))])[0]


def edited(text: str, values: Mapping[Path, Value]) -> str:
    document = document_of(text.encode())
    return apply_edits(document.source, set_values(document, values)).decode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "image:\n  registry: a # b\n", "image:\n  registry: h.io/hub # b\n", id="plain"
        ),
        pytest.param("image:\n  registry: 'a'\n", "image:\n  registry: 'h.io/hub'\n", id="single"),
        pytest.param('image:\n  registry: "a"\n', 'image:\n  registry: "h.io/hub"\n', id="double"),
        pytest.param('image:\n  registry: ""', 'image:\n  registry: "h.io/hub"', id="empty text"),
        pytest.param("image:\n  registry:\nb: c", "image:\n  registry: h.io/hub\nb: c", id="empty"),
        pytest.param(
            "image:\n  registry:  # c\n", "image:\n  registry: h.io/hub  # c\n", id="empty, comment"
        ),
        pytest.param("image:\n  registry: ~\n", "image:\n  registry: h.io/hub\n", id="null"),
        pytest.param(
            "image:\n  registry: >-\n    a\nb: c\n",
            "image:\n  registry: h.io/hub\nb: c\n",
            id="block",
        ),
        pytest.param(
            "image:\n  tag: 1 # c\nother: x\n",
            "image:\n  tag: 1 # c\n  registry: h.io/hub\nother: x\n",
            id="missing",
        ),
        pytest.param(
            "image:\r\n  tag: 1\r\n  # none\r\n",
            "image:\r\n  tag: 1\r\n  registry: h.io/hub\r\n  # none\r\n",
            id="CRLF",
        ),
        pytest.param(
            "image:\n    tag: 1",
            "image:\n    tag: 1\n    registry: h.io/hub",
            id="no final newline",
        ),
        pytest.param(
            "image: {tag: 1}\n", "image: {tag: 1, registry: h.io/hub}\n", id="flow mapping"
        ),
        pytest.param(
            "image: {tag: *t}\na: &t 1\n".replace("*t", "&t 1").replace("a: &t 1", "a: *t"),
            "image: {tag: &t 1, registry: h.io/hub}\na: *t\n",
            id="an anchor beside it",
        ),
        pytest.param("image: {} # c\n", "image: # c\n  registry: h.io/hub\n", id="empty mapping"),
        pytest.param("image:\nb: c\n", "image:\n  registry: h.io/hub\nb: c\n", id="no mapping yet"),
        pytest.param(
            "a:\n    b: c\n", "a:\n    b: c\nimage:\n    registry: h.io/hub\n", id="the file's step"
        ),
        pytest.param(
            '{"image": {"tag": "1"}}', '{"image": {"tag": "1", "registry": "h.io/hub"}}', id="JSON"
        ),
        pytest.param(
            "image:\n  text: |\n    a\n\nb: c\n",
            "image:\n  text: |\n    a\n  registry: h.io/hub\n\nb: c\n",
            id="behind a block of text",
        ),
        pytest.param(
            "image:\n  text: |+\n    a\n\nb: c\n",
            "image:\n  registry: h.io/hub\n  text: |+\n    a\n\nb: c\n",
            id="before a block that keeps blank lines",
        ),
        pytest.param(
            "d: &d {registry: a, tag: 1.10}\nimage:\n  <<: *d\n",
            "d: &d {registry: a, tag: 1.10}\nimage:\n  <<: *d\n  registry: h.io/hub\n",
            id="a merge",
        ),
        pytest.param(
            "d: &d {registry: a, tag: 1.10}\nimage: *d\n",
            "d: &d {registry: a, tag: 1.10}\nimage: {registry: h.io/hub, tag: 1.10}\n",
            id="an alias",
        ),
        pytest.param("", "image:\n  registry: h.io/hub\n", id="empty file"),
        pytest.param("# c", "# c\nimage:\n  registry: h.io/hub", id="only a comment"),
        pytest.param("{}\n", "image:\n  registry: h.io/hub\n", id="empty root"),
    ],
)
def test_the_style_of_the_file_is_kept(text: str, expected: str) -> None:
    assert edited(text, REGISTRY) == expected


def test_a_list_is_written_as_a_whole_and_its_items_are_set_one_by_one() -> None:
    images: Value = [{"name": "a", "image": "h.io/hub/a:1"}, {"name": "b", "image": "x: y"}]
    text = edited("k: v\n", {("side", "cars"): images})
    assert text == (
        "k: v\nside:\n  cars:\n    - name: a\n      image: h.io/hub/a:1\n"
        '    - name: b\n      image: "x: y"\n'
    )
    again = edited(text, {("side", "cars", 1, "image"): "h.io/hub/b", ("side", "more"): True})
    assert again == text.replace('"x: y"', '"h.io/hub/b"') + "  more: true\n"


def test_keys_are_inserted_into_two_mappings_that_end_at_one_place() -> None:
    values: dict[Path, Value] = {("a", "b", "x"): "1", ("a", "w"): "2", ("z",): "3"}
    assert edited("a:\n  b:\n    c: d\n", values) == (
        'a:\n  b:\n    c: d\n    x: "1"\n  w: "2"\nz: "3"\n'
    )


def test_several_values_of_one_file_are_set_at_once() -> None:
    values: dict[Path, Value] = {
        ("a", "image", "registry"): "h.io",
        ("a", "image", "tag"): "1.10",
        ("b", "image"): "h.io/b",
    }
    expected = 'a:\n  image:\n    registry: h.io\n    tag: "1.10"\n  x: y\nb:\n  image: h.io/b\n'
    assert edited("a:\n  image: {}\n  x: y\n", values) == expected


@pytest.mark.parametrize(
    ("text", "values", "reason"),
    [
        ("image:\n  registry: &r a\nb: *r\n", REGISTRY, "would not read as it should"),
        ("image: text\n", REGISTRY, "a text where keys are wanted"),
        ("image: [a]\n", REGISTRY, "the list has no such item"),
        ("image:\n  registry: {a: b}\n", REGISTRY, "keys or items"),
        ("a: [b]\n", {("a", 1): "c"}, "the list has no such item"),
        ("a: b\n", {("list", 0): "c"}, "written as a whole"),
        ("a: b\n", {("a",): "c", ("a", "d"): "e"}, "a value and keys at once"),
        ("a: [b\n", REGISTRY, "no valid YAML"),
        ("- a\n", REGISTRY, "the list has no such item"),
    ],
)
def test_what_cannot_be_set_is_refused(
    text: str, values: Mapping[Path, Value], reason: str
) -> None:
    with pytest.raises(NotEditableError, match=reason):
        edited(text, values)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "values: |\n  image:\n    tag: 1\nb: c\n",
            "values: |\n  image:\n    tag: 1\n    registry: h.io/hub\nb: c\n",
            id="literal",
        ),
        pytest.param(
            "values: 'image: {tag: 1}'\n",
            "values: 'image: {tag: 1, registry: h.io/hub}'\n",
            id="quoted",
        ),
        pytest.param(
            'values: "image:\\n  registry: a\\n"\n',
            'values: "image:\\n  registry: h.io/hub\\n"\n',
            id="escapes",
        ),
    ],
)
def test_a_document_in_a_string_is_edited_in_it(text: str, expected: str) -> None:
    outer = document_of(text.encode())
    tree = parse_yaml(outer.text)
    scalar = next(
        node for node in nodes_once(tree.root) if isinstance(node, Scalar) and ":" in node.value
    )
    (inner,) = embedded(outer, scalar)
    assert apply_edits(outer.source, set_values(inner, REGISTRY)).decode() == expected


def test_lines_do_not_go_into_a_quoted_string() -> None:
    outer = document_of(b'values: "image:\\n  tag: a\\n"\n')
    scalar = next(
        node
        for node in nodes_once(parse_yaml(outer.text).root)
        if isinstance(node, Scalar) and ":" in node.value
    )
    (inner,) = embedded(outer, scalar)
    with pytest.raises(NotEditableError, match="no room"):
        set_values(inner, REGISTRY)


# --- any document, any path -----------------------------------------------------------------

KEYS = st.sampled_from(["image", "registry", "tag", "a-b", "x y", "#", "1"])
SCALARS = st.one_of(
    st.sampled_from(["", "nginx", "1.10", "true", "a: b", "# c", "- d", "'", '"', "é\n", "~"]),
    st.integers(0, 99),
    st.booleans(),
    st.none(),
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)
PATHS = st.lists(KEYS, min_size=1, max_size=4).map(tuple)


def dumped(tree: Any, *, flow: bool, step: int) -> str:
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = flow
    yaml.indent = step
    yaml.width = 1000  # keys are not folded
    out = io.StringIO()
    yaml.dump(tree, out)
    return out.getvalue()


def read(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


def overlaid(tree: Any, path: tuple[str, ...], value: str) -> Any:
    if not path:
        return value
    below = tree.get(path[0]) if tree else None
    return {**(tree or {}), path[0]: overlaid(below, path[1:], value)}


@given(
    tree=st.dictionaries(KEYS, TREES, max_size=4),
    path=PATHS,
    flow=st.booleans(),
    step=st.sampled_from([2, 4]),
    breaks=st.sampled_from(["\n", "\r\n"]),
)
def test_the_result_reads_as_the_old_values_with_the_new_one(
    tree: dict[str, Any], path: tuple[str, ...], flow: bool, step: int, breaks: str
) -> None:
    text = dumped(tree, flow=flow, step=step)
    written = text.replace("\n", breaks)
    try:
        after = edited(written, {path: "h.io/hub"})
    except NotEditableError:
        below: Any = tree
        for key in path:  # refused only if something else is at a place on the way
            below = below.get(key) if isinstance(below, dict) else below
        assert below is not None
        assert below != {}
        return
    assert read(after) == overlaid(read(text), path, "h.io/hub")
