"""Tables for the proof that a document holds no image: what it proves, and what it must not."""

from __future__ import annotations

import pytest

from imagelint.kubernetes.catalogue.entries import EmbeddedTexts
from imagelint.kubernetes.examine import Examination, examine
from imagelint.kubernetes.prefilter import can_hold_image, is_proven_free, may_hold_object
from imagelint.model.source import Source
from imagelint.patterns.globs import NamePattern
from tests.properties.test_scan import sites
from tests.support.trees import catalogue

HEAD = "apiVersion: v1\nkind: ConfigMap\n"
CONTAINERS = "spec: {containers: [{image: x}]}\n"
POD = "{apiVersion: v1, kind: Pod, spec: {containers: [{image: x}]}}"


def is_free(text: str) -> bool:
    return is_proven_free(text.encode(), catalogue())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", False),
        ("a: b\n", False),
        ("im: age\n", False),
        ("IMAGE: x\n", True),
        ("proxyImage: x\n", True),
        ("apiVersion: pkg.crossplane.io/v1\n", True),
        ("apiVersion: crossplane.io/v1\n", False),
        ("apiVersion: v1\nname: tekton.dev\n", False),
        ("apiVersion: v1\n---\napiVersion: triggers.tekton.dev/v1\n", True),
        ("apiVersion: a b\nname: tekton.dev\n", False),
        ("apiVersion: [tekton.dev/v1]\n", True),
        ("apiVersion:\n  tekton.dev/v1\n", True),
        ("apiVersion: &a tekton.dev/v1\n", True),
        ("apiVersion: 'tekton.dev/v1'\n", True),
        ("a: &a tekton.dev/v1\napiVersion: *a\n", True),
        ("a: &a {apiVersion: tekton.dev/v1}\n", True),
        ("? apiVersion\n: tekton.dev/v1\n", True),
        ('{"apiVersion":"tekton.dev/v1"}', True),
        ('{"apiVersion":"v1","a":"tekton.dev"}', False),
        ('{"api\\u0056ersion":"tekton.dev/v1"}', True),
        ("imagination: x\n", False),
        ("image: x\n", True),
        ("# image\n", True),
        ("kind: Pod\n", True),
        ("a: b\nkind: Deployment\n", True),
        ("a: b\n'kind' : 'Job'\n", True),
        ('{"a":1,"kind":"CronJob"', True),
        ("{ kind: Pod", True),
        ("items:\n- kind: Pod\n", True),
        ("items:\n  - apiVersion: v1\n    kind: Pod\n", True),
        ("kind: PodDisruptionBudget\n", False),
        ("target:\n  kind: Deployment\n", False),
        ("target:\n  apiVersion: apps/v1\n  kind: Deployment\n", False),
        ("imagePullPolicy: x\n", True),
        ('"\\x69mage": x\n', True),
        ('"\\u0069mage": x\n', True),
        ('"\\U00000069mage": x\n', True),
        ("a: 'C:\\xampp'\n", True),
        ("a: \\n\n", False),
        ('? "im\\\n  age"\n: x\n', True),
        ('? "im\\\r\n  age"\r\n: x\r\n', True),
        ('a: "im\\\n  age"\n', True),
        ('a: "im\n  age"\n', False),
        ("!!binary aW1hZ2U=: x\n", True),
        ("%TAG ! tag:yaml.org,2002:\n---\n!bin%61ry aW1hZ2U=: x\n", True),
        ("!<tag:yaml.org,2002:bin%61ry> aW1hZ2U=: x\n", True),
        ("!foo aW1hZ2U=: x\n", False),
        ("!!bin%61ry aW1hZ2U=: x\n", True),
        ("binary: data\n", False),
    ],
)
def test_can_hold_image(text: str, expected: bool) -> None:
    """One of the words, or a way to spell one without its letters."""
    assert can_hold_image(text.encode(), catalogue().words) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("image: x\n", False),
        ("apiVersion: v2\nimage: x\n", False),
        ("kinds: [image]\n", False),
        ("mankind: image\n", False),
        ("hostKind: image\n", False),
        ("? [\n", False),
        ("\ufeffimage: x\n", False),
        ("kind: Pod\n", True),
        ('{"kind":"Pod"}', True),
        ("? kind\n: Pod\n", True),
        ("? |-\n  kind\n: Pod\n", True),
        ("a: &kind image\n", True),
        ("<<: {kind: Pod}\n", True),
        ("# kind\n", True),
        ("image: x\rkind: Pod\r", True),
        ("image: x\x85kind: Pod\x85", True),
        ("hostKind: image\nkind: Pod\n", True),
        ('"k\\x69nd": Pod\n', True),
        ('{"\\u006bind": "Pod"}', True),
        ('? "ki\\\n  nd"\n: Pod\n', True),
        ("!!binary a2luZA==: Pod\n", True),
        ("image: x\n\ufeffk: Pod\n", True),
        ("\ufeff\ufeffimage: x\n", True),
    ],
)
def test_may_hold_object(text: str, expected: bool) -> None:
    """The word ``kind``, a way to spell it, or a byte order mark too many, which is reported."""
    assert may_hold_object(text.encode()) is expected


@pytest.mark.parametrize(
    ("name", "images"),
    [("values.yaml", []), ("a/Kustomization", ["y"]), ("a/kustomization.yaml", ["y"])],
)
def test_a_file_without_the_word_kind_holds_images_by_its_name(
    name: str, images: list[str]
) -> None:
    data = b"images:\n- name: x\n  newName: y\n"
    examination = Examination(Source(name, data), catalogue())
    found, free = examination.examine()
    assert (len(found), free) == ((1, 0) if images else (0, 1))
    assert [site.value.value for item in found for site in item.extract.sites] == images


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(HEAD + "data: {image: x}\n", id="flow below the root"),
        pytest.param(HEAD + "data:\n  image: |\n    kind: Pod\n", id="text that looks alike"),
        pytest.param("# c\n" + HEAD + "# image\n", id="comments"),
        pytest.param("---\n" + HEAD + "data: {image: x}\n", id="a separator"),
        pytest.param("--- # c\n" + HEAD + "data: {image: x}\n", id="a separator with a comment"),
        pytest.param("\n\n" + HEAD + "data: {image: x}\n", id="empty lines"),
        pytest.param("data: {image: x}\n" + HEAD, id="kind last"),
        pytest.param("kind: ConfigMap\nimage: x\napiVersion: v1\n", id="version last"),
        pytest.param("apiVersion: v1\nkind: ConfigMap # c\nimage: x\n", id="a comment behind it"),
        pytest.param(HEAD.replace("\n", "\r\n") + "image: x\r\n", id="CRLF"),
        pytest.param("apiVersion: 'v1'\nkind: ConfigMap\nimage: x\n", id="a quoted version"),
        pytest.param("kind: ConfigMap\nimage: x\napiVersion: v1", id="no final break"),
        pytest.param(HEAD + CONTAINERS, id="a kind without images, whatever it holds"),
        pytest.param(
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n" + CONTAINERS,
            id="a CRD",
        ),
        pytest.param(
            "apiVersion: kyverno.io/v1\nkind: ClusterPolicy\n" + CONTAINERS, id="a policy"
        ),
        pytest.param(
            "apiVersion: example.com/v1\nkind: Widget\nimage: x\n", id="unknown, without containers"
        ),
        pytest.param(
            'apiVersion: example.com/v1\nkind: Widget\nimage: "a\\tb"\n', id="unknown, an escape"
        ),
        pytest.param(HEAD + "x: [\n  image\n]\n", id="a closing bracket at column 0"),
        pytest.param(HEAD + "x:\n- image\n- {a: b}\n", id="items at column 0"),
        pytest.param(HEAD + "metadata:\n  items: [image]\n", id="items below the root"),
        pytest.param(HEAD + "x-items: [image]\n", id="a key that ends in items"),
        pytest.param(
            "apiVersion: v1\nkind: Secret\n" + 'data: {image: "\\x41"}\n',
            id="an escape, in a kind without images",
        ),
        pytest.param(HEAD + "data: {image: x, values: y}\n", id="a ConfigMap of no operator"),
        pytest.param(HEAD + "data: {image: x}\n  --- x\n", id="dashes that are indented"),
        pytest.param("---\r\n" + HEAD + "image: x\n", id="a separator with CRLF"),
        pytest.param("---\t # c\r\n" + HEAD + "image: x\n", id="a separator and all it may have"),
        pytest.param(HEAD + "image: [\n]\r\n", id="a closing bracket with CR"),
        pytest.param(HEAD + "image: [\n]  , \r\n", id="a closing bracket with a comma"),
        pytest.param(HEAD + "x:\n-\r\n  image\n-\n  y\n-\tz\n-", id="items that begin below"),
        pytest.param("kind: ConfigMap\napiVersion: v1\nimage: é\n", id="beyond ASCII"),
    ],
)
def test_proven(text: str) -> None:
    """And a full parse says the same."""
    assert is_free(text)
    full = examine(Source("a.yaml", text.encode()), catalogue(), prove=False)
    assert not any(item.extract.sites for item in full)
    examination = Examination(Source("a.yaml", text.encode()), catalogue())
    assert examination.examine() == ([], 1)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("image: x\n", id="no kind"),
        pytest.param("kind: ConfigMap\nimage: x\n", id="no version"),
        pytest.param("apiVersion: v1\nimage: x\n", id="no kind, a version"),
        pytest.param("apiVersion: v1\nkind: Pod\nimage: x\n", id="a kind with images"),
        pytest.param("apiVersion: v1\nkind: List\nitems: []\nimage: x\n", id="a list"),
        pytest.param("apiVersion: example.com/v1\nkind: Widget\n" + CONTAINERS, id="unknown kind"),
        pytest.param(
            'apiVersion: example.com/v1\nkind: Widget\nspec: {"\\x63ontainers": [{image: x}]}\n',
            id="containers spelled otherwise",
        ),
        pytest.param(
            "apiVersion: example.com/v1\nkind: Widget\n"
            "spec: {!!binary Y29udGFpbmVycw==: [{image: x}]}\n",
            id="containers in base64",
        ),
        pytest.param(HEAD + f"items: [{POD}]\n", id="items"),
        pytest.param(HEAD + f"items : [{POD}]\n", id="items, a blank"),
        pytest.param(HEAD + f'"items": [{POD}]\n', id="items, quoted"),
        pytest.param(HEAD + f'"item\\x73": [{POD}]\n', id="items, escaped"),
        pytest.param(HEAD + f"? items\n: [{POD}]\n", id="items, explicit"),
        pytest.param(HEAD + f"!!str items: [{POD}]\n", id="items, tagged"),
        pytest.param(HEAD + f"&x items: [{POD}]\n", id="items, anchored"),
        pytest.param(HEAD + f"x: &x items\n*x : [{POD}]\n", id="items, an alias"),
        pytest.param(HEAD + f"<<: {{items: [{POD}]}}\n", id="items, merged"),
        pytest.param(HEAD + f"# c\ritems: [{POD}]\n", id="items behind CR"),
        pytest.param(HEAD + f"# c\x85items: [{POD}]\n", id="items behind NEL"),
        pytest.param(HEAD + f"# c\u2028items: [{POD}]\n", id="items behind LS"),
        pytest.param(HEAD + f"# c\u2029items: [{POD}]\n", id="items behind PS"),
        pytest.param(HEAD + "<<: {kind: Pod}\n" + CONTAINERS, id="a merge brings kind"),
        pytest.param("<<: {kind: Pod}\n" + HEAD + CONTAINERS, id="a merge at first"),
        pytest.param(HEAD + "kind: Pod\n" + CONTAINERS, id="two kinds"),
        pytest.param(HEAD + "kind : Pod\n" + CONTAINERS, id="two kinds, a blank"),
        pytest.param(HEAD + "'kind': Pod\n" + CONTAINERS, id="a quoted kind"),
        pytest.param(HEAD + '"k\\x69nd": Pod\n' + CONTAINERS, id="an escaped kind"),
        pytest.param(HEAD + "? kind\n: Pod\n" + CONTAINERS, id="an explicit kind"),
        pytest.param(HEAD + "!!str kind: Pod\n" + CONTAINERS, id="a tagged kind"),
        pytest.param(HEAD + "&x kind: Pod\n" + CONTAINERS, id="an anchored kind"),
        pytest.param(HEAD + "!!binary a2luZA==: Pod\n" + CONTAINERS, id="a kind in base64"),
        pytest.param(HEAD + "# c\rkind: Pod\n" + CONTAINERS, id="a kind behind CR"),
        pytest.param(HEAD + "kind:\n  Pod\n" + CONTAINERS, id="a kind on the next line"),
        pytest.param("apiVersion: v1\nkind:\n  ConfigMap\nimage: x\n", id="the only one there"),
        pytest.param("apiVersion: v1\nkind: Config\n  Map\nimage: x\n", id="a folded kind"),
        pytest.param("apiVersion: v1\nkind: Config\n\n  Map\nimage: x\n", id="folded over a line"),
        pytest.param("apiVersion: v1\n  x\nkind: ConfigMap\nimage: x\n", id="a folded version"),
        pytest.param("apiVersion: v1\nkind: ConfigMap#x\nimage: x\n", id="# is content"),
        pytest.param("apiVersion: v1\nkind: 'ConfigMap'\nimage: x\n", id="a quoted value"),
        pytest.param("apiVersion: v1\nkind: &x ConfigMap\nimage: x\n", id="an anchored value"),
        pytest.param("apiVersion: v1\nkind: *x\nimage: x\n", id="an alias"),
        pytest.param("apiVersion: v1\nkind:\tConfigMap\timage: x\n", id="tabs"),
        pytest.param("apiVersion: v1\nkind:ConfigMap\nimage: x\n", id="no key"),
        pytest.param("apiVersion: null\nkind: Widget\nimage: x\n", id="a version that is none"),
        pytest.param("apiVersion: v1\nkind: No\nimage: x\n", id="a kind that is none"),
        pytest.param("apiVersion: v1\n kind: ConfigMap\nimage: x\n", id="indented"),
        pytest.param("  " + HEAD + CONTAINERS, id="an indented root"),
        pytest.param("  kind: Pod\n  apiVersion: v1\n" + HEAD + CONTAINERS, id="dedented lines"),
        pytest.param(f"{POD}\n" + HEAD, id="behind a flow root"),
        pytest.param(f"--- {POD}\n" + HEAD, id="on the separator's line"),
        pytest.param("--- |\n" + HEAD + CONTAINERS, id="in a block scalar"),
        pytest.param("'\n" + HEAD + CONTAINERS + "'\n", id="in a quoted scalar"),
        pytest.param("{\n" + HEAD.replace("\n", ",\n") + "image: x}\n", id="in a flow mapping"),
        pytest.param("a: {b: c,\nkind: ConfigMap,\napiVersion: v1}\nimage: x\n", id="flow below"),
        pytest.param(HEAD + "...\n" + CONTAINERS, id="an end"),
        pytest.param("%YAML 1.1\n---\n" + HEAD + CONTAINERS, id="a directive"),
        pytest.param("\ufeff" + HEAD + CONTAINERS, id="a BOM"),
        pytest.param(HEAD + "\ufeffkind: Pod\n" + CONTAINERS, id="a BOM inside"),
        pytest.param(HEAD + "{{ if x }}\n" + CONTAINERS, id="a template"),
        pytest.param(HEAD + "\tx: image\n", id="a tab"),
        pytest.param(HEAD + "---\n" + HEAD + CONTAINERS, id="two documents"),
        pytest.param(HEAD + f"---\n{POD}\n", id="a separator and a flow root"),
        pytest.param(HEAD + "a: |\n---\nkind: Pod\n" + CONTAINERS, id="a separator in a literal"),
        pytest.param(HEAD + "image: x\n---", id="a separator at the end"),
        pytest.param("# c\n---\n" + HEAD + "image: x\n", id="a comment is a document"),
        pytest.param("\n---\n" + HEAD + "image: x\n", id="a blank line in front of a separator"),
        pytest.param("---\n---\n" + HEAD + "image: x\n", id="two separators"),
        pytest.param("---#c\n" + HEAD + "image: x\n", id="a separator that is none in front"),
        pytest.param("---\x0b\n" + HEAD + "image: x\n", id="a separator with other white space"),
        pytest.param("---\x85" + HEAD + "image: x\n", id="a separator with NEL"),
        pytest.param("---\n\ufeff" + HEAD + "image: x\n", id="a BOM behind a separator"),
        pytest.param("--- # c\r" + POD + "\n" + HEAD, id="a comment that a CR ends"),
        pytest.param(HEAD + "kind: ConfigMap\nimage: x\n", id="one kind, twice"),
        pytest.param(HEAD + "apiVersion: v1\nimage: x\n", id="one version, twice"),
        pytest.param("apiVersion: v1\nkind: [\n- ConfigMap\n]\nimage: x\n", id="a list for a kind"),
        pytest.param(HEAD + "-x: image\n", id="a key that starts with a dash"),
        pytest.param(HEAD + "] x: image\n", id="more behind a closing bracket"),
        pytest.param(HEAD + "items:\n- " + POD, id="items, a block list"),
        pytest.param("items: []\n" + HEAD + "image: x\n", id="items in front"),
        pytest.param("image: x\n\x0ckind: Pod\n" + HEAD, id="a form feed"),
        pytest.param('{"kind": "ConfigMap",\n"apiVersion": "v1", "a": "image"\n}', id="JSON"),
        pytest.param('["image",\n"kind"\n]', id="a JSON list"),
        pytest.param('"kind: image"', id="a JSON string"),
        pytest.param("-1", id="a JSON number"),
        pytest.param(HEAD + "[a]: image\n", id="a complex key"),
        pytest.param(HEAD + "a b: image\n", id="a key with a blank"),
        pytest.param("a:\n  kind: Pod\n  image: x\n", id="neither key"),
        pytest.param(
            "metadata:\n  name: a\n kind: Pod\n apiVersion: v1\nimage: x\n",
            id="two keys that have slipped, which does not parse",
        ),
        pytest.param(HEAD + "metadata: {name: config-deployment}\n", id="an operator's ConfigMap"),
        pytest.param(HEAD + "data: {ROOK_CSI_X_IMAGE: x}\n", id="a setting of an operator"),
        pytest.param(HEAD + 'data: {"ROOK\\x5fCSI_X_IMAGE": x}\n', id="a setting, spelled"),
    ],
)
def test_not_proven(text: str) -> None:
    """Some of these hold no image either; what matters is that nobody relies on it."""
    assert not is_free(text)
    full = examine(Source("a.yaml", text.encode()), catalogue(), prove=False)
    fast = examine(Source("a.yaml", text.encode()), catalogue())
    assert sites(fast) == sites(full)


@pytest.mark.parametrize(
    ("data", "documents", "free"),
    [
        pytest.param("", 0, 1, id="an empty file counts as one that was looked at"),
        pytest.param("a: b\n", 0, 1, id="no word of images in the whole file"),
        pytest.param(HEAD + "image: x\n---\n" + HEAD, 0, 2, id="two proven"),
        pytest.param(HEAD + f"---\n{POD}\n---\na: b\n", 1, 2, id="one in the middle"),
        pytest.param('{"a": "b"}\n{"kind": "image"}', 1, 1, id="JSON"),
        pytest.param("---\n" + HEAD + "image: x\n", 0, 1, id="a separator in front"),
        pytest.param("# c\n---\n" + HEAD + "image: x\n", 0, 2, id="a comment and a document"),
        pytest.param("---#c\n" + HEAD + "image: x\n", 1, 0, id="refused in front"),
        pytest.param(HEAD + "image: x\n---\n", 0, 1, id="nothing behind a separator"),
        pytest.param(
            "--- x\n---\nkind: image\n", 2, 0, id="what kubectl refuses is never left out"
        ),
    ],
)
def test_what_is_left_out_is_counted(data: str, documents: int, free: int) -> None:
    for encoded in (data.encode(), data.encode("utf-16") if data else b""):
        examination = Examination(Source("a.yaml", encoded), catalogue())
        found, count = examination.examine()
        assert (len(found), count) == (documents, free)


def test_no_proof_of_a_kind_whose_strings_are_manifests() -> None:
    """Neither of a document nor of a file, and only of that kind."""
    kinds = catalogue().with_embedded([EmbeddedTexts("ConfigMap", (NamePattern("*"),))])
    text = HEAD + "data: {a: b}\n"
    assert is_proven_free(text.encode(), catalogue())
    assert not is_proven_free(text.encode(), kinds)
    assert can_hold_image(text.encode(), kinds.words)
    assert is_proven_free(text.replace("ConfigMap", "Secret").encode(), kinds)
    assert is_proven_free(text.replace("v1", "apps/v1").encode(), kinds)
    for with_trees in (True, False):
        source = Source("a.yaml", text.encode())
        examination = Examination(source, kinds, with_trees=with_trees)
        found, free = examination.examine()
        assert [item.tree is None for item in found] == [False]
        assert free == 0
