"""A policy's own kinds: what it adds under ``workloads:`` and takes out by ``ignore-fields:``."""

from __future__ import annotations

import json

import pytest

from tests.support.project import CLEAN, ERROR, FINDINGS, POLICY, Project

WORKLOADS = """\
workloads:
  - groups: [widgets.example.com]
    kinds: [Widget]
    source: our own CRD
    fields:
      - spec.runtime
      - {at: spec.sidecar, repository: repo, tag: version}
      - spec.job.<pod-spec>
      - manifests[].<object>
"""
IGNORED = """\
ignore-fields:
  - groups: [widgets.example.com]
    kinds: [Widget]
    fields: [spec.runtime]
    reason: a node image
"""
WIDGET = """\
apiVersion: widgets.example.com/v1
kind: Widget
metadata: {name: w}
spec:
  runtime: nginx:1
  sidecar: {repo: quay.io/a/b, version: 1.10}
  job:
    containers: [{name: c, image: 'gcr.io/a:1'}]
  other:
    initContainers: [{name: d, image: nginx:2}]
manifests:
  - apiVersion: v1
    kind: Pod
    spec: {containers: [{name: e, image: nginx:3}]}
"""
FIELDS = {
    "spec.runtime": "nginx:1",
    "spec.sidecar.repo": "quay.io/a/b:1.10",
    "spec.job.containers[0].image": "gcr.io/a:1",
    "spec.other.initContainers[0].image": "nginx:2",
    "manifests[0].spec.containers[0].image": "nginx:3",
}


@pytest.fixture
def own(project: Project) -> Project:
    """A folder whose policy knows a kind of its own."""
    project.write("imagelint.yaml", POLICY + WORKLOADS)
    project.write("w.yaml", WIDGET)
    return project


def images(project: Project) -> dict[str, str]:
    """Return the inventory, by field."""
    result = project.run("images", "--format", "json")
    assert result.exit_code == CLEAN, result.output
    return {one["field"]: one["image"] for one in json.loads(result.stdout)["images"]}


def test_what_is_added_is_found(own: Project) -> None:
    """And what no entry names is still found by its shape."""
    assert images(own) == FIELDS
    assert own.run("check").exit_code == FINDINGS


def test_a_document_without_the_word_image_is_not_passed_over(own: Project) -> None:
    text = "apiVersion: widgets.example.com/v1\nkind: Widget\nspec: {runtime: 'nginx:1'}\n"
    own.write("w.yaml", text)
    assert images(own) == {"spec.runtime": "nginx:1"}
    own.write("imagelint.yaml", POLICY)
    assert images(own) == {}


def test_fix(own: Project) -> None:
    assert own.run("fix").exit_code == FINDINGS  # gcr.io has no project
    assert own.read("w.yaml") == (
        WIDGET.replace("nginx:", "h.io/hub/nginx:").replace("quay.io/a", "h.io/quay/a")
    )


def test_krm(own: Project) -> None:
    item = {"apiVersion": "widgets.example.com/v1", "kind": "Widget", "spec": {"runtime": "a:1"}}
    given = {"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList", "items": [item]}
    result = own.run("krm", stdin=json.dumps(given))
    assert json.loads(result.stdout)["items"][0]["spec"] == {"runtime": "h.io/hub/a:1"}


def test_what_is_taken_out_is_gone_and_nothing_else(own: Project) -> None:
    own.write("imagelint.yaml", POLICY + WORKLOADS + IGNORED)
    assert images(own) == {key: image for key, image in FIELDS.items() if key != "spec.runtime"}
    own.write("w.yaml", WIDGET.replace("kind: Widget", "kind: Gadget"))
    assert set(images(own)) == {field for field in FIELDS if "ontainers" in field}


def test_fields_found_by_shape_are_taken_out_too(own: Project) -> None:
    field = "'spec.other.initContainers[].image'"
    own.write("imagelint.yaml", POLICY + WORKLOADS + IGNORED.replace("spec.runtime", field))
    assert set(FIELDS) - set(images(own)) == {"spec.other.initContainers[0].image"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("workloads: [{groups: [g], kinds: [K], fields: [a]}]", '"source" is missing'),
        ("workloads: [{groups: [g], kinds: [K], source: s, fields: [a.<b>]}]", "no shape <b>"),
        ("workloads: {}", "a list is wanted"),
        ("ignore-fields: [{groups: [g], kinds: [K], fields: [a]}]", '"reason" is missing'),
        (
            "ignore-fields: [{groups: [g], kinds: ['*'], fields: [a], reason: r}]",
            "there are no wildcards",
        ),
        (
            "ignore-fields: [{groups: [g], kinds: [K], fields: [a], reason: ' '}]",
            "say why",
        ),
    ],
)
def test_slips(project: Project, text: str, message: str) -> None:
    project.write("imagelint.yaml", f"{POLICY}{text}\n")
    result = project.run("check")
    assert result.exit_code == ERROR
    assert "imagelint.yaml:14:" in result.stderr
    assert message in result.stderr


def layers(project: Project, base: str, own: str) -> None:
    """Write a company's policy and a team's below it."""
    project.write("base.yaml", POLICY + base)
    project.write("imagelint.yaml", f"version: 1\nextends: base.yaml\n{own}")
    project.write("w.yaml", WIDGET)


def test_layers_add_up(project: Project) -> None:
    more = WORKLOADS.replace("spec.runtime", "spec.disk").replace("Widget", "Other")
    layers(project, WORKLOADS + IGNORED, more)
    assert images(project) == {key: one for key, one in FIELDS.items() if key != "spec.runtime"}
    layers(project, WORKLOADS, IGNORED)
    assert "spec.runtime" not in images(project)


def test_what_is_locked_is_not_taken_out(project: Project) -> None:
    layers(project, WORKLOADS + "locked: [ignore-fields]\n", IGNORED)
    result = project.run("check")
    assert result.exit_code == ERROR
    assert "this would ignore more fields, and ignore-fields is locked" in result.stderr
    layers(project, WORKLOADS + IGNORED + "locked: [ignore-fields]\n", "")
    assert "spec.runtime" not in images(project)
