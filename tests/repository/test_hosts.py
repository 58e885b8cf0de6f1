"""What Flux and Argo CD build is what they built: their own entries, components and patches."""

from __future__ import annotations

import json
import re
import shutil
from functools import partial
from typing import TYPE_CHECKING

import pytest

from imagelint.repository.graph import Graph
from imagelint.repository.repositories import content_of
from imagelint.repository.selectors import Selectors
from tests.support.builds import Builds, by_policy, differences
from tests.support.project import BAD, pod
from tests.support.selectors import argo, fix, flux
from tests.support.trees import catalogue

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.project import Project
    from tests.support.tools import Tool

NEW = "h.io/hub/nginx"
BASE = "resources: [a.yaml]\n"
COMPONENT = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
SET = """\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: s}
spec:
  goTemplate: true
  template: {spec: {source: {path: app/base}}}
  templatePatch: |
"""


@pytest.fixture
def repository(repository: Project) -> Project:
    repository.write("app/kustomization.yaml", BASE)
    return repository


def built(repository: Project, program: Tool, tmp_path: Path, name: str) -> Builds:
    """Build what the host in a file has built, as its controller does it, in a copy."""
    copy = tmp_path / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(repository.root, copy)
    spec = json.loads(repository.read(name))["spec"]
    fields = spec.get("source", {}).get("kustomize", spec)
    images = fields.get("images", [])
    file = copy / "app/kustomization.yaml"
    text = file.read_text()
    for key in ("components", "patches"):
        if key in fields:  # behind those that are there, which none of these trees has
            text += f"{key}: {json.dumps(fields[key])}\n"
    file.write_text(text)
    for one in images:
        if isinstance(one, str):
            assert program.run("edit", "set", "image", one, cwd=file.parent).returncode == 0
        else:  # each replaces the first entry of its name
            own = re.search(r"images: (\[.*\])\n", file.read_text())
            entries = json.loads(own[1]) if own else []
            at = next((n for n, e in enumerate(entries) if e["name"] == one["name"]), len(entries))
            entries[at : at + 1] = [one]
            rest = file.read_text().replace(own[0] if own else "\0", "")
            file.write_text(f"{rest}images: {json.dumps(entries)}\n")
    return Builds.of(program, copy, ["app"])


OWN = '[{"name": "nginx", "newName": "quay.io/a/own", "newTag": "7"}]'
TEST = '[{"op": "test", "path": "/spec/containers/0/image", "value": "nginx:1.25"}]'
PATCH = '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": {"containers": '
PATCH += '[{"name": "main", "image": "redis:6"}]}}'
RENAMED = {"name": "redis", "newTag": "7"}


@pytest.mark.parametrize("own", ["", f"images: {OWN}\n"])
@pytest.mark.parametrize(
    "text",
    [
        flux(images=[{"name": "nginx", "newTag": "1.27"}]),
        flux(components=["../pin"]),
        flux(components=["../pin"], images=[{"name": "nginx", "newTag": "1.27"}]),
        flux(patches=[{"patch": TEST, "target": {"kind": "Pod"}}]),
        flux(patches=[{"patch": PATCH}], images=[RENAMED]),
        argo(images=["nginx:1.27"]),
        argo(images=["nginx=*:1.27"]),
        argo(images=["nginx=quay.io/b/x:*"]),
        argo(images=["nginx=*:*"]),
        argo(images=["nginx:*"]),
        argo(images=["nginx=:1.27"]),
        argo(images=["=nginx:1.27"]),
        argo(images=["nginx@sha256:" + "0a" * 32]),
        argo(images=["nginx=quay.io/b/x:2"]),
        argo(components=["../pin"]),
        argo(patches=[{"patch": TEST, "target": {"kind": "Pod"}}]),
        argo(patches=[{"path": "p.json", "target": {"kind": "Pod"}}]),
    ],
)
def test_what_is_built_stays(
    repository: Project, program: Tool, tmp_path: Path, text: str, own: str
) -> None:
    repository.write("app/kustomization.yaml", BASE + own)
    repository.write("app/p.json", TEST)
    pin = f"{COMPONENT}images: [{{name: nginx, newTag: '1.29'}}]\n"
    repository.write("pin/kustomization.yaml", pin)
    repository.write("host.json", text)
    before = built(repository, program, tmp_path, "host.json")
    assert before.built
    said = fix(repository)
    after = built(repository, program, tmp_path, "host.json")
    assert differences(before, after, by_policy) == [], said
    assert after != before or "cannot be fixed safely" in said or ":*" in text


def test_a_components_entry_gets_a_copy_for_what_flux_builds(repository: Project) -> None:
    """No kustomization takes the component in."""
    pin = f"{COMPONENT}images: [{{name: nginx, newTag: '1.29'}}]\n"
    repository.write("pin/kustomization.yaml", pin)
    repository.write("host.json", flux(components=["../pin"]))
    fix(repository, "app/a.yaml")
    assert repository.read("pin/kustomization.yaml") == pin.replace("nginx", NEW)


def test_flux_takes_nested_kustomizations_of_a_bare_folder_as_such(repository: Project) -> None:
    text = flux(path="./app", images=[{"name": "nginx", "newTag": "2"}])
    repository.write("app/kustomization.yaml", "")
    (repository.root / "app/kustomization.yaml").unlink()
    repository.write("app/more/b.yaml", BAD)
    repository.write("app/more/kustomization.yaml", "resources: [b.yaml]\n")
    repository.write("host.json", text)
    fix(repository, "app/more")
    copies = json.loads(repository.read("host.json"))["spec"]["images"]
    assert [one["name"] for one in copies] == ["nginx", NEW]  # app/a.yaml still needs the first


# --- templatePatch --------------------------------------------------------------------


def patch_of(*lines: str) -> str:
    return SET + "".join(f"    {line}\n" for line in lines)


IMAGES = "spec: {source: {kustomize: {images: [%s]}}}"


def test_a_template_patch_is_read(repository: Project) -> None:
    repository.write("set.yaml", patch_of(IMAGES % "other=quay.io/a/x:1"))
    assert "set.yaml:8:48: error unapproved-registry" in repository.run("check").stdout
    fix(repository)
    assert repository.read("set.yaml") == patch_of(IMAGES % "other=h.io/quay/a/x:1")
    assert repository.read("app/a.yaml") == pod(f"{NEW}:1.25")


@pytest.mark.parametrize(
    "lines",
    [
        (IMAGES % "nginx=h.io/hub/x:1",),
        (IMAGES % "'{{ .name }}=h.io/hub/x:1'",),
        ("{{- if .x }}", IMAGES % "nginx=h.io/hub/x:1", "{{- end }}"),
        ("spec:", "  {{- range .images }}", "  kustomize: {images: [a]}", "  {{- end }}"),
    ],
)
def test_what_a_template_patch_selects_is_held(repository: Project, lines: tuple[str, ...]) -> None:
    repository.write("set.yaml", patch_of(*lines))
    assert "set.yaml:" in fix(repository)
    assert repository.read("app/a.yaml") == BAD


def test_a_template_patch_without_images_holds_nothing(repository: Project) -> None:
    text = patch_of("{{- if .x }}", "spec: {syncPolicy: {automated: {prune: true}}}", "{{- end }}")
    repository.write("set.yaml", text)
    fix(repository)
    assert repository.read("app/a.yaml") == pod(f"{NEW}:1.25")
    assert "unresolved-reference" not in repository.run("check", "set.yaml").stdout


def test_what_only_the_template_tells_is_an_error(repository: Project) -> None:
    lines = ("{{- if .x }}", "spec: {source: {kustomize: {images: ['a={{ .y }}']}}}", "{{- end }}")
    repository.write("set.yaml", patch_of(*lines))
    assert "error unresolved-reference" in repository.run("check").stdout


# --- parts of images ------------------------------------------------------------------

LABEL = "{targets: [{select: {kind: Pod}, fieldPaths: [metadata.annotations.a],"
LABEL += " options: {create: true}}], source: {kind: Pod, fieldPath: %s, options: %s}}"
FIELD = "'spec.containers.[name=main].image'"


@pytest.mark.parametrize("where", ["inline", "file", "transformer"])
@pytest.mark.parametrize(
    ("options", "is_repaired"),
    [
        ("{delimiter: ':', index: 1}", True),
        ("{delimiter: ':'}", False),
        ("{delimiter: /}", False),
        ("{delimiter: '1', index: 1}", True),
        ("{delimiter: g, index: 0}", False),
    ],
)
def test_a_part_of_an_image_stays(
    repository: Project,
    program: Tool,
    where: str,
    options: str,
    *,
    is_repaired: bool,
) -> None:
    one = LABEL % (FIELD, options)
    added = f"replacements: [{one}]\n"
    if where == "file":
        repository.write("app/r.yaml", one)
        added = "replacements: [{path: r.yaml}]\n"
    elif where == "transformer":
        meta = "apiVersion: builtin\nkind: ReplacementTransformer\nmetadata: {name: a}\n"
        repository.write("app/r.yaml", f"{meta}replacements: [{one}]\n")
        added = "transformers: [r.yaml]\n"
    repository.write("app/kustomization.yaml", BASE + added)
    before = Builds.of(program, repository.root, ["app"])
    assert before.built
    said = fix(repository)
    after = Builds.of(program, repository.root, ["app"])
    assert differences(before, after, by_policy) == []
    assert (repository.read("app/a.yaml") != BAD) is is_repaired
    assert ("takes a part of an image" in said) is not is_repaired


def test_variables_of_an_image_hold_it(repository: Project) -> None:
    text = "vars: [{name: V, objref: {apiVersion: v1, kind: Pod, name: web},"
    text += " fieldref: {fieldpath: 'spec.containers[0].image'}}]\n"
    repository.write("app/kustomization.yaml", BASE + text)
    assert "app/kustomization.yaml:2 takes a part of an image" in fix(repository)
    assert repository.read("app/a.yaml") == BAD


def test_images_in_more_fields_are_held(repository: Project) -> None:
    repository.write("app/c.yaml", "images: [{path: spec/runner, kind: Runner}]\n")
    text = "configurations: [c.yaml]\nimages: [{name: nginx, newTag: '2'}]\n"
    repository.write("app/kustomization.yaml", BASE + text)
    assert "app/c.yaml:1 makes `images` change more fields" in fix(repository)


# --- files that many take in ----------------------------------------------------------


def test_a_shared_patch_is_changed_once(repository: Project) -> None:
    repository.write("shared/p.yaml", TEST)
    meta = "apiVersion: builtin\nkind: ImageTagTransformer\nmetadata: {name: a}\n"
    repository.write("shared/t.yaml", f"{meta}imageTag: {{name: nginx, newTag: '2'}}\n")
    for name in ("x", "y", "z"):
        text = "resources: [../app]\npatches: [{path: ../shared/p.yaml, target: {kind: Pod}}]\n"
        repository.write(f"{name}/kustomization.yaml", f"{text}transformers: [../shared/t.yaml]\n")
    fix(repository)
    assert repository.read("shared/p.yaml") == TEST.replace("nginx", NEW)
    assert repository.read("shared/t.yaml").count(NEW) == 1
    assert repository.read("app/a.yaml") == pod(f"{NEW}:1.25")


def test_a_shared_patch_is_read_once(repository: Project) -> None:
    repository.write("shared/p.yaml", TEST)
    text = "resources: [../app]\npatches: [{path: ../shared/p.yaml, target: {kind: Pod}}]\n"
    paths = [str(repository.write(f"o{at}/kustomization.yaml", text).resolve()) for at in range(20)]
    read: list[str] = []

    def content(path: str) -> bytes | None:
        read.append(path)
        return content_of(root, path)

    root = str(repository.root.resolve())
    repairs = {f"{root}/app/a.yaml": {BAD.index("nginx"): ("nginx:1.25", f"{NEW}:1.25")}}
    graph = Graph(root, paths, partial(content_of, root))
    selectors = Selectors(graph, repairs, content, catalogue(), str)
    assert len(selectors.repository().exacts) == 1
    assert read.count(f"{root}/shared/p.yaml") == 1
