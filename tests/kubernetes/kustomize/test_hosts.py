"""Tables for Flux and Argo CD, which hand patches to kustomize."""

from __future__ import annotations

import pytest

from tests.kubernetes.kustomize.kustomizations import read

OPERATION = "{op: add, path: /spec/template/spec/containers/0/image, value: evil.io/x}"
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
