"""Every field of every entry of the catalogue leads to its image, wherever the entry stands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from imagelint.files.shipped import catalogue_files
from imagelint.kubernetes.catalogue.entries import OBJECT, Field, Form, Workload, words_of
from imagelint.kubernetes.catalogue.lookup import load_catalogue
from imagelint.kubernetes.prefilter import can_hold_image
from imagelint.kubernetes.read import examine
from imagelint.kubernetes.sites import path_of
from imagelint.model.source import Source
from tests.support.trees import Seen, catalogue, seen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.kubernetes.catalogue.entries import Holder

ENTRIES = catalogue().entries()
POD = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"image": "a/b:1"}]}}


def groups_without_files() -> set[str]:
    """Return the groups that core.yaml alone speaks of."""
    return {group for entry in ENTRIES for group in entry.groups} - set(catalogue_files().groups)


def leaves(fields: tuple[Field, ...], inside: tuple[str, ...] = ()) -> Iterator[Leaf]:
    """Yield the ends of fields, with shapes written out, each once on a path."""
    shapes = catalogue().shapes()
    for field in fields:
        name = field.holder.shape
        if not name or name == OBJECT:
            yield Leaf(field.path, field.holder)
        elif name not in inside:
            for leaf in leaves(shapes[name], (*inside, name)):
                yield Leaf((*field.path, *leaf.path), leaf.holder)


class Leaf(NamedTuple):
    """The end of a field."""

    path: tuple[str, ...]
    holder: Holder


def written(holder: Holder) -> tuple[Any, tuple[str | int, ...], list[str]]:
    """Return a value for a holder, where the scalar with the image stands in it, and the images."""
    if holder.shape:
        return POD, ("spec", "containers", 0, "image"), ["a/b:1"]
    if holder.split is not None:
        split = holder.split
        value: Any = {} if holder.only is None else dict([holder.only])
        at = split.registry or split.repository or split.image
        for keys, text in (
            (split.registry, "r.io"),
            (split.repository or split.image, "r.io/b"[5 if split.registry else 0 :]),
            (split.tag, "1"),
        ):
            below = value
            for key in keys[:-1]:
                below = below.setdefault(key, {})
            if keys:
                below[keys[-1]] = text if keys != at else holder.prefix + text
        image = "r.io/" + ("b" if split.repository or split.image else split.default)
        return value, at, [image + (":1" if split.tag else "")]
    if holder.form is Form.PAIRS:
        value = "1=a/b:1\n2=a/b:2\n"
        images = ["a/b:1", "a/b:2"]
    else:
        value, images = holder.prefix + "a/b:1", ["a/b:1"]
    if holder.flags:
        flag = min(holder.flags)
        return [f"--{flag}={value}", f"-{flag}", value], (0,), images
    if holder.named:
        name = holder.named[0].replace("*", "X")
        return [{"name": name, "value": value}], (0, "value"), images
    return value, (), images


def document(group: str, kind: str, leaf: Leaf) -> tuple[str, str, list[str]]:
    """Write an object with an image at a leaf; return it with the field and the images."""
    value, inside, images = written(leaf.holder)
    for segment in reversed(leaf.path):
        key = "some" if segment == "{}" else segment
        value = [value] if segment == "[]" else {key: value}
    steps = [0 if one == "[]" else "some" if one == "{}" else one for one in leaf.path]
    assert isinstance(value, dict)
    head = {"apiVersion": f"{group}/v1" if group else "v1", "kind": kind}
    return json.dumps({**head, **value}), path_of((*steps, *inside)), images


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry.groups[0]}-{entry.kinds[0]}")
def test_every_field_leads_to_its_image(entry: Workload) -> None:
    """And the proof that a document holds no image does not leave it out."""
    for leaf in leaves(entry.fields):
        for group in entry.groups:
            for kind in entry.kinds:
                text, field, images = document(group, kind, leaf)
                found = seen(text)
                for image in images:
                    assert Seen(field, image) in found, text
                block, _ = examine(Source("a.yaml", text.encode()), catalogue(), prove=True)
                assert block, text


@pytest.mark.parametrize("group", sorted(catalogue_files().groups))
def test_every_file_is_for_its_group(group: str) -> None:
    """And for it alone; a file that nothing can find would be a hole."""
    entries = [entry for entry in ENTRIES if entry.origin.startswith(f"rules/workloads/{group}.y")]
    free = [pair for pair in catalogue().without_images() if pair[0] == group]
    assert all(entry.groups == (group,) for entry in entries)
    assert entries or free


def test_the_words_of_core_stand_for_every_file() -> None:
    """A document of a group whose fields have other words has the group in its apiVersion."""
    words = load_catalogue(catalogue_files()).words
    anywhere, groups = ([one.decode() for one in some] for some in words)
    for entry in ENTRIES:
        if any(words_of(entry, anywhere)):
            assert all(any(one in group for one in groups) for group in entry.groups), entry


def test_a_group_in_the_key_of_a_policys_own_field_is_a_word_like_others() -> None:
    """That of the catalogue counts in an apiVersion alone."""
    field = Field(("spec", "tekton.dev/ref"), text="spec.tekton.dev/ref")
    own = Workload(("example.com",), ("Kind",), (field,), "ours", "imagelint.yaml:1")
    words = load_catalogue(catalogue_files()).with_entries([own]).words
    assert can_hold_image(b"apiVersion: example.com/v1\ntekton.dev/ref: a\n", words)


def test_every_entry_names_its_source() -> None:
    assert all(len(entry.source) > len("kserve") and entry.fields for entry in ENTRIES)
    assert groups_without_files() == {"", "apps", "batch", "extensions", "kustomize.config.k8s.io"}


POD_SPEC = "containers: [{name: c, image: a}]"


@pytest.mark.parametrize(
    ("group", "kind", "body"),
    [
        ("kafka.strimzi.io", "KafkaConnect", "spec: {build: {output: {image: a}}}"),
        ("kops.k8s.io", "InstanceGroup", "spec: {image: a}"),
        ("image.toolkit.fluxcd.io", "ImageRepository", f"spec: {{image: a, {POD_SPEC}}}"),
        ("networking.istio.io", "ProxyConfig", "spec: {image: {imageType: debug}}"),
        ("apps.kruise.io", "NodeImage", "spec: {images: {nginx: {tags: [{tag: a}]}}}"),
        ("kyverno.io", "ClusterPolicy", f"spec: {{rules: [{{validate: {{{POD_SPEC}}}}}]}}"),
        ("constraints.gatekeeper.sh", "K8sAllowedRepos", f"spec: {{{POD_SPEC}}}"),
        ("argoproj.io", "Rollout", f"status: {{{POD_SPEC}}}"),
        ("ceph.rook.io", "CephCluster", "status: {version: {image: a}}"),
        (
            "build.openshift.io",
            "BuildConfig",
            "spec: {strategy: {dockerStrategy: {from: {kind: ImageStreamTag, name: a}}}}",
        ),
        (
            "build.openshift.io",
            "BuildConfig",
            "spec: {output: {to: {kind: DockerImage, name: a}}}",
        ),
        ("source.toolkit.fluxcd.io", "OCIRepository", "spec: {url: 'https://a'}"),
        ("kustomize.toolkit.fluxcd.io", "Kustomization", "spec: {images: [{name: a}]}"),
        ("tekton.dev", "TaskRun", "spec: {params: [{name: bundle, value: a}]}"),
        ("install.istio.io", "IstioOperator", "spec: {tag: a}"),
    ],
)
def test_what_must_not_be_claimed(group: str, kind: str, body: str) -> None:
    assert seen(f"apiVersion: {group}/v1\nkind: {kind}\n{body}\n") == []


CONTAINER = "apiVersion: v1\nkind: Pod\nspec: {containers: [{name: c, "


@pytest.mark.parametrize(
    ("body", "images"),
    [
        ("args: [--executor-image=a]", ["a"]),
        ("args: [-executor-image=a]", ["a"]),
        ("args: [--executor-image, a]", ["a"]),
        ("args: [--executor-image, a, b]", ["a"]),
        ("args: ['--executor-image=']", []),
        ("args: [--executor-image]", []),
        ("args: ['--executor-image=$(IMAGE)']", ["$(IMAGE)"]),
        ("args: [executor-image=a]", []),
        ("args: [--executor-images=a]", []),
        ("args: [1, null, [], --executor-image=a]", ["a"]),
        ("args: --executor-image=a", []),
        ("command: [longhorn-manager, --engine-image, a]", ["a"]),
        ("env: [{name: RELATED_IMAGE_A, value: a}]", ["a"]),
        ("env: [{name: RELATED_IMAGE_A, value: ''}]", []),
        ("env: [{name: RELATED_IMAGE_A, value: null}]", []),
        ("env: [{name: RELATED_IMAGE_A}]", []),
        ("env: [{name: RELATED_IMAGE_A, value: 1}]", [1]),
        ("env: [{name: related_image_a, value: a}]", []),
        ("env: [{name: MY_RELATED_IMAGE_A, value: a}]", []),
        ("env: [{value: a}, x, {name: 1, value: b}]", []),
        ("env: [{name: STRIMZI_KAFKA_IMAGES, value: '1=a 2=b'}]", ["a", "b"]),
        ("env: [{name: STRIMZI_KAFKA_IMAGES, value: '1=a=b'}]", ["a=b"]),
        ("env: [{name: STRIMZI_KAFKA_IMAGES, value: nothing}]", []),
        ("env: [{name: STRIMZI_DEFAULT_KAFKA_INIT_IMAGE, value: a}]", ["a"]),
    ],
)
def test_flags_and_environment(body: str, images: list[object]) -> None:
    assert [site.image for site in seen(f"{CONTAINER}{body}}}]}}\n")] == images


PROMETHEUS = "apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nspec: "
ISTIO = "apiVersion: sailoperator.io/v1\nkind: Istio\nspec: "


@pytest.mark.parametrize(
    ("text", "images"),
    [
        (PROMETHEUS + "{baseImage: a, tag: v1}", ["a:v1"]),
        (PROMETHEUS + "{baseImage: a, tag: v1, sha: abc}", ["a@sha256:abc"]),
        (PROMETHEUS + "{baseImage: a}", ["a"]),
        (PROMETHEUS + "{tag: v1}", []),
        (ISTIO + "{values: {global: {hub: h, tag: t, proxy: {image: p}}}}", ["h/p:t"]),
        (ISTIO + "{values: {global: {hub: h, tag: t, proxy: {image: q/p:1}}}}", ["q/p:1"]),
        (ISTIO + "{values: {global: {hub: h, tag: t}}}", ["h/proxyv2:t"]),
        (ISTIO + "{values: {global: {tag: t, proxy: {image: p}}}}", ["p:t"]),
        (ISTIO + "{values: {global: {hub: h, tag: 'sha256:abc'}}}", ["h/proxyv2@sha256:abc"]),
        (ISTIO + "{values: {global: {hub: '', tag: t}}}", []),
    ],
)
def test_images_in_parts(text: str, images: list[str]) -> None:
    assert [site.image for site in seen(text)] == images


TEMPLATE = "apiVersion: template.openshift.io/v1\nkind: Template\nmetadata: {namespace: ns}\n"


@pytest.mark.parametrize(
    ("objects", "found"),
    [
        (f"[{json.dumps(POD)}]", [("objects[0].spec.containers[0].image", "Pod", "ns")]),
        (
            f"[{{apiVersion: v1, kind: List, items: [{json.dumps(POD)}]}}]",
            [("objects[0].items[0].spec.containers[0].image", "Pod", "ns")],
        ),
        ("[{apiVersion: v1, kind: ConfigMap, data: {containers: [{image: a}]}}]", []),
        (
            "[{spec: {containers: [{image: a}]}}]",
            [("objects[0].spec.containers[0].image", "Template", "ns")],
        ),
        (
            f"[{json.dumps({**POD, 'metadata': {'namespace': 'm'}})}]",
            [("objects[0].spec.containers[0].image", "Pod", "m")],
        ),
        (
            f"[{{apiVersion: v1, kind: Template, objects: [{json.dumps(POD)}]}}]",
            [("objects[0].objects[0].spec.containers[0].image", "Pod", "ns")],
        ),
        ("[x, null, [1]]", []),
        ("{a: {spec: {containers: [{image: a}]}}}", [("objects.a.spec.containers[0].image",) * 3]),
    ],
)
def test_objects_inside_of_objects(objects: str, found: list[tuple[str, ...]]) -> None:
    """Each is of its own kind; what is none is found by its shape; the namespace is inherited."""
    source = Source("a.yaml", f"{TEMPLATE}objects: {objects}\n".encode())
    sites = [site for item in examine(source, catalogue())[0] for site in item.extract.sites]
    assert [site.field for site in sites] == [one[0] for one in found]
    for site, one in zip(sites, found, strict=True):
        if len(set(one)) > 1:
            assert (site.object.kind, site.object.namespace) == one[1:]


def test_known_kinds_are_searched_by_shape_too() -> None:
    """A field that an entry has missed is no hole, and one that it has is not told twice."""
    text = (
        "{apiVersion: argoproj.io/v1alpha1, kind: Rollout,"
        " spec: {template: {spec: {containers: [{image: a}]}}, new: {containers: [{image: b}]}}}"
    )
    assert seen(text) == [
        Seen("spec.template.spec.containers[0].image", "a"),
        Seen("spec.new.containers[0].image", "b"),
    ]


def test_deep_nesting_ends() -> None:
    """Law 6: recursive shapes do not recurse in Python."""
    text = '{"container": {"image": "a"}}'
    for _ in range(2_000):
        text = '{"steps": [[{"inline": ' + text + "}]]}"
    head = '{"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "spec": {"templates": ['
    assert [site.image for site in seen(f"{head}{text}]}}}}")] == ["a"]


def test_bombs_of_known_kinds_end() -> None:
    """Law 6: what is refused for its aliases is searched once."""
    lines = [
        "apiVersion: argoproj.io/v1alpha1",
        "kind: Workflow",
        "a0: &a0 {container: {image: x}}",
    ]
    for i in range(1, 25):
        steps = ", ".join([f"{{inline: *a{i - 1}}}"] * 9)
        lines.append(f"a{i}: &a{i} {{steps: [[{steps}]]}}")
    lines.append("spec: {templates: [*a24]}")
    ((item,), _) = examine(Source("a.yaml", "\n".join(lines).encode()), catalogue())
    assert item.refusals
    assert len(item.extract.sites) == 1
