"""Tables of the shapes of images in a chart's values, and of what only looks alike."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.trees import examined

RENDER = "check the rendered chart (`imagelint check --render`)"
DIGEST = "sha256:" + "0" * 64
RELEASE = {
    "apiVersion": "helm.toolkit.fluxcd.io/v2",
    "kind": "HelmRelease",
    "metadata": {"name": "web", "namespace": "flux-system"},
}


def release(values: object) -> str:
    """Return a HelmRelease with values."""
    return json.dumps({**RELEASE, "spec": {"values": values}})


def found(values: object) -> list[tuple[str, object, bool]]:
    """Return the field below the values, the image, and whether it is known."""
    sites = [site for item in examined(release(values)) for site in item.extract.sites]
    assert all(site.by_shape for site in sites)
    return [
        (
            site.field.removeprefix("spec.values.").removeprefix("spec.values"),
            site.value.value,
            site.unresolved is None,
        )
        for site in sites
    ]


KNOWN: list[tuple[Any, str, str]] = [
    ({"image": {"repository": "ghcr.io/a/b", "tag": "1"}}, "image.repository", "ghcr.io/a/b:1"),
    ({"image": {"repository": "ghcr.io/a/b"}}, "image.repository", "ghcr.io/a/b"),
    ({"a": {"repository": "ghcr.io/a/b", "tag": 1.25}}, "a.repository", "ghcr.io/a/b:1.25"),
    (
        {"image": {"repository": "ghcr.io/a/b", "tag": "1", "digest": DIGEST}},
        "image.repository",
        f"ghcr.io/a/b:1@{DIGEST}",
    ),
    (
        {"image": {"repository": "ghcr.io/a/b", "sha": "0" * 64}},
        "image.repository",
        f"ghcr.io/a/b@{DIGEST}",
    ),
    (
        {"image": {"repository": "ghcr.io/a/b", "tag": f"1@{DIGEST}"}},
        "image.repository",
        f"ghcr.io/a/b:1@{DIGEST}",
    ),
    (
        {"image": {"registry": "quay.io", "repository": "a/b", "tag": "1"}},
        "image.registry",
        "quay.io/a/b:1",
    ),
    ({"image": {"registry": "quay.io/", "repository": "a"}}, "image.registry", "quay.io/a"),
    ({"image": {"registry": "r:5000/x", "repository": "a"}}, "image.registry", "r:5000/x/a"),
    (
        {"controller": {"registry": "quay.io", "image": "a/b", "tag": "1"}},
        "controller.registry",
        "quay.io/a/b:1",
    ),
    (
        {"controller": {"repository": "quay.io/a", "image": "b", "tag": "1"}},
        "controller.repository",
        "quay.io/a/b:1",
    ),
    ({"image": {"name": "quay.io/a", "tag": "1"}}, "image.name", "quay.io/a:1"),
    ({"image": "quay.io/a:1"}, "image", "quay.io/a:1"),
    ({"proxy": {"image": "quay.io/a", "tag": "1"}}, "proxy.image", "quay.io/a:1"),
    ({"runnerImage": "quay.io/a:1"}, "runnerImage", "quay.io/a:1"),
    ({"runner_image": "quay.io/a:1"}, "runner_image", "quay.io/a:1"),
    ({"env": {"KUBECTL_IMAGE": "quay.io/a:1"}}, "env.KUBECTL_IMAGE", "quay.io/a:1"),
    ({"imageRepository": "quay.io/a", "imageTag": "1"}, "imageRepository", "quay.io/a:1"),
    ({"images": ["quay.io/a:1"]}, "images[0]", "quay.io/a:1"),
    ({"images": [{"repository": "quay.io/a"}]}, "images[0].repository", "quay.io/a"),
    ({"jobs": [{"image": "quay.io/a:1"}]}, "jobs[0].image", "quay.io/a:1"),
    ({"containers": [{"name": "a", "image": "a:1"}]}, "containers[0].image", "a:1"),
    ({"extraContainers": [{"name": "a", "image": "a"}]}, "extraContainers[0].image", "a"),
    ({"image": {"repository": "${REG}/a", "tag": "1"}}, "image.repository", "${REG}/a:1"),
    ({"image": {"repository": "quay.io/a", "tag": "${T}"}}, "image.repository", "quay.io/a"),
]


@pytest.mark.parametrize(("values", "field", "image"), KNOWN)
def test_images_whose_registry_is_written(values: object, field: str, image: str) -> None:
    assert found(values) == [(field, image, True)]


UNKNOWN: list[tuple[Any, str, str]] = [
    ({"image": {"repository": "nginx"}}, "image.repository", "nginx"),
    ({"image": {"repository": "bitnami/redis", "tag": "1"}}, "image.repository", "bitnami/redis:1"),
    ({"a": {"repository": "a/b", "tag": "1"}}, "a.repository", "a/b:1"),
    ({"a": {"repository": "a", "image": "b", "tag": "1"}}, "a.repository", "a/b:1"),
    ({"image": "nginx:1.25"}, "image", "nginx:1.25"),
    ({"image": "bitnami/redis"}, "image", "bitnami/redis"),
    ({"runnerImage": "a/b", "runnerImageTag": "1"}, "runnerImage", "a/b:1"),
    ({"natsImage": "nats:2.10.10"}, "natsImage", "nats:2.10.10"),
    ({"global": {"imageName": "a/b"}}, "global.imageName", "a/b"),
    ({"global": {"imageRegistry": "quay.io"}}, "global.imageRegistry", "quay.io"),
    ({"global": {"hub": "quay.io/istio"}}, "global.hub", "quay.io/istio"),
    ({"image": {"registry": "quay.io"}}, "image.registry", "quay.io"),
    ({"images": {"repository": "quay.io/a", "tag": "1"}}, "images.repository", "quay.io/a"),
    ({"image": {"repository": "{{ .Values.x }}/a"}}, "image.repository", "{{ .Values.x }}/a"),
]


@pytest.mark.parametrize(("values", "field", "image"), UNKNOWN)
def test_images_whose_registry_only_the_chart_knows(values: object, field: str, image: str) -> None:
    assert found(values) == [(field, image, False)]


def test_a_global_registry_may_replace_the_registry_beside_an_image() -> None:
    image = {"registry": "quay.io", "repository": "a"}
    values = {"global": {"imageRegistry": "h.io"}, "image": image, "other": {"image": "h.io/b:1"}}
    assert found(values) == [
        ("global.imageRegistry", "h.io", False),
        ("image.registry", "quay.io/a", False),
        ("other.image", "h.io/b:1", True),
    ]
    assert found({"global": {"imageRegistry": ""}, "image": image}) == [
        ("image.registry", "quay.io/a", True)
    ]


@pytest.mark.parametrize(
    "values",
    [
        {"image": ""},
        {"image": None},
        {"image": True},
        {"image": 1},
        {"image": "logo"},
        {"image": "https://example.com/a/logo.png"},
        {"image": "example.com/a/logo.png"},
        {"image": "/static/logo"},
        {"image": "cloud.example.com/ubuntu.qcow2"},
        {"image": "two words"},
        {"image": {"name": "ubuntu-24.04"}},
        {"image": {"tag": "1.2.3"}},
        {"image": {"pullPolicy": "Always"}},
        {"image": {"repository": ""}},
        {"backgroundImage": "logo/blue"},
        {"runnerImage": "default"},
        {"runnerImage": "key:value"},
        {"imageName": "name"},
        {"imagePullPolicy": "IfNotPresent"},
        {"imagePullSecrets": [{"name": "regcred"}]},
        {"global": {"imagePullSecrets": ["regcred"]}},
        {"pullSecrets": [{"registry": "quay.io", "name": "a"}]},
        {"imageCredentials": {"registry": "quay.io", "username": "a", "password": "b"}},
        {"registry": "quay.io"},
        {"registry": {"host": "quay.io"}},
        {"hub": "selenium-hub.test"},
        {"hub": {"service": {"type": "ClusterIP"}}},
        {"imageRegistry": "Registry"},
        {"ingress": {"hosts": [{"host": "quay.io", "paths": ["/"]}]}},
        {"repository": "https://charts.example.com"},
        {"repository": "git@github.com:a/b.git", "tag": "1"},
        {"image": {"repository": "oci://ghcr.io/a/b", "tag": "1"}},
        {"git": {"repository": "github.com/a/b", "tag": "v1"}},
        {"source": {"repository": "ghcr.io/a/charts", "branch": "main"}},
        {"dependencies": [{"name": "a", "version": "1", "repository": "ghcr.io/a/charts"}]},
        {"chart": {"repository": "ghcr.io/a/charts", "version": "1"}},
        {"backup": {"repository": "minio.test:9000/bucket"}},
        {"backup": {"repository": "a/b"}},
        {"github": {"repository": "a/b", "tag": "v1"}},
        {"images": [{"name": "a/b", "newName": "quay.io/a/b"}]},
        {"images": ["logo.png", "a", "quay.io/a/*"]},
        {"excluded": ["quay.io/a:1"]},
        {"annotations": {"org.opencontainers.image.source": "https://github.com/a/b"}},
        {"policies": [{"apiVersion": "a/v1", "kind": "P", "spec": {"image": "quay.io/a:1"}}]},
        {"sysctlImage": {"enabled": True}},
        {"config": "image: quay.io/a:1"},
    ],
)
def test_what_only_looks_like_an_image(values: object) -> None:
    assert found(values) == []


HELM = {"values": "image: {registry: quay.io, repository: a/b, tag: '1'}\n"}
OBJECT = {"image": {"repository": "quay.io/a/b", "tag": "1"}}


def application(source: object, kind: str = "Application") -> str:
    """Return an Application, or an ApplicationSet, with a source."""
    key = "sources" if isinstance(source, list) else "source"
    spec: dict[str, Any] = {key: source, "destination": {"namespace": "prod"}}
    spec = spec if kind == "Application" else {"template": {"spec": spec}}
    return json.dumps({"apiVersion": "argoproj.io/v1alpha1", "kind": kind, "spec": spec})


IMAGE = "quay.io/a/b:1"
SERVER = "a:\n  repository: quay.io/a/b\n  tag: 1\n"


def manifest(api_version: str, kind: str, **spec: object) -> str:
    """Return an object with fields below its spec."""
    return json.dumps({"apiVersion": api_version, "kind": kind, "spec": spec})


PARAMETERS = [
    {"name": "image.repository", "value": "a/b"},
    {"name": "replicas", "value": "2"},
    {"name": "image.registry", "value": "quay.io"},
    {"name": "image.tag", "value": "1"},
    {"name": "sidecars[0].image", "value": "quay.io/c:1"},
]
SET = {"image.repository": "quay.io/a/b", "image.tag": 1, "replicas": 2}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            application({"helm": HELM}),
            [("spec.source.helm.values: image.registry", "quay.io/a/b:1")],
        ),
        (
            application([{"path": "a"}, {"helm": HELM}]),
            [("spec.sources[1].helm.values: image.registry", "quay.io/a/b:1")],
        ),
        (
            application({"helm": {"valuesObject": OBJECT}}, "ApplicationSet"),
            [("spec.template.spec.source.helm.valuesObject.image.repository", "quay.io/a/b:1")],
        ),
        (
            application({"helm": {"parameters": PARAMETERS}}),
            [
                ("spec.source.helm.parameters[2].value", "quay.io/a/b:1"),
                ("spec.source.helm.parameters[4].value", "quay.io/c:1"),
            ],
        ),
        (
            manifest("helm.cattle.io/v1", "HelmChart", valuesContent=f"hub: quay.io/i\n{SERVER}"),
            [("spec.valuesContent: hub", "quay.io/i"), ("spec.valuesContent: a.repository", IMAGE)],
        ),
        (
            manifest("helm.cattle.io/v1", "HelmChart", set=SET),
            [("spec.set[image.repository]", "quay.io/a/b:1")],
        ),
        *(
            (manifest(version, kind, values=OBJECT), [("spec.values.image.repository", IMAGE)])
            for version, kind in (
                ("helm.cattle.io/v1", "HelmChart"),
                ("helm.cattle.io/v1", "HelmChartConfig"),
                ("helm.fluxcd.io/v1", "HelmRelease"),
                ("helm.toolkit.fluxcd.io/v2beta1", "HelmRelease"),
                ("helm.toolkit.fluxcd.io/v2", "HelmRelease"),
            )
        ),
    ],
)
def test_where_values_are(text: str, expected: list[tuple[str, str]]) -> None:
    sites = [site for item in examined(text, prove=True) for site in item.extract.sites]
    assert [(site.field, site.value.value) for site in sites] == expected


def test_a_chart_reads_only_its_values() -> None:
    """The chart of a release is none of its images."""
    chart = {"spec": {"chart": "a", "sourceRef": {"name": "ghcr.io/a/b"}, "version": "1"}}
    spec = {"chart": chart, "values": {}}
    assert examined(json.dumps({**RELEASE, "spec": spec}))[0].extract.sites == []


TEMPLATE = """\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
spec:
  template:
    spec:
      source:
        helm:
          values: |
            {{- if .on }}
            host: {{ host }}
            {{- end }}
            image:
              repository: quay.io/a
              tag: {{ tag }}
            web: {image: {repository: {{ registry }}/a}}
"""


def test_the_values_of_an_application_set_may_be_a_template() -> None:
    sites = [site for item in examined(TEMPLATE) for site in item.extract.sites]
    assert [(site.value.value, site.has_separate_tag, site.unresolved) for site in sites] == [
        ("quay.io/a", True, None),
        ("{{…}}/a", True, "{{…}}/a: a template fills in a part; " + RENDER),
    ]
    (item,) = [one for one in examined(TEMPLATE) if one.inside]
    start = item.document.byte_offset(item.extract.sites[0].node.start)
    assert TEMPLATE.encode()[start:].startswith(b"quay.io/a\n")


@pytest.mark.parametrize(("word", "count"), [("image", 1), ("chart", 0)])
def test_values_that_no_template_explains_are_refused_if_they_may_hold_images(
    word: str, count: int
) -> None:
    text = TEMPLATE.replace("host:", "- [").replace("image", word).replace("repository", word)
    assert len([one for one in examined(text) if one.refusals]) == count
