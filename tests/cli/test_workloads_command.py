"""``imagelint workloads``: the list, and entries to paste that do what they say."""

from __future__ import annotations

import json
import re

import pytest

from imagelint.kubernetes.guesses import guesses_in
from imagelint.model.source import Source
from tests.support.project import CLEAN, ERROR, POLICY, Project
from tests.support.trees import catalogue

OWN = """\
workloads:
  - {groups: [example.com], kinds: [Known], source: our own CRD, fields: [spec.image]}
ignore-fields:
  - {groups: [example.com], kinds: [Known], fields: [spec.disk], reason: a disk}
"""
WIDGET = """\
apiVersion: example.com/v1
kind: Widget
metadata: {name: w, annotations: {image: 'a/b:1'}}
spec:
  image: nginx:1.25
  sidecars:
    - {proxyImage: quay.io/a/b}
    - {proxyImage: quay.io/a/c}
  database: {repository: quay.io/a/db, tag: 1.10}
  example.com/image: ghcr.io/a/b:1
  imagePolicy: Always
  disk: {image: foo}
  template: {spec: {containers: [{image: 'found/by:shape'}]}}
status: {image: 'nginx:1.25'}
"""


def test_the_list(project: Project) -> None:
    project.write("imagelint.yaml", POLICY + OWN)
    done = project.run("workloads")
    assert done.exit_code == CLEAN
    lines = [re.sub(" {2,}", "  ", line) for line in done.stdout.splitlines()]
    for row in (
        ["Known.example.com  spec.image", "  # our own CRD (imagelint.yaml:15)"],
        ["Known.example.com  not spec.disk", "  # a disk (imagelint.yaml:17)"],
        ["Rollout.argoproj.io  spec.template.<pod-template>"],
        ["<task-spec> in tekton.dev  steps[].<container>", "  steps[].ref.<reference>"],
    ):
        at = lines.index(row[0])
        assert lines[at : at + len(row)] == row


def test_the_list_as_json(project: Project) -> None:
    project.write("imagelint.yaml", POLICY + OWN)
    value = json.loads(project.run("workloads", "-f", "json").stdout)
    assert value["version"] == 1
    assert value["workloads"][-1] == {
        "groups": ["example.com"],
        "kinds": ["Known"],
        "fields": ["spec.image"],
        "source": "our own CRD",
        "origin": "imagelint.yaml:15",
    }
    assert value["ignored_fields"][0]["reason"] == "a disk"
    assert {"group": "kyverno.io", "kind": "*"} in value["without_images"]
    assert "containers[].<container>" in value["shapes"]["pod-spec"]


def test_what_looks_like_an_image() -> None:
    """Not the status, nor what is found by its shape, nor a name without registry and tag."""
    guesses = list(guesses_in(Source("w.yaml", WIDGET.encode()), catalogue()))
    assert [(one.field, one.parts, one.image, tuple(one.place)) for one in guesses] == [
        ("metadata.annotations.image", None, "a/b:1", (3, 42)),
        ("spec.image", None, "nginx:1.25", (5, 10)),
        ("spec.sidecars[].proxyImage", None, "quay.io/a/b", (7, 20)),
        ("spec.sidecars[].proxyImage", None, "quay.io/a/c", (8, 20)),
        ("spec.database", ("repository", "tag"), "quay.io/a/db:1.10", (9, 26)),
        ('spec["example.com/image"]', None, "ghcr.io/a/b:1", (10, 22)),
    ]


def test_what_it_says_can_be_pasted(project: Project) -> None:
    project.write("imagelint.yaml", POLICY)
    project.write("w.yaml", WIDGET)
    done = project.run("workloads", "--unknown", "w.yaml")
    assert done.exit_code == CLEAN
    assert "- spec.sidecars[].proxyImage  # quay.io/a/b at w.yaml:7:20\n" in done.stdout
    project.write("imagelint.yaml", POLICY + done.stdout)
    assert project.run("workloads", "--unknown").stdout.startswith("# No field")
    images = json.loads(project.run("images", "--format", "json").stdout)["images"]
    assert {one["image"] for one in images} == {
        "a/b:1",
        "nginx:1.25",
        "quay.io/a/b",
        "quay.io/a/c",
        "quay.io/a/db:1.10",
        "ghcr.io/a/b:1",
        "found/by:shape",
    }


def test_unknown_as_json(project: Project) -> None:
    project.write("w.yaml", WIDGET)
    value = json.loads(project.run("workloads", "--unknown", "-f", "json").stdout)
    assert value["unknown"][1] == {
        "group": "example.com",
        "kind": "Widget",
        "field": "spec.image",
        "parts": None,
        "entry": "spec.image",
        "what": "field",
        "image": "nginx:1.25",
        "path": "w.yaml",
        "line": 5,
        "column": 10,
    }


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: v1\nkind: ConfigMap\ndata: {text: 'nginx:1'}\n",
        "apiVersion: v1\nkind: Service\nspec: {image: 'nginx:1'}\n",
        "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nspec: {image: 'nginx:1'}\n",
        "image: nginx:1\n",
        "kind: Widget\nspec: {image: 'nginx:1'}\n",
        "apiVersion: g/v1\nkind: W\nspec: {image: 'not an image'}\n",
        "apiVersion: g/v1\nkind: W\nspec: {image: nginx}\n",
        "apiVersion: g/v1\nkind: W\nspec: {images: 'nginx:1', imageTag: 'a:1'}\n",
        "apiVersion: g/v1\nkind: W\nspec: {repository: 'https://a', tag: b}\n",
        "- a\n",
    ],
)
def test_what_does_not(text: str) -> None:
    assert list(guesses_in(Source("w.yaml", text.encode()), catalogue())) == []


def test_odd_names_are_quoted(project: Project) -> None:
    text = {"apiVersion": "a b/v1", "kind": "true", "a b": {"my image": "nginx:1"}}
    project.write("w.json", json.dumps(text))
    done = project.run("workloads", "--unknown")
    project.write("imagelint.yaml", POLICY + done.stdout)
    images = json.loads(project.run("images", "--format", "json").stdout)["images"]
    assert [one["image"] for one in images] == ["nginx:1"]


def test_paths_are_for_unknown(project: Project) -> None:
    done = project.run("workloads", ".")
    assert done.exit_code == ERROR
    assert "--unknown" in done.stderr


def test_a_file_that_cannot_be_read(project: Project) -> None:
    done = project.run("workloads", "--unknown", "gone.yaml")
    assert done.exit_code == ERROR
    assert "gone.yaml" in done.stderr
