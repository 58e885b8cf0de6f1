"""The default environment is that of each build in which no other matches an object."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.project import CLEAN, FINDINGS, POLICY, pod
from tests.support.selectors import flux

if TYPE_CHECKING:
    from tests.support.project import Project

NAMESPACES = POLICY.replace('paths: ["dev/**"]', 'paths: ["dev/**"], namespaces: [dev, "*-dev"]')
"""The default, prod, does not allow the image; dev does."""
BASE = {"base/a.yaml": pod(), "base/kustomization.yaml": "resources: [a.yaml]\n"}


def over(*resources: str, namespace: str = "", **fields: Any) -> str:
    """Return a kustomization."""
    return json.dumps({"resources": resources, "namespace": namespace, **fields})


def argo(namespace: str = "", **kustomize: Any) -> str:
    """Return an Application that builds ``base`` for a namespace."""
    meta = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": {"name": "a"}}
    spec = {"destination": {"namespace": namespace}, "source": {"path": "base", **kustomize}}
    return json.dumps({**meta, "spec": spec})


def to(namespace: str) -> str:
    """Return a Flux Kustomization that builds ``base`` in a namespace."""
    return flux(path="./base", **({"targetNamespace": namespace} if namespace else {}))


COMPONENT = {"apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component"}
TO_SHOP = json.dumps(
    [{"op": "add", "path": "/metadata", "value": {"name": "a", "namespace": "NAMESPACE"}}]
)
OWN = pod().replace("  name: web", "  name: web\n  namespace: NAMESPACE")

TREES: dict[str, dict[str, str]] = {
    "overlays": {
        **BASE,
        "o/a/kustomization.yaml": over("../../base", namespace="dev"),
        "o/b/kustomization.yaml": over("../../base", namespace="NAMESPACE"),
    },
    "a nested chain": {
        **BASE,
        "o/a/kustomization.yaml": over("../../base", namespace="dev"),
        "o/b/kustomization.yaml": over("../../base"),
        "o/c/kustomization.yaml": over("../b", namespace="NAMESPACE"),
        "o/d/kustomization.yaml": over("../c"),
    },
    "twice in one build": {
        **BASE,
        "o/a/kustomization.yaml": over("../../base", namespace="dev"),
        "o/b/kustomization.yaml": over("../../base", namespace="NAMESPACE"),
        "o/c/kustomization.yaml": over("../a", "../b"),
    },
    "a component": {
        "c/a.yaml": pod(),
        "c/kustomization.yaml": json.dumps({**COMPONENT, "resources": ["a.yaml"]}),
        "o/a/kustomization.yaml": over(namespace="dev", components=["../../c"]),
        "o/b/kustomization.yaml": over(namespace="NAMESPACE", components=["../../c"]),
    },
    "components with the namespaces": {
        **BASE,
        "c/a/kustomization.yaml": json.dumps({**COMPONENT, "namespace": "dev"}),
        "c/b/kustomization.yaml": json.dumps({**COMPONENT, "components": ["../c"]}),
        "c/c/kustomization.yaml": json.dumps({**COMPONENT, "namespace": "NAMESPACE"}),
        "o/a/kustomization.yaml": over("../../base", components=["../../c/a"]),
        "o/b/kustomization.yaml": over("../../base", components=["../../c/b"]),
    },
    "a file of two kustomizations": {
        "base/a.yaml": pod(),
        "o/kustomization.yaml": over("../base/a.yaml", namespace="dev"),
        "base/kustomization.yaml": over("a.yaml", namespace="NAMESPACE"),
    },
    "a patch of the namespace": {
        **BASE,
        "o/a/kustomization.yaml": over("../../base", namespace="dev"),
        "o/b/kustomization.yaml": over(
            "../../base", patches=[{"target": {"kind": "Pod"}, "patch": TO_SHOP}]
        ),
    },
    "Flux": {**BASE, "f/a.yaml": to("dev"), "f/b.yaml": to("NAMESPACE")},
    "Flux without a kustomization": {
        "base/a.yaml": pod(),
        "f/a.yaml": to("dev"),
        "f/b.yaml": to("NAMESPACE"),
    },
    "Flux with components": {
        **BASE,
        "c/a/kustomization.yaml": json.dumps({**COMPONENT, "namespace": "dev"}),
        "c/b/kustomization.yaml": json.dumps({**COMPONENT, "namespace": "NAMESPACE"}),
        "f/a.yaml": flux(path="./base", components=["../c/a"]),
        "f/b.yaml": flux(path="./base", components=["../c/b"]),
    },
    "Flux and an overlay": {
        **BASE,
        "f/a.yaml": to("NAMESPACE"),
        "o/kustomization.yaml": over("../base", namespace="dev"),
    },
    "Flux that overlays patch": {
        **BASE,
        "f/a.yaml": to(""),
        "f/kustomization.yaml": over("a.yaml"),
        **{
            f"g/{name}/kustomization.yaml": over(
                "../../f",
                patches=[
                    {
                        "target": {"kind": "Kustomization"},
                        "patch": json.dumps(
                            [{"op": "add", "path": "/spec/targetNamespace", "value": name}]
                        ),
                    }
                ],
            )
            for name in ("dev", "NAMESPACE")
        },
    },
    "Argo CD": {**BASE, "f/a.yaml": argo("dev"), "f/b.yaml": argo("NAMESPACE")},
    "Argo CD without a kustomization": {
        "base/a.yaml": pod(),
        "f/a.yaml": argo("dev"),
        "f/b.yaml": argo("NAMESPACE"),
    },
    "Argo CD's own namespace": {
        **BASE,
        "f/a.yaml": argo("shop", kustomize={"namespace": "dev"}),
        "f/b.yaml": argo("dev", kustomize={"namespace": "NAMESPACE"}),
    },
    "an image of a kustomization": {
        "base/a.yaml": pod("h.io/hub/nginx:1"),
        "base/kustomization.yaml": over(
            "a.yaml", images=[{"name": "h.io/hub/nginx", "newName": "nginx"}]
        ),
        "o/a/kustomization.yaml": over("../../base", namespace="dev"),
        "o/b/kustomization.yaml": over("../../base", namespace="NAMESPACE"),
    },
    "its own namespace": {
        "base/a.yaml": OWN,
        "base/kustomization.yaml": "resources: [a.yaml]\n",
        "o/a/kustomization.yaml": over("../../base", namespace="dev"),
        "o/b/kustomization.yaml": over("../../base"),
    },
    "its own namespace with a destination": {
        "base/a.yaml": OWN,
        "base/kustomization.yaml": "resources: [a.yaml]\n",
        "o/a/kustomization.yaml": over("../../base", namespace="dev"),
        "f/a.yaml": argo("dev"),
    },
}


def environments(project: Project, *paths: str) -> set[str]:
    """Return the environments whose rules are broken."""
    done = project.run("check", "--format", "json", *paths)
    assert done.exit_code in (CLEAN, FINDINGS), done.stderr
    return {one["environment"] for one in json.loads(done.stdout)["findings"]}


@pytest.mark.parametrize("tree", TREES)
@pytest.mark.parametrize("namespace", ["shop", "dev", "shop-dev", "prod"])
def test_each_build_is_in_an_environment(project: Project, tree: str, namespace: str) -> None:
    project.write("imagelint.yaml", NAMESPACES)
    for name, text in TREES[tree].items():
        project.write(name, text.replace("NAMESPACE", namespace))
    is_refused = not namespace.endswith("dev")
    assert environments(project) == ({"prod"} if is_refused else set())
    images = [name for name in TREES[tree] if name in ("base/a.yaml", "c/a.yaml")]
    assert environments(project, *images) == environments(project) or "image" in tree
    assert environments(project, "--env", "dev") == set()


def test_what_matches_as_written_needs_no_default(project: Project) -> None:
    """By the path, or by its own namespace; but it is also judged as built."""
    project.write("imagelint.yaml", NAMESPACES)
    project.write("o/kustomization.yaml", over("../dev", "../base", namespace="shop"))
    for folder, text in (("dev", pod()), ("base", OWN.replace("NAMESPACE", "dev"))):
        project.write(f"{folder}/a.yaml", text)
        project.write(f"{folder}/kustomization.yaml", "resources: [a.yaml]\n")
    assert environments(project) == set()
    project.write("o/kustomization.yaml", over("../dev", "../base", namespace="prod"))
    assert environments(project) == set(), "prod matches no namespace"
    policy = NAMESPACES.replace('paths: ["prod/**"]', "namespaces: [prod]")
    project.write("imagelint.yaml", policy)
    assert environments(project) == {"prod"}


def test_a_destination_is_none_of_an_object_with_a_namespace(project: Project) -> None:
    project.write("imagelint.yaml", NAMESPACES)
    project.write("base/a.yaml", OWN.replace("NAMESPACE", "shop"))
    project.write("base/kustomization.yaml", "resources: [a.yaml]\n")
    project.write("f/a.yaml", argo("dev"))
    assert environments(project) == {"prod"}
    project.write("base/kustomization.yaml", over("a.yaml", namespace="dev"))
    assert environments(project) == set()


def moving(namespace: str, name: str = "", path: str = "/spec/targetNamespace") -> dict[str, Any]:
    """Return a patch of hosts that sets a namespace."""
    operations = [{"op": "add", "path": path, "value": namespace}]
    kind = "Kustomization" if "target" in path else "Application"
    return {"target": {"kind": kind, "name": name}, "patch": json.dumps(operations)}


@pytest.mark.parametrize(
    ("fields", "is_refused"),
    [
        ({}, True),
        ({"patches": [moving("shop")]}, True),
        ({"patches": [moving("dev", "b")]}, True),
        ({"patches": [moving("dev", "a")]}, False),
        ({"patches": [moving("dev")]}, False),
        ({"components": ["../c"]}, False),
    ],
)
def test_each_overlay_builds_a_host(
    project: Project, fields: dict[str, Any], *, is_refused: bool
) -> None:
    """A host may be deployed with a patch by one overlay, and without it by another."""
    project.write("imagelint.yaml", NAMESPACES)
    component = {**COMPONENT, "patches": [moving("dev")]}
    for name, text in {
        **BASE,
        "f/a.yaml": to(""),
        "f/kustomization.yaml": over("a.yaml"),
        "c/kustomization.yaml": json.dumps(component),
        "dev/kustomization.yaml": over("../f", patches=[moving("dev")]),
        "live/kustomization.yaml": over("../f", **fields),
    }.items():
        project.write(name, text)
    assert environments(project) == ({"prod"} if is_refused else set())


def test_a_patched_destination_moves_no_object_with_a_namespace(project: Project) -> None:
    project.write("imagelint.yaml", NAMESPACES)
    patch = moving("dev", path="/spec/destination/namespace")
    for name, text in {
        **BASE,
        "f/a.yaml": argo("shop"),
        "f/kustomization.yaml": over("a.yaml", patches=[patch]),
    }.items():
        project.write(name, text)
    assert environments(project) == set()
    project.write("base/a.yaml", OWN.replace("NAMESPACE", "shop"))
    assert environments(project) == {"prod"}


def test_overrides_of_argo_cd_are_no_build_of_their_own(project: Project) -> None:
    """A file ``.argocd-source.yaml`` changes what an Application builds."""
    project.write("imagelint.yaml", NAMESPACES)
    for name, text in TREES["overlays"].items():
        project.write(name, text.replace("NAMESPACE", "dev"))
    project.write("base/.argocd-source.yaml", "kustomize: {images: [h.io/hub/a:1]}\n")
    assert environments(project) == set()
    project.write("base/.argocd-source.yaml", "kustomize: {namespace: shop}\n")
    assert environments(project) == {"prod"}


def test_many_ways_to_one_base(project: Project) -> None:
    """Two overlays on each of two, and so on: as many builds as two to that power."""
    project.write("imagelint.yaml", NAMESPACES)
    for name, text in BASE.items():
        project.write(name, text)
    below = ["../base"]
    for number in range(40):
        for side in "ab":
            text = over(*below, namespace=f"{number}-{side}-dev" if number else "")
            project.write(f"{side}{number}/kustomization.yaml", text)
        below = [f"../a{number}", f"../b{number}"]
    assert environments(project, "base/a.yaml") == set()
    project.write("top/kustomization.yaml", over("../b0", namespace="shop"))
    assert environments(project, "base/a.yaml") == {"prod"}


def test_the_default_of_a_base_policy_that_settles_it(project: Project) -> None:
    """Where the base locks ``default``, only its own environments keep the default away."""
    project.write("imagelint.yaml", f"{NAMESPACES}locked: [default]\n")
    policy = "version: 1\nextends: ../imagelint.yaml\nenvironments:\n"
    mine = '  mine: {match: {namespaces: [shop]}, allow: ["h.io"]}\n'
    project.write("team/imagelint.yaml", policy + mine)
    for name, text in TREES["overlays"].items():
        project.write(f"team/{name}", text.replace("NAMESPACE", "shop"))
    assert "prod" in shown(project, "team/base/a.yaml")
    project.write("team/o/b/kustomization.yaml", over("../../base", namespace="dev"))
    assert "prod" not in shown(project, "team/base/a.yaml")


def shown(project: Project, name: str) -> dict[str, str]:
    """Return the environments of the last object that ``check --show-policy`` shows, and why."""
    done = project.run("check", "--show-policy", name)
    assert done.exit_code == CLEAN
    lines = done.stdout.rpartition("\n\n")[2].splitlines()[1:]
    return {line.split()[0]: line.split(maxsplit=1)[1] for line in lines}


def test_show_policy_tells_of_builds(project: Project) -> None:
    project.write("imagelint.yaml", NAMESPACES)
    for name, text in TREES["overlays"].items():
        project.write(name, text.replace("NAMESPACE", "dev"))
    assert shown(project, "base/a.yaml") == {"dev": "its namespace dev in a build matches dev"}
    project.write("o/b/kustomization.yaml", over("../../base", namespace="shop"))
    assert shown(project, "base/a.yaml") == {
        "dev": "its namespace dev in a build matches dev",
        "prod": "nothing matches in one of its builds, so the default",
    }
    project.write("o/a/kustomization.yaml", over("../../base", namespace="shop"))
    assert shown(project, "base/a.yaml") == {"prod": "nothing matches, so the default"}
