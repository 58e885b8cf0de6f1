"""Charts in the repository that kustomize renders: what selects their images selects a template."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.project import BAD, pod
from tests.support.selectors import argo, fix

if TYPE_CHECKING:
    from tests.support.project import Project

NEW = pod("h.io/hub/nginx:1.25")
ENTRY = {"name": "nginx", "newTag": "8"}
GENERATOR: dict[str, Any] = {"apiVersion": "builtin", "kind": "HelmChartInflationGenerator"}
GENERATOR |= {"metadata": {"name": "g"}, "name": "web", "chartHome": "."}
TAGS: dict[str, Any] = {
    "apiVersion": "builtin",
    "kind": "ImageTagTransformer",
    "metadata": {"name": "t"},
}
READ = {"kind": "Pod", "fieldPath": "spec.containers.0.image", "options": {"delimiter": "/"}}
TARGETS = [{"select": {"kind": "Pod"}, "fieldPaths": ["metadata.labels.a"]}]


def chart(repository: Project, place: str = "charts/web") -> str:
    """Write a chart with a template that is also a manifest; return the template's path."""
    repository.write(f"app/{place}/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.0.0\n")
    repository.write(f"app/{place}/templates/pod.yaml", BAD)
    return f"app/{place}/templates/pod.yaml"


def kustomization(repository: Project, folder: str, **fields: Any) -> None:
    repository.write(f"{folder}/kustomization.yaml", json.dumps(fields))


@pytest.mark.parametrize(
    ("place", "fields"),
    [
        ("charts/web", {"helmCharts": [{"name": "web"}]}),
        ("my/web", {"helmCharts": [{"name": "web"}], "helmGlobals": {"chartHome": "my"}}),
        (
            "charts/web-1.0.0/web",
            {"helmCharts": [{"name": "web", "version": "1.0.0", "repo": "https://example.com"}]},
        ),
        ("charts/web", {"helmChartInflationGenerator": [{"chartName": "web"}]}),
        ("web", {"generators": ["g.json"]}),
        ("web", {"generators": [json.dumps(GENERATOR)]}),
    ],
)
def test_an_entry_selects_what_a_chart_renders(
    repository: Project, place: str, fields: dict[str, Any]
) -> None:
    template = chart(repository, place)
    repository.write("app/g.json", json.dumps(GENERATOR))
    kustomization(repository, "app", **fields, images=[ENTRY])
    said = fix(repository)
    assert repository.read(template) == BAD
    assert "cannot be fixed safely: app/kustomization.yaml:1 selects nginx:1.25 by name" in said


def test_from_above(repository: Project) -> None:
    """An overlay, its component, a transformer and Argo CD select in the same way."""
    template = chart(repository)
    charts = {"helmCharts": [{"name": "web"}]}
    for folder, fields in (
        ("over", {"resources": ["../app"], "images": [ENTRY]}),
        ("over", {"resources": ["../app"], "components": ["../part"]}),
        ("over", {"resources": ["../app"], "transformers": ["t.json"]}),
        ("over", {"resources": ["../app"], "images": [{"name": "(nginx|b)", "newTag": "8"}]}),
        ("over", {"resources": ["../app"], "replacements": [{"source": READ, "targets": TARGETS}]}),
        ("cluster", {"resources": ["argo.yaml"]}),
    ):
        kustomization(repository, "app", **charts)
        kustomization(repository, "part", kind="Component", images=[ENTRY])
        repository.write("over/t.json", json.dumps({**TAGS, "imageTag": ENTRY}))
        kustomization(repository, folder, **fields)
        is_of_argo = folder == "cluster"
        repository.write("cluster/argo.yaml", argo(images=["nginx:8"] if is_of_argo else []))
        if is_of_argo:
            kustomization(repository, "over", resources=["../app"])
        assert "nginx:1.25 by name" in fix(repository), fields
        assert repository.read(template) == BAD, fields


def comparing(value: object) -> str:
    """Return a JSON 6902 patch with a ``test`` operation."""
    return json.dumps([{"op": "test", "path": "/spec/containers/0", "value": value}])


def patch(value: object) -> dict[str, Any]:
    return {"target": {"kind": "Pod"}, "patch": comparing(value)}


@pytest.mark.parametrize(
    ("image", "is_fixed"), [("nginx:1.25", False), ("nginx:1.24", True), ("redis", True)]
)
def test_a_patch_compares_what_a_chart_renders(
    repository: Project, image: str, *, is_fixed: bool
) -> None:
    """Inline, in a file, in transformers, from above, and from Argo CD."""
    template = chart(repository)
    value = {"name": "web", "image": image}
    plugin: dict[str, Any] = {"apiVersion": "builtin", "kind": "PatchJson6902Transformer"}
    plugin |= {"metadata": {"name": "p"}, "target": {"kind": "Pod"}}
    inline = {"transformers": [json.dumps({**plugin, "jsonOp": comparing(value)})]}
    by_path = {"target": {"kind": "Pod"}, "path": "p.json"}
    for own, above, of_argo in (
        ({"patches": [patch(value)]}, {}, []),
        ({"patches": [by_path]}, {}, []),
        ({"patchesJson6902": [by_path]}, {}, []),
        (inline, {}, []),
        ({"transformers": ["t.json"]}, {}, []),
        ({}, {"patches": [patch(value)]}, []),
        ({}, {}, [patch(value)]),
    ):
        repository.write(template, BAD)
        repository.write("app/p.json", comparing(value))
        repository.write("app/t.json", json.dumps({**plugin, "path": "p.json"}))
        kustomization(repository, "app", helmCharts=[{"name": "web"}], **own)
        kustomization(repository, "over", resources=["../app"], **above)
        repository.write("cluster/argo.yaml", argo(patches=of_argo))
        said = fix(repository)
        assert repository.read(template) == (NEW if is_fixed else BAD), (own, above, of_argo)
        assert ("selects nginx:1.25 by name" in said) is not is_fixed


@pytest.mark.parametrize(
    "fields",
    [
        {"helmCharts": [{"name": "web"}], "images": [{"name": "redis", "newTag": "8"}]},
        {"helmCharts": [{"name": "web"}], "namespace": "prod"},
        {"helmCharts": [{"name": "other"}], "images": [ENTRY]},
        {"images": [ENTRY]},
    ],
)
def test_what_nothing_selects_is_fixed(repository: Project, fields: dict[str, Any]) -> None:
    template = chart(repository)
    kustomization(repository, "app", **fields, resources=[])
    fix(repository)
    assert repository.read(template) == NEW
