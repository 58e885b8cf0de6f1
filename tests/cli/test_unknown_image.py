"""The rule ``unknown-image``: what it says, whom it spares, and what silences it."""

from __future__ import annotations

import json

import pytest

from tests.support.project import CLEAN, FINDINGS, POLICY, Project

WIDGET = """\
apiVersion: example.com/v1
kind: Widget
metadata: {name: w}
spec:
  image: quay.io/a/b:1
  sidecar: {repository: quay.io/a/c, tag: "2"}
"""
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  containers:
    - name: a
      image: h.io/hub/nginx:1
      env:
        - name: AGENT_IMAGE
          value: quay.io/a/agent:1
      args: [--agent-image=quay.io/a/flag:1]
"""
CONFIG = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: c}
data:
  agentImage: quay.io/a/agent:1
"""


def findings(project: Project, *arguments: str) -> list[tuple[str, str, str]]:
    done = project.run("check", "--format", "json", *arguments)
    return [
        (one["rule"], one["image"], one["message"].partition("workloads: ")[2])
        for one in json.loads(done.stdout)["findings"]
    ]


@pytest.fixture
def unknown(project: Project) -> Project:
    """A folder with images in places that nobody described."""
    project.write("imagelint.yaml", POLICY)
    project.write("w.yaml", WIDGET)
    return project


@pytest.mark.parametrize("text", [WIDGET, POD, CONFIG])
def test_the_entries_that_it_names_make_the_images_known(unknown: Project, text: str) -> None:
    unknown.write("w.yaml", text)
    said = findings(unknown)
    assert {rule for rule, _, _ in said} == {"unknown-image"}
    entries = "".join(f"  {entry}\n" for _, _, entry in said)
    unknown.write("imagelint.yaml", f"{POLICY}workloads:\n{entries}")
    now = findings(unknown)
    assert {rule for rule, _, _ in now} == {"unapproved-registry"}
    assert [image for _, image, _ in now] == [image for _, image, _ in said]


def test_it_is_a_warning_at_the_value(unknown: Project) -> None:
    done = unknown.run("check", "w.yaml")
    assert done.exit_code == CLEAN
    assert unknown.run("check", "--fail-on", "warning", "w.yaml").exit_code == FINDINGS
    assert (
        "w.yaml:5:10: warning unknown-image: quay.io/a/b:1 looks like an image that prod does not"
        " allow, but imagelint does not know the kind Widget (example.com); if it is one, add to"
        " the policy's workloads: - {groups: [example.com], kinds: [Widget],"
        ' source: WHERE-IT-IS-DOCUMENTED, fields: ["spec.image"]}'
    ) in done.stdout


def test_what_is_allowed_is_not_said(unknown: Project) -> None:
    unknown.write("w.yaml", WIDGET.replace("quay.io/a", "h.io/quay/a"))
    assert findings(unknown) == []
    unknown.write("dev/w.yaml", WIDGET)
    assert findings(unknown) == []


def test_it_can_be_turned_off_and_suppressed(unknown: Project) -> None:
    comment = "  # imagelint: ignore[unknown-image] a disk"
    commented = WIDGET.replace("b:1\n", f"b:1{comment}\n").replace('"2"}', f'"2"}}{comment}')
    unknown.write("w.yaml", commented)
    assert findings(unknown) == []
    unknown.write("w.yaml", WIDGET)
    exceptions = "exceptions: [{rules: [unknown-image], images: [quay.io/a/*], reason: r}]\n"
    unknown.write("imagelint.yaml", POLICY + exceptions)
    assert findings(unknown) == []
    unknown.write("imagelint.yaml", POLICY.replace("rules: {", "rules: {unknown-image: 'off', "))
    assert findings(unknown) == []
    ignored = "ignore-fields:\n" + "".join(
        f"  - {{groups: [example.com], kinds: [Widget], fields: [{one}], reason: r}}\n"
        for one in ("spec.image", "spec.sidecar")
    )
    unknown.write("imagelint.yaml", POLICY + ignored)
    assert findings(unknown) == []


def test_a_kind_that_a_definition_teaches_is_not_said(unknown: Project) -> None:
    definition = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
spec:
  group: example.com
  names: {kind: Widget}
  versions:
    - schema: {openAPIV3Schema: {properties: {spec: {properties: {image: {type: string}}}}}}
"""
    unknown.write("crds/w.yaml", definition)
    assert {rule for rule, _, _ in findings(unknown)} == {"unknown-image"}
    unknown.write("imagelint.yaml", POLICY + "crds: [crds]\n")
    assert [found[:2] for found in findings(unknown)] == [("unapproved-registry", "quay.io/a/b:1")]


def test_workloads_unknown_shows_the_same(unknown: Project) -> None:
    unknown.write("p.yaml", POD)
    unknown.write("c.yaml", CONFIG)
    done = unknown.run("workloads", "--unknown")
    unknown.write("imagelint.yaml", POLICY + done.stdout)
    assert {rule for rule, _, _ in findings(unknown)} == {"unapproved-registry"}
    assert unknown.run("workloads", "--unknown").stdout.startswith("# No field")


def test_a_chart_is_not_guessed(unknown: Project) -> None:
    unknown.write("w.yaml", "a: 1\n")
    unknown.write("Chart.yaml", "name: c\nversion: 1.0.0\n")
    unknown.write("templates/w.yaml", WIDGET)
    assert unknown.run("check").exit_code == CLEAN
