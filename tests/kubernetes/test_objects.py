"""Tables for API objects in documents: what they say of themselves, and lists taken apart."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from imagelint.kubernetes.objects import find_objects, meta_of, string_of
from imagelint.kubernetes.readers import Reader, View, type_of
from imagelint.yaml.parser import parse_yaml
from tests.support.trees import scalars

K, Z = Reader.KUBECTL, Reader.KUSTOMIZE
POD = "apiVersion: v1, kind: Pod"


class Found(NamedTuple):
    """An object, as the tables write it: place, kind, name, and who reads it (K, Z)."""

    prefix: str
    kind: str
    name: str | None
    readers: str


def found(text: str, file_name: str = "a.yaml") -> tuple[list[Found], list[str]]:
    """Return the objects in a document as kubectl sees them, and the reasons why it refuses it."""
    objects, problems = find_objects(parse_yaml(text).root, View(K), file_name)
    letters = {K: "K", Z: "Z"}
    return [
        Found(
            item.prefix,
            f"{item.meta.api_version} {item.meta.kind}",
            item.meta.name,
            "".join(sorted(letters[reader] for reader in item.readers)),
        )
        for item in objects
    ], [problem.message for problem in problems]


@pytest.mark.parametrize("text", ["kind: Pod", "{apiVersion: null, kind: Pod}"])
def test_an_object_without_a_version_is_refused(text: str) -> None:
    assert found(text) == ([Found("", " Pod", None, "KZ")], ["the apiVersion is missing"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param("null", [], id="null"),
        pytest.param("[{apiVersion: v1, kind: Pod}]", [], id="a list"),
        pytest.param("apiVersion: v1", [], id="no kind"),
        pytest.param("{apiVersion: v1, kind: ''}", [], id="an empty kind"),
        pytest.param(f"{{{POD}}}", [Found("", "v1 Pod", None, "KZ")], id="no metadata"),
        pytest.param(
            f"{{{POD}, metadata: {{name: a}}}}", [Found("", "v1 Pod", "a", "KZ")], id="a name"
        ),
        pytest.param(
            f"{{{POD}, metadata: {{generateName: a-}}}}",
            [Found("", "v1 Pod", "a-", "KZ")],
            id="a generated name",
        ),
        pytest.param(
            '{"\\x6bind": Pod, !!str apiVersion: "v1"}',
            [Found("", "v1 Pod", None, "KZ")],
            id="keys spelled otherwise",
        ),
        pytest.param(
            "{kind: ConfigMap, <<: {kind: Pod, apiVersion: v1}}",
            [Found("", "v1 Pod", None, "KZ")],
            id="a kind merged in",
        ),
    ],
)
def test_single_objects(text: str, expected: list[Found]) -> None:
    assert found(text) == (expected, [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            f"{{apiVersion: v1, kind: List, items: [{{{POD}}}, {{{POD}}}]}}",
            [Found("items[0].", "v1 Pod", None, "KZ"), Found("items[1].", "v1 Pod", None, "KZ")],
            id="List",
        ),
        pytest.param(
            "{apiVersion: v1, kind: PodList, items: [{metadata: {name: a}}]}",
            [Found("items[0].", "v1 Pod", "a", "KZ")],
            id="a typed list gives its items their kind",
        ),
        pytest.param(
            "{apiVersion: apps/v1, kind: DeploymentList, items: [{kind: Pod, apiVersion: v1}]}",
            [Found("items[0].", "v1 Pod", None, "KZ")],
            id="but not where they have one",
        ),
        pytest.param(
            f"{{apiVersion: v1, kind: ConfigMap, items: [{{{POD}}}]}}",
            [Found("", "v1 ConfigMap", None, "Z"), Found("items[0].", "v1 Pod", None, "K")],
            id="K: any object with items is a list",
        ),
        pytest.param(
            f"{{kind: Foo, items: [{{{POD}}}]}}",
            [Found("", " Foo", None, "Z"), Found("items[0].", "v1 Pod", None, "K")],
            id="K: even without a version",
        ),
        pytest.param(
            f"{{{POD}, items: []}}", [Found("", "v1 Pod", None, "Z")], id="K drops a Pod with items"
        ),
        pytest.param(
            f"{{{POD}, items: null}}", [Found("", "v1 Pod", None, "Z")], id="or with items: null"
        ),
        pytest.param("{apiVersion: v1, kind: List, items: []}", [], id="an empty list"),
        pytest.param(
            f"x: &x [{{{POD}}}]\napiVersion: v1\nkind: List\nitems: *x\n",
            [Found("items[0].", "v1 Pod", None, "KZ")],
            id="an alias for items",
        ),
    ],
)
def test_lists(text: str, expected: list[Found]) -> None:
    assert found(text) == (expected, [])


@pytest.mark.parametrize(
    ("text", "expected", "message"),
    [
        pytest.param(
            f"{{apiVersion: v1, kind: List, items: "
            f"[{{apiVersion: v1, kind: List, items: [{{{POD}}}]}}]}}",
            [Found("items[0].items[0].", "v1 Pod", None, "KZ")],
            "a list is inside a list",
            id="List in List",
        ),
        pytest.param(
            "{apiVersion: v1, kind: List, items: x}",
            [Found("", "v1 List", None, "KZ")],
            "items is not a list",
            id="a string",
        ),
        pytest.param(
            f"{{{POD}, items: {{}}}}",
            [Found("", "v1 Pod", None, "KZ")],
            "items is not a list",
            id="a mapping",
        ),
        pytest.param(
            "{apiVersion: v1, kind: List, items: [x]}", [], "not an object", id="a string in a List"
        ),
        pytest.param("{apiVersion: v1, kind: List, items: [~]}", [], "not an object", id="or null"),
        pytest.param("{apiVersion: v1, kind: 1}", [], "kind is a number", id="a number as a kind"),
        pytest.param("{apiVersion: v1, kind: []}", [], "kind is a sequence", id="a list as a kind"),
        pytest.param(
            "{apiVersion: v1, kind: List, items: [{apiVersion: v1}]}",
            [],
            "has no kind",
            id="an item without a kind",
        ),
        pytest.param(
            "{apiVersion: 1, kind: Pod}",
            [Found("", " Pod", None, "KZ")],
            "apiVersion is a number, not a string (quote it)",
            id="a version without its quotes",
        ),
    ],
)
def test_lists_and_types_that_kubectl_refuses(
    text: str, expected: list[Found], message: str
) -> None:
    objects, problems = found(text)
    assert objects == expected
    assert len(problems) == 1
    assert message in problems[0]


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ("null", None),
        ("{}", None),
        ("{name: null, labels: null, annotations: {a: null}}", None),
        ("{name: 'y', labels: {a: '1'}, finalizers: [a]}", None),
        ("x", "metadata is a string, not a mapping"),
        ("[]", "metadata is a sequence, not a mapping"),
        ("{name: y}", "metadata.name is a boolean, not a string (quote it)"),
        ("{name: 1}", "metadata.name is a number, not a string (quote it)"),
        ("{name: [a]}", "metadata.name is a sequence, not a string"),
        ("{namespace: 1}", "metadata.namespace is a number, not a string (quote it)"),
        ("{generateName: no}", "metadata.generateName is a boolean, not a string (quote it)"),
        ("{labels: x}", "metadata.labels is a string, not a mapping"),
        ("{labels: {a: 1}}", "metadata.labels.a is a number, not a string (quote it)"),
        ("{annotations: {a: yes}}", "metadata.annotations.a is a boolean, not a string (quote it)"),
        ("{annotations: {a: {}}}", "metadata.annotations.a is a mapping, not a string"),
        ("{finalizers: x}", "metadata.finalizers is a string, not a sequence"),
        ("{resourceVersion: 12}", "metadata.resourceVersion is a number, not a string (quote it)"),
    ],
)
def test_metadata(metadata: str, message: str | None) -> None:
    """kubectl decodes metadata into its Go type before anything else."""
    _, problems = found(f"{{{POD}, metadata: {metadata}}}")
    assert problems == ([] if message is None else [message])


@pytest.mark.parametrize(
    ("text", "file_name", "kind"),
    [
        ("resources: [a]", "kustomization.yaml", "kustomize.config.k8s.io/v1beta1 Kustomization"),
        ("resources: [a]", "kustomization.yml", "kustomize.config.k8s.io/v1beta1 Kustomization"),
        ("resources: [a]", "Kustomization", "kustomize.config.k8s.io/v1beta1 Kustomization"),
        ("kind: Component", "kustomization.yaml", "kustomize.config.k8s.io/v1beta1 Component"),
        ("apiVersion: x/v1", "kustomization.yaml", "x/v1 Kustomization"),
        ("resources: [a]", "kustomize.yaml", None),
        ("resources: [a]", "my-kustomization.yaml", None),
        ("resources: [a]", "", None),
    ],
)
def test_kustomizations_need_not_say_so(text: str, file_name: str, kind: str | None) -> None:
    objects, _ = found(text, file_name)
    assert [item.kind for item in objects] == ([] if kind is None else [kind])


def test_meta() -> None:
    text = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  generateName: web-
  namespace: prod
  labels: {app: web, size: 1, y: 'yes', none: null}
"""
    objects, _ = find_objects(parse_yaml(text).root, View(K), "a.yaml")
    meta = objects[0].meta
    assert (meta.api_version, meta.kind, meta.group) == ("apps/v1", "Deployment", "apps")
    assert (meta.name, meta.namespace) == ("web", "prod")
    assert meta.labels == {"app": "web", "true": "yes"}
    assert meta_of(objects[0].mapping, View(Z), None, "").labels == {"app": "web", "y": "yes"}  # type: ignore[union-attr]


def test_one_reader_alone() -> None:
    """In kustomize's own view, what it sees is read by it; the lists are taken apart the same."""
    objects, _ = find_objects(parse_yaml(f"{{{POD}}}").root, View(Z), "")
    assert [item.readers for item in objects] == [frozenset({Z})]


@pytest.mark.parametrize(
    ("written", "text", "type_"),
    [
        ("a", "a", "string"),
        ("'1'", "1", "string"),
        ("1", None, "number"),
        ("yes", None, "boolean"),
        ("~", None, "null"),
        ("[]", None, "sequence"),
        ("{}", None, "mapping"),
    ],
)
def test_string_of_and_type_of(written: str, text: str | None, type_: str) -> None:
    node = parse_yaml(written).root
    assert node is not None
    assert string_of(node, View(K)) == text
    assert type_of(node) == type_


def test_string_of_nothing() -> None:
    assert string_of(None, View(K)) is None


def test_deep_lists_are_taken_apart_once() -> None:
    """Law 6: an anchored list that stands in many places is walked once."""
    lines = [f"x0: &x0 [{{{POD}}}]"]
    lines += [
        f"x{i}: &x{i} [" + f"{{kind: List, apiVersion: v1, items: *x{i - 1}}}, " * 9 + "]"
        for i in range(1, 12)
    ]
    tree = parse_yaml("\n".join([*lines, "apiVersion: v1", "kind: List", "items: *x11"]))
    objects, problems = find_objects(tree.root, View(K, walk_once=True), "")
    assert len(objects) == 1
    assert len(problems) < 200
    assert next(scalars(tree)).value == "x0"
