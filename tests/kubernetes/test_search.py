"""Tables for where images sit: core kinds, Kustomizations, shapes, and what only looks alike."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from imagelint.kubernetes.examine import examine
from imagelint.kubernetes.kustomize.kustomization import read_kustomization
from imagelint.kubernetes.readers import Reader, View
from imagelint.model.source import Source
from imagelint.yaml.nodes import Mapping
from imagelint.yaml.parser import parse_yaml
from tests.support.trees import Seen, catalogue, examined, seen

if TYPE_CHECKING:
    from imagelint.kubernetes.search import ImageSite

POD_SPEC = {
    "containers": [{"name": "web", "image": "c:1"}],
    "initContainers": [{"name": "init", "image": "i:1"}],
    "ephemeralContainers": [{"name": "debug", "image": "e:1"}],
    "volumes": [{"name": "model", "image": {"reference": "v:1", "pullPolicy": "Always"}}],
}
TEMPLATE = ("spec", "template", "spec")


def nested(keys: tuple[str, ...], value: object) -> object:
    """Put a value below keys."""
    for key in reversed(keys):
        value = {key: value}
    return value


def manifest(api_version: str, kind: str, path: tuple[str, ...], value: object) -> str:
    """Write an object that holds a value at a path."""
    body = nested(path, value)
    assert isinstance(body, dict)
    return json.dumps({"apiVersion": api_version, "kind": kind, **body})


def sites(data: str, path: str = "a.yaml") -> list[ImageSite]:
    """Return the sites of a stream."""
    return [site for item in examined(data, path) for site in item.extract.sites]


@pytest.mark.parametrize(
    ("api_version", "kind", "path"),
    [
        ("v1", "Pod", ("spec",)),
        ("v1", "PodTemplate", ("template", "spec")),
        ("v1", "ReplicationController", TEMPLATE),
        *((version, "ReplicaSet", TEMPLATE) for version in ("apps/v1", "apps/v1beta2")),
        ("extensions/v1beta1", "ReplicaSet", TEMPLATE),
        *((f"apps/{version}", "Deployment", TEMPLATE) for version in ("v1", "v1beta1", "v1beta2")),
        ("extensions/v1beta1", "Deployment", TEMPLATE),
        *((f"apps/{version}", "StatefulSet", TEMPLATE) for version in ("v1", "v1beta1", "v1beta2")),
        *((version, "DaemonSet", TEMPLATE) for version in ("apps/v1", "apps/v1beta2")),
        ("extensions/v1beta1", "DaemonSet", TEMPLATE),
        *((version, "Job", TEMPLATE) for version in ("batch/v1", "extensions/v1beta1")),
        *(
            (f"batch/{version}", "CronJob", ("spec", "jobTemplate", *TEMPLATE))
            for version in ("v1", "v1beta1", "v2alpha1")
        ),
        ("batch/v2alpha1", "JobTemplate", ("template", *TEMPLATE)),
    ],
)
def test_core_kinds(api_version: str, kind: str, path: tuple[str, ...]) -> None:
    """Every list of containers, and image volumes, with their names and roles."""
    found = sites(manifest(api_version, kind, path, POD_SPEC))
    above = ".".join(path)
    assert [(site.field, site.value.value, site.container, site.role) for site in found] == [
        (f"{above}.containers[0].image", "c:1", "web", "container"),
        (f"{above}.initContainers[0].image", "i:1", "init", "init container"),
        (f"{above}.ephemeralContainers[0].image", "e:1", "debug", "ephemeral container"),
        (f"{above}.volumes[0].image.reference", "v:1", "model", "image volume"),
    ]
    assert not any(site.by_shape for site in found)
    assert {(site.object.api_version, site.object.kind) for site in found} == {(api_version, kind)}


@pytest.mark.parametrize(
    ("value", "image"),
    [
        ("nginx", "nginx"),
        ("'1.25'", "1.25"),
        ("1.25", 1.25),
        ("yes", True),
        ("~", None),
        ("", None),
        ("[a]", None),
        ("{a: b}", None),
    ],
)
def test_values_of_any_type_are_sites(value: str, image: str | float | bool | None) -> None:
    text = f"apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: {value}\n"
    assert Seen("spec.containers[0].image", image) in seen(text)


@pytest.mark.parametrize(
    "spec",
    [
        "{containers: [{name: a}]}",
        "{containers: []}",
        "{containers: null}",
        "{containers: {image: a}}",
        "{containers: [x, null, [image]]}",
        "{containers: [{Image: a, imagePullPolicy: b, images: c, image-x: d}]}",
        "{container: [{image: a}], Containers: [{image: b}]}",
        "{imagePullSecrets: [{name: a}]}",
        "{volumes: [{name: a, rbd: {image: foo}}]}",
        "{volumes: [{name: a, image: foo}]}",
        "{volumes: [{name: a, configMap: {name: image}}]}",
        "{containers: [{env: [{name: IMAGE, value: a}], args: [--image=a]}]}",
        "{template: {spec: {containers: [{image: a}]}}}",
        "x",
        "null",
    ],
)
def test_look_alikes_in_pods(spec: str) -> None:
    """No site, however much the text looks like one."""
    assert seen(f"{{apiVersion: v1, kind: Pod, spec: {spec}, status: {{image: a}}}}") == []


@pytest.mark.parametrize(
    ("api_version", "kind", "body"),
    [
        ("v1", "ConfigMap", "data: {image: a, containers: [{image: b}]}"),
        ("v1", "PersistentVolume", "spec: {rbd: {image: a}, containers: [{image: b}]}"),
        ("v1", "Node", "status: {images: [{names: [a]}], containers: [{image: b}]}"),
        (
            "apiextensions.k8s.io/v1",
            "CustomResourceDefinition",
            "spec: {versions: [{schema: {properties: {containers: [{image: b}]}}}]}",
        ),
        ("imagepolicy.k8s.io/v1alpha1", "ImageReview", "spec: {containers: [{image: b}]}"),
        ("kyverno.io/v1", "ClusterPolicy", "spec: {rules: [{containers: [{image: '*:latest'}]}]}"),
        ("example.com/v1", "Widget", "status: {containers: [{image: a}]}"),
        ("example.com/v1", "Widget", "spec: {image: a}"),
        ("example.com/v1", "Widget", "spec: {containers: [{name: a}], volumes: [{image: b}]}"),
        ("example.com/v1", "Widget", "spec: {containers: {a: {image: b}}}"),
        ("apps/v1", "StatefulSet", "spec: {containers: [{image: a}]}"),
        ("v1", "Deployment", "spec: {containers: [{image: a}]}"),
    ],
)
def test_look_alikes_in_other_kinds(api_version: str, kind: str, body: str) -> None:
    assert seen(f"apiVersion: {api_version}\nkind: {kind}\n{body}\n") == []


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ("spec: {containers: [{image: a}]}", ["spec.containers[0].image"]),
        ("containers: [{image: a}]", ["containers[0].image"]),
        ("spec: {initContainers: [{image: a}]}", ["spec.initContainers[0].image"]),
        ("spec: {ephemeralContainers: [{image: a}]}", ["spec.ephemeralContainers[0].image"]),
        ("spec: {a: [{containers: [{image: b}]}]}", ["spec.a[0].containers[0].image"]),
        (
            "spec: {a: {containers: [{image: x}]}, b: {containers: [{}, {image: z}]}}",
            ["spec.a.containers[0].image", "spec.b.containers[1].image"],
        ),
        (
            "spec: {containers: [{image: a}], volumes: [{name: v, image: {reference: b}}]}",
            ["spec.containers[0].image", "spec.volumes[0].image.reference"],
        ),
        (
            "spec: {initContainers: [{name: a}], containers: [{image: 1}]}",
            ["spec.containers[0].image"],
        ),
        (
            "spec: {containers: [{image: a, containers: [{image: b}]}]}",
            ["spec.containers[0].image", "spec.containers[0].containers[0].image"],
        ),
        ("spec: {status: {containers: [{image: a}]}}", ["spec.status.containers[0].image"]),
    ],
)
def test_unknown_kinds_are_known_by_shape(body: str, fields: list[str]) -> None:
    """A list under one of the three names whose items have an image; never the status."""
    found = sites(f"apiVersion: example.com/v1\nkind: Widget\n{body}\n")
    assert [site.field for site in found] == fields
    assert all(site.by_shape for site in found)


class TestKustomization:
    """One site for newName with newTag or digest; ``name`` is a match key and no image."""

    @pytest.mark.parametrize(
        ("entry", "image", "tail", "has_separate_tag"),
        [
            ("{name: a, newName: b}", "b", "", True),
            ("{name: a, newName: b, newTag: v1}", "b:v1", ":v1", False),
            ("{name: a, newName: b, newTag: 1.10}", "b:1.10", ":1.10", False),
            ("{name: a, newName: b, newTag: ''}", "b", "", True),
            ("{name: a, newName: b, newTag: null}", "b", "", True),
            ("{name: a, newName: b, digest: 'sha256:1'}", "b@sha256:1", "@sha256:1", False),
            ("{newName: b, newTag: v, digest: 'd:1'}", "b:v@d:1", ":v@d:1", False),
            ("{name: a, newName: 'b:x'}", "b:x", "", True),
        ],
    )
    def test_sites(self, entry: str, image: str, tail: str, has_separate_tag: bool) -> None:
        (site,) = sites(f"images: [{entry}]", "kustomization.yaml")
        assert (site.value.value, site.tail) == (image, tail)
        assert site.has_separate_tag is has_separate_tag
        assert site.field == "images[0].newName"
        assert site.container == ("a" if entry.startswith("{name: a") else None)

    @pytest.mark.parametrize(
        "body",
        [
            "images: [{name: nginx}]",
            "images: [{name: nginx, newTag: v1}]",
            "images: [{name: nginx, newName: ''}]",
            "images: [{name: nginx, newName: null}]",
            "images: [{name: nginx, newName: [b]}]",
            "images: [nginx, null]",
            "images: {name: nginx, newName: b}",
            "images: null",
        ],
    )
    def test_no_sites(self, body: str) -> None:
        assert seen(body, "kustomization.yaml") == []

    @pytest.mark.parametrize(
        ("head", "path", "is_one"),
        [
            ("", "kustomization.yaml", True),
            ("", "overlays/prod/kustomization.yml", True),
            ("", "Kustomization", True),
            ("", "values.yaml", False),
            ("kind: Kustomization\n", "a.yaml", False),
            ("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n", "a.yaml", True),
            ("apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n", "a.yaml", True),
            ("kind: Component\n", "kustomization.yaml", True),
        ],
    )
    def test_with_and_without_kind(self, head: str, path: str, is_one: bool) -> None:
        assert bool(seen(head + "images: [{name: a, newName: b}]\n", path)) is is_one

    def test_match_keys(self) -> None:
        text = "images:\n- {name: a, newName: b}\n- {name: 'c/d', newTag: v}\n- {newName: e}\n"
        root = parse_yaml(text).root
        assert isinstance(root, Mapping)
        images = read_kustomization(root, View(Reader.KUBECTL)).images
        assert [one.name.value for one in images if one.name is not None] == ["a", "c/d"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Pod, "
            "metadata: {namespace: prod}, spec: {containers: [{image: a}]}}]}",
            [("items[0].spec.containers[0].image", "Pod", "prod")],
            id="List",
        ),
        pytest.param(
            "{apiVersion: v1, kind: PodList, items: [{spec: {containers: [{image: a}]}}]}",
            [("items[0].spec.containers[0].image", "Pod", None)],
            id="PodList without kinds",
        ),
        pytest.param(
            "{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: List, items: "
            "[{apiVersion: v1, kind: Pod, spec: {containers: [{image: a}]}}]}]}",
            [("items[0].items[0].spec.containers[0].image", "Pod", None)],
            id="List in List",
        ),
        pytest.param(
            "{apiVersion: v1, kind: ConfigMap, items: "
            "[{apiVersion: v1, kind: Pod, spec: {containers: [{image: a}]}}]}",
            [("items[0].spec.containers[0].image", "Pod", None)],
            id="a ConfigMap with items",
        ),
        pytest.param(
            "{apiVersion: example.com/v1, kind: Widget, items: "
            "[{apiVersion: v1, kind: Pod, spec: {containers: [{image: a}]}}]}",
            [("items[0].spec.containers[0].image", "Pod", None)],
            id="an unknown kind with items, not by shape",
        ),
        pytest.param(
            "{apiVersion: v1, kind: Pod, items: [], spec: {containers: [{image: a}]}}",
            [("spec.containers[0].image", "Pod", None)],
            id="a Pod with items, which kustomize reads",
        ),
    ],
)
def test_lists(text: str, expected: list[tuple[str, str, str | None]]) -> None:
    found = sites(text)
    assert [(site.field, site.object.kind, site.object.namespace) for site in found] == expected
    assert not any(site.by_shape for site in found)


@pytest.mark.parametrize(
    ("container", "images"),
    [
        ("{image: E, <<: {image: M}}", ["E", "M"]),
        ("{<<: {image: M}, image: E}", ["E"]),
        ("{image: E, image: F}", ["F"]),
        ("{image: yes}", [True, "yes"]),
        ("{image: 2024-01-01}", ["2024-01-01", "2024-01-01T00:00:00Z"]),
        ("{image: 1e3}", [1000]),
    ],
)
def test_what_either_reader_reads_counts(container: str, images: list[object]) -> None:
    text = f"{{apiVersion: v1, kind: Pod, spec: {{containers: [{container}]}}}}"
    assert [site.image for site in seen(text)] == images


def test_containers_that_only_one_reader_has() -> None:
    text = """\
x: &x {containers: [{image: merged}]}
apiVersion: v1
kind: Pod
spec:
  containers: [{image: written}, {image: second}]
  <<: *x
"""
    assert [site.image for site in seen(text)] == ["merged", "written", "second"]


ISTIO = {
    "template annotation": ("annotations: {inject.istio.io/templates: gateway}", True),
    "label": ("labels: {sidecar.istio.io/inject: 'true'}", True),
    "old annotation": ("annotations: {sidecar.istio.io/inject: 'true'}", True),
    "revision": ("labels: {istio.io/rev: canary}", True),
    "opted out": ("labels: {sidecar.istio.io/inject: 'false'}", False),
    "a boolean": ("labels: {sidecar.istio.io/inject: true}", None),
    "other labels": ("labels: {app: istio}", None),
}


@pytest.mark.parametrize(("metadata", "is_asked"), ISTIO.values(), ids=ISTIO)
@pytest.mark.parametrize("image", ["auto", "auto:1", "Auto"])
def test_auto_is_a_placeholder_where_istio_fills_it(
    metadata: str, is_asked: bool | None, image: str
) -> None:
    (site,) = sites(f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: gateway}}
spec:
  template:
    metadata: {{{metadata}}}
    spec: {{containers: [{{name: istio-proxy, image: {image}}}]}}
""")
    assert (site.filled_by, site.is_asked) == (
        ("Istio", is_asked) if image == "auto" else (None, True)
    )


def test_istio_marks_are_those_of_the_pod() -> None:
    """Marks on the Deployment itself inject nothing."""
    (site,) = sites("""\
apiVersion: apps/v1
kind: Deployment
metadata: {labels: {sidecar.istio.io/inject: 'true'}}
spec: {template: {spec: {containers: [{name: istio-proxy, image: auto}]}}}
""")
    assert (site.filled_by, site.is_asked) == ("Istio", None)


DEPLOYMENT = "apiVersion: apps/v1\nkind: Deployment\n"
CONFIG = "apiVersion: apps.openshift.io/v1\nkind: DeploymentConfig\n"
TRIGGERS = {
    "annotation": (
        DEPLOYMENT + "metadata: {annotations: {image.openshift.io/triggers: '[]'}}",
        "",
        "OpenShift",
    ),
    "trigger": (CONFIG, "triggers: [{type: ConfigChange}, {type: ImageChange}],", "OpenShift"),
    "another trigger": (CONFIG, "triggers: [{type: ConfigChange}],", None),
    "none": (DEPLOYMENT, "", None),
}


@pytest.mark.parametrize(("head", "triggers", "platform"), TRIGGERS.values(), ids=TRIGGERS)
@pytest.mark.parametrize("image", [" ", "  ", ""])
def test_a_blank_is_a_placeholder_where_openshift_fills_it(
    head: str, triggers: str, platform: str | None, image: str
) -> None:
    (site,) = sites(f"""\
{head}
spec: {{{triggers} template: {{spec: {{containers: [{{image: '{image}'}}]}}}}}}
""")
    assert site.filled_by == (platform if image == " " else None)


def test_an_anchored_container_is_found_wherever_it_stands() -> None:
    text = """\
apiVersion: v1
kind: Pod
spec:
  initContainers: [&c {name: a, image: b}]
  containers: [*c, *c]
"""
    found = sites(text)
    assert len(found) == 3
    assert len({id(site.node) for site in found}) == 1


def test_bombs_of_unknown_kinds_end() -> None:
    """Law 6: what is refused for its aliases is searched once."""
    lines = ["apiVersion: example.com/v1", "kind: Widget", "a0: &a0 {containers: [{image: x}]}"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 25)]
    source = Source("a.yaml", "\n".join(lines).encode())
    (item,) = examine(source, catalogue())
    assert item.refusals
    assert [site.field for site in item.extract.sites] == ["a0.containers[0].image"]


def test_a_core_kind_without_a_version_hides_no_image() -> None:
    (item,) = examined("kind: Pod\nspec: {containers: [{name: a, image: nginx:1}]}\n")
    assert [site.value.value for site in item.extract.sites] == ["nginx:1"]
    assert [refusal.message for refusal in item.refusals] == ["the apiVersion is missing"]
    assert item.is_manifest


@pytest.mark.parametrize(
    "text",
    [
        "kind: Deployment\nimage: {repository: nginx}\n",  # a chart's values
        "kind: Fleet\nspec: {containers: [{name: a, image: nginx:1}]}\n",
    ],
)
def test_what_else_has_a_kind_and_no_version_is_no_manifest(text: str) -> None:
    (item,) = examined(text)
    assert (item.extract.sites, item.refusals, item.is_manifest) == ([], (), False)
