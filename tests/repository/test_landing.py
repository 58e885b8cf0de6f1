"""Flux and Argo CD decide into which namespace files are deployed, and so by which environment."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.project import CLEAN, FINDINGS, POLICY, pod
from tests.support.selectors import flux

if TYPE_CHECKING:
    from tests.support.project import Project

NAMESPACES = (
    POLICY.replace('paths: ["dev/**"]', "namespaces: [dev]")
    .replace('paths: ["prod/**"]', "namespaces: [prod]")
    .replace("default: prod", "default: dev")
)
IMAGE = "quay.io/a/b:1"
"""Allowed in dev, which is the default here, and not in prod."""


@pytest.fixture
def repository(project: Project) -> Project:
    project.write("imagelint.yaml", NAMESPACES)
    project.write("app/a.yaml", pod(IMAGE))
    return project


def is_judged_as_prod(project: Project, *paths: str) -> bool:
    """Return whether something of the app is refused, as only prod does."""
    done = project.run("check", "--format", "json", *paths)
    assert done.exit_code in (CLEAN, FINDINGS), done.stderr
    found = json.loads(done.stdout)["findings"]
    assert {one["rule"] for one in found} <= {"unapproved-registry"}
    return any(one["path"].startswith("app/") for one in found)


def argo(namespace: str = "", kind: str = "Application", **source: Any) -> str:
    spec: dict[str, Any] = {"source": {"path": "app", **source}}
    if namespace:
        spec["destination"] = {"namespace": namespace}
    if kind == "ApplicationSet":
        spec = {"template": {"spec": spec}}
    return json.dumps(
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": kind,
            "metadata": {"name": "a"},
            "spec": spec,
        }
    )


KUSTOMIZATION = "resources: [a.yaml]\n"
TO_PROD = [
    flux(targetNamespace="prod"),
    argo("prod"),
    argo("prod", "ApplicationSet"),
    json.dumps(
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Application",
            "metadata": {"name": "a", "namespace": "dev"},
            "spec": {
                "destination": {"namespace": "prod"},
                "sources": [{"chart": "x", "repoURL": "y"}, {"path": "app"}],
            },
        }
    ),
]
ELSEWHERE = [
    flux(targetNamespace="dev"),
    flux(),
    flux(targetNamespace="prod", path="./other"),
    flux(targetNamespace="${where}"),
    flux(targetNamespace="prod", path="./app/${cluster}"),
    argo("dev"),
    argo(),
    argo("prod", path="other"),
    argo("{{namespace}}", "ApplicationSet"),
    argo("prod", "ApplicationSet", path="{{path}}"),
]


@pytest.mark.parametrize("paths", [(), ("app/a.yaml",), ("app",)])
@pytest.mark.parametrize("host", TO_PROD)
@pytest.mark.parametrize("kustomization", [KUSTOMIZATION, None])
def test_a_host_decides_the_environment(
    repository: Project, host: str, kustomization: str | None, paths: tuple[str, ...]
) -> None:
    if kustomization is not None:
        repository.write("app/kustomization.yaml", kustomization)
    assert not is_judged_as_prod(repository, *paths)
    repository.git("init", "-q")
    repository.write("clusters/host.yaml", host)
    assert is_judged_as_prod(repository, *paths)


@pytest.mark.parametrize("host", ELSEWHERE)
@pytest.mark.parametrize("kustomization", [KUSTOMIZATION, None])
def test_other_hosts_decide_nothing(
    repository: Project, host: str, kustomization: str | None
) -> None:
    if kustomization is not None:
        repository.write("app/kustomization.yaml", kustomization)
    repository.write("clusters/host.yaml", host)
    repository.write("other/kustomization.yaml", "resources: []\n")
    assert not is_judged_as_prod(repository)


@pytest.mark.parametrize(("namespace", "expected"), [("prod", True), ("dev", False)])
def test_a_namespace_of_kustomize_is_above_the_destination(
    repository: Project, namespace: str, *, expected: bool
) -> None:
    repository.write("app/kustomization.yaml", KUSTOMIZATION)
    destination = "dev" if expected else "prod"
    host = argo(destination, kustomize={"namespace": namespace})
    repository.write("clusters/host.yaml", host)
    assert is_judged_as_prod(repository) is expected


def test_a_destination_is_for_objects_without_a_namespace(repository: Project) -> None:
    repository.write("app/a.yaml", pod(IMAGE).replace("name: web", "name: web\n  namespace: dev"))
    repository.write("clusters/host.yaml", argo("prod"))
    assert not is_judged_as_prod(repository)
    repository.write("clusters/host.yaml", flux(targetNamespace="prod"))
    assert is_judged_as_prod(repository)


@pytest.mark.parametrize(
    ("overlay", "expected"), [("", True), ("namespace: dev\n", False), ("namespace: prod\n", True)]
)
def test_a_destination_is_below_the_namespace_of_a_kustomization(
    repository: Project, overlay: str, *, expected: bool
) -> None:
    repository.write("app/kustomization.yaml", KUSTOMIZATION)
    repository.write("overlay/kustomization.yaml", "resources: [../app]\n" + overlay)
    repository.write("clusters/host.yaml", argo("prod", path="overlay"))
    assert is_judged_as_prod(repository) is expected


@pytest.mark.parametrize(("recurse", "expected"), [(True, True), (False, False)])
def test_folders_below_one_without_a_kustomization(
    repository: Project, *, recurse: bool, expected: bool
) -> None:
    repository.write("clusters/host.yaml", argo("prod", path="app", directory={"recurse": recurse}))
    repository.write("app/a.yaml", pod("h.io/hub/nginx:1"))
    repository.write("app/below/a.yaml", pod(IMAGE))
    assert is_judged_as_prod(repository) is expected
    repository.write("clusters/host.yaml", flux(targetNamespace="prod"))
    assert is_judged_as_prod(repository)


def test_the_root_of_a_source_is_not_that_of_this_repository(repository: Project) -> None:
    """Most with such a path build another repository, for which nothing here is to be refused."""
    repository.write("clusters/host.yaml", flux(path="./", targetNamespace="prod"))
    assert not is_judged_as_prod(repository)
    repository.write("kustomization.yaml", "resources: [app/a.yaml]\n")
    assert is_judged_as_prod(repository)


@pytest.mark.parametrize("where", ["base", "overlay"])
def test_images_and_patches_of_a_base_are_moved_too(repository: Project, where: str) -> None:
    """What a kustomization says itself is built in the namespaces of those above it."""
    namespace = {where: "namespace: prod\n"}
    repository.write("app/a.yaml", pod("h.io/hub/nginx:1"))
    repository.write(
        "app/kustomization.yaml",
        f"resources: [a.yaml]\nimages: [{{name: h.io/hub/nginx, newName: quay.io/a/b}}]\n"
        f"{namespace.get('base', '')}",
    )
    assert is_judged_as_prod(repository) is (where == "base")
    repository.write(
        "overlay/kustomization.yaml", f"resources: [../app]\n{namespace.get('overlay', '')}"
    )
    assert is_judged_as_prod(repository)


def test_a_patch_of_an_application_is_read_as_one(repository: Project) -> None:
    """Whatever its name, and though it states no kind."""
    patch = '[{"op": "replace", "path": "/spec/containers/0/image", "value": "quay.io/a/b:1"}]'
    repository.write("app/a.yaml", pod("h.io/hub/nginx:1"))
    repository.write("app/kustomization.yaml", KUSTOMIZATION)
    repository.write("app/p.patch", patch)
    assert not is_judged_as_prod(repository, "--env", "prod")
    patches = [{"path": "p.patch", "target": {"kind": "Pod"}}]
    repository.write("clusters/host.yaml", argo(kustomize={"patches": patches}))
    assert is_judged_as_prod(repository, "--env", "prod")


IN_PROD = [
    {"transformers": ["n.yaml"]},
    {
        "transformers": [
            json.dumps(
                {
                    "apiVersion": "builtin",
                    "kind": "NamespaceTransformer",
                    "metadata": {"name": "n", "namespace": "prod"},
                    "unsetOnly": True,
                }
            )
        ]
    },
    {"transformers": ["t"]},
    {
        "patches": [
            {
                "target": {"kind": "Pod"},
                "patch": json.dumps(
                    [{"op": "add", "path": "/metadata/namespace", "value": "prod"}]
                ),
            }
        ]
    },
    {"patches": [{"target": {"kind": "Pod"}, "path": "p.txt"}]},
    {
        "replacements": [
            {
                "sourceValue": "prod",
                "targets": [
                    {
                        "select": {"kind": "Pod"},
                        "fieldPaths": ["metadata.namespace"],
                        "options": {"create": True},
                    }
                ],
            }
        ]
    },
]


@pytest.mark.parametrize("fields", IN_PROD)
@pytest.mark.parametrize("namespace", ["prod", "dev"])
def test_whatever_moves_objects_into_a_namespace(
    repository: Project, fields: Any, namespace: str
) -> None:
    transformer = (
        "apiVersion: builtin\nkind: NamespaceTransformer\nmetadata: {name: n, namespace: prod}\n"
    )
    patch = '[{"op": "replace", "path": "/metadata", "value": {"name": "w", "namespace": "prod"}}]'
    files = {
        "app/n.yaml": transformer,
        "app/t/kustomization.yaml": "resources: [n.yaml]\n",
        "app/t/n.yaml": transformer,
        "app/p.txt": patch,
        "app/kustomization.yaml": json.dumps({"resources": ["a.yaml"], **fields}),
    }
    for name, text in files.items():
        repository.write(name, text.replace("prod", namespace))
    assert is_judged_as_prod(repository) is (namespace == "prod")


@pytest.mark.parametrize("namespace", ["prod", "dev"])
@pytest.mark.parametrize(
    ("host", "path"),
    [
        (flux(), "/spec/targetNamespace"),
        (argo(), "/spec/destination"),
        (argo(), "/spec/source/kustomize/namespace"),
    ],
)
def test_an_overlay_says_where_a_host_deploys(
    repository: Project, host: str, path: str, namespace: str
) -> None:
    value: Any = {"namespace": namespace} if path.endswith("destination") else namespace
    patch = json.dumps([{"op": "add", "path": path, "value": value}])
    kind = json.loads(host)["kind"]
    repository.write("app/kustomization.yaml", KUSTOMIZATION)
    repository.write("clusters/base/f.yaml", host)
    repository.write("clusters/base/kustomization.yaml", "resources: [f.yaml]\n")
    assert not is_judged_as_prod(repository)
    overlay = {"resources": ["../base"], "patches": [{"target": {"kind": kind}, "patch": patch}]}
    repository.write("clusters/prod/kustomization.yaml", json.dumps(overlay))
    assert is_judged_as_prod(repository) is (namespace == "prod")
