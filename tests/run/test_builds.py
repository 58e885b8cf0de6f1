"""Kustomizations are built: images from elsewhere are told, and get an entry under ``images``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.needs import needs
from tests.support.project import CLEAN, ERROR, FINDINGS, POLICY, pod

if TYPE_CHECKING:
    from tests.support.project import Project

pytestmark = needs("kustomize")
BASE = "resources: [pod.yaml]\n"
OVERLAY = "resources:\n- ../../vendor/app  # theirs\nnamespace: web\n"


@pytest.fixture
def overlay(work: Project) -> Project:
    """An overlay whose base is outside of the PATHs."""
    work.write("vendor/app/kustomization.yaml", BASE)
    work.write("vendor/app/pod.yaml", pod("nginx:1.25"))
    work.write("overlays/prod/kustomization.yaml", OVERLAY)
    return work


def told(project: Project, *arguments: str) -> list[tuple[str, int, str]]:
    done = project.run("check", *arguments, "--render", "--format=json")
    assert done.exit_code in (CLEAN, FINDINGS), done.stderr
    findings = json.loads(done.stdout)["findings"]
    return [(one["path"], one["line"], one["image"]) for one in findings]


def test_images_of_a_base_elsewhere_are_told_at_its_entry(overlay: Project) -> None:
    assert overlay.run("check", "overlays").exit_code == CLEAN
    path = "overlays/prod/kustomization.yaml"
    assert told(overlay, "overlays") == [(path, 2, "nginx:1.25")]
    done = overlay.run("images", "overlays", "--render", "--format=json")
    assert [one["image"] for one in json.loads(done.stdout)["images"]] == ["nginx:1.25"]


def test_what_files_show_is_told_once(overlay: Project) -> None:
    assert told(overlay, ".") == [("vendor/app/pod.yaml", 8, "nginx:1.25")]
    assert "1 image in" in overlay.run("check", ".", "--render").stdout


def test_an_image_with_another_tag_is_known_by_its_name(overlay: Project) -> None:
    text = f"{OVERLAY}images: [{{name: nginx, newTag: v2}}]\n"
    overlay.write("overlays/prod/kustomization.yaml", text)
    assert told(overlay, ".") == [("vendor/app/pod.yaml", 8, "nginx:1.25")]
    assert told(overlay, "overlays") == [("overlays/prod/kustomization.yaml", 2, "nginx:v2")]


def test_the_overlay_gets_an_entry(overlay: Project) -> None:
    done = overlay.run("fix", "overlays", "--render", "--yes")
    assert done.exit_code == CLEAN, done.output
    assert overlay.read("overlays/prod/kustomization.yaml") == (
        f"{OVERLAY}images:\n  - name: nginx\n    newName: h.io/hub/nginx\n"
    )
    assert overlay.read("vendor/app/pod.yaml") == pod("nginx:1.25")
    assert overlay.run("check", "overlays", "--render").exit_code == CLEAN
    assert overlay.run("fix", "overlays", "--render", "--yes").exit_code == CLEAN


def test_what_runs_after_images_is_a_reason_not_to_fix(overlay: Project) -> None:
    text = (
        f"{OVERLAY}transformers:\n- |-\n  apiVersion: builtin\n  kind: ImageTagTransformer\n"
        "  metadata: {name: late}\n  imageTag: {name: nginx, newTag: v2}\n"
    )
    overlay.write("overlays/prod/kustomization.yaml", text)
    done = overlay.run("fix", "overlays", "--render", "--yes")
    assert done.exit_code == FINDINGS
    assert "transformers or replacements of this kustomization run after its images" in done.stdout
    assert overlay.read("overlays/prod/kustomization.yaml") == text


@pytest.mark.parametrize(
    "text",
    [
        "resources: ['https://github.com/org/repo//base?ref=v1']\n",
        "resources: [github.com/org/repo/base]\n",
        "configMapGenerator:\n- name: a\n  files: ['https://evil.example/x']\n",
        "resources: [missing]\n",
    ],
)
def test_nothing_is_downloaded(work: Project, text: str) -> None:
    work.write("a/kustomization.yaml", text)
    work.write("b/kustomization.yaml", "resources: [../a]\n")
    done = work.run("check", "b", "--render")
    assert done.exit_code == ERROR
    assert "error: b/kustomization.yaml: not built: " in done.stderr
    assert "is not in this repository, and nothing is downloaded" in done.stderr


def test_charts_in_kustomizations_are_not_rendered(work: Project) -> None:
    work.write("a/kustomization.yaml", "helmCharts: [{name: x, repo: 'https://x.io'}]\n")
    work.write("b/kustomization.yaml", "resources: [../a]\n")
    done = work.run("check", ".", "--render")
    assert done.exit_code == ERROR
    assert "error: b/kustomization.yaml: not built: charts in kustomizations are not" in done.stderr


def test_what_kustomize_refuses_is_told_in_its_words(work: Project) -> None:
    work.write("a/kustomization.yaml", "patches: [{patch: '{a: b}', target: {kind: '['}}]\n")
    work.write(
        "a/kustomization.yaml", "vars: [{name: X, objref: {kind: A, name: b, apiVersion: v1}}]\n"
    )
    work.write("b/pod.yaml", pod("nginx:1"))
    done = work.run("check", ".", "--render", "--format=json")
    assert done.exit_code == ERROR
    assert "a/kustomization.yaml: not built: kustomize failed: " in done.stderr
    assert [one["path"] for one in json.loads(done.stdout)["findings"]] != []


def test_a_policy_names_what_is_built(overlay: Project) -> None:
    overlay.write("overlays/test/kustomization.yaml", "resources: [gone]\n")
    policy = f"{POLICY}render:\n- kustomization: overlays/prod\n  environment: dev\n"
    overlay.write("imagelint.yaml", policy)
    assert told(overlay, "overlays/prod") == []
    overlay.write("imagelint.yaml", policy.replace("environment: dev", "environment: prod"))
    assert len(told(overlay, "overlays/prod")) == 1
