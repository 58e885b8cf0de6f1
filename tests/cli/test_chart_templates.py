"""Images that a chart's templates write out: judged by their registry, fixed where it stands."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from tests.support.needs import path_of
from tests.support.project import CLEAN, Project

POLICY = """\
version: 1
harbor:
  host: h.io
  projects: {docker.io: docker.io, docker.io/bitnami: bitnami, quay.io: quay.io}
environments:
  prod: {match: {namespaces: [prod]}, allow: [h.io, ghcr.io/ours/**]}
default: prod
rules: {floating-tag: "off"}
"""
CHART = "apiVersion: v2\nname: web\nversion: 1.0.0\nappVersion: '2'\n"
VALUES = "tag: '1'\nname: app\nsecond: {registry: quay.io, repository: c, tag: '3'}\n"
TEMPLATE = """\
apiVersion: v1
kind: Pod
metadata: {{ dict "name" .Release.Name | toJson }}
spec:
  containers:
  {{- if .Values.tag }}
  - name: a
    image: nginx:{{ .Values.tag }}  # kept
  {{- end }}
  - name: b
    image: "quay.io/a/b:{{ .Values.tag }}"
  - name: c
    image: quay.io/{{ .Values.name }}:1
  - name: d
    image: quay.io/d:{{ .Chart.AppVersion }}
  - name: e
    image: {{ printf "%s/%s:%s" .Values.second.registry .Values.second.repository "3" }}
"""
FIXED = (
    TEMPLATE.replace("image: nginx", "image: h.io/docker.io/nginx")
    .replace("image: quay.io", "image: h.io/quay.io")
    .replace('image: "quay.io', 'image: "h.io/quay.io')
)


@pytest.fixture
def own(project: Project) -> Project:
    """A repository with a chart."""
    project.write("imagelint.yaml", POLICY)
    project.write("chart/Chart.yaml", CHART)
    project.write("chart/values.yaml", VALUES)
    project.write("chart/templates/pod.yaml", TEMPLATE)
    return project


def findings(project: Project) -> list[dict[str, Any]]:
    """Return the findings of a run over everything."""
    report = project.run("check", "--format", "json").stdout
    found: list[dict[str, Any]] = json.loads(report)["findings"]
    return found


def test_judged_by_the_registry_and_fixed_in_the_written_part(own: Project) -> None:
    errors = [one["image"] for one in findings(own) if one["rule"] == "unapproved-registry"]
    assert errors == ["nginx", "quay.io/a/b", "quay.io/name:1", "quay.io/d", "quay.io/c:3"]
    assert own.run("fix").exit_code == CLEAN
    assert own.read("chart/templates/pod.yaml") == FIXED
    assert own.read("chart/values.yaml") == VALUES.replace("quay.io", "h.io/quay.io")
    own.run("fix")
    assert own.read("chart/templates/pod.yaml") == FIXED


@pytest.mark.parametrize(
    "image",
    [
        "{{ .Values.registry }}/nginx:1",
        "docker.io/{{ .Values.name }}:1",  # one of its paths has another project
        "ghcr.io/{{ .Values.owner }}/a:1",  # some of its images are allowed
        "nginx{{ .Values.suffix }}:1",
    ],
)
def test_notes_where_the_written_part_does_not_decide(own: Project, image: str) -> None:
    text = f"{TEMPLATE}  - name: f\n    image: {image}\n"
    own.write("chart/templates/pod.yaml", text)
    (finding,) = [
        one
        for one in findings(own)
        if one["line"] == text.count("\n") and one["path"].endswith("pod.yaml")
    ]
    assert (finding["rule"], finding["severity"]) == ("unresolved-reference", "note")
    own.run("fix")
    assert own.read("chart/templates/pod.yaml").endswith(f"image: {image}\n")


def images(project: Project) -> list[str]:
    """Return the images of the rendered chart."""
    command = [path_of("helm"), "template", "chart"]
    result = subprocess.run(
        command, cwd=project.root, check=True, capture_output=True, encoding="utf-8"
    )
    lines = (line.partition(" #")[0] for line in result.stdout.splitlines())
    return [line.partition("image: ")[2].strip(' "') for line in lines if "image:" in line]


def test_helm_renders_the_fixed_chart_as_the_policy_maps_its_images(own: Project) -> None:
    before = images(own)
    own.run("fix")
    assert before == ["nginx:1", "quay.io/a/b:1", "quay.io/app:1", "quay.io/d:2", "quay.io/c:3"]
    assert images(own) == [
        f"h.io/{'docker.io/' if image == 'nginx:1' else ''}{image}" for image in before
    ]
