"""Text that shows an object and that kubectl does not read as one: refused, never passed over."""

from __future__ import annotations

import pytest

from imagelint.kubernetes.examine import examine
from imagelint.model.source import Source
from tests.support.trees import catalogue

POD = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: c\n    image: evil.io/x:1\n"
GOOD = POD.replace("evil.io", "harbor.myco.com").encode()
JSON = '{"apiVersion":"v1","kind":"Pod","spec":{"containers":[{"name":"c","image":"a/x:1"}]}}'
NOTES = "colours: red\nshapes: round\n"
WIDE = ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]
UTF_32 = ["utf-32", "utf-32-le", "utf-32-be"]


def refused(data: bytes, *, prove: bool = True) -> list[str]:
    """Return why kubectl refuses the manifests of a file, the first reason of each."""
    items = examine(Source("a.yaml", data), catalogue(), prove=prove)
    reasons = [item.refusals[0] for item in items if item.is_manifest and item.refusals]
    assert all(reason.by_kubectl for reason in reasons)
    return [reason.message.partition(";")[0] for reason in reasons]


@pytest.mark.parametrize("prove", [True, False])
@pytest.mark.parametrize("text", [POD, JSON, "kind: ConfigMap\napiVersion: v1\n"])
@pytest.mark.parametrize("encoding", WIDE)
def test_an_object_in_another_encoding(encoding: str, text: str, prove: bool) -> None:
    """No NUL is YAML or JSON to kubectl, so no byte order mark means no object."""
    width = encoding[:6].upper()
    name = width if width == "UTF-32" else f"{width} without a byte order mark"
    assert refused(text.encode(encoding), prove=prove) == [f"the text is {name}"]


@pytest.mark.parametrize("mark", [b"\xff\xfe\0\0", b"\0\0\xfe\xff"])
def test_utf_32_with_a_mark(mark: bytes) -> None:
    """kubectl takes the first half of the little one for UTF-16's, and reads NULs."""
    encoding = "utf-32-le" if mark.startswith(b"\xff") else "utf-32-be"
    assert refused(mark + POD.encode(encoding)) == ["the text is UTF-32"]


@pytest.mark.parametrize("encoding", ["utf-16", *WIDE])
def test_an_object_behind_one_in_another_encoding(encoding: str) -> None:
    """Also with a mark: it counts at the start of a stream alone."""
    for separator in (b"---\n", "---\n".encode(encoding)):
        (reason,) = refused(GOOD + separator + POD.encode(encoding))
        assert reason.startswith("the text is UTF-")


def test_plain_text_behind_utf_16() -> None:
    """It is three strange letters and more, a string: the objects around it are read."""
    data = "\ufeffapiVersion: v1\nkind: ConfigMap\n---\n".encode("utf-16-le") + POD.encode() + b" "
    assert refused(data) == ["the text is UTF-8, in a file whose byte order mark says UTF-16"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", *WIDE, *UTF_32])
def test_what_shows_no_object_is_none(encoding: str) -> None:
    assert refused(NOTES.encode(encoding)) == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_what_kubectl_reads_is_not_refused(encoding: str) -> None:
    assert refused((POD + "# 狗 kind: x\n").encode(encoding)) == []


FLOW = "{apiVersion:v1,kind:Pod,spec: {containers: [{image: x}]}}"
STRING = "to YAML it is a string, not an object"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"{JSON} garbage {JSON}", STRING),
        (f"{JSON}\ngarbage\n{JSON}", STRING),
        (f'{{"a":1}} garbage {JSON}', STRING),
        (f'{{"a":1}}{{"b":2}} garbage {JSON}', "not JSON, where kubectl reads a stream"),
        ('"apiVersion":v1\n"kind":Pod\n"spec":{"containers":[{"image":"x"}]}\n', STRING),
        ("'apiVersion':v1\n'kind':Pod\nspec:\n  containers:\n  - image: x\n", STRING),
        ("apiVersion:v1\nkind:Pod\nspec:{containers:[{image:x}]}\n", STRING),
        (
            "{apiVersion:v1,kind:Pod,spec: {containers: [{image: x}]}}",
            "its keys are not `apiVersion`",
        ),
        (
            "{apiVersion: v1,kind:Pod,spec: {containers: [{image: x}]}}",
            "its keys are not `apiVersion`",
        ),
        (f"apiVersion: v1\nkind: List\nitems:\n- {FLOW}\n", "its keys are not `apiVersion`"),
        ("apiVersion: v1\nkind: List\nitems:\n- apiVersion:v1\n  kind:Pod\n  image:x\n", STRING),
        (f"{{ // mine\n{JSON[1:]}", "the apiVersion is missing"),
    ],
)
def test_an_object_that_is_none_to_yaml(text: str, reason: str) -> None:
    """kubectl reads a string or other keys there, and says that it is no object."""
    (found,) = refused(text.encode())
    assert found.startswith(reason)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("\u200bkind: Pod\n<<: {kind: Pod}\napiVersion: v1\n", id="a merge"),
        pytest.param("\u200bkind: Pod\n!!str kind: Pod\napiVersion: v1\n", id="a tag"),
        pytest.param(
            "apiVersion: v1\nkind: PodList\nitems:\n- \u200bkind: Pod\n  \u200bapiVersion: v1\n",
            id="a typed list",
        ),
    ],
)
def test_an_object_beside_an_odd_key(text: str) -> None:
    """kubectl reads the kind elsewhere, so it does not refuse the document."""
    assert refused(text.encode()) == refused(text.encode(), prove=False) == []
    for there, gone in (("<<: {kind: Pod}\n", ""), ("!!str kind: Pod\n", ""), ("PodL", "L")):
        if there in text:
            (reason,) = refused(text.replace(there, gone).encode())
            assert reason == "its keys are not `apiVersion` and `kind`"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(JSON, id="JSON without spaces"),
        pytest.param('{"containers": 1} garbage {"kind": 2}', id="garbage around no object"),
        pytest.param("the containers: of an apiVersion\n", id="prose"),
        pytest.param('"containers"\n# apiVersion:v1\n# kind:Pod\n', id="a manifest in comments"),
        pytest.param('{// s\n"image": "x", "kind": "containers",}', id="settings"),
        pytest.param('// s\n{"tasks": [{"kind": "build", "image": "x"}],}', id="tasks"),
        pytest.param('{/* s */"group": {"kind": "a"}, "containers": "x",}', id="block comments"),
        pytest.param("kind-image: a\nkindly: {image: x}\ncontainers: []\n", id="other keys"),
        pytest.param("of kind: a\ncontainers: {apiVersion: v1}\n", id="a word in a key"),
        pytest.param("---\rnull\r---\rapiVersion: v1\rkind: Pod\rcontainers: a\r", id="null"),
        pytest.param("items:\n- containers\n- {kind-image: a}\n", id="other items"),
        pytest.param("|\n  apiVersion:v1\n  kind:Pod containers\n", id="a literal"),
    ],
)
def test_what_is_no_object_to_anybody(text: str) -> None:
    assert refused(text.encode()) == []


DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: x
spec:
  template:
    spec: SPEC
"""


def told_of(text: str, *, with_trees: bool = False) -> list[str]:
    """Return all reasons why the documents of a text are not read as they are written."""
    items = examine(Source("a.yaml", text.encode()), catalogue(), with_trees=with_trees)
    return [reason.message for item in items if item.is_manifest for reason in item.refusals]


@pytest.mark.parametrize("with_trees", [True, False])
@pytest.mark.parametrize(
    ("spec", "good"),
    [
        (
            "\n      containers:\n      - image:evil.io/x",
            "\n      containers:\n      - image: e.io/x",
        ),
        ("{containers: [{name: a, image:evil.io/x}]}", "{containers: [{name: a, image: e.io/x}]}"),
        (
            "\n      initContainers:\n      - name:a\n        image:evil.io/x",
            "\n      initContainers:\n      - name: a\n        image: evil.io/x",
        ),
        (
            "\n      containers: [image:evil.io/x]",
            "\n      containers: [{image: x, args: ['image:evil.io/x']}]",
        ),
        (
            "\n      containers:\n        image:evil.io/x",
            "\n      containers:\n      - image: x\n        command: [run, image:evil.io/x]",
        ),
        ("\n      containers:[{image:evil.io/x}]", "\n      containers: [{image: evil.io/x}]"),
        (
            "{containers: [{name: a, image:evil.io/x, args: [b]}, {image: y}]}",
            "{containers: [{name: 'image:x', image: y}]}",
        ),
        (
            "\n      containers:\n      - name: a\n        image: x\n      - 'image:evil.io/x'",
            "\n      containers:\n      - image: x\n        env: [{name: a, value: image:e/x}]",
        ),
    ],
)
def test_no_space_behind_the_colon_of_an_image(spec: str, good: str, with_trees: bool) -> None:
    """The container is a string, or has a key with the image in it: nobody runs what is meant."""
    (reason,) = told_of(DEPLOYMENT.replace("SPEC", spec), with_trees=with_trees)
    assert reason.endswith("write a space behind `image:`")
    item = DEPLOYMENT.replace("SPEC", spec).replace("\n", "\n    ").rstrip()
    in_list = f"apiVersion: v1\nkind: List\nitems:\n  - {item.replace('    ', '    ')}\n"
    assert told_of(in_list, with_trees=with_trees) == [reason]
    assert told_of(DEPLOYMENT.replace("SPEC", good), with_trees=with_trees) == []


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: v1\nkind: ConfigMap\ndata: {image:x: y, a: 'image:evil.io/x'}\n",
        "apiVersion: v1\nkind: Pod\nmetadata: {annotations: {image:x: y}}\nspec: {}\n",
        "apiVersion: v1\nkind: Pod\nspec:\n  containers: []\n# image:evil.io/x\n",
        "spec: {containers: [image:evil.io/x]}\n",
    ],
)
def test_a_colon_that_is_none_of_a_container(text: str) -> None:
    assert told_of(text) == told_of(text, with_trees=True) == []


@pytest.mark.parametrize("prove", [True, False])
@pytest.mark.parametrize(
    "broken",
    [
        "apiVersion: apps/v1\nkind: Deployment\nspec:\n  containers: [\n",
        "apiVersion: v1\nkind: Pod\nspec: *nope\n",
        'apiVersion: batch/v1\nkind: Job\nmetadata: {name: "x\n',
        '{"kind":"Pod","apiVersion":"v1",',
        "kind: CronJob\nmetadata: {name: x\napiVersion: batch/v1\n",
        "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  spec: {\n",
    ],
)
def test_a_workload_that_is_broken_in_front_of_its_images(broken: str, prove: bool) -> None:
    """Nobody can tell what would have followed, so the document is refused and not left out."""
    before = "apiVersion: v1\nkind: Service\nspec: {}\n---\n"
    assert len(refused(broken.encode(), prove=prove)) == 1
    assert len(refused((before + broken).encode(), prove=prove)) == 1


@pytest.mark.parametrize("prove", [True, False])
def test_a_workload_without_images_is_fine(prove: bool) -> None:
    for kind in ("Deployment", "StatefulSet"):
        patch = f"apiVersion: apps/v1\nkind: {kind}\nmetadata: {{name: x}}\nspec: {{replicas: 2}}\n"
        assert refused(patch.encode(), prove=prove) == []


CONTROL = "control characters are not allowed"


@pytest.mark.parametrize("prove", [True, False])
@pytest.mark.parametrize("char", ["\x1e", "\x01", "\x08", "\x1b", "\x7f", "\ufffe", "\x1e\x1e"])
@pytest.mark.parametrize(
    "before", ["", '{"apiVersion":"v1","kind":"ConfigMap"}\n---\n', "a: b\n---\n"]
)
def test_a_control_character_in_front_of_json(before: str, char: str, prove: bool) -> None:
    """It makes a string of the object to YAML, and no reader takes it for anything else."""
    for indented in (char + JSON, f"  {char} {JSON}", JSON.replace(',"kind"', f',{char}"kind"')):
        assert refused((before + indented).encode(), prove=prove) == [CONTROL]
    assert refused((before + JSON).encode(), prove=prove) == []
    assert refused((before + char + '{"apiVersions":"v1","kindly":"Pod"}').encode()) == []


@pytest.mark.parametrize("prove", [True, False])
@pytest.mark.parametrize("char", ["\u200b", "\ufeff", "\u2060", "\xad", "\u200b\ufeff", "\u202e"])
def test_an_invisible_character_in_json(char: str, prove: bool) -> None:
    """It is the first letter of another key to YAML."""
    for text in (JSON.replace('"kind"', f'{char}"kind"'), JSON.replace('kind"', f'kind"{char}')):
        (reason,) = refused(text.encode(), prove=prove)
        assert reason
    assert refused(JSON.replace("Pod", f"Pod{char}").encode(), prove=prove) == []
    assert refused(f'{{"a": 1,{char}"b": "image"}}'.encode(), prove=prove) == []


SNIPPETS = """\
{
\t// Snippets: "kind: Pod" and more.
\t"pod": {
\t\t"prefix": "pod",
\t\t"body": [
\t\t\t"apiVersion: v1",
\t\t\t"kind: Pod",
\t\t\t"  - image: nginx",
\t\t\t'{ apiVersion: v1, "kind": "Pod" }', /* apiVersion: v1 */
\t\t\t"\\"apiVersion\\": \\"v1\\""
\t\t],
\t},
}
"""


def test_settings_with_manifests_in_their_strings() -> None:
    """Snippets of an editor: their keys are no object's, whatever their texts say."""
    assert refused(SNIPPETS.encode()) == []
    assert examine(Source("a.yaml", SNIPPETS.encode()), catalogue())[0].is_manifest is False
    for keys in ('"apiVersion": "v1", "kind": "Pod",', "apiVersion: v1,\n\tkind: Pod,"):
        assert refused(SNIPPETS.replace('"prefix": "pod",', keys).encode()) != []


def test_a_nul_alone_is_named_where_it_stands() -> None:
    data = POD.replace("image: evil", "image: ev\0il").encode()
    assert refused(data) == ["control characters are not allowed"]
