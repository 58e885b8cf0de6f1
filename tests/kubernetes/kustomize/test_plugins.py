"""Tables for transformers, generators, configurations and replacements in files and inline."""

from __future__ import annotations

import pytest

from imagelint.kubernetes.kustomize.model import FileRole, Role, Target
from tests.kubernetes.kustomize.kustomizations import patched, read

IMAGE_PATH = "spec/template/spec/containers/image"


def plugin(kind: str, fields: str, api_version: str = "builtin") -> str:
    return f"apiVersion: {api_version}\nkind: {kind}\nmetadata: {{name: t}}\n{fields}\n"


POD = "'{apiVersion: v1, kind: Pod, spec: {containers: [{image: evil.io/x}]}}'"
OPERATIONS = "'[{op: add, path: /spec/containers/0/image, value: evil.io/x}]'"
COPIED = (
    "{source: {kind: X}, targets: [{select: {kind: Pod}, fieldPaths: [spec.containers.0.image]}]}"
)
ADDED = "targets: [{fieldPath: spec/containers/image, filePathPosition: NUMBER}]\nvalue: evil.io/x"
PARENT = "fieldSpecs: [{path: spec, create: true}]"
ONTO_PODS = "fieldSpecs: [{path: spec/template/metadata/annotations, kind: Deployment}]"
PROXY = "sidecar.istio.io/proxyImage"


@pytest.mark.parametrize(
    ("kind", "fields", "images", "unjudged"),
    [
        ("ImageTagTransformer", "imageTag: {name: a, NEWNAME: evil.io/x}", 1, []),
        ("ImageTagTransformer", "imageTag: {name: a, newTag: '1'}", 0, []),
        ("PrefixTransformer", f"fieldSpecs: [{{path: {IMAGE_PATH}}}]", 0, [True]),
        ("PrefixTransformer", "fieldSpecs: [{path: metadata/name}]", 0, []),
        ("SuffixTransformer", f"fieldSpecs: [{{path: {IMAGE_PATH}, kind: Job}}]", 0, [True]),
        ("NamespaceTransformer", "fieldSpecs: [{path: spec/image, kind: Widget}]", 0, [True]),
        ("NamespaceTransformer", "fieldSpecs: [{path: 'spec/containers[]/image'}]", 0, [True]),
        ("LabelTransformer", "fieldSpecs: [{path: metadata/labels, create: true}]", 0, []),
        ("LabelTransformer", f"labels: {{image: a}}\n{PARENT}", 0, [True]),
        ("LabelTransformer", f"labels: {{app: a}}\n{PARENT}", 0, []),
        ("LabelTransformer", "labels: {image: a}\nfieldSpecs: [{path: spec/x/labels}]", 0, []),
        ("AnnotationsTransformer", f"annotations: {{image: a}}\n{PARENT}", 0, [True]),
        ("AnnotationsTransformer", f"annotations: {{app: a}}\n{PARENT}", 0, []),
        ("AnnotationsTransformer", f"annotations: {{{PROXY}: evil.io/x}}", 1, []),
        ("AnnotationsTransformer", f"annotations: {{{PROXY}: evil.io/x}}\n{ONTO_PODS}", 1, []),
        ("PatchTransformer", f"target: {{kind: Pod}}\npatch: {OPERATIONS}", 1, []),
        ("PatchStrategicMergeTransformer", f"patches: {POD}", 1, []),
        ("PatchStrategicMergeTransformer", f"paths: [a.yaml, {POD}]", 1, []),
        ("PatchJson6902Transformer", f"target: {{kind: Pod}}\njsonOp: {OPERATIONS}", 1, []),
        ("ValueAddTransformer", ADDED.replace("NUMBER", "0"), 1, []),
        ("ValueAddTransformer", ADDED.replace("NUMBER", "2"), 0, [True]),
        ("ReplacementTransformer", f"replacements: [{COPIED}]", 0, [True]),
        ("ConfigMapGenerator", "literals: [image=evil.io/x]", 0, []),
        ("HelmChartInflationGenerator", "repo: x", 0, [False]),
        ("Unheard", "image: evil.io/x", 0, [True]),
    ],
)
@pytest.mark.parametrize("is_inline", [False, True])
def test_builtin(
    kind: str, fields: str, images: int, unjudged: list[bool], is_inline: bool
) -> None:
    text = plugin(kind, fields)
    if is_inline:
        lines = "".join(f"    {line}\n" for line in text.splitlines())
        found = read(f"transformers:\n- |\n{lines}")
    else:
        found = read(text, path="t.yaml")
    assert list(found.images.values()) == ["evil.io/x"] * images
    assert list(found.unjudged.values()) == unjudged


@pytest.mark.parametrize("role", [Role.TRANSFORMER, Role.GENERATOR])
def test_plugins_of_others(role: Role) -> None:
    text = plugin("Mine", "x: y", "example.com/v1")
    assert read(text, FileRole(role), path="t.yaml").unjudged == {"kind": True}
    assert read(text, path="t.yaml").unjudged == {}


def test_plugins_of_others_in_a_list() -> None:
    text = plugin("List", "items: [{apiVersion: builtin, kind: SortOrderTransformer}, MINE]", "v1")
    mine = text.replace("MINE", "{apiVersion: example.com/v1, kind: Mine}")
    role = FileRole(Role.TRANSFORMER)
    assert read(mine, role, path="t.yaml").unjudged == {"kind": True}
    assert read(text.replace(", MINE", ""), role, path="t.yaml").unjudged == {}


def test_validators_change_nothing() -> None:
    mine = plugin("Mine", "x: y", "example.com/v1")
    assert read(mine, FileRole(Role.VALIDATOR), path="v.yaml").unjudged == {}
    assert read(f"validators: [{mine!r}]".replace("'", '"')).unjudged == {}


@pytest.mark.parametrize(
    ("text", "is_told"),
    [
        (f"namePrefix: [{{path: {IMAGE_PATH}, kind: Deployment}}]", True),
        (f"NAMEPREFIX: [{{PATH: {IMAGE_PATH}}}]", True),
        ("namePrefix: [{path: metadata/name}]", False),
        ("nameReference: [{kind: Secret, fieldSpecs: [{path: spec/image, kind: Widget}]}]", True),
        ("images: [{path: spec/image, kind: Widget}]", True),
        (f"images: [{{path: {IMAGE_PATH}, kind: Rollout}}]", False),
        ("images: [{path: 'spec/containers[]/image', kind: Widget}]", False),
        ("commonLabels: [{path: spec/selector, create: true, kind: Widget}]", False),
        ("commonLabels: [{path: spec/match, create: true, kind: Widget}]", True),
        ("commonLabels: [{path: spec, kind: Prometheus}]", True),
        ("labels: [{path: 'spec/template/spec/containers[]'}]", True),
        ("templateLabels: [{path: 'spec/images[]', kind: Kustomization}]", True),
        ("commonAnnotations: [{path: spec, kind: Prometheus}]", True),
        ("commonAnnotations: [{path: spec/values, kind: ConfigMap}]", False),
        ("commonAnnotations: [{path: spec/template/metadata/annotations}]", False),
        ("commonAnnotations: [{path: spec/template/metadata/annotations, kind: Job}]", False),
        ("commonLabels: [{path: spec/template/metadata/annotations, kind: Job}]", True),
        ("commonLabels: [{path: spec/template/metadata/labels, kind: Job}]", False),
        ("commonLabels: [{path: spec/selector/matchLabels, create: true, kind: Job}]", False),
        ("varReference: [{path: spec/image}]", False),
    ],
)
def test_configurations(text: str, is_told: bool) -> None:
    found = read(text, FileRole(Role.CONFIGURATION), path="c.yaml")
    assert list(found.unjudged.values()) == [True] * is_told


TARGET = "targets: [{select: {kind: Deployment}, fieldPaths: [PATH]}]"
CONTAINER = "spec.template.spec.containers"


@pytest.mark.parametrize(
    ("source", "path", "is_told"),
    [
        ("source: {kind: ConfigMap, fieldPath: data.i}", f"{CONTAINER}.0.image", True),
        ("source: {kind: ConfigMap, fieldPath: data.i}", f"{CONTAINER}.*.image", True),
        ("source: {kind: ConfigMap, fieldPath: data.i}", f'"{CONTAINER}.[name=a.b].image"', True),
        ("source: {kind: ConfigMap, fieldPath: data.i}", f"{CONTAINER}.0", True),
        ("source: {kind: ConfigMap, fieldPath: data.i}", "spec", True),
        ("source: {kind: ConfigMap, fieldPath: data.i}", "spec.replicas", False),
        ("source: {kind: ConfigMap, fieldPath: data.i}", f"{CONTAINER}.0.env.0.value", False),
        ("source: {kind: Pod, fieldPath: spec.containers.0.image}", f"{CONTAINER}.0.image", False),
        (
            "source: {kind: Pod, fieldPath: spec.containers.0.image, options: {delimiter: '/'}}",
            f"{CONTAINER}.0.image",
            True,
        ),
    ],
)
def test_replacements(source: str, path: str, is_told: bool) -> None:
    text = f"{source}\n{TARGET.replace('PATH', path)}\n"
    listed = "- " + text.replace("\n", "\n  ")
    role = FileRole(Role.REPLACEMENT)
    assert len(read(text, role, path="r.yaml").unjudged) == is_told
    assert len(read(listed, role, path="r.yaml").unjudged) == is_told
    inline = read(f"replacements:\n{listed}")
    assert inline.unjudged == (
        {"replacements[0].targets[0].fieldPaths[0]": True} if is_told else {}
    )


def test_a_value_that_is_written_out_is_judged() -> None:
    text = f"sourceValue: evil.io/x\n{TARGET.replace('PATH', CONTAINER + '.0.image')}"
    found = read("replacements:\n- " + text.replace("\n", "\n  "))
    assert found.images == {"replacements[0].sourceValue": "evil.io/x"}
    assert found.unjudged == {}


IMAGE_TAG = Target(kind="ImageTagTransformer")


@pytest.mark.parametrize(
    ("target", "text", "is_told"),
    [
        (IMAGE_TAG, "[{op: add, path: /imageTag/newName, value: evil.io/x}]", True),
        (IMAGE_TAG, "[{op: add, path: /IMAGETAG, value: {newName: evil.io/x}}]", True),
        (IMAGE_TAG, "[{op: add, path: /imageTag/name, value: a}]", False),
        (IMAGE_TAG, "[{op: remove, path: /imageTag}]", False),
        (Target(kind="PrefixTransformer"), "[{op: add, path: /prefix, value: a}]", False),
        (Target(kind="PrefixTransformer"), "[{op: add, path: /fieldSpecs/-, value: {}}]", True),
        (
            Target(kind="AnnotationsTransformer"),
            "[{op: add, path: /annotations/team, value: a}]",
            False,
        ),
        (
            Target(kind="AnnotationsTransformer"),
            f"[{{op: add, path: /annotations/{PROXY.replace('/', '~1')}, value: evil.io/x}}]",
            True,
        ),
        (
            Target(kind="AnnotationsTransformer"),
            "[{op: add, path: /annotations/image, value: evil.io/x}]",
            True,
        ),
        (
            Target(kind="LabelTransformer"),
            "[{op: add, path: /labels/image, value: evil.io}]",
            True,
        ),
        (Target(kind="LabelTransformer"), "[{op: add, path: /labels/app, value: a}]", False),
        (Target(kind="LabelTransformer"), "[{op: add, path: /labels, value: {image: a}}]", True),
        (
            Target(kind="LabelTransformer"),
            "{apiVersion: builtin, kind: LabelTransformer, labels: {image: a}}",
            True,
        ),
        (
            Target(kind="LabelTransformer"),
            "{apiVersion: builtin, kind: LabelTransformer, labels: {app: a}}",
            False,
        ),
        (Target(group="example.com", kind="PatchTransformer"), "[{op: add, path: /patch}]", False),
    ],
)
def test_patches_onto_transformers(target: Target, text: str, *, is_told: bool) -> None:
    assert bool(patched(text, target).unjudged) is is_told
