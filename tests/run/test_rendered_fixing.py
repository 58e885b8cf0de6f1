"""``fix --render`` sets values, and proves by rendering that nothing else changes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.charts import CHARTS, chart, template, write
from tests.support.project import CLEAN, ERROR, FINDINGS

if TYPE_CHECKING:
    from tests.support.charts import Made
    from tests.support.project import Project


@pytest.mark.parametrize("made", CHARTS.values(), ids=CHARTS)
def test_values_are_fixed(rendering: Project, made: Made) -> None:
    write(rendering, made)
    done = rendering.run("fix", "shop", "--render", "--yes")
    values = rendering.read("shop/values.yaml")
    if made.fixed is None:
        assert (done.exit_code, values) == (FINDINGS, made.files["values.yaml"])
        return
    assert (done.exit_code, values) == (CLEAN, made.fixed), done.output
    assert rendering.run("check", "shop", "--render").exit_code == CLEAN
    assert rendering.run("fix", "shop", "--render", "--yes").exit_code == CLEAN
    assert rendering.read("shop/values.yaml") == made.fixed


def test_a_diff_writes_nothing(helm: Project) -> None:
    made = CHARTS["one full text"]
    write(helm, made)
    done = helm.run("fix", "shop", "--render", "--diff")
    assert done.exit_code == FINDINGS
    assert "+++ b/shop/values.yaml" in done.stdout
    assert "+{main: {image: 'h.io/hub/nginx:1.25'}}" in done.stdout
    assert helm.read("shop/values.yaml") == made.files["values.yaml"]


def shop(project: Project, values: str, body: str, **more: str) -> None:
    """Write a chart with one template."""
    files = {"Chart.yaml": chart(), "values.yaml": values, "templates/web.yaml": body, **more}
    for name, text in files.items():
        project.write(f"shop/{name}", text)


def test_the_values_file_given_last_is_edited(helm: Project) -> None:
    shop(helm, "image: {registry: quay.io, name: a}\n", template("{{ .Values.image.registry }}/a"))
    helm.write("base.yaml", "other: x\n")
    helm.write("prod.yaml", "replicas: 2\r\n")
    done = helm.run("fix", "shop", "-f", "base.yaml", "-f", "prod.yaml", "--env=prod", "--yes")
    assert done.exit_code == CLEAN, done.output
    assert helm.read("prod.yaml") == "replicas: 2\r\nimage:\r\n  registry: h.io/quay\r\n"
    assert helm.read("base.yaml") == "other: x\n"
    assert helm.read("shop/values.yaml") == "image: {registry: quay.io, name: a}\n"


def test_a_list_of_the_chart_is_restated_whole(helm: Project) -> None:
    body = template("{{ (index .Values.tools 1).image }}")
    shop(helm, "tools:\n- {image: h.io/hub/x:1, size: 1}\n- {image: quay.io/a:1, size: 2}\n", body)
    helm.write("prod.yaml", "a: b\n")
    assert helm.run("fix", "shop", "-f", "prod.yaml", "--yes").exit_code == CLEAN
    assert helm.read("prod.yaml") == (
        "a: b\ntools:\n  - image: h.io/hub/x:1\n    size: 1\n"
        "  - image: h.io/quay/a:1\n    size: 2\n"
    )


def test_an_empty_registry_that_a_template_defaults_is_set(helm: Project) -> None:
    body = template('{{ .Values.i.registry | default "quay.io" }}/{{ .Values.i.repository }}:1')
    shop(helm, "i:\n  registry:\n  repository: a\n", body)
    assert helm.run("fix", "shop", "--render", "--yes").exit_code == CLEAN
    assert helm.read("shop/values.yaml") == "i:\n  registry: h.io/quay\n  repository: a\n"


def refused(project: Project, values: str, *options: str) -> str:
    """Run fix, which writes nothing; return why."""
    done = project.run("fix", "shop", "--render", "--yes", *options)
    assert done.exit_code == FINDINGS, done.output
    assert project.read("shop/values.yaml") == values
    return done.stdout


def test_a_value_that_also_makes_allowed_images_is_refused(helm: Project) -> None:
    values = "registry: quay.io\n"
    body = template(
        "{{ .Values.registry }}/a:1",
        '{{ .Values.registry | replace "quay.io" "h.io/hub" }}/a:1',
        "{{ .Values.registry }}/a:1",
    )
    shop(helm, values, body)
    assert "becomes" in refused(helm, values)


def test_a_value_that_decides_something_else_is_refused(helm: Project) -> None:
    values = "registry: quay.io\n"
    head = '{{ if eq .Values.registry "quay.io" }}# mirror\n{{ end -}}\n'
    shop(helm, values, template("{{ .Values.registry }}/a:1", more=head))
    assert "the rendering gets other lines" in refused(helm, values)
    count = "replicas: {{ len .Values.registry }}\n"
    shop(helm, values, template("{{ .Values.registry }}/a:1", more=count))
    assert "this changes, too: replicas: 7 → replicas: 9" in refused(helm, values)


def test_a_schema_that_forbids_the_value_is_told_in_the_words_of_helm(rendering: Project) -> None:
    values = "registry: quay.io\n"
    schema = '{"properties": {"registry": {"enum": ["quay.io", "docker.io"]}}}'
    shop(
        rendering,
        values,
        template("{{ .Values.registry }}/a:1"),
        **{"values.schema.json": schema},
    )
    assert "with new values, helm failed: values don't meet the specifications" in refused(
        rendering, values
    )


def test_copies_and_hashes_are_told(helm: Project) -> None:
    config = (
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\n  annotations:\n"
        "    sum: {{ .Values.image | sha256sum }}\ndata:\n  image: {{ .Values.image }}\n---\n"
    )
    shop(helm, "image: quay.io/a:1\n", template("{{ .Values.image }}", more=config))
    done = helm.run("fix", "shop", "--render", "--yes")
    assert done.exit_code == CLEAN, done.output
    assert "note: shop: with the images, 1 line with copies of them changed\n" in done.stderr
    assert "note: shop: with the images, 1 line with hashes changed\n" in done.stderr


def test_a_random_chart_is_fixed(rendering: Project) -> None:
    made = (
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\nstringData:\n"
        "  password: {{ randAlphaNum 20 }}\n---\n"
    )
    shop(rendering, "image: quay.io/a:1\n", template("{{ .Values.image }}", more=made))
    done = rendering.run("fix", "shop", "--render", "--yes")
    assert done.exit_code == CLEAN, done.output
    assert rendering.read("shop/values.yaml") == "image: h.io/quay/a:1\n"


BITNAMI = """\
{{- if and (ne .Values.registry "docker.io") (not .Values.global.security.allowInsecureImages) }}
{{ fail "set global.security.allowInsecureImages" }}
{{- end }}
"""


def test_bitnami_is_asked_only_if_the_user_says_so(rendering: Project) -> None:
    values = "global: {security: {allowInsecureImages: false}}\nregistry: docker.io\n"
    shop(rendering, values, template("{{ .Values.registry }}/a:1", more=BITNAMI))
    assert "which --allow-insecure-images sets" in refused(rendering, values)
    assert rendering.run("fix", "shop", "--allow-insecure-images").exit_code == ERROR
    done = rendering.run("fix", "shop", "--render", "--yes", "--allow-insecure-images")
    assert done.exit_code == CLEAN, done.output
    assert rendering.read("shop/values.yaml") == (
        "global: {security: {allowInsecureImages: true}}\nregistry: h.io/hub\n"
    )


def test_a_chart_without_a_values_file_gets_one(helm: Project) -> None:
    helm.write("shop/Chart.yaml", chart())
    helm.write("shop/charts/c/Chart.yaml", chart("c"))
    helm.write("shop/charts/c/values.yaml", "image: quay.io/a:1\n")
    helm.write("shop/charts/c/templates/web.yaml", template("{{ .Values.image }}"))
    assert helm.run("fix", "shop", "--render", "--yes").exit_code == CLEAN
    assert helm.read("shop/values.yaml") == "c:\n  image: h.io/quay/a:1\n"


RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: web, namespace: flux-system}
spec:
  targetNamespace: web
  chart:
    spec:
      chart: ./charts/shop
      sourceRef: {kind: GitRepository, name: this}
  values:
    replicas: 1
"""
APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web, namespace: argocd}
spec:
  destination: {namespace: web}
  source:
    path: charts/shop
    helm:
      valueFiles: [extra.yaml]
"""
TEXT = "      values: |\n        image: quay.io/in/text:1\n        tag: x\n"


@pytest.mark.parametrize(
    ("text", "expected", "image"),
    [
        (RELEASE, f"{RELEASE}    image: h.io/quay/a:1\n", "quay.io/a:1"),
        (
            RELEASE.replace("replicas: 1", "image: quay.io/b:1 # ours"),
            RELEASE.replace("replicas: 1", "image: h.io/quay/b:1 # ours"),
            "quay.io/b:1",
        ),
        (
            APPLICATION + TEXT,
            APPLICATION + TEXT.replace("quay.io", "h.io/quay"),
            "quay.io/in/text:1",
        ),
        (
            f"{APPLICATION}      valuesObject: {{image: quay.io/o:1}}\n",
            f"{APPLICATION}      valuesObject: {{image: h.io/quay/o:1}}\n",
            "quay.io/o:1",
        ),
        (
            APPLICATION,
            f"{APPLICATION}      valuesObject:\n        image: h.io/quay/a:1\n",
            "quay.io/a:1",
        ),
    ],
)
def test_releases_and_applications_of_the_repository(
    helm: Project, text: str, expected: str, image: str
) -> None:
    """Their chart is rendered with their values, in the namespace where it will run."""
    policy = helm.read("imagelint.yaml").replace('["prod/**"]}', "[none], namespaces: [web]}")
    helm.write("imagelint.yaml", policy.replace("default: prod", "default: dev"))
    shop(helm, "image: quay.io/a:1\n", template("{{ .Values.image }}"))
    (helm.root / "charts").mkdir()
    (helm.root / "shop").rename(helm.root / "charts/shop")
    helm.write("charts/shop/extra.yaml", "a: b\n")
    helm.write("apps/web.yaml", text)
    done = helm.run("check", "apps", "--render", "--format=json")
    assert done.exit_code == FINDINGS, done.output
    (finding,) = json.loads(done.stdout)["findings"]
    assert (finding["image"], finding["environment"]) == (image, "prod")
    done = helm.run("fix", "apps", "--render", "--yes")
    assert done.exit_code == CLEAN, done.output
    assert helm.read("apps/web.yaml") == expected
    assert helm.read("charts/shop/values.yaml") == "image: quay.io/a:1\n"


def test_a_chart_elsewhere_is_not_rendered(helm: Project) -> None:
    helm.write("web.yaml", RELEASE.replace("GitRepository", "HelmRepository"))
    helm.write("other.yaml", RELEASE)
    assert helm.run("check", ".", "--render").exit_code == CLEAN


def test_a_post_renderer_is_offered_where_no_value_makes_an_image(helm: Project) -> None:
    shop(helm, "a: b\n", template("quay.io/fixed:{{ .Chart.AppVersion }}"))
    helm.write("web.yaml", RELEASE.replace("charts/shop", "shop"))
    done = helm.run("check", "web.yaml", "--render")
    assert done.exit_code == FINDINGS, done.output
    assert (
        "no value makes it; an entry in spec.postRenderers[].kustomize.images can rename it"
    ) in done.stdout


@pytest.mark.parametrize("name", ["--post-renderer=./evil", "-fevil.yaml", "--help", "a b"])
def test_a_name_is_no_option(rendering: Project, name: str) -> None:
    """A HelmRelease comes from the checkout, and Helm takes options anywhere."""
    shop(rendering, "image: quay.io/a:1\n", template("{{ .Values.image }}"))
    evil = rendering.write("evil", f"#!/bin/sh\ntouch {rendering.root}/ran\ncat\n")
    evil.chmod(0o755)
    text = RELEASE.replace("charts/shop", "shop")
    for field in ("releaseName", "targetNamespace"):
        kept = text.replace("targetNamespace: web", f"{field}: '{name}'")
        rendering.write("web.yaml", kept)
        done = rendering.run("check", "web.yaml", "--render")
        assert "internal error" not in done.stderr
        assert not (rendering.root / "ran").exists()
        if field == "releaseName":
            assert done.exit_code == ERROR
            assert "invalid release name" in done.stderr
