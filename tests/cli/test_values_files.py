"""Files with values of charts: which count, where their charts run, and how fix edits them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.project import CLEAN, FINDINGS, Project

POLICY = """\
version: 1
harbor: {host: h.io, projects: {docker.io: docker.io, quay.io: quay.io}}
environments:
  dev: {match: {namespaces: [dev], paths: ["dev/**"]}, allow: ["*"]}
  prod: {match: {namespaces: [prod]}, allow: [h.io]}
default: prod
"""
VALUES = "image:\n  registry: quay.io  # kept\n  repository: a/b\n  tag: 1.0\n"
CHART = "apiVersion: v2\nname: web\nversion: 1.0.0\n"


@pytest.fixture
def own(project: Project) -> Project:
    """A repository with a policy."""
    project.write("imagelint.yaml", POLICY)
    return project


def findings(project: Project, *options: str) -> list[dict[str, Any]]:
    """Return the findings of a run over everything."""
    found: list[dict[str, Any]] = json.loads(
        project.run("check", "--format", "json", *options).stdout
    )["findings"]
    return found


def places(project: Project, *options: str) -> list[tuple[str, str]]:
    """Return the file and the environment of every finding."""
    return [(one["path"], one["environment"]) for one in findings(project, *options)]


@pytest.mark.parametrize("name", ["values.yaml", "values-prod.yaml", "values.yml"])
def test_values_beside_a_chart_are_read_and_fixed(own: Project, name: str) -> None:
    own.write("chart/Chart.yaml", CHART)
    own.write(f"chart/{name}", VALUES)
    own.write("chart/other.yaml", VALUES)
    (finding,) = findings(own)
    assert finding["path"] == f"chart/{name}"
    assert (finding["field"], finding["image"]) == ("image.registry", "quay.io/a/b:1.0")
    assert finding["object"] is None
    assert own.run("fix").exit_code == CLEAN
    assert own.read(f"chart/{name}") == VALUES.replace("quay.io", "h.io/quay.io")
    assert own.run("check").exit_code == CLEAN
    assert own.run("check", f"chart/{name}").exit_code == CLEAN


def test_values_without_a_chart_are_other_files(own: Project) -> None:
    own.write("values.yaml", VALUES)
    assert findings(own) == []


def test_one_values_file_alone_is_read_as_in_its_repository(own: Project) -> None:
    own.write("chart/Chart.yaml", CHART)
    own.write("chart/values.yaml", VALUES)
    assert places(own, "chart/values.yaml") == [("chart/values.yaml", "prod")]


def test_the_path_decides_about_values(own: Project) -> None:
    own.write("dev/chart/Chart.yaml", CHART)
    own.write("dev/chart/values.yaml", VALUES)
    assert findings(own) == []


def test_values_that_helm_refuses_are_told(own: Project) -> None:
    own.write("chart/Chart.yaml", CHART)
    own.write("chart/values.yaml", VALUES + "a: [\n")
    (found,) = [one for one in findings(own) if one["rule"] == "unparsable-document"]
    assert found["message"].startswith("Helm refuses this file: ")
    own.run("fix")
    assert own.read("chart/values.yaml") == VALUES + "a: [\n"


def test_values_without_a_word_of_images_are_not_parsed(own: Project) -> None:
    own.write("chart/Chart.yaml", CHART)
    own.write("chart/values.yaml", "replicas: [\n")
    assert own.run("check").exit_code == CLEAN


def application(namespace: str, *sources: object, kind: str = "Application") -> str:
    """Return an Application, or an ApplicationSet, with sources."""
    spec: dict[str, Any] = {"destination": {"namespace": namespace}, "sources": sources}
    spec = spec if kind == "Application" else {"template": {"spec": spec}}
    head = {"apiVersion": "argoproj.io/v1alpha1", "kind": kind}
    return json.dumps({**head, "metadata": {"namespace": "argocd"}, "spec": spec})


@pytest.mark.parametrize(
    "source",
    [
        {"path": "apps/web", "helm": {"valueFiles": ["env/one.yaml"]}},
        {"path": "apps/web", "helm": {"valueFiles": ["../web/env/one.yaml"]}},
        {"path": "apps/web", "helm": {"valueFiles": ["/apps/web/env/one.yaml"]}},
        {"chart": "web", "helm": {"valueFiles": ["$values/apps/web/env/one.yaml"]}},
    ],
)
@pytest.mark.parametrize(("namespace", "environments"), [("prod", ["prod"]), ("dev", [])])
def test_argo_names_values(
    own: Project, source: object, namespace: str, environments: list[str]
) -> None:
    own.write("app.json", application(namespace, source))
    own.write("apps/web/env/one.yaml", VALUES)
    own.write("apps/web/env/other.yaml", VALUES)
    assert places(own) == [("apps/web/env/one.yaml", one) for one in environments]


def test_the_chart_of_an_application_runs_where_that_says(own: Project) -> None:
    """Not where the file alone would be, and in every namespace that is named."""
    own.write("web/Chart.yaml", CHART)
    own.write("web/values.yaml", VALUES)
    source = {"path": "web", "helm": {"valueFiles": ["values.yaml"]}}
    own.write("app.json", application("dev", source))
    assert places(own) == []
    own.write("other.json", application("prod", source))
    assert places(own) == [("web/values.yaml", "prod")]
    own.write("other.json", application("{{ns}}", source, kind="ApplicationSet"))
    assert places(own) == [("web/values.yaml", "prod")]


def test_a_template_names_the_files_that_fit(own: Project) -> None:
    source = {"path": "apps/{{ app }}", "helm": {"valueFiles": ["values-{{ env }}.yaml"]}}
    own.write("set.json", application("{{ ns }}", source, kind="ApplicationSet"))
    own.write("apps/web/values-eu.yaml", VALUES)
    own.write("apps/web/values.yaml", VALUES)
    own.write("values-eu.yaml", VALUES)
    assert places(own) == [("apps/web/values-eu.yaml", "prod")]


@pytest.mark.parametrize(
    "name", ["../outside.yaml", "https://example.com/values.yaml", "missing.yaml", "$ref/../../a"]
)
def test_values_elsewhere_are_nobodys(own: Project, name: str) -> None:
    own.write("app.json", application("prod", {"path": ".", "helm": {"valueFiles": [name]}}))
    own.write("sub/values.yaml", VALUES)
    assert own.run("check").exit_code == CLEAN


@pytest.mark.parametrize("namespace", ["prod", "dev"])
def test_kustomize_names_values(own: Project, namespace: str) -> None:
    chart = "helmCharts:\n- name: web\n  valuesFile: web.yaml\n  additionalValuesFiles: [x.yaml]\n"
    own.write("k/kustomization.yaml", f"namespace: {namespace}\n{chart}")
    own.write("k/web.yaml", VALUES)
    own.write("k/x.yaml", VALUES)
    own.write("k/other.yaml", VALUES)
    found = [one for one in places(own) if "kustomization" not in one[0]]
    prod = [("k/web.yaml", "prod"), ("k/x.yaml", "prod")]
    assert found == (prod if namespace == "prod" else [])


def test_the_number_of_processes_does_not_matter(own: Project) -> None:
    own.write("chart/Chart.yaml", CHART)
    own.write("chart/values.yaml", VALUES)
    assert own.run("check", "--jobs", "2").exit_code == FINDINGS


@pytest.mark.parametrize(("chart", "other"), [("prod", ""), ("dev", ""), ("dev", "prod")])
def test_values_in_a_kustomization(own: Project, chart: str, other: str) -> None:
    values = "  valuesInline:\n    image: {repository: quay.io/a, tag: v1}\n"
    text = f"helmCharts:\n- name: web\n  namespace: {chart}\n{values}"
    text += f"namespace: {other}\n" if other else ""
    own.write("k/kustomization.yaml", text)
    found = [one for one in findings(own) if one["rule"] == "unapproved-registry"]
    is_prod = "prod" in (chart, other)
    assert [one["field"] for one in found] == (
        ["helmCharts[0].valuesInline.image.repository"] if is_prod else []
    )
    own.run("fix")
    assert own.read("k/kustomization.yaml") == (
        text.replace("quay.io", "h.io/quay.io") if is_prod else text
    )


FLEET = "NAMESPACE\nhelm:\n  values: {image: quay.io/a:v1}\n  valuesFiles: [my.yaml]\n"
HELMFILE = (
    "releases:\n- name: web\n  NAMESPACE\n  values:\n  - my.yaml\n  - image: quay.io/a:v1\n"
    "  set: [{name: image, value: 'quay.io/b:v1'}]\n"
)


@pytest.mark.parametrize(
    ("name", "text", "fields"),
    [
        ("fleet.yaml", FLEET, ["helm.values.image"]),
        (
            "helmfile.yaml",
            HELMFILE,
            ["releases[0].values[1].image", "releases[0].set[0].value"],
        ),
    ],
)
@pytest.mark.parametrize("namespace", ["prod", "dev", ""])
def test_files_of_tools(
    own: Project, name: str, text: str, fields: list[str], namespace: str
) -> None:
    key = "defaultNamespace" if name == "fleet.yaml" else "namespace"
    text = text.replace("NAMESPACE", f"{key}: {namespace}" if namespace else "a: b")
    own.write(f"x/{name}", text)
    own.write("x/my.yaml", VALUES)
    own.write("x/your.yaml", VALUES)
    found = [(one["path"], one["field"]) for one in findings(own)]
    expected = [*((f"x/{name}", field) for field in fields), ("x/my.yaml", "image.registry")]
    assert found == ([] if namespace == "dev" else expected)
    own.write(f"x/other-{name}", text)
    assert len(findings(own)) == len(found)


MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME}\ndata:\n  KEY: |\n"
MAP += "    image: {repository: quay.io/a, tag: v1}\n"


def release(**values_from: str) -> str:
    """Return a HelmRelease whose values are elsewhere."""
    head = {"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease"}
    reference = {"kind": "ConfigMap", "name": "web", **values_from}
    spec = {"targetNamespace": "prod", "valuesFrom": [reference]}
    return json.dumps({**head, "metadata": {"namespace": "dev"}, "spec": spec})


@pytest.mark.parametrize(
    ("reference", "name", "key", "is_read"),
    [
        ({}, "web", "values.yaml", True),
        ({"valuesKey": "a"}, "web", "a", True),
        ({"valuesKey": "a"}, "web", "values.yaml", False),
        ({}, "other", "values.yaml", False),
        ({"kind": "Secret"}, "web", "values.yaml", False),
        ({"targetPath": "a.b"}, "web", "values.yaml", False),
    ],
)
def test_flux_reads_values_in_config_maps(
    own: Project, reference: dict[str, str], name: str, key: str, *, is_read: bool
) -> None:
    own.write("release.json", release(**reference))
    text = MAP.replace("NAME", name).replace("KEY", key)
    own.write("map.yaml", text)
    found = [(one["field"], one["environment"]) for one in findings(own)]
    field = f"{'data[values.yaml]' if '.' in key else 'data.a'}: image.repository"
    assert found == ([(field, "prod")] if is_read else [])
    own.run("fix")
    assert own.read("map.yaml") == (text.replace("quay.io", "h.io/quay.io") if is_read else text)


@pytest.mark.parametrize("entry", ["values.yaml", "values.yaml=sub/my.yaml"])
def test_flux_reads_values_that_kustomize_puts_in_config_maps(own: Project, entry: str) -> None:
    path = entry.rpartition("=")[2]
    own.write("release.json", release())
    own.write("k/kustomization.yaml", f"configMapGenerator:\n- name: web\n  files: ['{entry}']\n")
    own.write(f"k/{path}", VALUES)
    own.write("k/sub/other.yaml", VALUES)
    assert places(own) == [(f"k/{path}", "prod")]


NAMED = """values:
  - files: ["deploy/*.yaml"]
  - {files: ["eu/*.yaml"], environment: dev}
"""


def test_the_policy_names_files_with_values(own: Project) -> None:
    """An environment that is named beside them is one more that matches."""
    own.write("imagelint.yaml", POLICY + NAMED)
    for name in ("deploy/web.yaml", "eu/web.yaml", "other/web.yaml"):
        own.write(name, VALUES)
    assert places(own) == [("deploy/web.yaml", "prod")]
    own.run("fix")
    assert own.read("deploy/web.yaml") == VALUES.replace("quay.io", "h.io/quay.io")
    own.write("imagelint.yaml", POLICY + NAMED.replace("dev", "prod"))
    assert places(own) == [("eu/web.yaml", "prod")]


def test_a_layer_adds_files_with_values(own: Project) -> None:
    """It cannot take the base's away, nor their environment."""
    own.write("imagelint.yaml", POLICY + NAMED + 'locked: ["*"]\n')
    layer = "version: 1\nextends: ../imagelint.yaml\n"
    layer += "values: [{files: [more/*.yaml, deploy/*.yaml], environment: dev}]\n"
    own.write("deploy/imagelint.yaml", layer)
    own.write("deploy/web.yaml", VALUES)
    own.write("deploy/more/web.yaml", VALUES)
    assert places(own) == [("deploy/more/web.yaml", "prod"), ("deploy/web.yaml", "prod")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[{files: []}]", "values[0].files: name at least one file"),
        ("[{environment: dev}]", "values[0]"),
        ("[{files: [a], environment: de}]", 'values[0].environment: no environment "de"'),
        ("[{files: [a], chart: b}]", "values[0]"),
        ("a", "values"),
    ],
)
def test_mistakes_in_values(own: Project, text: str, message: str) -> None:
    own.write("imagelint.yaml", f"{POLICY}values: {text}\n")
    result = own.run("check")
    assert result.exit_code == 2
    assert message in result.stderr


RENDERED = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: a, namespace: prod}
spec:
  values:
    image: {repository: quay.io/a, tag: v1}
    other: {image: quay.io/b:v1}
  postRenderers: [{kustomize: {images: [{name: quay.io/a, newTag: v3}]}}]
"""


def test_an_image_that_a_post_renderer_selects_is_not_fixed(own: Project) -> None:
    """It would keep its old tag."""
    own.write("release.yaml", RENDERED)
    own.run("fix")
    assert own.read("release.yaml") == RENDERED.replace("quay.io/b", "h.io/quay.io/b")
    (finding,) = findings(own)
    assert finding["image"] == "quay.io/a:v1"


CHARTS = """\
helmCharts:
- name: web
  valuesFile: v.yaml
  valuesInline: {image: 'quay.io/a:v1', job: {image: 'quay.io/b:v1'}}
"""


@pytest.mark.parametrize("above", [False, True])
def test_an_image_of_a_chart_that_kustomize_selects_is_not_fixed(
    own: Project, *, above: bool
) -> None:
    images = "images: [{name: quay.io/a, newTag: v2}, {name: quay.io/c, newTag: v2}]\n"
    text = CHARTS if above else CHARTS + images
    own.write("k/kustomization.yaml", text)
    own.write("k/v.yaml", "image: quay.io/c:v1\njob: {image: 'quay.io/d:v1'}\n")
    if above:
        own.write("o/kustomization.yaml", f"resources: [../k]\n{images}")
    own.run("fix")
    assert own.read("k/kustomization.yaml") == text.replace("quay.io/b", "h.io/quay.io/b")
    assert own.read("k/v.yaml") == "image: quay.io/c:v1\njob: {image: 'h.io/quay.io/d:v1'}\n"


def test_an_image_of_a_chart_that_a_transformer_may_select_is_not_fixed(own: Project) -> None:
    own.write("k/kustomization.yaml", CHARTS + "transformers: [t.yaml]\n")
    own.write("k/v.yaml", VALUES)
    tag = "apiVersion: builtin\nkind: ImageTagTransformer\nmetadata: {name: t}\n"
    own.write("k/t.yaml", f"{tag}imageTag: {{name: quay.io/a, newTag: v2}}\n")
    own.run("fix")
    assert own.read("k/v.yaml") == VALUES


PATCHED = """\
resources: [release.yaml]
patches:
- target: {kind: HelmRelease}
  patch: |
    - {op: replace, path: /spec/values/replicas, value: 2}
- patch: |
    apiVersion: helm.toolkit.fluxcd.io/v2
    kind: HelmRelease
    metadata: {name: a}
    spec: {values: {other: {image: 'quay.io/c:v1'}}}
replacements:
- source: {kind: ConfigMap, fieldPath: data.a}
  targets: [{select: {kind: HelmRelease}, fieldPaths: [spec.values.a]}]
"""


def test_kustomizations_with_patches_of_releases(own: Project) -> None:
    own.write("k/release.yaml", RENDERED)
    own.write("k/kustomization.yaml", PATCHED)
    assert own.run("fix").exit_code == FINDINGS  # what a post-renderer selects is left
    assert own.read("k/release.yaml") == RENDERED.replace("quay.io/b", "h.io/quay.io/b")
    assert own.read("k/kustomization.yaml") == PATCHED.replace("quay.io", "h.io/quay.io")
