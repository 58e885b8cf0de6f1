"""JSON lists: which are known to be well-formed for every reader, and libyaml as the judge."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagelint.kubernetes.examine import examine
from imagelint.kubernetes.json_list import is_json_list
from imagelint.model.source import Source
from imagelint.yaml.parser import parse_events
from tests.corpus.oracle import files, read
from tests.support.shared import needs_shared
from tests.support.trees import catalogue

POD = '{"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"image": "nginx"}]}}'


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "[]\n",
        f"[{POD}]",
        f"[\r\n  {POD},\r\n\r\n  {POD}\r\n]\r\n",
        '[{"a":1,"b":-2.5e+3,"c":null,"":true},[],[[]],{}]',
        r'["\"\\\b\f\n\r\té", "a:\n"]',
        '["é\U0001f600"]',
        "[NaN, Infinity]",
    ],
)
def test_is_one(text: str) -> None:
    assert is_json_list(text.encode())
    assert disagreement(text.encode()) is None


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(POD.encode(), id="an object"),
        pytest.param(f" [{POD}]".encode(), id="indented"),
        pytest.param(f"[{POD}".encode(), id="no end"),
        pytest.param(f"[{POD}]\n{POD}".encode(), id="more behind it"),
        pytest.param(f"[{POD}]\n---\n{POD}".encode(), id="another document"),
        pytest.param(b"[image: nginx]", id="YAML"),
        pytest.param(b"['a']", id="single quotes"),
        pytest.param(b"[1,]", id="a comma too many"),
        pytest.param(b"[1] # a", id="a comment"),
        pytest.param(b"[\t1]", id="a tab"),
        pytest.param(b'["a\tb"]', id="a tab in a text"),
        pytest.param(b'["\xff"]', id="no UTF-8"),
        pytest.param(b'["\x7f"]', id="a control character"),
        pytest.param('["\u2028"]'.encode(), id="a break of YAML 1.1"),
        pytest.param('["\ufeff"]'.encode(), id="a byte order mark"),
        pytest.param(rb'["a\/b"]', id="an escaped slash"),
        pytest.param(rb'["\ud83d\ude00"]', id="an escaped pair"),
        pytest.param(b'[{"a"\n:1}]', id="a colon on another line"),
        pytest.param(b'[{"%s": 1}]' % (b"a" * 1100), id="a long key"),
        pytest.param(b"[" * 600 + b"]" * 600, id="deep"),
        pytest.param(b"[" * 9000 + b"]" * 9000, id="very deep"),
        pytest.param(b"[" + b"1," * (1 << 21) + b"1]", id="large"),
        pytest.param(b"[%s]" % (b"1" * 5000), id="a number that Python does not read"),
    ],
)
def test_is_none(data: bytes) -> None:
    assert not is_json_list(data)


def disagreement(data: bytes) -> str | None:
    """Return what else than a list of no concern a text is, if it is taken for one."""
    if not is_json_list(data):
        return None
    tree = parse_events(data.decode())
    if tree.problems or tree.dropped_from is not None:
        return f"libyaml refuses it: {tree.problems}"
    for item in examine(Source("a.json", data), catalogue(), prove=False):
        if item.extract.sites or item.is_manifest or item.refusals:
            return f"it is a manifest: {item.extract}"
    return None


_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=4)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.text(max_size=3) | st.sampled_from(["kind", "image"]), inner, max_size=3
        ),
    ),
    max_leaves=8,
)


@given(st.lists(_VALUES, max_size=3), st.booleans(), st.sampled_from([None, 0, 2]), st.data())
def test_agrees_with_libyaml(
    values: list[object], ensure_ascii: bool, indent: int | None, data: st.DataObject
) -> None:
    text = json.dumps(values, ensure_ascii=ensure_ascii, indent=indent)
    for _ in range(data.draw(st.integers(0, 2))):
        at = data.draw(st.integers(0, len(text)))
        piece = data.draw(st.sampled_from([*'\n\r\t :,"[]{}\\/#-', "\n\n", "\\n", '"a":', "..."]))
        text = text[:at] + piece + text[at + data.draw(st.integers(0, 1)) :]
    written = text.encode("utf-8", "surrogatepass")
    assert disagreement(written) is None, text


@needs_shared
def test_agrees_on_the_corpus() -> None:
    taken = 0
    for file in files():
        data = read(file)
        assert disagreement(data) is None, file
        taken += is_json_list(data)
    assert taken >= 2
