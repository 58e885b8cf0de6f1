"""What selects images by name from outside of kustomizations: Flux, Argo CD, skaffold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.project import BAD, pod
from tests.support.selectors import fix

if TYPE_CHECKING:
    from tests.support.project import Project

FLUX = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: a}
spec:
  path: ./app
  images:
  - name: nginx
    newTag: "1.27"
"""
ARGO = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: a, namespace: argocd}
spec:
  source:
    path: app
    kustomize:
      images:
      - IMAGE
"""
SKAFFOLD = """\
apiVersion: skaffold/v4beta1
kind: Config
build:
  artifacts:
  - image: nginx
"""
NEW = "h.io/hub/nginx"


@pytest.mark.parametrize("has_kustomization", [True, False])
def test_flux(repository: Project, *, has_kustomization: bool) -> None:
    if has_kustomization:
        repository.write("app/kustomization.yaml", "resources: [a.yaml]\n")
    repository.write("flux.yaml", FLUX)
    fix(repository, "app")
    assert repository.read("flux.yaml") == FLUX.replace("name: nginx", f"name: {NEW}")
    assert repository.read("app/a.yaml") == pod(f"{NEW}:1.25")


def test_flux_of_a_root_without_a_kustomization(repository: Project) -> None:
    """Its source may be another repository, in which the old name is needed."""
    repository.write("flux.yaml", FLUX.replace("./app", "./"))
    fix(repository)
    both = f'name: nginx\n    newTag: "1.27"\n  - name: {NEW}\n    newTag: "1.27"'
    expected = FLUX.replace("./app", "./").replace('name: nginx\n    newTag: "1.27"', both)
    assert repository.read("flux.yaml") == expected
    assert repository.read("app/a.yaml") == pod(f"{NEW}:1.25")


@pytest.mark.parametrize("path", ["path: ./other", "path: ../../outside", "prune: true"])
def test_flux_of_something_else(repository: Project, path: str) -> None:
    text = FLUX.replace("path: ./app", path)
    repository.write("flux.yaml", text)
    fix(repository)
    assert repository.read("flux.yaml") == text


@pytest.mark.parametrize(
    ("written", "fixed"),
    [
        ("nginx=h.io/hub/other:2", f"{NEW}=h.io/hub/other:2"),
        ("nginx=quay.io/other:2", f"{NEW}=h.io/quay/other:2"),
        ("nginx:1.28", f"{NEW}:1.28"),
        ("'nginx:1.28'", f"'{NEW}:1.28'"),
        ("other=nginx:1", f"other={NEW}:1"),
    ],
)
def test_argo_cd(repository: Project, written: str, fixed: str) -> None:
    repository.write("app/kustomization.yaml", "resources: [a.yaml]\n")
    repository.write("argo.yaml", ARGO.replace("IMAGE", written))
    fix(repository)
    assert repository.read("argo.yaml") == ARGO.replace("IMAGE", fixed)
    assert repository.read("app/a.yaml") == pod(f"{NEW}:1.25")


def test_skaffold_holds_what_is_below_it(repository: Project) -> None:
    repository.write("app/skaffold.yaml", SKAFFOLD)
    repository.write("other/b.yaml", BAD)
    said = fix(repository)
    assert "cannot be fixed safely: app/skaffold.yaml:5 selects nginx:1.25 by name" in said
    assert "can be repaired" not in said
    assert repository.read("app/a.yaml") == BAD
    assert repository.read("other/b.yaml") == pod(f"{NEW}:1.25")


def test_templates_of_an_application_set_hold_what_is_below_their_path(repository: Project) -> None:
    source = ARGO.replace("path: app", "path: 'app/{{name}}'").replace("IMAGE", "nginx=x:1")
    spec = "".join(f"    {line}\n" for line in source.partition("spec:\n")[2].splitlines())
    kind = "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: s}\n"
    repository.write("set.yaml", f"{kind}spec:\n  template:\n    spec:\n{spec}")
    repository.write("other/b.yaml", BAD)
    assert "set.yaml:11 selects nginx:1.25 by name" in fix(repository)
    assert repository.read("app/a.yaml") == BAD
    assert repository.read("other/b.yaml") == pod(f"{NEW}:1.25")


def test_an_entry_that_matches_more_gets_a_copy(repository: Project) -> None:
    repository.write("dev/b.yaml", BAD)
    text = (
        "resources: [../app/a.yaml, ../dev/b.yaml]\nimages:\n- name: nginx # ours\n  newTag: '2'\n"
    )
    repository.write("over/kustomization.yaml", text)
    fix(repository)
    assert repository.read("dev/b.yaml") == BAD
    copy = f"- name: {NEW} # ours\n  newTag: '2'\n"
    assert repository.read("over/kustomization.yaml") == text + copy


def test_a_remote_base_keeps_its_entry(repository: Project) -> None:
    text = "resources: [../app/a.yaml, https://example.com/b.yaml]\n"
    text += "images:\n- name: nginx\n  newTag: '2'\n"
    repository.write("over/kustomization.yaml", text)
    fix(repository)
    copy = f"- name: {NEW}\n  newTag: '2'\n"
    assert repository.read("over/kustomization.yaml") == text + copy


def test_names_that_are_patterns_are_refused(repository: Project) -> None:
    text = "resources: [a.yaml]\nimages:\n- name: 'n.*'\n  newTag: '2'\n"
    repository.write("app/kustomization.yaml", text)
    assert "cannot be fixed safely: app/kustomization.yaml:3 " in fix(repository)
    assert repository.read("app/a.yaml") == BAD


def test_a_second_run_has_nothing_to_do(repository: Project) -> None:
    repository.write(
        "app/kustomization.yaml", "resources: [a.yaml]\nimages: [{name: nginx, newTag: '2'}]\n"
    )
    fix(repository)
    assert "Rewrote" not in fix(repository)


@pytest.mark.parametrize(
    ("operation", "step", "value"),
    [
        ("add", "-", "{name: s, image: 'busybox:1'}"),
        ("add", "0", "{name: s, image: 'busybox:1'}"),
        ("replace", "-1/image", "busybox:1"),
        ("replace", "+0/image", "busybox:1"),
    ],
)
def test_what_a_patch_puts_into_a_list_is_selected(
    repository: Project, operation: str, step: str, value: str
) -> None:
    """However JSON 6902 names the item."""
    repository.write(
        "app/kustomization.yaml",
        "resources: [a.yaml]\nimages: [{name: busybox, newTag: '3'}]\npatches:\n"
        f"- target: {{kind: Pod}}\n  patch: |-\n    - op: {operation}\n"
        f"      path: /spec/containers/{step}\n      value: {value}\n",
    )
    fix(repository, "app")
    text = repository.read("app/kustomization.yaml")
    assert "h.io/hub/busybox:1" in text
    assert "{name: h.io/hub/busybox, newTag: '3'}" in text
