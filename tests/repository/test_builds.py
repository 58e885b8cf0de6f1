"""The law, by kustomize's own word: what a kustomization builds after ``fix`` is what it built.

But for images, each of which is what the policy maps it to.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
from base64 import b64decode
from typing import TYPE_CHECKING, Any

import pytest

from tests.repository.build_trees import POLICY, REGISTRIES, write_tree
from tests.support.builds import Builds, behind_harbor, differences
from tests.support.needs import needs
from tests.support.project import ROOT
from tests.support.repository import Repository
from tests.support.shared import SHARED, needs_shared

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.tools import Tool

pytestmark = needs("git")


def mapped(image: str) -> str | None:
    """Return what the policy of the generated trees makes of an image."""
    return behind_harbor(image, registries=REGISTRIES)


def fix(root: Path, *arguments: str) -> str:
    """Run ``imagelint fix``; return what it says."""
    done = subprocess.run(
        [sys.executable, "-m", "imagelint", "fix", *arguments],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def generated(root: Path, seed: int) -> tuple[Repository, random.Random]:
    source = random.Random(seed)  # noqa: S311 - nothing is to be kept secret
    repository = Repository.new(root)
    write_tree(root, source)
    repository.commit()
    return repository, source


def seeds(few: int, many: int) -> list[Any]:
    """Return some seeds for every run, and more for the long one."""
    return [*range(few), *(pytest.param(one, marks=pytest.mark.slow) for one in range(few, many))]


@pytest.mark.parametrize("seed", seeds(3, 30))
def test_all_of_a_tree(tmp_path: Path, program: Tool, seed: int) -> None:
    repository, _ = generated(tmp_path / "tree", seed)
    before = Builds.of(program, repository.root)
    assert before.built
    said = fix(repository.root, ".")
    after = Builds.of(program, repository.root)
    assert differences(before, after, mapped) == [], said
    fix(repository.root, ".")
    assert differences(before, Builds.of(program, repository.root), mapped) == []


@pytest.mark.parametrize("seed", seeds(2, 20))
def test_a_part_of_a_tree(tmp_path: Path, program: Tool, seed: int) -> None:
    """One folder, one file as a hook passes it, then another one."""
    repository, source = generated(tmp_path / "tree", seed + 1000)
    before = Builds.of(program, repository.root)
    names = [name for name in repository.git("ls-files").split("\n") if name != "imagelint.yaml"]
    folders = sorted({name.partition("/")[0] for name in names})
    for path in (source.choice(names), source.choice(folders), source.choice(names)):
        said = fix(repository.root, path)
        after = Builds.of(program, repository.root)
        assert differences(before, after, mapped) == [], said


@pytest.mark.slow
def test_much_is_repaired(tmp_path: Path, program: Tool) -> None:
    """The law is not kept by leaving everything as it is."""
    moved = left = 0
    for seed in range(40, 46):
        repository, _ = generated(tmp_path / str(seed), seed)
        before = Builds.of(program, repository.root)
        fix(repository.root, ".")
        after = Builds.of(program, repository.root)
        for folder in before.built:
            moved += before.outputs[folder] != after.outputs[folder]
            left += before.outputs[folder] == after.outputs[folder]
    assert moved > left


def test_what_is_edited_outside_of_the_run_gets_new_names_alone(
    tmp_path: Path, program: Tool
) -> None:
    """What else is wrong in such a file is nothing that was asked for, and nothing planned."""
    repository = Repository.new(tmp_path / "tree")
    repository.write("imagelint.yaml", POLICY)
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
    repository.write("base/pod.yaml", f"{pod}  - {{name: a, image: nginx:1}}\n")
    own = "images:\n- name: nginx\n  newName: quay.io/a/nginx\n  newTag: '2'\n"
    repository.write("base/kustomization.yaml", f"resources: [pod.yaml]\n{own}")
    top = "resources: [../base]\nimages: [{name: quay.io/a/nginx, newTag: '3'}]\n"
    repository.write("top/kustomization.yaml", top)
    repository.commit()
    before = Builds.of(program, repository.root)
    fix(repository.root, "base/pod.yaml")
    assert differences(before, Builds.of(program, repository.root), mapped) == []
    harbor = own.replace("name: nginx", "name: harbor.myco.com/docker.io/nginx")
    assert repository.read("base/kustomization.yaml") == f"resources: [pod.yaml]\n{harbor}"
    assert repository.read("top/kustomization.yaml") == top


_STRAY = "containers: [{name: c, image: nginx:1}]\n"
_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\n"
_DEPLOYMENT = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: m}\n"
_ITEM = _MAP.replace("\n", "\n  ")
_DEFINITION = (
    "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a.b}\n"
)


@pytest.mark.parametrize(
    ("text", "is_selected"),
    [
        (f"{_MAP}spec:\n  {_STRAY}", True),
        (f"{_MAP}a: [[{{init{_STRAY.strip().capitalize()}}}]]\n", True),
        (f"{_MAP}spec:\n  {_STRAY}".replace("containers", '"c\\x6fntainers"'), True),
        (f"{_DEPLOYMENT}spec:\n  {_STRAY}", True),
        (f"apiVersion: v1\nkind: List\nitems:\n- {_ITEM}{_STRAY}", True),
        (f"{_DEFINITION}spec:\n  {_STRAY}", False),
        (f"{_MAP}spec:\n  ephemeral{_STRAY.capitalize()}", False),
        (f"{_MAP}data:\n  a: |\n    {_STRAY}", False),
        (f"{_MAP}spec:\n  {_STRAY}".replace("nginx", "redis"), False),
    ],
)
def test_lists_of_containers_in_any_object(
    tmp_path: Path, program: Tool, text: str, *, is_selected: bool
) -> None:
    """The kustomization's `images` changes them, too, so the entry keeps its name for them."""
    repository = Repository.new(tmp_path / "tree")
    repository.write("imagelint.yaml", POLICY)
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
    repository.write("pod.yaml", f"{pod}  - {{name: a, image: nginx:1}}\n")
    repository.write("other.yaml", text)
    own = "resources: [pod.yaml, other.yaml]\nimages:\n- {name: nginx, newTag: '2'}\n"
    repository.write("kustomization.yaml", own)
    repository.commit()
    before = Builds.of(program, repository.root)
    [output] = before.outputs.values()
    assert output is not None
    assert output.count("nginx:2") == 1 + is_selected
    fix(repository.root, ".")
    [fixed] = Builds.of(program, repository.root).outputs.values()
    harbor = "harbor.myco.com/docker.io/nginx:2"
    assert fixed is not None
    assert fixed.count(harbor) == 1
    assert fixed.replace(harbor, "nginx:2") == output
    assert repository.read("other.yaml") == text
    assert repository.read("kustomization.yaml").count("name: nginx,") == is_selected


LISTS: dict[str, Any] = {
    "v1 ConfigMap": {"data": {}, "spec": {"containers": [{"image": "nginx:1"}]}},
    "example.com/v1 Thing": {"status": {"initContainers": [{"image": "nginx:1"}]}},
    "kyverno.io/v1 ClusterPolicy": {
        "spec": {"rules": [{"validate": {"pattern": {"containers": [{"image": "nginx:1"}]}}}]}
    },
    "apiextensions.k8s.io/v1 CustomResourceDefinition": {
        "spec": {"schema": {"containers": [{"image": "nginx:1"}]}}
    },
}
"""Lists of containers that run nothing."""


@pytest.mark.parametrize("kind", LISTS)
def test_what_runs_nothing_is_selected_too(tmp_path: Path, program: Tool, kind: str) -> None:
    """Kustomize sets the tags in all lists of containers, but for those of CRDs."""
    repository = Repository.new(tmp_path / "tree")
    repository.write("imagelint.yaml", POLICY)
    version, _, name = kind.partition(" ")
    other = {"apiVersion": version, "kind": name, "metadata": {"name": "o"}, **LISTS[kind]}
    repository.write("k/other.yaml", json.dumps(other))
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
    repository.write("k/pod.yaml", f"{pod}  - {{name: a, image: nginx:1}}\n")
    entries = 'images: [{name: nginx, newTag: "2"}]\n'
    repository.write("k/kustomization.yaml", f"resources: [pod.yaml, other.yaml]\n{entries}")
    repository.commit()
    before = Builds.of(program, repository.root)
    fix(repository.root, ".")
    after = Builds.of(program, repository.root)
    assert differences(before, after, mapped) == []
    assert "image: harbor.myco.com/docker.io/nginx:2" in str(after.outputs["k"])
    is_crd = "CustomResourceDefinition" in kind
    assert repository.read("k/kustomization.yaml").count("name:") == (1 if is_crd else 2)


GENERATORS = """\
resources: [pod.yaml]
images: [{name: nginx, newTag: "2"}]
generators: [g.yaml]
configMapGenerator:
- {name: files, files: [data.yaml, other=data.yaml]}
- {name: literals, literals: ["image=nginx:1", "a=b"]}
secretGenerator:
- {name: secret, files: [data.yaml], options: {disableNameSuffixHash: true}}
"""
GENERATOR = """\
apiVersion: builtin
kind: ConfigMapGenerator
metadata: {name: plugin}
files: [data.yaml]
literals: ["image=nginx:1"]
"""
_SUFFIX = re.compile(r"(?m)^(  name: (?:files|literals|plugin))-[0-9a-z]{10}$")
"""The hash of its content behind the name of a ConfigMap."""
_ENCODED = re.compile(r"(?m)^  data.yaml: \|?\n?[ ]*([A-Za-z0-9+/=\n ]+)$")


def test_data_of_generators(tmp_path: Path, program: Tool) -> None:
    """What is data of a ConfigMap is repaired in its file; texts of the kustomization stay.

    The hash in a name follows the content, as for any other change of it.
    """
    repository = Repository.new(tmp_path / "tree")
    repository.write("imagelint.yaml", POLICY)
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: NAME}\nspec:\n  containers:\n"
    pod += "  - {name: a, image: nginx:1}\n"
    for name in ("pod", "data"):
        repository.write(f"k/{name}.yaml", pod.replace("NAME", name))
    repository.write("k/g.yaml", GENERATOR)
    repository.write("k/kustomization.yaml", GENERATORS)
    repository.commit()
    [before] = Builds.of(program, repository.root).outputs.values()
    fix(repository.root, ".")
    [after] = Builds.of(program, repository.root).outputs.values()
    assert before is not None
    assert after is not None
    new = before.replace("image: nginx:2", "image: harbor.myco.com/docker.io/nginx:2")
    new = new.replace("image: nginx:1}", "image: harbor.myco.com/docker.io/nginx:1}")
    assert new.count("harbor.myco.com") == 4
    assert _decoded(_SUFFIX.sub(r"\1", after)) == _decoded(_SUFFIX.sub(r"\1", new))
    assert after.count("image: nginx:1\n") == before.count("image: nginx:1\n") == 2


def _decoded(output: str) -> str:
    """Return the output of a build without the data of Secrets but for the images in it."""

    def images(match: re.Match[str]) -> str:
        text = b64decode(match.group(1).replace("\n", "").replace(" ", "")).decode()
        return f"  data.yaml: {text.replace('harbor.myco.com/docker.io/', '')}"

    return _ENCODED.sub(images, output)


CORPUS_POLICY = """\
version: 1
harbor:
  host: harbor.myco.com
  projects:
    docker.io: docker.io
    gcr.io: gcr.io
    ghcr.io: ghcr.io
    quay.io: quay.io
    registry.k8s.io: registry.k8s.io
environments: {prod: {allow: [harbor.myco.com]}}
default: prod
"""
CORPUS_REGISTRIES = ("docker.io", "gcr.io", "ghcr.io", "quay.io", "registry.k8s.io")


def mapped_in_corpus(image: str) -> str | None:
    """Return what that policy makes of an image, or of the URL of an OCI artifact."""
    scheme = "oci://" if image.startswith("oci://") else ""
    found = behind_harbor(image.removeprefix(scheme), registries=CORPUS_REGISTRIES)
    return None if found is None else scheme + found


@pytest.mark.slow
@needs_shared
@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("GoogleCloudPlatform+microservices-demo", 11),
        ("GoogleContainerTools+kpt", 1),
        ("argoproj+argo-cd", 56),
        ("argoproj+argo-rollouts", 3),
        ("argoproj+argo-workflows", 9),
        ("argoproj-labs+argocd-image-updater", 21),
        ("bjw-s+home-ops", 118),
        ("bridgecrewio+checkov", 10),
        ("fluxcd+flux2", 8),
        ("fluxcd+flux2-kustomize-helm-example", 7),
        ("fluxcd+image-automation-controller", 2),
        ("kubernetes+ingress-nginx", 5),
        ("kubernetes-sigs+kustomize", 14),
        ("longhorn+longhorn", 4),
        ("stackrox+kube-linter", 2),
        ("tektoncd+pipeline", 1),
    ],
)
def test_public_repositories(tmp_path: Path, program: Tool, name: str, count: int) -> None:
    """Each with as many kustomizations that build without a network."""
    root = tmp_path / "tree"
    shutil.copytree(SHARED / "corpus" / name, root)
    (root / "imagelint.yaml").write_text(CORPUS_POLICY)
    Repository.new(root).commit()
    before = Builds.of(program, root)
    assert len(before.built) >= count
    fix(root, ".")
    after = Builds.of(program, root)
    assert differences(before, after, mapped_in_corpus) == []
    assert before != after
