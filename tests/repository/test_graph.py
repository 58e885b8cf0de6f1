"""Files that kustomizations take in: found whatever they are called, in their role there."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from imagelint.kubernetes.kustomize.model import Role
from imagelint.model.builds import steps
from imagelint.repository.repositories import Repositories
from tests.support.project import CLEAN, FINDINGS, GOOD, POLICY, pod
from tests.support.tools import tool

if TYPE_CHECKING:
    from pathlib import Path

    from imagelint.repository.graph import Graph
    from tests.support.project import Project
    from tests.support.tools import Tool

NAMESPACES = POLICY.replace('paths: ["dev/**"]', "namespaces: [dev]").replace(
    'paths: ["prod/**"]', "namespaces: [prod]"
)


def graph(project: Project) -> Graph:
    found = Repositories(lambda _: True).graph_at(str(project.root))
    assert found is not None
    return found


def namespaces(project: Project, name: str) -> set[tuple[str, bool]]:
    """Return the namespaces of each step that builds a file, and whether it completes a build."""
    context = Repositories(lambda _: True).context_of(str(project.root), str(project.root / name))
    return {(" ".join(found), end) for found, end in steps(context.builds, is_placed=False)}


def found_in(project: Project, *arguments: str) -> list[tuple[str, str, str]]:
    """Return what a run finds: file, rule and severity."""
    done = project.run("check", "--format", "json", *arguments)
    assert done.exit_code in (CLEAN, FINDINGS), done.stderr
    return [
        (one["path"], one["rule"], one["severity"]) for one in json.loads(done.stdout)["findings"]
    ]


def test_roles_of_files(project: Project) -> None:
    project.write(
        "k/kustomization.yaml",
        "resources: [../base, a.txt]\ncomponents: [../c]\n"
        "patches: [{path: p.patch, target: {kind: Deployment}}]\n"
        "configMapGenerator: [{name: x, files: [data.yaml]}]\n",
    )
    project.write("base/kustomization.yml", "resources: [b.yaml]\n")
    project.write("c/Kustomization", "kind: Component\nnamePrefix: a\n")
    for name in ("k/a.txt", "k/p.patch", "k/data.yaml", "base/b.yaml"):
        project.write(name, pod())
    known = graph(project)
    roles = {
        name: [one.role for one in known.context_of(str(project.root / name)).roles]
        for name in ("k/a.txt", "k/p.patch", "k/data.yaml", "base/b.yaml", "k/kustomization.yaml")
    }
    assert roles == {
        "k/a.txt": [Role.RESOURCE],
        "k/p.patch": [Role.PATCH],
        "k/data.yaml": [Role.DATA],
        "base/b.yaml": [Role.RESOURCE],
        "k/kustomization.yaml": [],
    }
    [patch] = known.context_of(str(project.root / "k/p.patch")).roles
    assert patch.target is not None
    assert patch.target.kind == "Deployment"
    reached = [
        os.path.relpath(path, project.root)
        for path in known.reached_from([str(project.root / "k/kustomization.yaml")])
    ]
    assert sorted(reached) == [
        "base/b.yaml",
        "base/kustomization.yml",
        "c/Kustomization",
        "k/a.txt",
        "k/p.patch",
    ]


@pytest.mark.parametrize(
    "place", ["d.txt", "testdata/d.yaml", "venv/d.yaml", "node_modules/x/d", "ignored/d.yaml"]
)
def test_what_is_deployed_is_linted_wherever_it_lies(project: Project, place: str) -> None:
    project.git("init", "-q")
    project.write(".gitignore", "ignored/\n")
    project.write("imagelint.yaml", POLICY + 'exclude: ["**/testdata/**"]\n')
    project.write(place, pod())
    assert found_in(project) == []
    project.write("kustomization.yaml", f"resources: [{place}]\n")
    assert found_in(project) == [(place, "unapproved-registry", "error")]
    assert found_in(project, "--exclude", place) == []


def test_a_base_in_a_folder_that_is_left_out(work: Project) -> None:
    work.write("kustomization.yaml", "resources: [venv]\n")
    work.write("venv/kustomization.yaml", "resources: [d.yaml]\nimages: [{name: a, newName: b}]\n")
    work.write("venv/d.yaml", pod())
    assert [path for path, _, _ in found_in(work)] == ["venv/d.yaml", "venv/kustomization.yaml"]


def test_paths_limit_what_is_linted(work: Project) -> None:
    work.write("base/kustomization.yaml", "resources: [d.txt]\n")
    work.write("base/d.txt", pod())
    work.write("overlay/kustomization.yaml", "resources: [../base]\n")
    assert found_in(work, "overlay") == []
    assert [path for path, _, _ in found_in(work, "base")] == ["base/d.txt"]
    assert found_in(work, "overlay/kustomization.yaml") == []


@pytest.mark.parametrize(
    ("entry", "said", "severity"),
    [
        ("resources: [gone.yaml]", "there is no gone.yaml here", "note"),
        ("resources: [https://example.com/a.yaml]", "is not in this repository", "note"),
        ("resources: ['git@github.com:o/r?ref=v1']", "is not in this repository", "note"),
        ("components: [github.com/o/r/path]", "is not in this repository", "note"),
        ("resources: [../outside]", "is outside the repository", "error"),
        ("resources: [link.yaml]", "is outside the repository", "error"),
        ("resources: [empty]", "has no kustomization file", "note"),
        ("resources: [several]", "has several kustomization files", "error"),
        ("patches: [{path: empty}]", "is a folder, where kustomize reads a file", "error"),
        ("components: [prod/a.yaml]", "is a file, where kustomize needs a folder", "error"),
        ("resources: [fifo]", "is not a regular file", "error"),
        ("resources: [.]", "in a cycle", "error"),
    ],
)
def test_what_leads_nowhere(project: Project, entry: str, said: str, severity: str) -> None:
    project.write("imagelint.yaml", POLICY)
    project.write("prod/a.yaml", pod())
    project.write("../outside", pod("secret.io/x"))
    (project.root / "link.yaml").symlink_to("../outside")
    (project.root / "empty").mkdir()
    project.write("several/kustomization.yaml", "namePrefix: a\n")
    project.write("several/kustomization.yml", "namePrefix: a\n")
    os.mkfifo(project.root / "fifo")
    project.write("kustomization.yaml", f"\n{entry}\n")
    done = project.run("check", "--format", "json", "kustomization.yaml", "prod")
    findings = json.loads(done.stdout)["findings"]
    [one] = [one for one in findings if one["path"] == "kustomization.yaml"]
    assert said in one["message"]
    assert (one["rule"], one["severity"], one["line"]) == ("unresolved-reference", severity, 2)
    assert "secret.io" not in done.stdout + done.stderr
    assert [one["path"] for one in findings if one["rule"] == "unapproved-registry"] == [
        "prod/a.yaml"
    ]


@pytest.mark.parametrize("kind", ["Kustomization", "Component"])
@pytest.mark.parametrize("field", ["resources", "bases", "components"])
def test_components_are_not_resources(work: Project, program: Tool, field: str, kind: str) -> None:
    """Kustomize refuses each where it takes the other."""
    version = "v1alpha1" if kind == "Component" else "v1beta1"
    head = f"apiVersion: kustomize.config.k8s.io/{version}\nkind: {kind}\n"
    work.write("a/kustomization.yaml", f"{head}namePrefix: a-\n")
    work.write("kustomization.yaml", f"{field}: [a]\n")
    is_built = program.run("build", str(work.root)).returncode == 0
    assert is_built is ((kind == "Component") is (field == "components"))
    told = [] if is_built else [("kustomization.yaml", "unresolved-reference", "error")]
    assert found_in(work) == told


@pytest.mark.parametrize("kind", ["kustomization", "Deployment", "Kustomization", ""])
def test_the_kind_of_a_kustomization(work: Project, program: Tool, kind: str) -> None:
    text = f"kind: {kind}\nnamespace: a\n"
    work.write("kustomization.yaml", text)
    is_built = program.run("build", str(work.root)).returncode == 0
    told = [] if is_built else [("kustomization.yaml", "unparsable-document", "error")]
    assert is_built is (kind in ("Kustomization", ""))
    assert found_in(work) == told


@pytest.mark.parametrize("entry", ["resources: [a.png]", "patches: [{path: a.png}]"])
@pytest.mark.parametrize(
    "data", [b"\x89PNG\r\n\x1a\n\x00\xff\x10", b"a: \xff\n", b"\x00\x01", b"\xff\xfe\x00\xd8"]
)
def test_what_is_no_text_is_told(work: Project, entry: str, data: bytes) -> None:
    work.write("a.png", data)
    work.write("other.png", data)
    work.write("kustomization.yaml", f"{entry}\n")
    assert found_in(work) == [("a.png", "unparsable-document", "error")]


@pytest.mark.parametrize("data", ["a: \u00fc\n".encode(), "a: \u00fc\n".encode("utf-16"), b"plain"])
def test_text_without_an_object_is_not(work: Project, data: bytes) -> None:
    work.write("a.txt", data)
    work.write("kustomization.yaml", "resources: [a.txt]\n")
    assert found_in(work) == []


def test_what_leads_nowhere_and_has_no_images_is_no_matter(work: Project) -> None:
    work.write("kustomization.yaml", "configMapGenerator: [{name: a, files: [gone.txt]}]\n")
    assert found_in(work) == []


def test_a_ring_of_kustomizations(work: Project) -> None:
    for name, other in ("ab", "bc", "ca"):
        work.write(f"{name}/kustomization.yaml", f"resources: [../{other}, d.yaml]\n")
        work.write(f"{name}/d.yaml", pod())
    found = found_in(work)
    assert [one for one in found if one[1] == "unresolved-reference"] == [
        ("c/kustomization.yaml", "unresolved-reference", "error")
    ]
    assert len([one for one in found if one[1] == "unapproved-registry"]) == 3


# --- namespaces --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "inner", "outer", "is_found"),
    [
        ("dev", "", "", False),
        ("dev", "prod", "", True),
        ("dev", "", "prod", True),
        ("dev", "dev", "prod", True),
        ("prod", "dev", "", True),
        ("", "dev", "", False),
        ("", "other", "", True),
        ("dev", "other", "", False),
        ("", "dev", "other", False),
    ],
)
def test_namespaces_of_kustomizations_decide_too(
    project: Project, written: str, inner: str, outer: str, *, is_found: bool
) -> None:
    project.write("imagelint.yaml", NAMESPACES)
    text = (
        pod().replace("  name: web", f"  name: web\n  namespace: {written}") if written else pod()
    )
    project.write("base/a.yaml", text)
    project.write("base/kustomization.yaml", f"resources: [a.yaml]\nnamespace: '{inner}'\n")
    project.write("over/kustomization.yaml", f"resources: [../base]\nnamespace: '{outer}'\n")
    assert bool(found_in(project)) is is_found
    assert bool(found_in(project, "base/a.yaml")) is is_found


def test_ten_thousand_overlays_on_one_base(project: Project) -> None:
    project.write("imagelint.yaml", NAMESPACES)
    project.write("base/kustomization.yaml", "resources: [a.yaml]\n")
    project.write("base/a.yaml", pod())
    for number in range(10_000):
        text = f"resources: [../base]\nnamespace: n{number}\n"
        project.write(f"o{number}/kustomization.yaml", text)
    assert len(graph(project).members) == 10_001
    found = namespaces(project, "base/a.yaml")
    assert found == {(f"n{number}", True) for number in range(10_000)} | {("", False)}


def test_a_chain_of_kustomizations(project: Project) -> None:
    project.write("n0/kustomization.yaml", "resources: [a.yaml]\nnamespace: n0\n")
    project.write("n0/a.yaml", pod())
    for number in range(1, 2_000):
        project.write(f"n{number}/kustomization.yaml", f"resources: [../n{number - 1}]\n")
    assert namespaces(project, "n0/a.yaml") == {("n0", False), ("", True)}


def test_an_object_without_a_namespace_is_moved_into_none(project: Project) -> None:
    project.write("imagelint.yaml", NAMESPACES.replace("default: prod", "default: dev"))
    kind = "apiVersion: pkg.crossplane.io/v1\nkind: Provider\nmetadata: {name: a}\n"
    project.write("a.yaml", f"{kind}spec: {{package: quay.io/a/b:v1}}\n")
    project.write(
        "b.yaml",
        f"{kind.replace('{name: a}', '{name: b, namespace: prod}')}"
        "spec: {package: quay.io/a/b:v1}\n",
    )
    project.write("kustomization.yaml", "resources: [a.yaml, b.yaml]\nnamespace: prod\n")
    assert found_in(project) == []


REFUSED = [
    "",
    "# nothing\n",
    "null\n",
    "{}\n",
    "[]\n",
    "a\n",
    "- a\n",
    "resources:\n",
    "resources: a\n",
    "resources: {a: b}\n",
    "kind: Kustomization\nnamespace: ''\n",
    "resources: [a.yaml]\nnamePrefix: 1\n",
    "resources: [a.yaml, 1]\n",
    "resources: [a.yaml, '']\n",
    "resources: [a.yaml]\nfoo: b\n",
    "resources: [a.yaml\n",
    "resources: [a.yaml]\n? [a]\n: b\n",
    "resources: [a.yaml]\n~: b\n",
    "resources: [a.yaml]\npatches: [{patch: '[1]'}]\n",
    "---\n---\nresources: [a.yaml]\n",
]
BUILT = [
    "resources: [a.yaml]\n",
    "resources: []\n",
    "# nothing\n---\nresources: [a.yaml]\n",
    "resources: [a.yaml]\n---\n[a]\n",
    "resources: [a.yaml]\nnamePrefix: a\n",
    "resources: [a.yaml]\nnamespace: null\n",
]


@pytest.mark.parametrize("text", [*REFUSED, *BUILT])
def test_what_kustomize_refuses_is_told_once(project: Project, tmp_path: Path, text: str) -> None:
    """Also where the file holds nothing that would have it read otherwise."""
    project.write("imagelint.yaml", POLICY)
    project.write("prod/a.yaml", GOOD)
    project.write("prod/kustomization.yaml", text)
    errors = [one for one in found_in(project) if one[2] == "error"]
    is_refused = text in REFUSED
    assert errors == [("prod/kustomization.yaml", "unparsable-document", "error")] * is_refused
    kustomize = tool("kustomize", "v5.", tmp_path)
    assert (kustomize.run("build", str(project.root / "prod")).returncode != 0) is is_refused


def test_an_object_in_a_file_of_that_name_is_none_of_kustomize(project: Project) -> None:
    flux = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nspec: {path: ./a}\n"
    project.write("prod/kustomization.yaml", flux)
    assert found_in(project) == []
