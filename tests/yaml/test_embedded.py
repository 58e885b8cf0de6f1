"""Documents inside of strings: every place leads back to the same text in the file."""

from __future__ import annotations

import pytest

from imagelint.engine.edits import NotEditableError, edit_scalar
from imagelint.model.source import Source, apply_edits
from imagelint.yaml.documents import Document, split
from imagelint.yaml.embedded import embedded
from imagelint.yaml.nodes import Mapping, Node, Scalar, Sequence
from imagelint.yaml.parser import parse_yaml

INNER = "kind: Pod\nspec:\n  containers:\n  - image: nginx:1.25 # ours\n    name: 'é'\n"


def scalar_at(node: Node | None, *steps: str | int) -> Scalar:
    for step in steps:
        if isinstance(step, int):
            assert isinstance(node, Sequence)
            node = node.items[step]
        else:
            assert isinstance(node, Mapping)
            [node] = [value for key, value in node.pairs if getattr(key, "value", None) == step]
    assert isinstance(node, Scalar)
    return node


def indented(text: str, by: str = "    ") -> str:
    return "".join(f"{by}{line}" if line.strip() else line for line in text.splitlines(True))


def escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


FOLDED = indented(INNER).replace("\n      ", "\n\n      ").replace("\n    spec", "\n\n    spec")
FORMS = {
    "literal": f"a: é\npatch: |\n{indented(INNER)}b: c\n",
    "stripped": f"patch: |-\n{indented(INNER)}",
    "indented by hand": f"patch: |2\n{indented(INNER, '  ')}",
    "blank lines": f"patch: |-\n\n{indented(INNER)}\n\n",
    "CRLF": f"patch: |\n{indented(INNER)}".replace("\n", "\r\n"),
    "double quotes": f'patch: "{escaped(INNER)}"\n',
    "flow": f'{{b: é, patch: "{escaped(INNER)}"}}\n',
    "JSON": f'{{"b": "é", "patch": "{escaped(INNER)}"}}',
    "byte order mark": f"\ufeffpatch: |\n{indented(INNER)}",
}


def documents(text: str, *steps: str | int) -> list[Document]:
    [outer] = split(Source("k.yaml", text.encode()))
    tree = outer.tree or parse_yaml(outer.text)
    return list(embedded(outer, scalar_at(tree.root, *(steps or ("patch",)))))


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)
def test_places_and_edits_lead_to_the_file(text: str) -> None:
    [inner] = documents(text)
    assert inner.is_placed
    image = scalar_at(parse_yaml(inner.text).root, "spec", "containers", 0, "image")
    start, end = (inner.byte_offset(at) for at in (image.start, image.end))
    assert text.encode()[start:end] == b"nginx:1.25"
    edit = edit_scalar(inner, image, "h.io/hub/nginx:1.25")
    expected = text.replace("nginx:1.25", "h.io/hub/nginx:1.25")
    assert apply_edits(inner.source, [edit]).decode() == expected


@pytest.mark.parametrize(
    "text",
    [
        "patch: >-\n  {kind: Pod, spec: {containers: [\n  {image: nginx:1.25}]}}\n",
        "patch: '{kind: Pod, note: ''a'', spec: {\n  containers: [{image: nginx:1.25}]}}'\n",
    ],
    ids=["folded", "single quotes over lines"],
)
def test_folds(text: str) -> None:
    [inner] = documents(text)
    image = scalar_at(parse_yaml(inner.text).root, "spec", "containers", 0, "image")
    edit = edit_scalar(inner, image, "h.io/hub/nginx:1.25")
    assert apply_edits(inner.source, [edit]).decode() == text.replace("nginx", "h.io/hub/nginx")


def test_several_documents_and_strings_in_strings() -> None:
    text = f"patch: |\n{indented('a: 1' + chr(10) + '---' + chr(10))}{indented(INNER)}"
    first, second = documents(text)
    assert first.text == "a: 1\n"
    image = scalar_at(parse_yaml(second.text).root, "spec", "containers", 0, "image")
    assert text.encode()[second.byte_offset(image.start) :].startswith(b"nginx:1.25")
    text = f"outer: |\n{indented(FORMS['literal'])}"
    [outer] = documents(text, "outer")
    [inner] = embedded(outer, scalar_at(parse_yaml(outer.text).root, "patch"))
    image = scalar_at(parse_yaml(inner.text).root, "spec", "containers", 0, "image")
    edit = edit_scalar(inner, image, "h.io/hub/nginx:1.25")
    assert apply_edits(inner.source, [edit]).decode() == text.replace("nginx", "h.io/hub/nginx")


def test_json_in_a_string_counts_from_its_start() -> None:
    text = 'patch: \'{"a": 1} {"image": "nginx:1.25"}\'\n'
    _, inner = documents(text)
    assert inner.tree is not None
    image = scalar_at(inner.tree.root, "image")
    assert text[inner.byte_offset(image.start) : inner.byte_offset(image.end)] == '"nginx:1.25"'


def test_what_is_not_shown_plainly_is_not_edited() -> None:
    [inner] = documents('patch: "image: ngi\\\n  nx:1.25\\n\n  \\tb: c"\n')
    assert not inner.is_placed
    image = scalar_at(parse_yaml("image: nginx:1.25").root, "image")
    assert inner.byte_offset(image.start) == len("patch: ")
    with pytest.raises(NotEditableError, match="does not contain it literally"):
        edit_scalar(inner, image, "h.io/nginx:1.25")
