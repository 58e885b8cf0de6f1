"""Entries get new names, and copies behind them, and nothing else in the file changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagelint.engine.edits import NotEditableError, edit_scalar
from imagelint.model.source import Source, apply_edits
from imagelint.repository.rename_edits import Entries, Renaming
from imagelint.yaml.documents import split
from imagelint.yaml.embedded import embedded
from imagelint.yaml.nodes import Mapping, Scalar, Sequence
from imagelint.yaml.parser import parse_yaml
from tests.support.trees import plain

if TYPE_CHECKING:
    from imagelint.yaml.documents import Document
    from imagelint.yaml.nodes import Node


def child(node: Node | None, key: str) -> Node:
    assert isinstance(node, Mapping)
    return next(
        value for name, value in node.pairs if isinstance(name, Scalar) and name.value == key
    )


def root_of(document: Document) -> Node:
    tree = document.tree or parse_yaml(document.text)
    assert tree.root is not None
    return tree.root


def items_of(root: Node) -> list[Node]:
    """Return the entries of a kustomization; of another object, of what it holds."""
    images = child(root, "images")
    assert isinstance(images, Sequence)
    return images.items


def renaming(item: Node, *names: str) -> Renaming:
    if isinstance(item, Scalar):
        end = min(place for place in map(item.value.find, "=:") if place >= 0)
        return Renaming(item, item, names, (0, end))
    assert isinstance(item, Mapping)
    name = child(item, "name")
    assert isinstance(name, Scalar)
    return Renaming(item, name, names)


def renamed(text: str | bytes, names: dict[int, tuple[str, ...]], new_name: str = "") -> str:
    """Return a file in which entries have new names, and the first one a ``newName``."""
    source = Source("kustomization.yaml", text.encode() if isinstance(text, str) else text)
    document = split(source)[-1]
    root = root_of(document)
    items = items_of(root)
    others = []
    if new_name:
        scalar = child(items[0], "newName")
        assert isinstance(scalar, Scalar)
        others.append(edit_scalar(document, scalar, new_name))
    entries = Entries(document, root)
    ones = [renaming(items[number], *own) for number, own in names.items()]
    for one in ones:
        assert len(one.names) == 1 or entries.can_copy(one)
    edits = entries.edits(ones, others)
    return apply_edits(source, [*edits, *others]).decode(source.encoding)


BLOCK = """\
# kept
images:
- name: nginx # of the base
  newTag: 1.25 # {"$imagepolicy": "flux-system:nginx:tag"}

# the other one
- newTag: "2"
  name: "redis"
"""


@pytest.mark.parametrize(
    ("text", "names", "wanted"),
    [
        (BLOCK, {0: ("h/nginx",)}, BLOCK.replace(": nginx", ": h/nginx")),
        (BLOCK, {1: ("h/redis",)}, BLOCK.replace('"redis', '"h/redis')),
        (
            BLOCK,
            {0: ("nginx", "h/nginx")},
            BLOCK.replace(
                ':tag"}\n',
                ':tag"}\n- name: h/nginx # of the base\n'
                '  newTag: 1.25 # {"$imagepolicy": "flux-system:nginx:tag"}\n',
            ),
        ),
        (
            BLOCK,
            {1: ("h/redis", "redis"), 0: ("a", "b", "c")},
            """\
# kept
images:
- name: a # of the base
  newTag: 1.25 # {"$imagepolicy": "flux-system:nginx:tag"}
- name: b # of the base
  newTag: 1.25 # {"$imagepolicy": "flux-system:nginx:tag"}
- name: c # of the base
  newTag: 1.25 # {"$imagepolicy": "flux-system:nginx:tag"}

# the other one
- newTag: "2"
  name: "h/redis"
- newTag: "2"
  name: "redis"
""",
        ),
        (
            "images:\n  -   name: a\n      newTag:\n      digest: 'x'",
            {0: ("a", "b")},
            """images:
  -   name: a
      newTag:
      digest: 'x'
  -   name: b
      newTag:
      digest: 'x'""",
        ),
        (
            "images:\r\n- name: a\r\n  newTag:\r\nresources: []\r\n",
            {0: ("a", "b")},
            "images:\r\n- name: a\r\n  newTag:\r\n- name: b\r\n  newTag:\r\nresources: []\r\n",
        ),
        (
            "images:\n- {name: a, newTag: '1'} # one\n- {name: b}\n",
            {0: ("a", "c"), 1: ("b", "d")},
            """images:
- {name: a, newTag: '1'} # one
- {name: c, newTag: '1'} # one
- {name: b}
- {name: d}
""",
        ),
        (
            "images:\n- {name: a,\n   newTag: '1'}\n",
            {0: ("b", "a")},
            "images:\n- {name: b,\n   newTag: '1'}\n- {name: a,\n   newTag: '1'}\n",
        ),
        (
            "images: [{name: a, newTag: v1}, {name: b}]",
            {0: ("a", "c"), 1: ("b", "d")},
            "images: [{name: a, newTag: v1}, {name: c, newTag: v1}, {name: b}, {name: d}]",
        ),
        (
            "images: [\n  {name: a}, # one\n  {name: b} # two\n]\n",
            {0: ("a", "c"), 1: ("b", "d")},
            "images: [\n  {name: a}, # one\n  {name: c},\n  {name: b},\n  {name: d} # two\n]\n",
        ),
        (
            '{\n "images": [\n\t{\n\t\t"name": "a"\n\t},\n\t{"name": "b"}\n ]\n}\n',
            {0: ("a", "c"), 1: ("b", "d")},
            """{
 "images": [
	{
		"name": "a"
	},
	{
		"name": "c"
	},
	{"name": "b"},
	{"name": "d"}
 ]
}
""",
        ),
        ('{"images":[{"name":"a"}]}', {0: ("a", "c")}, '{"images":[{"name":"a"}, {"name":"c"}]}'),
        ("kind: A\n---\nimages:\n- name: é\n- name: a\n", {1: ("b",)}, None),
    ],
)
def test_entries(text: str, names: dict[int, tuple[str, ...]], wanted: str | None) -> None:
    assert renamed(text, names) == (wanted or text.replace("name: a", "name: b"))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_encodings(encoding: str) -> None:
    text = "images:\n- name: a # é\n"
    made = renamed(text.encode(encoding), {0: ("b", "a")})
    assert made.lstrip("\ufeff") == "images:\n- name: b # é\n- name: a # é\n"


def test_texts_as_argo_cd_reads_them() -> None:
    text = "images:\n- nginx=quay.io/nginx:1\n- redis:2 # c\n"
    made = renamed(text, {0: ("h/nginx",), 1: ("redis", "h/redis")})
    assert made == "images:\n- h/nginx=quay.io/nginx:1\n- redis:2 # c\n- h/redis:2 # c\n"


def test_a_copy_has_what_else_is_repaired() -> None:
    text = "images:\n- name: a\n  newName: b\n- name: c\n"
    made = renamed(text, {0: ("a", "h/a")}, "h/b")
    assert made == "images:\n- name: a\n  newName: h/b\n- name: h/a\n  newName: h/b\n- name: c\n"


def test_a_name_in_a_string_can_be_edited_but_not_copied() -> None:
    source = Source("k.yaml", b"transformers:\n- |-\n  kind: X\n  images:\n  - name: nginx\n")
    outer = split(source)[0]
    transformers = child(root_of(outer), "transformers")
    assert isinstance(transformers, Sequence)
    text = transformers.items[0]
    assert isinstance(text, Scalar)
    inner = embedded(outer, text)[0]
    root = root_of(inner)
    item, entries = items_of(root)[0], Entries(inner, root)
    assert apply_edits(source, entries.edits([renaming(item, "h/nginx")])) == source.data.replace(
        b"nginx", b"h/nginx"
    )
    assert not entries.can_copy(renaming(item))
    with pytest.raises(NotEditableError, match="it is in a string"):
        entries.edits([renaming(item, "nginx", "h/nginx")])


@pytest.mark.parametrize(
    ("text", "reason", "can_rename"),
    [
        ("images:\n- &a {name: a}\n- *a\n", "it has an anchor", False),
        ("x: &x nginx\nimages:\n- name: *x\n", "it has an anchor", False),
        ("x: &x\n- {name: a}\nimages: *x\n", "it has an anchor", False),
        ("x: &x {newTag: '1'}\nimages:\n- {name: a, <<: *x}\n", "it merges other entries", False),
        ("images:\n- name: a\n  newTag: &t '1'\nx: *t\n", "it holds an anchor", True),
        ("images:\n- name: a\n  newTag: |-\n    1\n", "it holds a block of text", True),
        ("images:\n-\n  name: a\n", "it shares its lines with something else", True),
        ("images:\n- !x {name: a}\n", "it shares its lines with something else", True),
        ("images: # \u2028\n- name: a\n", "line breaks that only YAML knows", True),
        ("images:\n- {name: !!binary YQ==}\n", "base64", False),
        ("images:\n- name: ...\n", "would need quotes", False),
        ("images:\n- !!map\n  name: a\n  newTag: 1.0\n...\n", None, True),
    ],
)
def test_odd_entries_are_not_copied(text: str, reason: str | None, can_rename: bool) -> None:
    source = Source("kustomization.yaml", text.encode())
    document = split(source)[0]
    root = root_of(document)
    one, entries = renaming(items_of(root)[0], "a", "b."), Entries(document, root)
    assert (entries.can_rename(one), entries.can_copy(one)) == (can_rename, reason is None)
    if reason is not None:
        with pytest.raises(NotEditableError, match=reason):
            entries.edits([one])


def test_a_name_that_is_merged_from_elsewhere_is_left_alone() -> None:
    source = Source("k.yaml", b"images:\n- &a {name: a}\n- {newTag: '1'}\n")
    document = split(source)[0]
    root = root_of(document)
    first, second = items_of(root)
    assert isinstance(second, Mapping)
    with pytest.raises(NotEditableError, match="its name is written elsewhere"):
        Entries(document, root).edits([renaming(first, "b")._replace(item=second)])


def test_two_edits_at_one_place() -> None:
    source = Source("kustomization.yaml", b"images: [{name: a}]\n")
    document = split(source)[0]
    root = root_of(document)
    entries = Entries(document, root)
    edits = entries.edits([renaming(items_of(root)[0], "h/a")])
    with pytest.raises(NotEditableError, match="another edit"):
        entries.edits([renaming(items_of(root)[0], "i/a")], edits)


scalars = st.sampled_from(["nginx", "'a b'", '"x"', "", "1", "é"])
comments = st.sampled_from(["", "", " # c", "\n  # own line", "\n"])
fields = st.lists(
    st.tuples(st.sampled_from(["newTag", "digest", "newName"]), scalars, comments), max_size=3
)


@st.composite
def written(draw: st.DrawFn) -> tuple[str, int]:
    """Return the text of a kustomization and how many entries it has."""
    count = draw(st.integers(1, 3))
    is_flow, indent = draw(st.booleans()), draw(st.sampled_from(["", "  "]))
    lines = ["resources: [a.yaml]\n", f"images:{' [' if is_flow else ''}{draw(comments)}\n"]
    for number in range(count):
        pairs = [("name", f"image{number}", draw(comments)), *draw(fields)]
        if is_flow or draw(st.booleans()):
            body = ", ".join(f"{key}: {value or 'x'}" for key, value, _ in pairs)
            behind = "," if is_flow and (number < count - 1 or draw(st.booleans())) else ""
            space = "  " if is_flow else f"{indent}- "
            lines.append(f"{space}{{{body}}}{behind}{draw(comments)}\n")
        else:
            for at, (key, value, comment) in enumerate(pairs):
                space = f"{indent}- " if not at else f"{indent}  "
                lines.append(f"{space}{key}: {value}{comment}\n")
    lines.append("]\n" if is_flow else "")
    lines.append(draw(st.sampled_from(["", "namespace: x\n", "\n# end\n"])))
    text = "".join(lines)
    return draw(st.sampled_from([text, text.replace("\n", "\r\n"), text.rstrip("\n")])), count


@given(written(), st.data())
def test_whatever_is_written(file: tuple[str, int], data: st.DataObject) -> None:
    """What is read of the new file is what was read of the old one, but for the entries."""
    text, count = file
    root = parse_yaml(text).root
    assert root is not None
    wanted: list[object] = []
    names: dict[int, tuple[str, ...]] = {}
    for number, entry in enumerate(plain(child(root, "images"))):
        own = [f"image{number}", f"h/image{number}", "q/x"]
        chosen = data.draw(st.lists(st.sampled_from(own), min_size=1, unique=True))
        names[number] = tuple(chosen)
        wanted += [[("name", name), *entry[1:]] for name in chosen]
    assert len(names) == count
    made = parse_yaml(renamed(text, names)).root
    old = {key: value for key, value in plain(root) if key != "images"}
    new = {key: value for key, value in plain(made) if key != "images"}
    assert (new, plain(child(made, "images"))) == (old, wanted)


@pytest.mark.parametrize(
    ("copy", "reason"),
    [
        ("\n- name: c", "the edited entry does not read as it should"),
        ("\n- name: b\n- name: b", "the edited file has changed outside of the entry"),
        ("", "not one document alone would change"),
        ("\nimages:\n- name: b", "the edited entry does not read as it should"),
        ("\nx: y\n- name: b", "the edited file does not parse"),
        ("\n---\n- name: b", "the edited file reads as a different number of documents"),
    ],
)
def test_what_is_written_is_read_again(
    monkeypatch: pytest.MonkeyPatch, copy: str, reason: str
) -> None:
    monkeypatch.setattr("imagelint.repository.rename_edits._edited", lambda *_: copy)
    monkeypatch.setattr("imagelint.repository.rename_edits._break_before", lambda *_: "")
    with pytest.raises(NotEditableError, match=reason):
        renamed_alone("images:\n- name: a\nresources: []\n", "a", "b")


def renamed_alone(text: str, *names: str) -> None:
    document = split(Source("kustomization.yaml", text.encode()))[0]
    root = root_of(document)
    Entries(document, root).edits([renaming(items_of(root)[0], *names)])
