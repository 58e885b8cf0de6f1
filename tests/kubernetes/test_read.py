"""Tables for documents as a whole: why they are refused, and images seen in text nobody reads."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagelint.kubernetes.examine import examine
from imagelint.kubernetes.seen import _ACTION_TEXT, action_text
from imagelint.kubernetes.seen import seen_images as seen_in
from imagelint.model.source import Source
from tests.support.trees import catalogue, examined, seen

HEAD = "apiVersion: v1\nkind: Pod\n"
BROKEN = "x: [\n"
"""Parsing stops here, and what follows is unread."""


def seen_images(text: str) -> list[object]:
    """Return the images of the first document."""
    return [site.value.value for site in examined(text)[0].extract.sites]


@pytest.mark.parametrize(
    ("line", "images"),
    [
        pytest.param("image: nginx", ["nginx"], id="plain"),
        pytest.param("  - image: nginx:1 # c", ["nginx:1"], id="an item"),
        pytest.param("  -image: nginx:1", ["nginx:1"], id="an item without a blank"),
        pytest.param("image: 'nginx'", ["nginx"], id="single quotes"),
        pytest.param('"image": "nginx"', ["nginx"], id="double quotes"),
        pytest.param("image :  nginx", ["nginx"], id="blanks"),
        pytest.param("image:\tnginx", ["nginx"], id="a tab"),
        pytest.param("{name: a, image: nginx, x: y}", ["nginx"], id="flow"),
        pytest.param("{image: nginx}", ["nginx"], id="flow, at its end"),
        pytest.param("image: a\n  image: b", ["a", "b"], id="two"),
        pytest.param("image: {{ .Values.image }}", ["{{ .Values.image }}"], id="a template"),
        pytest.param('image: "{{ .a }}:{{ .b }}"', ["{{ .a }}:{{ .b }}"], id="two actions"),
        pytest.param("image: gcr.io/{{ .a }}", ["gcr.io/{{ .a }}"], id="text and an action"),
        pytest.param('image: {{ .a | default "b" }}', ['{{ .a | default "b" }}'], id="a pipe"),
        pytest.param("image: $(IMAGE)", ["$(IMAGE)"], id="a variable"),
        pytest.param("image: ${A}/b", ["$"], id="braces end it"),
        pytest.param("image: a@sha256:b", ["a@sha256:b"], id="a digest"),
        pytest.param("image: a#b", ["a#b"], id="no comment"),
        pytest.param("image: é/x", ["é/x"], id="beyond ASCII"),
        pytest.param("image:", [], id="none"),
        pytest.param("image: # c", [], id="a comment"),
        pytest.param("image: *x", [], id="an alias"),
        pytest.param("image: |", [], id="a literal"),
        pytest.param("image: {a: b}", [], id="a mapping"),
        pytest.param("image:nginx", [], id="no blank"),
        pytest.param("myimage: nginx", [], id="another key"),
        pytest.param("imagePullPolicy: Always", [], id="a longer key"),
        pytest.param("my-image: nginx", ["nginx"], id="a key that ends in -image: too many"),
        pytest.param("image.x: nginx", [], id="a dotted key"),
    ],
)
def test_seen_behind_a_syntax_error(line: str, images: list[object]) -> None:
    """What stands plainly in unread text is judged all the same."""
    assert seen_images(f"{HEAD}{BROKEN}{line}\n") == images


@pytest.mark.parametrize(
    ("text", "images"),
    [
        pytest.param(
            f"{HEAD}spec: {{containers: [{{image: a}}]}}\n{BROKEN}image: b\n", ["a", "b"], id="both"
        ),
        pytest.param(
            f"{HEAD}spec:\n  containers:\n  - image: a\n  - image: b\n\t- image: c\n",
            ["a", "b", "c"],
            id="a tab in the middle",
        ),
        pytest.param("{{ if x }}\nkind: Pod\nimage: a\n{{ end }}\n", ["a"], id="a template"),
        pytest.param("{{- if x }}\nkind: Pod\nimage: a\n{{- end }}\n", ["a"], id="one that trims"),
        pytest.param(f"{HEAD}x: [a,\n  image: b\n  c: d\n", ["b"], id="swallowed by a bracket"),
        pytest.param(f"{HEAD}x: {{a: b,\nimage: c\nd: [e\n", ["c"], id="swallowed by a brace"),
        pytest.param(f"{HEAD}x: 'a\nimage: 'b'\n", ["b"], id="swallowed by a quote"),
        pytest.param(f"{HEAD}x: 'a\nimage: b\n", ["b"], id="swallowed by a quote to the end"),
        pytest.param("kind: Pod\nimage: a\nx: \x07\n", [], id="a control character is read over"),
        pytest.param(f"{BROKEN}image: a\n", [], id="no manifest: any other broken YAML"),
        pytest.param(f"kind: Pod\n{BROKEN}image: a\n", ["a"], id="a kind is enough"),
        pytest.param(f'{BROKEN}"kind": Pod\nimage: a\n', ["a"], id="also behind the error"),
        pytest.param(f"mankind: x\n{BROKEN}image: a\n", [], id="no kind"),
        pytest.param(f"{HEAD}x: {{{{ y }}}}\nimage: a\n", [], id="nothing is unread"),
    ],
)
def test_seen_in_manifests_alone(text: str, images: list[object]) -> None:
    assert seen_images(text) == images


IN_ONE_PATTERN = rf"""(?xm)
    (?:^|[\s{{,\-])["']?image["']?[ \t]*:[ \t]+["']?
    ((?:{_ACTION_TEXT}|[^\s"'{{}}\[\],\#&*|>!]+|(?<=\S)[\#&*|>!]){{1,999}})
    """
WORDS = ["image", "image:", "image: ", "images: ", "a/b", "{{ .x }}", "x"]
PIECES = [*WORDS, *" \n\t\"'{},-:#[]", "\u2028"]


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join), st.integers(0, 20))
def test_images_are_seen_as_one_pattern_would_see_them(text: str, start: int) -> None:
    """The pattern that begins with what stands before a key is slow, and says what is meant."""
    seen_there = [(one.node.start, one.node.end) for one in seen_in(text, start, None)]
    found = re.compile(IN_ONE_PATTERN).finditer(text, max(start - 1, 0))
    assert seen_there == [one.span(1) for one in found]


def test_what_is_seen_has_a_place_and_an_object() -> None:
    text = f"# é\n{HEAD}metadata: {{name: web}}\n{BROKEN}  image: 'nginx'\n"
    (item,) = examined(text)
    (site,) = item.extract.sites
    offset = item.document.byte_offset(site.node.start)
    assert text.encode()[offset:].startswith(b"nginx'")
    assert (site.object.kind, site.object.name, site.field) == ("Pod", "web", "image")


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        pytest.param(f"{HEAD}spec: {{containers: [{{image: a}}]}}\n", [], id="none"),
        pytest.param("--- {kind: Pod}\n", ["content behind"], id="a separator"),
        pytest.param(f"{HEAD}x: [\n", ["did not find"], id="syntax"),
        pytest.param(f"{HEAD}x: *y\n", ["no anchor"], id="an alias"),
        pytest.param(f"{HEAD}? [a]\n: b\n", ["a key is a mapping"], id="a complex key"),
        pytest.param(
            f"{HEAD}x: *y\n~: a\nz: .inf\n", ["anchor", "empty or null", "JSON"], id="in order"
        ),
        pytest.param(
            f"{HEAD}metadata: {{name: 1}}\nspec: {{containers: [{{image: a}}]}}\n",
            ["metadata.name is a number"],
            id="a name that is no string",
        ),
        pytest.param(f"{HEAD}metadata: {{name: 1}}\n", [], id="an object without images"),
        pytest.param(
            "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: List\n  items:\n"
            "  - {apiVersion: v1, kind: Pod, spec: {containers: [{image: a}]}}\n",
            ["a list is inside a list"],
            id="a list in a list",
        ),
    ],
)
def test_refusals(text: str, reasons: list[str]) -> None:
    (item,) = examined(text)
    assert len(item.refusals) == len(reasons)
    for refusal, reason in zip(item.refusals, reasons, strict=True):
        assert reason in refusal.message
    assert [refusal.offset for refusal in item.refusals] == sorted(
        refusal.offset for refusal in item.refusals
    )


@pytest.mark.parametrize(
    ("data", "at", "encoding"),
    [
        (b"kind: Pod\nx: \xff\n", 13, "UTF-8"),
        (b"\xef\xbb\xbfkind: Pod\nx: \xc3\n", 16, "UTF-8"),
        ("\ufeffkind: Pod\n".encode("utf-16-le") + b"\x00\xd8a\x00", 22, "UTF-16-LE"),
        ("\ufeffkind: Pod\n".encode("utf-16-be") + b"\x00", 22, "UTF-16-BE"),
    ],
)
def test_ill_formed_text(data: bytes, at: int, encoding: str) -> None:
    """kubectl reads U+FFFD and says nothing; we say so."""
    refusals = [refusal for item in examined(data) for refusal in item.refusals]
    assert at in [refusal.offset for refusal in refusals]
    assert any(f"not valid {encoding}" in refusal.message for refusal in refusals)


def test_only_the_ill_formed_document_is_blamed() -> None:
    text = f"{HEAD}---\n{HEAD}x: ".encode() + b"\xff\n---\n" + HEAD.encode()
    assert [bool(item.refusals) for item in examined(text)] == [False, True, False]
    objects = b'{"kind": "Pod"}\n{"x": "\xff"}\n{}\n'
    assert [bool(item.refusals) for item in examined(objects)] == [False, True, False]


@pytest.mark.parametrize(
    ("text", "is_manifest", "is_template"),
    [
        (HEAD, True, False),
        ("a: b\n", False, False),
        ("a: [\n", False, False),
        ("kind: [\n", True, False),
        ("{{ x }}\n", False, True),
        (f"{HEAD}a: {{{{ x }}}}\n", True, True),
        (f"{HEAD}a: '{{{{ x }}}}'\n", True, True),
        ("- a\n", False, False),
    ],
)
def test_what_a_document_is(text: str, is_manifest: bool, is_template: bool) -> None:
    (item,) = examined(text)
    assert (item.is_manifest, item.is_template) == (is_manifest, is_template)


@pytest.mark.parametrize(
    ("written", "action"),
    [
        ("{{ .Values.image }}", "{{ .Values.image }}"),
        ("{{.Values.image}}", "{{.Values.image}}"),
        ("{{ x }} # c", "{{ x }}"),
        ("{a: b}", None),
        ("'{{ x }}'", None),
        ("nginx", None),
    ],
)
def test_action_text(written: str, action: str | None) -> None:
    """YAML takes a template's action for a mapping in a mapping; its text is what counts."""
    (item,) = examined(f"{HEAD}spec:\n  containers:\n  - image: {written}\n")
    (site,) = item.extract.sites
    assert action_text(item.document, site) == action


def test_dropped_content_is_named_and_not_read() -> None:
    text = f"{HEAD}...\n{HEAD}spec: {{containers: [{{image: a}}]}}\n"
    (item,) = examined(text)
    assert item.dropped_at == len(f"{HEAD}...\n")
    assert item.extract.sites == []
    assert item.refusals == ()


def test_neighbours_of_a_broken_document_are_read() -> None:
    good = f"{HEAD}spec: {{containers: [{{image: IMAGE}}]}}\n"
    text = "---\n".join([good.replace("IMAGE", "a"), f"{HEAD}{BROKEN}", good.replace("IMAGE", "b")])
    assert [site.image for site in seen(text)] == ["a", "b"]


def test_no_document_makes_the_whole_source_be_searched() -> None:
    """Otherwise the time for a stream grows with the square of its length."""

    class Counted(bytes):
        searches = 0

        def __contains__(self, key: object) -> bool:
            self.searches += 1
            return super().__contains__(key)  # type: ignore[operator]

    def searches(count: int) -> int:
        data = Counted(f"---\n{HEAD}spec: {{containers: [{{image: a}}]}}\n".encode() * count)
        examine(Source("a.yaml", data), catalogue())
        return data.searches

    assert searches(2) == searches(50)
