"""Tables for kustomizations: spellings, duplicates, roles of files, and what kustomize refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from imagelint.kubernetes.kustomize.model import PathEntry, Role, Target
from tests.kubernetes.kustomize.kustomizations import kustomization, read
from tests.support.tools import Tool, tool

if TYPE_CHECKING:
    from pathlib import Path

ENTRY = "{name: a, newName: evil.io/x}"


@pytest.mark.parametrize(
    ("text", "images"),
    [
        pytest.param(f"images: [{ENTRY}]", {"images[0].newName": "evil.io/x"}, id="plain"),
        pytest.param(f"Images: [{ENTRY}]", {"Images[0].newName": "evil.io/x"}, id="a capital"),
        pytest.param(
            "images: [{NAME: a, NEWNAME: evil.io/x, newtag: '1'}]",
            {"images[0].NEWNAME": "evil.io/x:1"},
            id="capitals inside",
        ),
        pytest.param(
            f"image\u017f: [{ENTRY}]", {"image\u017f[0].newName": "evil.io/x"}, id="a long s"
        ),
        pytest.param(f"imageTags: [{ENTRY}]", {"imageTags[0].newName": "evil.io/x"}, id="old"),
        pytest.param(
            "Images: [{name: a, newName: evil.io/x}]\nimages: [{newTag: '1'}]",
            {"Images[0].newName": "evil.io/x:1"},
            id="duplicates add up",
        ),
        pytest.param(
            "Images: [{newName: evil.io/a}, {newName: evil.io/b}]\nimages: [{newName: evil.io/c}]",
            {"images[0].newName": "evil.io/c"},
            id="the shorter list counts",
        ),
        pytest.param(
            "IMAGES: [{newTag: '0'}, {newName: evil.io/b}]\nImages: [{newTag: '1'}]\n"
            "images: [{newName: evil.io/a}, {newTag: '2'}]",
            {"images[0].newName": "evil.io/a:1", "IMAGES[1].newName": "evil.io/b:2"},
            id="a longer one builds on what was cut off",
        ),
        pytest.param(
            f"Images: [{ENTRY}]\nimages: null", {}, id="null is no list, and takes it away"
        ),
        pytest.param(
            "images: [{newName: evil.io/x, digest: 'sha256:a', newTag: '1'}]",
            {"images[0].newName": "evil.io/x:1@sha256:a"},
            id="a tag and a digest",
        ),
        pytest.param("images: [{name: evil.io/x, newTag: '1'}]", {}, id="a tag alone"),
        pytest.param(
            "commonAnnotations: {sidecar.istio.io/proxyImage: evil.io/p}",
            {"commonAnnotations.sidecar.istio.io/proxyImage": "evil.io/p"},
            id="an annotation that is an image",
        ),
        pytest.param("commonAnnotations: {image: evil.io/p}", {}, id="another annotation"),
    ],
)
def test_images(text: str, images: dict[str, str]) -> None:
    assert read(text).images == images


def test_paths_have_the_roles_of_their_fields() -> None:
    found = kustomization(
        """
resources: [r.yaml]
Bases: [b]
components: [c]
crds: [crd.json]
configurations: [conf.yaml]
patches: [{path: p.yaml, target: {kind: Pod, name: a.*}}]
patchesJson6902: [{path: j.json, target: {kind: Pod, name: a}}]
patchesStrategicMerge: [s.yaml, "{kind: Pod}"]
transformers: [t.yaml]
generators: ["kind: X"]
validators: [v]
replacements: [{path: rep.yaml}]
configMapGenerator: [{files: [a, k=b], envs: [e], env: f}]
helmCharts: [{valuesFile: v.yaml, additionalValuesFiles: [w.yaml]}]
"""
    )
    assert [_shown(path) for path in found.paths] == [
        "resource r.yaml resources[0]",
        "resource b Bases[0]",
        "component c components[0]",
        "CRD crd.json crds[0]",
        "configuration conf.yaml configurations[0]",
        "patch p.yaml patches[0].path",
        "JSON patch j.json patchesJson6902[0].path",
        "patch s.yaml patchesStrategicMerge[0]",
        "transformer t.yaml transformers[0]",
        "validator v validators[0]",
        "replacement rep.yaml replacements[0].path",
        "data a configMapGenerator[0].files[0]",
        "data b configMapGenerator[0].files[1]",
        "data e configMapGenerator[0].envs[0]",
        "data f configMapGenerator[0].env",
        "values v.yaml helmCharts[0].valuesFile",
        "values w.yaml helmCharts[0].additionalValuesFiles[0]",
    ]
    targets = [path.target for path in found.paths if path.role is Role.PATCH]
    assert targets == [Target(kind="Pod", name="a.*"), None]
    assert [(text.role, text.field) for text in found.inline] == [
        (Role.PATCH, "patchesStrategicMerge[1]"),
        (Role.GENERATOR, "generators[0]"),
    ]


def _shown(path: PathEntry) -> str:
    return f"{path.role.value} {path.path} {path.field}"


@pytest.mark.parametrize(
    ("text", "unjudged"),
    [
        pytest.param("helmCharts: [{name: a}]", {"helmCharts[0]": False}, id="a chart"),
        pytest.param(
            "helmChartInflationGenerator: [{chartName: a}]",
            {"helmChartInflationGenerator[0]": False},
            id="a chart of old",
        ),
        pytest.param(
            "labels: [{pairs: {a: b}, fields: [{path: spec/template/spec/containers/image}]}]",
            {"labels[0].fields[0].path": True},
            id="labels in an image",
        ),
        pytest.param(
            "labels: [{pairs: {a: b}, fields: [{path: spec/foo}]}]", {}, id="labels elsewhere"
        ),
        pytest.param(
            "labels: [{pairs: {a: b, image: c}, fields: [{path: spec, kind: Prometheus}]}]",
            {"labels[0].fields[0].path": True},
            id="a label that is an image",
        ),
        pytest.param(
            "labels: [{pairs: {a: b}, fields: [{path: spec, kind: Prometheus}]}]",
            {},
            id="a label beside an image",
        ),
        pytest.param(
            "labels: [{pairs: {image: c}, fields: [{path: spec/template/metadata/labels}]}]",
            {},
            id="a label that is called image",
        ),
        pytest.param("configMapGenerator: [{literals: [image=evil.io/x]}]", {}, id="data"),
        pytest.param("namePrefix: evil.io/\nvars: [{name: image}]", {}, id="a prefix"),
    ],
)
def test_what_only_a_build_can_tell(text: str, unjudged: dict[str, bool]) -> None:
    assert read(text).unjudged == unjudged


REFUSED = [
    ("images: [{name: a, newTag: 1.20}]", "images[0].newTag is a number, not a string (quote it)"),
    ("images: [{name: a, newName: true}]", "images[0].newName is a boolean, not a string"),
    ("images: [{name: a, newNam: b}]", "there is no field images[0].newNam"),
    ("images: {name: a}", "images is a mapping, not a list"),
    ("images: [a]", "images[0] is a string, not a mapping"),
    ("imagess: []", "there is no field imagess"),
    ("commonAnnotations: {image: 1}", "commonAnnotations.image is a number, not a string"),
    ("patches: [{patch: 1}]", "patches[0].patch is a number, not a string"),
    ("patches: [{target: {kind: 1}, path: p}]", "patches[0].target.kind is a number"),
    ("patches: [{target: {kind: Pod}}]", "patches[0] has neither a path nor a patch"),
    ("patches: [{path: p, patch: '{kind: A}'}]", "patches[0] has both a path and a patch"),
    ("patches: [null]", "patches[0] has neither a path nor a patch"),
    *(
        (f"patches: [{{target: {{kind: ConfigMap}}, patch: '- {{{operation}}}'}}]", message)
        for operation, message in (
            ("op: foo, path: /a, value: b", "[0] has the `op` foo, unknown in JSON 6902"),
            ("op: Add, path: /a, value: b", "[0] has the `op` Add, unknown in JSON 6902"),
            ("OP: add, path: /a, value: b", "[0] has no `op`"),
            ("op: 1, path: /a, value: b", "[0] has no `op`"),
            ("op: add, value: b", "[0] has no `path` that starts with `/`"),
            ("op: add, path: 1, value: b", "[0] has no `path` that starts with `/`"),
            ("op: add, path: a, value: b", "[0] has no `path` that starts with `/`"),
            ("op: copy, path: /a", "[0] has no `from` that starts with `/`"),
            ("op: move, path: /a, from: 1", "[0] has no `from` that starts with `/`"),
        )
    ),
    ("patchesJson6902: [null]", "patchesJson6902[0] has neither a path nor a patch"),
    ("patchesJson6902: [{target: {kind: A}}]", "[0] has neither a path nor a patch"),
    ("patchesJson6902: [{path: p, patch: '[]', target: {kind: A}}]", "[0] has both a path"),
    ("patchesStrategicMerge: ['']", "patchesStrategicMerge[0] names nothing"),
    ("replacements: [null]", "replacements[0] lacks a source or targets"),
    ("replacements: [{source: {kind: A}, targets: []}]", "replacements[0] lacks a source"),
    ("replacements: [{targets: [{select: {kind: A}}]}]", "replacements[0] lacks a source"),
    ("replacements: [{sourceValue: a, targets: [null]}]", "targets[0] has no `select`"),
    ("secretGenerator: [null]", "secretGenerator[0] has no name"),
    ("replicas: [{count: 1}]", "replicas[0] has no name"),
    ("sortOptions: {order: newest}", "sortOptions.order is not one of fifo, legacy"),
    ("patches: [{patch: '1'}]", "patches[0].patch is refused: it is a number, not a patch"),
    ("patches: [{patch: '- a', target: {kind: A}}]", "[0] is a string, not an operation"),
    ("patches: [{patch: '[]'}]", "operations of JSON 6902 need a target"),
    ("resources: [null]", "resources[0] names nothing"),
    ("components: ['']", "components[0] names nothing"),
    ("apiVersion: kustomize.config.k8s.io/v1", "its apiVersion is kustomize.config.k8s.io/v1"),
]
TAKEN = [
    "images: [{name: a, newTag: null}]",
    "images: null",
    "Images: [{NAME: a, nEwTaG: '1'}]",
    "image\u017f: [{name: a}]",
    "commonAnnotations: null\nimages: []\nnameprefix: a",
    "imageTags: []\nreplicas: []",
    "resources: []\ntransformers: [null]\nimages: [null]",
    "patches: [{patch: '[]', target: {kind: Pod}}]",
    *(
        f"patches: [{{target: {{kind: ConfigMap}}, patch: '- {{{operation}}}'}}]"
        for operation in (
            "op: add, path: /x, value: b",
            "op: replace, path: /data, value: {}, OP: foo",
            "op: copy, path: /x, from: /data",
            "op: test, path: /kind, value: ConfigMap",
            "op: remove, path: here/data",
        )
    ),
    "patchesStrategicMerge: ['', '{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}', null]",
    "replacements: [{sourceValue: a, targets: [{select: {kind: A}}]}]",
    "sortOptions: {order: legacy}",
    "apiVersion: kustomize.config.k8s.io/v1beta1",
]
HEAD = "configMapGenerator: [{name: a, literals: [a=b]}]\n"


@pytest.fixture
def kustomize(tmp_path: Path) -> Tool:
    return tool("kustomize", "v5.", tmp_path)


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_what_kustomize_refuses(text: str, message: str) -> None:
    (found,) = read(HEAD + text).refusals
    assert message in found


@pytest.mark.parametrize("text", TAKEN)
def test_what_kustomize_takes(text: str) -> None:
    assert read(HEAD + text).refusals == []


@pytest.mark.parametrize("text", [*(text for text, _ in REFUSED), *TAKEN])
def test_kustomize_agrees(kustomize: Tool, tmp_path: Path, text: str) -> None:
    (tmp_path / "kustomization.yaml").write_text(HEAD + text, encoding="utf-8")
    assert (kustomize.run("build", ".").returncode == 0) is (text in TAKEN)


EMPTY = [
    "bases: []",
    "imageTags: []",
    "helmChartInflationGenerator: []",
    "namespace: ''",
    "vars: null",
]
NOT_EMPTY = [
    "imageTags: [null]",
    "images: []",
    "resources: []",
    "vars: []",
    "labels: []",
    "crds: []",
]


@pytest.mark.parametrize("text", [*EMPTY, *NOT_EMPTY])
def test_an_empty_kustomization(kustomize: Tool, tmp_path: Path, text: str) -> None:
    """Empty lists that kustomize appends to others are nothing to it."""
    (tmp_path / "kustomization.yaml").write_text(text, encoding="utf-8")
    assert (kustomize.run("build", ".").returncode == 0) is (text in NOT_EMPTY)
    refusals = [message for _, message in kustomization(text).refusals]
    assert refusals == ([] if text in NOT_EMPTY else ["it is empty"])


def test_another_object_in_a_kustomization_file() -> None:
    """A file for kubectl may have that name: Flux's, or an Argo CD Application."""
    for kind in ("kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization", "v1\nkind: ConfigMap"):
        assert read(f"apiVersion: {kind}\nmetadata: {{name: a}}\n").refusals == []


def test_an_object_elsewhere_is_no_file_of_kustomize() -> None:
    """Its images are judged, and that kustomize would refuse it is nobody's concern."""
    head = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
    found = read(f"{head}images: [{ENTRY}]\nx: 1", path="a.yaml")
    assert found.images == {"images[0].newName": "evil.io/x"}
    assert found.refusals == []


def test_aliases_that_repeat_too_much_are_told() -> None:
    keys = ", ".join(f"k{number}: a" for number in range(1000))
    found = read(f"images:\n- &a {{{keys}}}\n" + "- *a\n" * 1000)
    assert found.unjudged == {"": True}
