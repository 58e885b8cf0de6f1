"""Tables for JSON 6902 operations: where their values stand, and what they copy."""

from __future__ import annotations

import pytest

from imagelint.kubernetes.kustomize.model import Role, Target
from tests.kubernetes.kustomize.kustomizations import patched, read

POD = "/spec/template/spec"
AT = "spec.template.spec"
META = "/spec/template/metadata"
FLAG = "--acme-http01-solver-image"


@pytest.mark.parametrize(
    ("operation", "images"),
    [
        (f"path: {POD}/containers/3/image, value: evil.io/x", {f"{AT}.containers[3].image"}),
        (f"path: {POD}/containers/-, value: {{image: evil.io/x}}", {f"{AT}.containers[-].image"}),
        (f"path: {POD}/containers, value: [{{image: evil.io/x}}]", {f"{AT}.containers[0].image"}),
        (
            f"path: {POD}, value: {{containers: [{{image: evil.io/x}}]}}",
            {f"{AT}.containers[0].image"},
        ),
        (
            "path: /spec, value: {template: {spec: {initContainers: [{image: evil.io/x}]}}}",
            {f"{AT}.initContainers[0].image"},
        ),
        (
            "path: '', value: {spec: {template: {spec: {containers: [{image: evil.io/x}]}}}}",
            {f"{AT}.containers[0].image"},
        ),
        (
            f"path: {POD}/volumes/0/image/reference, value: evil.io/x",
            {f"{AT}.volumes[0].image.reference"},
        ),
        (
            f"path: {META}/annotations/sidecar.istio.io~1proxyImage, value: evil.io/x",
            {"spec.template.metadata.annotations[sidecar.istio.io/proxyImage]"},
        ),
        (
            f"path: {POD}/containers/0/args/-, value: {FLAG}=evil.io/x",
            {f"{AT}.containers[0].args[-]"},
        ),
        (f"path: {POD}/containers/0/args/-, value: --other=evil.io/x", set()),
        ("path: /metadata/labels/image, value: evil.io/x", set()),
        ("path: /data/x, value: evil.io/x", set()),
    ],
)
@pytest.mark.parametrize("name", ["add", "replace"])
def test_values(name: str, operation: str, images: set[str]) -> None:
    found = patched(f"- {{op: {name}, {operation}}}")
    assert set(found.images) == set(images)
    assert found.unjudged == {}


@pytest.mark.parametrize(
    "target",
    [
        Target(kind="Deployment"),
        Target(kind="Deploy.*"),
        Target(kind="Rollout"),
        Target(kind="Widget"),
        Target(kind="A|B|Deployment"),
        Target(),
        None,
    ],
)
def test_of_any_kind(target: Target | None) -> None:
    text = f"[{{op: replace, path: {POD}/containers/0/image, value: evil.io/x}}]"
    if target is not None:
        assert patched(text, target).images == {f"{AT}.containers[0].image": "evil.io/x"}


def test_what_is_called_an_image_is_one_where_nothing_is_known() -> None:
    text = "[{op: add, path: /spec/image, value: evil.io/x}]"
    assert patched(text, Target(kind="Widget")).images == {"spec.image": "evil.io/x"}
    assert patched(text, Target(kind="ConfigMap")).images == {}
    assert patched(text, Target(kind=".*")).images == {"spec.image": "evil.io/x"}


def test_an_index_may_be_a_key() -> None:
    text = "[{op: add, path: /spec/tasks/0/container/image, value: evil.io/x}]"
    found = patched(text, Target(group="argoproj.io", kind="WorkflowTaskSet"))
    assert found.images == {"spec.tasks[0].container.image": "evil.io/x"}


@pytest.mark.parametrize(
    ("source", "path", "is_told"),
    [
        ("/metadata/annotations/q", f"{POD}/containers/0/image", True),
        ("/metadata/annotations/q", f"{POD}/containers/0", True),
        ("/metadata/annotations/q", POD, True),
        ("/metadata/annotations/q", "/spec", True),
        ("/metadata/annotations/q", "/metadata/labels/q", False),
        (f"{POD}/containers/0/image", f"{POD}/initContainers/0/image", False),
        (f"{POD}/containers/0", f"{POD}/initContainers/-", False),
        (f"{POD}/volumes/0", f"{POD}/containers/0", True),
        (f"{POD}/containers/0/image", "/metadata/annotations/q", False),
    ],
)
@pytest.mark.parametrize("name", ["copy", "move"])
def test_copies(name: str, source: str, path: str, is_told: bool) -> None:
    found = patched(f"[{{op: {name}, from: {source}, path: {path}}}]")
    assert found.unjudged == ({"[0].path": True} if is_told else {})


@pytest.mark.parametrize("name", ["test", "remove"])
def test_others_write_nothing(name: str) -> None:
    found = patched(f"[{{op: {name}, path: {POD}/containers/0/image, value: evil.io/x}}]")
    assert (found.images, found.unjudged) == ({}, {})


def test_the_first_segment_does_not_count() -> None:
    found = patched(f"[{{op: add, path: x{POD}/containers/0/image, value: evil.io/x}}]")
    assert found.images == {f"{AT}.containers[0].image": "evil.io/x"}


def test_a_path_without_end_is_told() -> None:
    assert patched(f"[{{op: add, path: {'/a' * 1000}, value: 1}}]").unjudged == {"[0].path": True}


def test_json_and_the_role_of_old() -> None:
    text = f'[{{"op":"replace","path":"{POD}/containers/0/image","value":"evil.io/x"}}]'
    found = patched(text, Target(kind="Deployment"), Role.JSON_PATCH)
    assert found.images == {f"{AT}.containers[0].image": "evil.io/x"}


def test_inline() -> None:
    found = read(
        "patches:\n- target: {kind: Deployment}\n  patch: |-\n"
        f"    - op: replace\n      path: {POD}/containers/0/image\n      value: evil.io/x\n"
        f"    - op: copy\n      from: /metadata/name\n      path: {POD}/containers/0/image\n"
    )
    assert found.images == {f"patches[0].patch: {AT}.containers[0].image": "evil.io/x"}
    assert found.unjudged == {"patches[0].patch: [1].path": True}


@pytest.mark.parametrize("text", ["- 1", "- {op: add}", "- {op: [], path: {}}", "[[]]", "- {}"])
def test_what_is_no_operation_holds_nothing(text: str) -> None:
    assert patched(text).images == {}


@pytest.mark.parametrize(
    ("kind", "operation"),
    [
        ("Kustomization", "path: /spec/images, value: [{name: a, newName: evil.io/x}]"),
        ("Kustomization", "path: /spec/images/0/newName, value: evil.io/x"),
        ("Service", f"path: {POD}/containers/0/image, value: evil.io/x"),
        ("Service", f"path: {POD}/containers, value: [{{image: evil.io/x}}]"),
        ("Job", "path: /spec/tasks/0/template/spec/containers/0/image, value: evil.io/x"),
    ],
)
def test_a_kind_is_that_of_every_group(kind: str, operation: str) -> None:
    """Without a group in the target, also where Kubernetes or kustomize have a kind of the name."""
    text = f"- {{op: add, {operation}}}"
    assert list(patched(text, Target(kind=kind)).images.values()) == ["evil.io/x"]
    assert patched(text, Target(kind=kind, group="policy")).images == {}
