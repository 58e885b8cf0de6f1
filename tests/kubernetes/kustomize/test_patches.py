"""Tables for strategic merge patches: as which objects they are read."""

from __future__ import annotations

import pytest

from imagelint.kubernetes.kustomize.model import FileRole, Role, Target
from tests.kubernetes.kustomize.kustomizations import examined_as, patched, read

SPEC = "spec: {template: {spec: {containers: [{name: c, image: evil.io/x}]}}}\n"
FIELD = "spec.template.spec.containers[0].image"
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: dev}\n"


@pytest.mark.parametrize(
    "target",
    [
        Target(kind="Deployment"),
        Target(kind="Deployment", group="apps", version="v1"),
        Target(kind="Deployment|StatefulSet"),
        Target(kind="^(Deployment)$"),
        Target(kind="Deploy.*"),
        Target(name="web"),
        Target(kind="Widget", group="example.com"),
        Target(kind="Widget"),
    ],
)
def test_the_kind_is_the_targets(target: Target) -> None:
    assert patched(CONFIG_MAP + SPEC, target).images == {FIELD: "evil.io/x"}


def test_without_a_target_it_is_the_patchs_own() -> None:
    assert patched(CONFIG_MAP + SPEC, None).images == {}
    assert patched(CONFIG_MAP.replace("ConfigMap", "Pod") + SPEC, None).images == {}
    own = CONFIG_MAP.replace("v1", "apps/v1").replace("ConfigMap", "Deployment")
    assert patched(own + SPEC, None).images == {FIELD: "evil.io/x"}


def test_without_a_kind_it_is_read_all_the_same() -> None:
    assert patched(SPEC).images == {FIELD: "evil.io/x"}


def test_the_namespace_is_the_targets() -> None:
    """What the patch states is not merged, and must not lead to a laxer environment."""

    def owner(target: Target) -> tuple[str, str | None, str | None]:
        (item,) = examined_as(CONFIG_MAP + SPEC, FileRole(Role.PATCH, target), path="p.yaml")
        (site,) = item.extract.sites
        return site.object.kind, site.object.name, site.object.namespace

    assert owner(Target(kind="Deployment", name="web")) == ("Deployment", "web", None)
    assert owner(Target(kind="Deployment", namespace="prod")) == ("Deployment", "x", "prod")
    assert owner(Target(kind="Deployment", namespace=".*")) == ("Deployment", "x", None)


def test_two_roles_find_an_image_once() -> None:
    roles = [FileRole(Role.PATCH, Target(kind="Deployment", version=one)) for one in ("", "v1")]
    (item,) = examined_as(CONFIG_MAP + SPEC, *roles, path="p.yaml")
    assert len(item.extract.sites) == 1


def test_a_resource_too_counts_for_both() -> None:
    own = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a, namespace: own}\n" + SPEC
    roles = (FileRole(Role.RESOURCE), FileRole(Role.PATCH, Target(kind="Deployment", name="b")))
    (item,) = examined_as(own, *roles, path="p.yaml")
    assert [site.object.name for site in item.extract.sites] == ["a", "b"]


IN_JSON = (
    """'{"kind": "Widget","spec":{"template":{"spec":{"containers":[{"image":"evil.io/x"}]}}}}'"""
)
INLINE = """\
namespace: prod
patches:
- target: {kind: Deployment}
  patch: STYLE
"""


@pytest.mark.parametrize(
    "style",
    [
        "|-\n    kind: Widget\n    spec: {template: {spec: {containers: [{image: evil.io/x}]}}}",
        '"kind: Widget\\nspec: {template: {spec: {containers: [{image: evil.io/x}]}}}"',
        IN_JSON,
    ],
)
def test_inline(style: str) -> None:
    text = INLINE.replace("STYLE", style)
    assert read(text).images == {f"patches[0].patch: {FIELD}": "evil.io/x"}
    *_, inner = examined_as(text)
    for site in inner.extract.sites:
        assert site.object.namespace == "prod"
        at = inner.document.byte_offset(site.node.start)
        assert text.encode()[at:].lstrip(b'"\\').startswith(b"evil.io/x")


def test_what_does_not_parse_is_refused_and_seen() -> None:
    found = read("patches:\n- patch: |-\n    kind: Pod\n    a: [\n    image: evil.io/x\n")
    assert found.images == {"patches[0].patch: image": "evil.io/x"}
    assert found.refusals[0].startswith("patches[0].patch is refused: ")


def test_strings_in_strings_come_to_an_end() -> None:
    text = "spec: {images: []}"
    for _ in range(12):
        lines = "".join(f"      {line}\n" for line in text.splitlines())
        head = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nspec:\n"
        text = f"{head}  patches:\n  - patch: |\n{lines}"
    found = read(text, path="a.yaml")
    assert list(found.unjudged.values()) == [True]


def test_one_string_is_read_so_often() -> None:
    found = read("x: &p '{kind: Pod}'\npatches:\n" + "- {patch: *p}\n" * 30)
    assert len(found.unjudged) == 10
