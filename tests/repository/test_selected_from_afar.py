"""Names that select images from places that cannot be followed: the image stays, and says why."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.builds import Builds, behind_harbor, by_policy, differences
from tests.support.project import BAD, CLEAN, Project, pod
from tests.support.selectors import argo, fix, flux

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.tools import Tool

NEW = pod("h.io/hub/nginx:1.25")
FLUX = {"group": "kustomize.toolkit.fluxcd.io", "version": "v1", "kind": "Kustomization"}
ARGO = {"kind": "Application"}
ENTRY = {"name": "nginx", "newTag": "8"}


@pytest.fixture
def repository(repository: Project) -> Project:
    repository.write("app/kustomization.yaml", "resources: [a.yaml]\n")
    return repository


def merging(spec: Any, kind: str = "kustomize.toolkit.fluxcd.io/v1 Kustomization") -> Any:
    version, _, name = kind.partition(" ")
    patch = {"apiVersion": version, "kind": name, "metadata": {"name": "a"}, "spec": spec}
    return {"patch": json.dumps(patch)}


def operation(path: str, value: Any, target: Any) -> Any:
    return {"target": target, "patch": json.dumps([{"op": "add", "path": path, "value": value}])}


PATCHES = [
    merging({"images": [ENTRY]}),
    operation("/spec/images", [ENTRY], FLUX),
    operation("/spec/images/-", ENTRY, FLUX),
    operation("/spec/images/0/name", "nginx", FLUX),
    operation("/spec/images", [ENTRY], {"kind": "Kustomization"}),
    operation("/spec/images", [ENTRY], {"name": "a"}),
    operation("/spec", {"images": [ENTRY], "path": "./app"}, FLUX),
]
ARGO_PATCHES = [
    operation("/spec/source/kustomize/images/0", "nginx=nginx:8", ARGO),
    operation("/spec/source/kustomize/images/-", "nginx:8", ARGO),
    operation("/spec/source/kustomize", {"images": ["nginx:8"]}, ARGO),
    merging({"source": {"kustomize": {"images": ["nginx:8"]}}}, "argoproj.io/v1alpha1 Application"),
]


@pytest.mark.parametrize("in_file", [False, True])
@pytest.mark.parametrize(
    ("host", "patch"),
    [*((flux(), one) for one in PATCHES), *((argo(images=["a:1"]), one) for one in ARGO_PATCHES)],
)
def test_a_patch_of_a_host_selects(
    repository: Project, host: str, patch: Any, *, in_file: bool
) -> None:
    repository.write("clusters/base/f.yaml", host)
    repository.write("clusters/base/kustomization.yaml", "resources: [f.yaml]\n")
    if in_file:
        repository.write("clusters/prod/p.json", patch["patch"])
        patch = {**patch, "path": "p.json"}
        del patch["patch"]
    overlay = {"resources": ["../base"], "patches": [patch]}
    repository.write("clusters/prod/kustomization.yaml", json.dumps(overlay))
    said = fix(repository)
    assert repository.read("app/a.yaml") == BAD
    place = "p.json:1" if in_file else "kustomization.yaml:1"
    assert f"cannot be fixed safely: clusters/prod/{place} selects nginx:1.25 by name" in said


@pytest.mark.parametrize(
    "patch",
    [
        merging({"images": [{"name": "redis", "newTag": "8"}]}),
        operation("/spec/images", [{"name": "redis"}], FLUX),
        operation("/spec/prune", True, FLUX),
        operation("/spec/images", [ENTRY], {"kind": "Deployment"}),
    ],
)
def test_other_patches_select_nothing(repository: Project, patch: Any) -> None:
    repository.write("clusters/base/f.yaml", flux())
    repository.write("clusters/base/kustomization.yaml", "resources: [f.yaml]\n")
    overlay = {"resources": ["../base"], "patches": [patch]}
    repository.write("clusters/prod/kustomization.yaml", json.dumps(overlay))
    fix(repository)
    assert repository.read("app/a.yaml") == NEW


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        (operation("/spec/path", "./app", FLUX), BAD),
        (merging({"path": "./app"}), BAD),
        (operation("/spec/prune", True, FLUX), NEW),
    ],
)
def test_a_patch_leads_a_host_elsewhere(repository: Project, patch: Any, expected: str) -> None:
    repository.write("other/kustomization.yaml", "resources: []\n")
    repository.write("clusters/base/f.yaml", flux(path="./other", images=[ENTRY]))
    repository.write("clusters/base/kustomization.yaml", "resources: [f.yaml]\n")
    overlay = {"resources": ["../base"], "patches": [patch]}
    repository.write("clusters/prod/kustomization.yaml", json.dumps(overlay))
    fix(repository)
    assert repository.read("app/a.yaml") == expected


RESOURCE_SET = {
    "apiVersion": "fluxcd.controlplane.io/v1",
    "kind": "ResourceSet",
    "metadata": {"name": "r"},
    "spec": {"resources": [json.loads(flux(images=[ENTRY]))]},
}
HELM_RELEASE = {
    "apiVersion": "helm.toolkit.fluxcd.io/v2",
    "kind": "HelmRelease",
    "metadata": {"name": "r"},
    "spec": {
        "chart": {"spec": {"chart": "./app"}},
        "postRenderers": [{"kustomize": {"images": [ENTRY]}}],
    },
}
SKAFFOLD = {"apiVersion": "skaffold/v4beta1", "kind": "Config"}
ARTIFACTS = {"build": {"artifacts": [{"image": "nginx"}]}}
MANIFESTS = {"manifests": {"rawYaml": ["../app/*.yaml"]}}


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        (RESOURCE_SET, BAD),
        (HELM_RELEASE, BAD),
        (json.loads(json.dumps(HELM_RELEASE).replace('"nginx"', '"nginx:1.25"')), BAD),
        (json.loads(json.dumps(HELM_RELEASE).replace('"nginx"', '"ng.nx"')), BAD),
        (json.loads(json.dumps(HELM_RELEASE).replace('"nginx"', '"(redis|nginx)"')), BAD),
        (json.loads(json.dumps(HELM_RELEASE).replace('"nginx"', '"nginx:1.2"')), NEW),
        ({**SKAFFOLD, **ARTIFACTS, **MANIFESTS}, BAD),
        ({**SKAFFOLD, **ARTIFACTS}, NEW),  # which works below its own folder
        (json.loads(json.dumps(HELM_RELEASE).replace("./app", "./none")), NEW),
        (json.loads(json.dumps(RESOURCE_SET).replace("nginx", "redis")), NEW),
    ],
)
def test_objects_that_select(repository: Project, selector: Any, expected: str) -> None:
    repository.write("dev/selector.yaml", json.dumps(selector))
    fix(repository)
    assert repository.read("app/a.yaml") == expected


def test_a_template_reaches_what_its_folders_take_in(repository: Project) -> None:
    """The image may stand outside of the folder of which the path is known."""
    spec = {"source": {"path": "overlays/{{name}}", "kustomize": {"images": ["nginx:7"]}}}
    argo_set = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "ApplicationSet",
        "metadata": {"name": "s"},
        "spec": {"template": {"spec": spec}},
    }
    repository.write("set.yaml", json.dumps(argo_set))
    repository.write("overlays/a/kustomization.yaml", "resources: []\n")
    fix(repository)
    assert repository.read("app/a.yaml") == NEW
    repository.write("app/a.yaml", BAD)
    repository.write("set.yaml", json.dumps(argo_set))
    repository.write("overlays/a/kustomization.yaml", "resources: [../../app]\n")
    assert "set.yaml:1 selects nginx:1.25 by name" in fix(repository)
    assert repository.read("app/a.yaml") == BAD


@pytest.mark.parametrize("name", [".argocd-source.yaml", ".argocd-source-web.yaml"])
def test_overrides_of_argo_cd_in_the_folder(repository: Project, name: str) -> None:
    """They are renamed with what they select, and judged as in an Application."""
    text = "kustomize:\n  images:\n  - nginx:1.27\n  - quay.io/a/b=evil.io/b:1\n"
    repository.write(f"app/{name}", text)
    said = fix(repository)
    assert repository.read("app/a.yaml") == NEW
    renamed = text.replace("nginx:1.27", "h.io/hub/nginx:1.27")
    assert repository.read(f"app/{name}") == renamed
    assert f"app/{name}:4:" in said
    assert "unapproved-registry: evil.io/b:1 comes from evil.io" in said


LINKS = [
    ("folder", "app/a.yaml"),
    ("folder", "app"),
    ("folder", "lnk"),
    ("folder", "lnk/a.yaml"),
    ("folder", "."),
    ("inside", "app/a.yaml"),
    ("inside", "."),
    ("file", "app/real.yaml"),
    ("file", "app/a.yaml"),
    ("file", "."),
]


@pytest.mark.parametrize(("where", "path"), LINKS)
def test_through_links(
    repository: Project, program: Tool, tmp_path: Path, where: str, path: str
) -> None:
    """Kustomize follows links, so what selects by way of one selects the same file."""
    images = 'images: [{name: nginx, newTag: "2"}]\n'
    root = repository.root
    if where == "folder":
        (root / "lnk").symlink_to("app")
        repository.write("o/kustomization.yaml", f"resources: [../lnk]\n{images}")
    elif where == "inside":
        (root / "o").mkdir()
        (root / "o/base").symlink_to("../app")
        repository.write("o/kustomization.yaml", f"resources: [base]\n{images}")
    else:
        (root / "app/a.yaml").rename(root / "app/real.yaml")
        (root / "app/a.yaml").symlink_to("real.yaml")
        repository.write("app/kustomization.yaml", f"resources: [a.yaml]\n{images}")
    before = Builds.of(program, root)
    fix(repository, path)
    after = Builds.of(program, root)

    assert differences(before, after, by_policy) == []
    assert repository.read("app/a.yaml") == NEW
    assert tmp_path.exists()


@pytest.mark.parametrize("path", ["app/a.yaml", "app", "app/*.yaml", "."])
def test_without_a_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: Tool, path: str
) -> None:
    """What selects the image is searched in the working folder."""
    place = Project(tmp_path / "plain")
    place.write("app/a.yaml", BAD)
    place.write("app/kustomization.yaml", "resources: [a.yaml]\n")
    overlay = 'resources: [../app]\nimages: [{name: nginx, newTag: "2"}]\n'
    place.write("o/kustomization.yaml", overlay)
    monkeypatch.chdir(place.root)
    before = Builds.of(program, place.root)
    done = place.run("fix", "--env", "prod", path)
    assert done.exit_code == CLEAN, done.stderr
    after = Builds.of(program, place.root)
    assert differences(before, after, behind_harbor) == []
    assert "harbor.myco.com/docker.io/nginx:2" in str(after.outputs["o"])


def test_without_a_repository_a_lone_file_is_not_searched_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing beside it is read, because the working folder may be somebody's home."""
    place = Project(tmp_path / "plain")
    place.write("a.yaml", BAD)
    overlay = 'resources: [../a.yaml]\nimages: [{name: nginx, newTag: "2"}]\n'
    place.write("o/kustomization.yaml", overlay)
    monkeypatch.chdir(place.root)
    assert place.run("fix", "--env", "prod", "a.yaml").exit_code == CLEAN
    assert place.read("o/kustomization.yaml") == overlay
