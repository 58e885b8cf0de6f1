"""Tables for edits: a new value for a scalar as the smallest change of its text, or a refusal."""

from __future__ import annotations

import codecs

import pytest

from imagelint.engine.edits import NotEditableError, edit_scalar, place_of, uses_elsewhere
from imagelint.model.source import Edit, Source, Span, apply_edits
from imagelint.yaml.documents import Document, split
from imagelint.yaml.nodes import Mapping, Scalar
from imagelint.yaml.parser import parse_yaml
from tests.support.trees import examined

H = "harbor.myco.com/"
NGINX = f"{H}docker.io/nginx:1"


def document_and_node(data: bytes) -> tuple[Document, Scalar]:
    """Return the first document of a stream and the value of its last key."""
    document = split(Source("a.yaml", data))[0]
    root = (document.tree or parse_yaml(document.decoded.text)).root
    assert isinstance(root, Mapping)
    node = root.pairs[-1][1]
    assert isinstance(node, Scalar)
    return document, node


def edited(text: str, new: str) -> tuple[str, Edit]:
    """Return a text after the edit, and the edit; its place in characters, as all are ASCII."""
    document, node = document_and_node(text.encode())
    edit = edit_scalar(document, node, new)
    return apply_edits(document.source, [edit]).decode(), edit


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("a: nginx:1\n", f"a: {NGINX}\n", id="plain"),
        pytest.param("a: nginx:1  # c\n", f"a: {NGINX}  # c\n", id="plain, a comment"),
        pytest.param("a: nginx:1\t\n", f"a: {NGINX}\t\n", id="plain, a tab behind"),
        pytest.param("a:   nginx:1", f"a:   {NGINX}", id="plain, no final break"),
        pytest.param("a:\n  nginx:1\n", f"a:\n  {NGINX}\n", id="plain on the next line"),
        pytest.param("a: # c\n  nginx:1\n", f"a: # c\n  {NGINX}\n", id="plain behind a comment"),
        pytest.param("a: 'nginx:1'\n", f"a: '{NGINX}'\n", id="single quotes"),
        pytest.param('a: "nginx:1"\n', f'a: "{NGINX}"\n', id="double quotes"),
        pytest.param(
            'a: "n\\x67inx:\\u0031"\n', f'a: "{H}docker.io/n\\x67inx:\\u0031"\n', id="escapes"
        ),
        pytest.param(
            'a: "\\x6eginx:1"\n', f'a: "{H}docker.io/\\x6eginx:1"\n', id="an escape at first"
        ),
        pytest.param(
            'a: "ngi\\\n   nx:1"\n', f'a: "{H}docker.io/ngi\\\n   nx:1"\n', id="an escaped break"
        ),
        pytest.param(
            'a: "\\\n  nginx:1"\n',
            f'a: "\\\n  {H}docker.io/nginx:1"\n',
            id="an escaped break at first",
        ),
        pytest.param(
            'a: "ngi\\\r\n   nx:1"\r\n',
            f'a: "{H}docker.io/ngi\\\r\n   nx:1"\r\n',
            id="and with CRLF",
        ),
        pytest.param("a: |-\n  nginx:1\n", f"a: |-\n  {NGINX}\n", id="literal"),
        pytest.param("a: >-\n  nginx:1\n", f"a: >-\n  {NGINX}\n", id="folded"),
        pytest.param("a: |- # c\n   nginx:1\n\n", f"a: |- # c\n   {NGINX}\n\n", id="literal, more"),
        pytest.param(
            "a: |2-\n  nginx:1\nb: nginx:1", f"a: |2-\n  nginx:1\nb: {NGINX}", id="after one"
        ),
        pytest.param("{a: nginx:1}", f"{{a: {NGINX}}}", id="flow"),
        pytest.param("{a: 'nginx:1' }", f"{{a: '{NGINX}' }}", id="flow, quoted"),
        pytest.param('{"a":"nginx:1"}', f'{{"a":"{NGINX}"}}', id="JSON"),
        pytest.param(
            '{"a":"\\u006eginx:1"}', f'{{"a":"{H}docker.io/\\u006eginx:1"}}', id="JSON, escaped"
        ),
        pytest.param("a: &x nginx:1\n", f"a: &x {NGINX}\n", id="an anchor"),
        pytest.param("a: !!str nginx:1\n", f"a: !!str {NGINX}\n", id="a tag"),
        pytest.param("a: &x !!str 'nginx:1'\n", f"a: &x !!str '{NGINX}'\n", id="both, quoted"),
        pytest.param("a: &x\n  # c\n  nginx:1\n", f"a: &x\n  # c\n  {NGINX}\n", id="both, apart"),
        pytest.param("? a\n: nginx:1\n", f"? a\n: {NGINX}\n", id="an explicit key"),
        pytest.param("a: nginx:1\r\n", f"a: {NGINX}\r\n", id="CRLF"),
    ],
)
def test_styles(written: str, expected: str) -> None:
    """An insertion in front of the reference; whatever is around it stays."""
    after, edit = edited(written, NGINX)
    assert after == expected
    assert edit.span.start == edit.span.end
    assert edit.text == f"{H}docker.io/"


@pytest.mark.parametrize(
    ("old", "new", "edit"),
    [
        ("nginx", f"{H}docker.io/nginx", Edit(Span(0, 0), f"{H}docker.io/")),
        ("docker.io/nginx", f"{H}docker.io/nginx", Edit(Span(0, 0), H)),
        ("index.docker.io/a", f"{H}docker.io/a", Edit(Span(0, 6), H)),
        ("gcr.io/a:1", f"{H}google/a:1", Edit(Span(0, 6), f"{H}google")),
        ("quay.io/a", f"{H}quay.io/a", Edit(Span(0, 0), H)),
        ("localhost:5000/a", f"{H}local/a", Edit(Span(0, 14), f"{H}local")),
        ("nginx", f"{H}docker.io/library/nginx", Edit(Span(0, 0), f"{H}docker.io/library/")),
        (
            "docker.io/nginx",
            f"{H}docker.io/library/nginx",
            Edit(Span(0, 9), f"{H}docker.io/library"),
        ),
        ("harbor.old/a/b", "harbor.new/a/b", Edit(Span(7, 10), "new")),
        ("aa", "aaa", Edit(Span(0, 0), "a")),
        ("abc", "abc", Edit(Span(0, 0), "")),
        ("", f"{H}a", Edit(Span(0, 0), f"{H}a")),
    ],
)
def test_smallest_edit(old: str, new: str, edit: Edit) -> None:
    """The longest common end stays, then the longest common start."""
    after, made = edited(f"a: '{old}'\n", new)
    assert after == f"a: '{new}'\n"
    assert made == Edit(Span(edit.span.start + 4, edit.span.end + 4), edit.text)


@pytest.mark.parametrize(
    ("written", "new", "reason"),
    [
        pytest.param("a: !!binary bmdpbng=\n", NGINX, "base64", id="base64"),
        pytest.param(
            "a: |-\n  ngi\n  nx\n", "x\nnx", "folded over several", id="a literal of lines"
        ),
        pytest.param("a: >-\n  ngi\n  nx\n", "x nx", "folded over several", id="folded"),
        pytest.param("a: ngi\n  nx\n", "x nx", "folded over several", id="plain, folded"),
        pytest.param("a: 'ngi\n  nx'\n", "x nx", "folded over several", id="single quotes, folded"),
        pytest.param('a: "ngi\n  nx"\n', "x nx", "folded over several", id="double quotes, folded"),
        pytest.param('a: "ngi\x85  nx"\n', "x nx", "folded over several", id="folded at NEL"),
        pytest.param("a: 'it''s'\n", "x's", "folded over several", id="a doubled quote"),
        pytest.param("a: nginx\n", "[::1]:5000/a", "need quotes", id="IPv6 without quotes"),
        pytest.param("a: nginx\n", "a: b", "need quotes", id="a colon and a blank"),
        pytest.param("a: nginx\n", "a:", "need quotes", id="a colon at the end"),
        pytest.param("a: nginx\n", "a #b", "need quotes", id="a comment"),
        pytest.param("a: nginx\n", "@a", "need quotes", id="@ at first"),
        pytest.param("a: nginx\n", "", "need quotes", id="nothing"),
        pytest.param("{a: nginx}", "a,b", "need quotes", id="a comma"),
        pytest.param('{"a":"\\ud83d\\ude00x"}', "yx", "single characters", id="a surrogate pair"),
    ],
)
def test_refusals(written: str, new: str, reason: str) -> None:
    document, node = document_and_node(written.encode())
    with pytest.raises(NotEditableError, match=reason):
        edit_scalar(document, node, new)


@pytest.mark.parametrize("quote", ["'", '"'])
def test_quotes_hold_anything(quote: str) -> None:
    assert edited(f"a: {quote}x{quote}", "[::1]:5000/x")[0] == f"a: {quote}[::1]:5000/x{quote}"


@pytest.mark.parametrize(
    ("bom", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ],
)
@pytest.mark.parametrize("text", ["é: \U0001f600\na: {}\n", '{{"é": "\U0001f600", "a": "{}"}}'])
def test_encodings(bom: bytes, encoding: str, text: str) -> None:
    """Offsets are bytes of the file, behind whatever stands before them."""
    data = bom + text.format("nginx:1").encode(encoding)
    document, node = document_and_node(data)
    after = apply_edits(document.source, [edit_scalar(document, node, NGINX)])
    assert after == bom + text.format(NGINX).encode(encoding)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: nginx # c\n", "nginx"),
        ("a: 'nginx'\n", "'nginx'"),
        ('a: "nginx" # c\n', '"nginx"'),
        ("a: &x !!str nginx\n", "nginx"),
        ("a: |-\n  nginx\n\n", "nginx"),
        ("a: >2- # c\n\n    nginx\n", "nginx"),
        ("a: |-\n  ngi\n  nx\n", "ngi\n  nx"),
        ("a: |-\r\n  nginx\r\n", "nginx"),
        ("a: |-\n", "|-\n"),
        ("a:\n", ""),
        ('{"a": "nginx"}', '"nginx"'),
        ("é: \U0001f600\na: 'é'", "'é'"),
    ],
)
def test_place(text: str, place: str) -> None:
    """A place is the scalar as written; of a block scalar its content."""
    document, node = document_and_node(text.encode())
    start, end = place_of(document, node)
    assert document.source.data[start:end].decode() == place


POD = "apiVersion: v1\nkind: Pod\n"


@pytest.mark.parametrize(
    ("text", "elsewhere"),
    [
        pytest.param("spec: {containers: [{image: a}]}", [], id="no alias"),
        pytest.param("spec: {containers: [{image: &x a}, {image: *x}]}", [], id="two images"),
        pytest.param(
            "metadata: {name: &x a}\nspec: {containers: [{image: *x}]}", ["a"], id="a name as well"
        ),
        pytest.param("x: &x a\nspec: {containers: [{image: *x}]}", ["a"], id="a key of its own"),
        pytest.param(
            "spec: {containers: [{image: &x a, env: [{name: b, value: *x}]}]}",
            ["a"],
            id="a variable",
        ),
        pytest.param(
            "spec: {initContainers: [&c {image: a}], containers: [*c, *c]}", [], id="a container"
        ),
        pytest.param(
            "x: &c {image: a}\nspec: {containers: [*c]}",
            ["a"],
            id="a container that stands elsewhere",
        ),
        pytest.param(
            "x: &c {image: a}\nspec: {containers: [{<<: *c}]}", ["a"], id="a merge from elsewhere"
        ),
        pytest.param("spec: {containers: [{<<: {image: a}, name: b}]}", [], id="a merge in place"),
        pytest.param(
            "spec: {containers: [&c {image: a}, {<<: *c, image: b}]}",
            [],
            id="merged and overridden",
        ),
        pytest.param("spec: {containers: [{image: &x a, *x : b}]}", ["a"], id="a key"),
        pytest.param(
            "spec: &s {containers: [{image: a}]}\nstatus: *s", ["a"], id="the same in the status"
        ),
    ],
)
def test_uses_elsewhere(text: str, elsewhere: list[str]) -> None:
    """Whatever reads the scalar and is no image of a workload."""
    (item,) = examined(POD + text)
    assert item.tree is not None
    shared = uses_elsewhere(item.tree, item.extract.sites)
    values = {
        site.node.value
        for site in item.extract.sites
        if isinstance(site.node, Scalar) and id(site.node) in shared
    }
    assert sorted(values) == elsewhere


def test_uses_are_counted_in_linear_time() -> None:
    """Law 6: every level of aliases doubles the paths, not the work."""
    lines = ["x0: &x0 {image: a}"]
    lines += [f"x{i}: &x{i} [*x{i - 1}, *x{i - 1}]" for i in range(1, 300)]
    tree = parse_yaml("\n".join(lines))
    assert len(uses_elsewhere(tree, [])) == 1
