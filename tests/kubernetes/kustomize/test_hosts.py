"""Tables for Flux and Argo CD, which hand patches to kustomize."""

from __future__ import annotations

import pytest

from imagelint.kubernetes.kustomize.model import Target
from tests.kubernetes.kustomize.kustomizations import patched, read

OPERATION = "{op: add, path: /spec/template/spec/containers/0/image, value: evil.io/x}"
REPLICAS = "{op: add, path: /spec/replicas, value: 2}"
MERGE = "{apiVersion: v1, kind: Pod, spec: {containers: [{image: evil.io/x}]}}"
PATCH = f"{{target: {{kind: Deployment}}, patch: '[{OPERATION}]'}}"
IMAGE = "spec.template.spec.containers[0].image"
FLUX = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nspec: "
HELM = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec: "
ARGO = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec: "
GENERATED = "{template: {spec: {source: {kustomize: {images: ['a=evil.io/x']}}}}}"
SET = "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nspec: "


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (f"{FLUX}{{patches: [{PATCH}]}}", f"spec.patches[0].patch: {IMAGE}"),
        (
            f"{FLUX}{{patchesJson6902: [{{target: {{kind: Deployment}}, patch: [{OPERATION}]}}]}}",
            f"spec.patchesJson6902[0].patch: {IMAGE}",
        ),
        (
            f"{FLUX}{{patchesStrategicMerge: [{MERGE}]}}",
            "spec.patchesStrategicMerge[0].spec.containers[0].image",
        ),
        (f"{FLUX}{{images: [{{name: a, newName: evil.io/x}}]}}", "spec.images[0].newName"),
        (
            f"{HELM}{{postRenderers: [{{kustomize: {{patches: [{PATCH}]}}}}]}}",
            f"spec.postRenderers[0].kustomize.patches[0].patch: {IMAGE}",
        ),
        (
            f"{HELM}{{postRenderers: [{{kustomize: {{patchesStrategicMerge: [{MERGE}]}}}}]}}",
            "spec.postRenderers[0].kustomize.patchesStrategicMerge[0].spec.containers[0].image",
        ),
        (
            f"{ARGO}{{source: {{kustomize: {{patches: [{PATCH}]}}}}}}",
            f"spec.source.kustomize.patches[0].patch: {IMAGE}",
        ),
        (
            f"{ARGO}{{sources: [{{kustomize: {{images: ['a=evil.io/x']}}}}]}}",
            "spec.sources[0].kustomize.images[0]",
        ),
        (
            f"{ARGO}{{source: {{kustomize: {{images: [evil.io/x]}}}}}}",
            "spec.source.kustomize.images[0]",
        ),
        (
            f"{SET}{{template: {{spec: {{source: {{kustomize: {{patches: [{PATCH}]}}}}}}}}}}",
            f"spec.template.spec.source.kustomize.patches[0].patch: {IMAGE}",
        ),
        (
            f"{SET}{{generators: [{{matrix: {{generators: [{{list: {GENERATED}}}]}}}}]}}",
            "spec.generators[0].matrix.generators[0].list.template.spec.source.kustomize.images[0]",
        ),
    ],
)
def test_hosts(text: str, field: str) -> None:
    assert read(text, path="a.yaml").images == {field: "evil.io/x"}


@pytest.mark.parametrize(
    "text",
    [
        f"{ARGO}{{source: {{kustomize: {{images: ['a=*:v2']}}}}}}",
        f"{ARGO}{{source: {{kustomize: {{Images: ['a=evil.io/x']}}}}}}",
        f"{FLUX}{{Patches: [{PATCH}]}}",
        f"{FLUX}{{patchesStrategicMerge: [1], patchesJson6902: [{{patch: x}}], patches: 1}}",
        f"{ARGO}{{source: {{kustomize: 1}}}}",
    ],
)
def test_what_is_none_of_theirs(text: str) -> None:
    """Their API servers compare names as they are written."""
    assert read(text, path="a.yaml").images == {}


def test_a_file_that_overrides_the_source_of_an_application() -> None:
    text = f"kustomize: {{patches: [{PATCH}]}}"
    images = {f"kustomize.patches[0].patch: {IMAGE}": "evil.io/x"}
    assert read(text, path=".argocd-source-app.yaml").images == images
    assert read(text, path="other.yaml").images == {}


# --- what a patch makes of them --------------------------------------------------------

FLUX_KIND = Target(kind="Kustomization")
APPLICATION = Target(kind="Application")
RELEASE = Target(kind="HelmRelease")
APPLICATIONS = Target(kind="ApplicationSet")
KUSTOMIZE = "spec.source.kustomize"


@pytest.mark.parametrize(
    ("target", "operation", "field"),
    [
        (FLUX_KIND, f"path: /spec/patches, value: [{PATCH}]", "spec.patches[0].patch"),
        (FLUX_KIND, f"path: /spec/patches/-, value: {PATCH}", "spec.patches[-].patch"),
        (FLUX_KIND, f"path: /spec, value: {{patches: [{PATCH}]}}", "spec.patches[0].patch"),
        (
            FLUX_KIND,
            f"path: /spec/patches/2/patch, value: '[{OPERATION}]'",
            "spec.patches[2].patch",
        ),
        (Target(name="web"), f"path: /spec/patches/-, value: {PATCH}", "spec.patches[-].patch"),
        (
            Target(kind="Kustom.*"),
            f"path: /spec/patches/-, value: {PATCH}",
            "spec.patches[-].patch",
        ),
        (
            APPLICATION,
            f"path: /spec/source/kustomize, value: {{patches: [{PATCH}]}}",
            f"{KUSTOMIZE}.patches[0].patch",
        ),
        (
            APPLICATION,
            f"path: /spec/source, value: {{kustomize: {{patches: [{PATCH}]}}}}",
            f"{KUSTOMIZE}.patches[0].patch",
        ),
        (
            APPLICATION,
            f"path: /spec/source/kustomize/patches/0, value: {PATCH}",
            f"{KUSTOMIZE}.patches[0].patch",
        ),
        (
            APPLICATION,
            f"path: /spec/sources/1/kustomize/patches/0/patch, value: '[{OPERATION}]'",
            "spec.sources[1].kustomize.patches[0].patch",
        ),
        (
            RELEASE,
            f"path: /spec/postRenderers, value: [{{kustomize: {{patches: [{PATCH}]}}}}]",
            "spec.postRenderers[0].kustomize.patches[0].patch",
        ),
    ],
)
def test_patches_that_an_operation_adds(target: Target, operation: str, field: str) -> None:
    found = patched(f"- {{op: add, {operation}}}", target)
    assert found.images == {f"{field}: {IMAGE}": "evil.io/x"}
    assert not any(found.unjudged.values())


def test_more_that_an_operation_adds() -> None:
    merge = f'"{MERGE}"'
    text = f"- {{op: add, path: /spec/patches/0/patch, value: {merge}}}"
    field = "spec.patches[0].patch: spec.containers[0].image"
    assert patched(text, FLUX_KIND).images == {field: "evil.io/x"}
    annotations = "{sidecar.istio.io/proxyImage: evil.io/x}"
    text = f"- {{op: add, path: /spec/source/kustomize/commonAnnotations, value: {annotations}}}"
    assert list(patched(text, APPLICATION).images.values()) == ["evil.io/x"]
    text = f"- {{op: add, path: /spec/templatePatch, value: '{{spec: {SPEC}}}'}}"
    assert patched(text, APPLICATIONS).images == {
        f"spec.templatePatch: {KUSTOMIZE}.images[0]": "evil.io/x"
    }
    node = "{target: {kind: Deployment}, patch: [" + OPERATION + "]}"
    text = f"- {{op: add, path: /spec/patchesJson6902, value: [{node}]}}"
    field = f"spec.patchesJson6902[0].patch: {IMAGE}"
    assert patched(text, FLUX_KIND).images == {field: "evil.io/x"}
    text = f"- {{op: add, path: /spec/patchesJson6902/0/patch/-, value: {OPERATION}}}"
    assert list(patched(text, FLUX_KIND).images.values()) == ["evil.io/x"]


SPEC = "{source: {kustomize: {images: [a=evil.io/x]}}}"


@pytest.mark.parametrize(
    ("target", "operation"),
    [
        (FLUX_KIND, "op: replace, path: /spec/patches/0/target/kind, value: Prometheus"),
        (FLUX_KIND, "op: replace, path: /spec/patches/0/target, value: {kind: Prometheus}"),
        (FLUX_KIND, "op: add, path: /spec/patches/0/options, value: {allowKindChange: true}"),
        (FLUX_KIND, "op: copy, from: /metadata/annotations/a, path: /spec/patches/0/patch"),
        (APPLICATION, "op: add, path: /spec/source/kustomize/patches/-, value: {path: p.yaml}"),
        (APPLICATIONS, "op: copy, from: /spec/x, path: /spec/templatePatch"),
    ],
)
def test_of_other_changes_to_patches_only_the_build_can_tell(
    target: Target, operation: str
) -> None:
    found = patched(f"- {{{operation}}}", target)
    assert not found.images
    assert list(found.unjudged.values()) == [True]


@pytest.mark.parametrize(
    ("target", "operation"),
    [
        (FLUX_KIND, "op: replace, path: /spec/patches/0/target/name, value: web"),
        (FLUX_KIND, "op: add, path: /spec/patches, value: []"),
        (FLUX_KIND, "op: remove, path: /spec/patches"),
        (FLUX_KIND, "op: replace, path: /spec/interval, value: 5m"),
        (
            FLUX_KIND,
            f"op: add, path: /spec/patches, value: [{PATCH.replace(OPERATION, REPLICAS)}]",
        ),
        (APPLICATION, "op: replace, path: /spec/source/kustomize/namePrefix, value: a-"),
        (APPLICATION, "op: replace, path: /spec/source/path, value: patches"),
        (Target(kind="Widget"), "op: replace, path: /spec/patches/0/target/kind, value: A"),
    ],
)
def test_harmless_operations(target: Target, operation: str) -> None:
    found = patched(f"- {{{operation}}}", target)
    assert not found.images
    assert not any(found.unjudged.values())


@pytest.mark.parametrize(
    "own", ["apiVersion: v1\nkind: Any\n", "kind: Any\n", "apiVersion: v1\nkind: Kustomization\n"]
)
def test_merged_into_a_target_of_another_kind(own: str) -> None:
    """Kustomize keeps the kind of the target, whatever the patch states."""
    text = f"{own}metadata: {{name: any}}\nspec: {{patches: [{PATCH}]}}\n"
    target = FLUX_KIND._replace(group="kustomize.toolkit.fluxcd.io")
    field = f"spec.patches[0].patch: {IMAGE}"
    assert patched(text, target).images == {field: "evil.io/x"}
    assert patched(text, FLUX_KIND).images == {field: "evil.io/x"}
    assert patched(text, Target(kind="ConfigMap")).images == {}


def test_a_merged_patch_in_a_file() -> None:
    text = f"{ARGO}{{source: {{kustomize: {{patches: [{{path: p.yaml}}]}}}}}}"
    assert list(patched(text, None).unjudged.values()) == [True]
    assert read(text).unjudged == {}  # its own file is found by the graph


@pytest.mark.parametrize(
    ("select", "path", "is_told"),
    [
        ("kind: Kustomization", "spec.images.0.newName", True),
        ("kind: Kustomization", "spec.patches.0.patch", True),
        ("kind: Kustomization", "spec.patches", True),
        ("kind: Kustomization, group: kustomize.toolkit.fluxcd.io", "spec.patches.0", True),
        ("name: web", "spec.patches.0.patch", True),
        ("group: kustomize.toolkit.fluxcd.io", "spec.images.0.newName", True),
        ("kind: Application", "spec.source.kustomize.patches.0.patch", True),
        ("kind: Application", "spec.source.kustomize", True),
        ("kind: HelmRelease", "spec.postRenderers.0.kustomize.patches.0.patch", True),
        ("kind: ApplicationSet", "spec.templatePatch", True),
        ("kind: Kustomization", "spec.patches.0.target.name", False),
        ("kind: Kustomization", "spec.path", False),
        ("kind: Application", "spec.source.targetRevision", False),
        ("name: web", "spec.path", False),
        ("kind: Widget", "spec.patches.0.patch", False),
    ],
)
def test_replacements(select: str, path: str, *, is_told: bool) -> None:
    source = "source: {kind: ConfigMap, fieldPath: data.a}"
    targets = f"targets: [{{select: {{{select}}}, fieldPaths: [{path}]}}]"
    found = read(f"replacements: [{{{source}, {targets}}}]")
    assert list(found.unjudged.values()) == ([True] if is_told else [])
