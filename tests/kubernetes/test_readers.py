"""Tables for what kubectl (K) and kustomize (Z) make of scalars, merges and duplicates.

Every row was obtained from the two readers themselves (go-yaml v2 behind sigs.k8s.io/yaml,
go-yaml v3 behind kyaml); where kustomize refuses what it has read, for keys that stand twice or in
base64, it is what it would have been.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagelint.kubernetes.readers import Reader, Value, View, oddities, refusals, resolve, views
from imagelint.yaml.nodes import Mapping, Scalar, Tree
from imagelint.yaml.parser import parse_yaml

K, Z = Reader.KUBECTL, Reader.KUSTOMIZE


def scalar(written: str) -> Scalar:
    """Return the node of a value as it is written behind a key."""
    root = parse_yaml(f"key: {written}\n").root
    assert isinstance(root, Mapping)
    node = root.pairs[0][1]
    assert isinstance(node, Scalar)
    return node


def read(written: str, reader: Reader) -> Any:
    """Return a value as ``reader`` has it in JSON; numbers and booleans with their type."""
    type_, value = resolve(scalar(written), reader)
    return value if type_ in ("string", "null") else (type_, value)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        *(
            (text, text)
            for text in ("nginx", "a b", "nUll", "tRue", "yEs", "0xg", "_1", "._5", "+")
        ),
        *((text, text) for text in (".", "1e", "e3", "0x", "0b2", "0o8", "0o", "1,000", "1.2.3")),
        *(
            (text, text)
            for text in ("12:30:45", "22:22", "1:30.5", "infinity", "NaN", "inf", "+inf")
        ),
        *(
            (text, text)
            for text in ("0x1p4", "1e400", "2024-13-01", "2024-02-30", "=", "<<", "1-2")
        ),
        *((text, text) for text in ("0x10000000000000000", "1" * 400, "\u0661", "1\u00a0")),
        *((text, None) for text in ("", "~", "null", "Null", "NULL", "!!null ''", "!!null null")),
        *((text, ("boolean", True)) for text in ("true", "True", "TRUE", "!!bool 'true'")),
        *((text, ("boolean", False)) for text in ("false", "False", "FALSE")),
        ("'~'", "~"),
        ("''", ""),
        ('"yes"', "yes"),
        ("'1.25'", "1.25"),
        ("'2024-01-01'", "2024-01-01"),
        ("|-\n  1.25", "1.25"),
        ("!!str 1.25", "1.25"),
        ("!!str yes", "yes"),
        ("!!str", ""),
        ("!!str null", "null"),
        ("!<tag:yaml.org,2002:str> 1", "1"),
        ("!foo 1", "1"),
        ("!foo ~", "~"),
        ("! 'x'", "x"),
        ("! yes", "yes"),
        ("!!binary bmdpbng=", "nginx"),
        ("!!binary ''", ""),
        ("!!binary |\n  bmdp\n  bng=\n", "nginx"),
        ("!!merge x", "x"),
        ("!!set x", "x"),
    ],
)
def test_strings_and_words_that_both_read_alike(written: str, value: Any) -> None:
    assert read(written, K) == value
    assert read(written, Z) == value


@pytest.mark.parametrize(
    ("written", "number"),
    [
        *(("0", 0), ("-0", 0), ("1", 1), ("+1", 1), ("-1", -1), ("1_000", 1000), ("1__0", 10)),
        *(("1_", 1), ("0x10", 16), ("0X10", 16), ("-0x10", -16), ("0x_10", 16), ("0b11", 3)),
        *(("0B11", 3), ("-0b1", -1), ("010", 8), ("0o10", 8), ("0O10", 8), ("00", 0), ("08", 8)),
        *(("09.5", 9.5), ("0_8", 8), ("1.25", 1.25), ("1.10", 1.1), ("1.0", 1), ("1.", 1)),
        *((".5", 0.5), ("-.5", -0.5), ("+.5", 0.5), ("1e3", 1000), ("1e+3", 1000), ("1E3", 1000)),
        *(
            ("1.e3", 1000),
            ("1.5e-3", 0.0015),
            ("1e20", 10**20),
            ("1e21", 1e21),
            ("1_0e1_0", 10**11),
        ),
        *(
            ("1" * 30, float("1" * 30)),
            ("-9223372036854775808", -(2**63)),
            ("-1000000000000000001", -(10**18) - 1),
            ("1_000.5", 1000.5),
        ),
        *(("0xffffffffffffffff", 2**64 - 1), ("1.7976931348623157e308", 1.7976931348623157e308)),
        *(("!!int '7'", 7), ("!!int 0x10", 16), ("!!float 1", 1), ("!!float '1'", 1)),
    ],
)
def test_numbers(written: str, number: float) -> None:
    assert read(written, K) == ("number", number)
    assert read(written, Z) == ("number", number)


@pytest.mark.parametrize(
    ("written", "by_kubectl", "by_kustomize"),
    [
        *(
            (word, ("boolean", True), word)
            for word in ("y", "Y", "yes", "Yes", "YES", "on", "On", "ON")
        ),
        *(
            (word, ("boolean", False), word)
            for word in ("n", "N", "no", "No", "NO", "off", "Off", "OFF")
        ),
        ("2024-01-01", "2024-01-01", "2024-01-01T00:00:00Z"),
        ("2024-1-1", "2024-1-1", "2024-01-01T00:00:00Z"),
        ("2024-01-01T10:00:00Z", "2024-01-01T10:00:00Z", "2024-01-01T10:00:00Z"),
        ("2024-01-01 1:00:00", "2024-01-01 1:00:00", "2024-01-01T01:00:00Z"),
        ("2024-01-01t1:2:3.50+01:00", "2024-01-01t1:2:3.50+01:00", "2024-01-01T01:02:03.5+01:00"),
        ("2024-01-01 10:00:00 Z", "2024-01-01 10:00:00 Z", "2024-01-01 10:00:00 Z"),
        ("2024-01-01T10:00:00", "2024-01-01T10:00:00", "2024-01-01T10:00:00"),
        ("!!timestamp 2024-01-01", "2024-01-01", "2024-01-01T00:00:00Z"),
        ("! 12", "12", ("number", 12)),
        ("! 2024-01-01", "2024-01-01", "2024-01-01T00:00:00Z"),
        ("! ~", "~", None),
    ],
)
def test_readers_differ(written: str, by_kubectl: Any, by_kustomize: Any) -> None:
    assert read(written, K) == by_kubectl
    assert read(written, Z) == by_kustomize


@pytest.mark.parametrize("written", [".inf", "-.Inf", "+.INF", ".nan", ".NaN", ".NAN"])
def test_numbers_that_json_has_not(written: str) -> None:
    """They are numbers, and the document is refused (below)."""
    assert resolve(scalar(written)).type == "number"
    assert len(refusals(parse_yaml(f"key: {written}"))) == 1


@given(st.sampled_from(["", "-", "+", "0x", "0o", "0b", "0", "1e", ".", "1."]), st.integers(1, 9))
def test_numbers_of_any_length(start: str, digit: int) -> None:
    """Law 6: Python reads no decimal of more than 4,300 digits."""
    written = start + str(digit) * 5000
    assert isinstance(read(written, K), (str, tuple))


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        ("string", "1", Value("string", "1")),
        ("string", "yes", Value("string", "yes")),
        ("number", "1.50", Value("number", 1.5)),
        ("number", "-0", Value("number", 0)),
        ("number", "1e400", Value("number", "1e400")),
        ("boolean", "true", Value("boolean", value=True)),
        ("boolean", "false", Value("boolean", value=False)),
        ("null", "null", Value("null", None)),
    ],
)
def test_json_has_its_types_in_its_syntax(type_: Any, text: str, value: Value) -> None:
    for reader in Reader:
        assert resolve(Scalar(text, 0, 0, type=type_), reader) == value


def image_of(tree: Tree, view: View) -> str | None:
    """Return the image under ``key`` as a view has it."""
    assert isinstance(tree.root, Mapping)
    container = view.entries(tree.root)["key"]
    assert isinstance(container, Mapping)
    node = view.entries(container).get("image")
    return node.value if isinstance(node, Scalar) else None


ANCHORS = """\
a: &a {image: A}
b: &b {image: B}
n: &n {name: N}
m: &m {<<: *b}
o: &o {<<: *a}
q: &q {<<: *n}
"""


@pytest.mark.parametrize(
    ("container", "by_kubectl", "by_kustomize"),
    [
        pytest.param("{<<: *a}", "A", "A", id="a merge alone"),
        pytest.param("{image: E, <<: *a}", "A", "E", id="K: a merge overrides what is before it"),
        pytest.param("{<<: *a, image: E}", "E", "E", id="an explicit key behind a merge"),
        pytest.param("{<<: [*a, *b]}", "A", "A", id="the first of a list"),
        pytest.param("{image: E, <<: [*a, *b]}", "A", "E", id="a list behind an explicit key"),
        pytest.param("{<<: {image: I}}", "I", "I", id="a mapping on the spot"),
        pytest.param("{image: E, <<: {image: I}}", "I", "E", id="the same behind a key"),
        pytest.param("{<<: [{image: I}, *a]}", "I", "I", id="both in a list"),
        pytest.param("{<<: []}", None, None, id="an empty list"),
        pytest.param("{<<: *m}", "B", "B", id="a merge in a merge"),
        pytest.param("{<<: {<<: *a, image: I}}", "I", "I", id="an explicit key in a merge"),
        pytest.param("{<<: {image: I, <<: *a}}", "A", "I", id="the same in front"),
        pytest.param("{<<: [*m, *a]}", "B", "A", id="Z: nested merges come last"),
        pytest.param("{<<: [*m, *a, *o]}", "B", "A", id="Z: nested merges, three"),
        pytest.param("{<<: {<<: [*m, *a]}}", "B", "B", id="but not those of the next level"),
        pytest.param("{<<: [*o, *m]}", "A", "A", id="of two nested ones the first"),
        pytest.param("{<<: [*q, *m]}", "B", None, id="Z: of two nested ones only the first"),
        pytest.param("{<<: [*q, *b]}", "B", "B", id="a nested one that is beside the point"),
        pytest.param("{'<<': *a, image: E}", "E", "E", id="a quoted << is a key"),
        pytest.param("{!!str <<: *a, image: E}", "E", "E", id="a tagged << is a key"),
        pytest.param("{image: E, !!merge <<: *a}", "A", "E", id="!!merge"),
        pytest.param("{image: E, ! <<: *a}", "A", "E", id="a non-specific tag"),
    ],
)
def test_merges(container: str, by_kubectl: str | None, by_kustomize: str | None) -> None:
    tree = parse_yaml(f"{ANCHORS}key: {container}\n")
    assert refusals(tree) == []
    seen = {view.reader: image_of(tree, view) for view in views(tree)}
    assert seen == {K: by_kubectl, Z: by_kustomize}


@pytest.mark.parametrize(
    ("container", "by_kubectl", "by_kustomize"),
    [
        pytest.param("{image: E, image: F}", "F", "E", id="a duplicate"),
        pytest.param('{image: E, "im\\x61ge": F}', "F", "E", id="spelled otherwise"),
        pytest.param("{image: E, image: F, <<: *a}", "A", "E", id="a duplicate and a merge"),
        pytest.param("{image: E, <<: *a, image: F}", "F", "E", id="a merge in between"),
        pytest.param("{<<: *a, <<: *b}", "B", "A", id="two merges"),
        pytest.param("{<<: {image: I, image: J}}", "J", "I", id="in a merge"),
        pytest.param("{image: E, <<: {image: I, image: J}}", "J", "E", id="in a merge that loses"),
        pytest.param("{<<: {<<: *a, <<: *b}}", "B", "A", id="two merges in a merge"),
    ],
)
def test_duplicates_are_judged_by_both(container: str, by_kubectl: str, by_kustomize: str) -> None:
    """K takes the last; Z the first, or it refuses the file, which is no reason not to look."""
    tree = parse_yaml(f"{ANCHORS}key: {container}\n")
    seen = {view.reader: image_of(tree, view) for view in views(tree)}
    assert seen == {K: by_kubectl, Z: by_kustomize}
    assert any("is repeated" in odd.message for odd in oddities(tree))


BASE64 = "!!binary aW1hZ2U="


@pytest.mark.parametrize(
    ("container", "by_kubectl", "by_kustomize", "message"),
    [
        ("{!!merge x: {image: I}}", None, "I", "only kustomize reads the key x as a merge"),
        (
            "{!!merge image: E, <<: {a: b}}",
            "E",
            "E",
            "only kustomize reads the key image as a merge",
        ),
        ("{!<!!merge> <<: *a}", None, "A", "only kustomize reads the key << as a merge"),
        ("{image: E, ! '<<': *a}", "A", "E", "only kubectl reads the key << as a merge"),
        ("{*k : {image: I}}", None, "I", "only kustomize reads the key << as a merge"),
        ("{image: E, *k : {image: I}}", "E", "E", "only kustomize reads the key << as a merge"),
        (
            f"{{image: E, *k : {{{BASE64}: I}}}}",
            "E",
            "E",
            "only kustomize reads the key << as a merge",
        ),
        (f"{{*k : {{{BASE64}: I}}}}", None, "I", "only kustomize reads the key << as a merge"),
        ("{*i : E, <<: *n}", "E", "E", "the key image is an alias"),
        (f"{{<<: {{{BASE64}: I}}, image: E}}", "E", "I", "image is base64"),
        (f"{{image: E, <<: {{{BASE64}: I}}}}", "I", "I", "image is base64"),
        (f"{{image: E, {BASE64}: F, <<: *n}}", "F", "F", "image is base64"),
    ],
)
def test_odd_keys(
    container: str, by_kubectl: str | None, by_kustomize: str | None, message: str
) -> None:
    """What one reader takes for another key than the other: both are judged, and it is told."""
    tree = parse_yaml(f"i: &i image\nk: &k <<\n{ANCHORS}key: {container}\n")
    seen = {view.reader: image_of(tree, view) for view in views(tree)}
    assert seen == {K: by_kubectl, Z: by_kustomize}
    assert message in oddities(tree)[0].message


@pytest.mark.parametrize(
    "text",
    [
        "image: E\nimage: F\n",
        "i: &i image\nkey: {*i : E}\n",
        "a: &a {image: A}\nkey: {<<: *a, image: E, '<<': x}\n",
        "a: &a {image: A}\nkey: {!!merge <<: [*a, *a], !!str name: x, ! x: y, &b z: *a}\n",
        "{{ x }}: {{ y }}\n",
    ],
)
def test_keys_that_are_not_odd(text: str) -> None:
    assert oddities(parse_yaml(text)) == []


@pytest.mark.parametrize(
    ("more", "items"),
    [
        ("", ["[a]"]),
        ("items: [b]\n", ["[b]", "[a]"]),
        ("!!binary aXRlbXM=: [b]\n", ["[b]", "[a]"]),
        ("<<: {items: [b]}\n", ["[b]", "[a]"]),
        ("<<: {!!binary aXRlbXM=: [b]}\n", ["[b]", "[b]", "[a]"]),
    ],
)
def test_a_list_alone_in_its_file(more: str, items: list[str]) -> None:
    """K takes the last items; Z those that are written first, or as in any other object."""
    text = f"kind: List\nitems: [a]\n{more}"
    tree = parse_yaml(text)
    assert isinstance(tree.root, Mapping)
    seen = [view.entries(tree.root)["items"] for view in views(tree)]
    assert [text[node.start : node.end] for node in seen] == items


def test_without_merges_both_see_one_structure() -> None:
    assert [view.reader for view in views(parse_yaml("a: &x b\nc: *x\n"))] == [K]


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("image", "image"),
        ("'image'", "image"),
        ('"\\x69mage"', "image"),
        ("!!str image", "image"),
        ("!foo image", "image"),
        ("!!binary aW1hZ2U=", "image"),
        ("? |-\n  image\n", "image"),
        ("Image", "Image"),
        ("1", "1"),
        ("1.0", "1.0"),
        ("'1'", "1"),
        ("yes", "true"),
        ("no", "false"),
        ("'y'", "y"),
    ],
)
def test_keys(key: str, name: str) -> None:
    root = parse_yaml(f"{key}: v\n").root
    assert isinstance(root, Mapping)
    assert list(View(K).entries(root)) == [name]


def test_complex_keys_are_no_one_elses() -> None:
    root = parse_yaml("? [image]\n: a\n? {image: x}\n: b\nimage: c\n").root
    assert isinstance(root, Mapping)
    assert len(View(K).entries(root)) == 3
    assert "image" in View(K).entries(root)


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        pytest.param("a: 1\n? b\n: 2\n", [], id="none"),
        pytest.param("? [a]\n: b\n", ["a key is a mapping"], id="a list as a key"),
        pytest.param("? {a: b}\n: c\n", ["a key is a mapping"], id="a mapping as a key"),
        pytest.param("{{ x }}: b\n", ["a key is a mapping"] * 2, id="a template as a key"),
        pytest.param("a: {{ x }}\n", ["a key is a mapping"], id="a template as a value"),
        pytest.param("~: b\n", ["empty or null"], id="a null key"),
        pytest.param("? \n: b\n", ["empty or null"], id="an empty key"),
        pytest.param("!!null '': b\n", ["empty or null"], id="a key tagged null"),
        pytest.param("'': b\n", [], id="a key without text"),
        pytest.param("<<: x\n", ["a merge key needs"], id="a scalar to merge"),
        pytest.param("<<: null\n", ["a merge key needs"], id="null to merge"),
        pytest.param("<<: [x]\n", ["a merge key needs"], id="a list of scalars to merge"),
        pytest.param("a: &x [{b: c}]\n<<: *x\n", ["a merge key needs"], id="an alias to a list"),
        pytest.param("a: &x {b: c}\n<<: [*x]\n", [], id="a list of aliases"),
        pytest.param(
            "a: .inf\nb: .NaN\n", ["cannot be written in JSON"] * 2, id="no numbers of JSON"
        ),
        pytest.param("a: '.inf'\n", [], id="the same as text"),
        pytest.param("a: !!float .inf\n", ["cannot be written in JSON"], id="the same with a tag"),
        pytest.param("a: !!int x\n", ["not a valid !!int"], id="!!int x"),
        pytest.param("a: !!int 1.0\n", ["not a valid !!int"], id="!!int 1.0"),
        pytest.param("a: !!int 1_0\nb: !!int '7'\n", [], id="!!int 1_0"),
        pytest.param("a: !!float x\n", ["not a valid !!float"], id="!!float x"),
        pytest.param("a: !!float 1\n", [], id="!!float 1"),
        pytest.param("a: !!bool x\nb: !!bool yes\n", ["not a valid !!bool"], id="!!bool"),
        pytest.param("a: !!null x\nb: !!null\n", ["not a valid !!null"], id="!!null"),
        pytest.param("a: !!timestamp x\n", ["not a valid !!timestamp"], id="!!timestamp"),
        pytest.param("a: !!timestamp 2024-01-01\n", [], id="!!timestamp, a date"),
        pytest.param("a: !!binary x\n", ["not base64"], id="!!binary x"),
        pytest.param("a: !!binary 'bmdp bng='\n", ["not base64"], id="base64 with a blank"),
        pytest.param("a: !!str x\nb: !foo y\nc: ! z\n", [], id="other tags"),
    ],
)
def test_refusals(text: str, messages: list[str]) -> None:
    """Why kubectl refuses what parses."""
    found = refusals(parse_yaml(text))
    assert len(found) == len(messages)
    for problem, message in zip(found, messages, strict=True):
        assert message in problem.message


@pytest.mark.parametrize(
    ("container", "by_kubectl"),
    [
        ("{<<: *a, image: E, <<: *a}", "A"),
        ("{<<: [*a, *b], image: E, <<: *b}", "B"),
        ("{<<: [{image: I, <<: *a}, *a]}", "A"),
        ("{<<: *b, <<: {<<: *a, image: I}, <<: {<<: *b}}", "B"),
    ],
)
def test_what_is_merged_twice_counts_where_it_is_last(container: str, by_kubectl: str) -> None:
    """Also in a tree that is walked once: what it is refused for may be out of kubectl's sight."""
    for more in ("", "...\nb: \a\n"):
        tree = parse_yaml(f"{ANCHORS}key: {container}\n{more}")
        assert bool(tree.problems) is bool(more)
        assert image_of(tree, views(tree)[0]) == by_kubectl


def test_a_long_chain_of_merges() -> None:
    """Law 6: merges are followed without recursion."""
    lines = ["a0: &a0 {image: A}"]
    lines += [f"a{index}: &a{index} {{<<: *a{index - 1}}}" for index in range(1, 3000)]
    tree = parse_yaml("\n".join([*lines, "key: {<<: *a2999}"]))
    assert [image_of(tree, view) for view in views(tree)] == ["A", "A"]


def test_a_bomb_of_merges() -> None:
    """Law 6: a refused tree is walked once, whatever its merges multiply to."""
    lines = ["a0: &a0 {image: A}"]
    lines += [f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 9)}]}}" for i in range(1, 40)]
    tree = parse_yaml("\n".join([*lines, "key: {<<: *a39}"]))
    assert any("aliasing" in problem.message for problem in tree.problems)
    assert [image_of(tree, view) for view in views(tree)] == ["A", "A"]
