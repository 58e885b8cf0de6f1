"""What makes another kind of an object: its images are judged nowhere, so that is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.builds import Builds
from tests.support.project import POLICY

if TYPE_CHECKING:
    from tests.support.project import Project
    from tests.support.tools import Tool

HELD = "metadata: {name: a}\nspec: {containers: [{name: x, image: evil.io/x}]}\n"
ALLOWED = "options: {allowKindChange: true}"
ANNOTATED = "annotations: {internal.config.kubernetes.io/allowKindChange: enabled}"


def states(kind: str, more: str = "") -> str:
    return f"apiVersion: v1\nkind: {kind}\nmetadata: {{name: a, {more}}}\n"


def patch(text: str, target: str = "kind: ConfigMap", more: str = "") -> str:
    fields = [f"target: {{{target}}}", f"patch: {json.dumps(text)}", *([more] if more else [])]
    return f"patches: [{{{', '.join(fields)}}}]"


def replaced(kind: str, select: str = "kind: ConfigMap", field: str = "kind") -> str:
    target = f"{{select: {{{select}}}, fieldPaths: [{field}]}}"
    return f"replacements: [{{sourceValue: {kind}, targets: [{target}]}}]"


def transformer(kind: str, fields: str) -> str:
    text = f"{{apiVersion: builtin, kind: {kind}, metadata: {{name: t}}, {fields}}}"
    return f"transformers: [{json.dumps(text)}]"


COPIED = (
    "replacements: [{source: {kind: ConfigMap, fieldPath: data.kind}, "
    "targets: [{select: {kind: ConfigMap}, fieldPaths: [kind]}]}]"
)
WHOLE = f"{{apiVersion: v1, kind: Pod, {HELD.strip().replace(chr(10), ', ')}}}"
ADDED = "value: KIND, targets: [{selector: {kind: ConfigMap}, fieldPath: kind}]"


def found(
    project: Project, text: str, base: str, program: Tool
) -> tuple[list[tuple[str, int]], str]:
    """Return what is not resolved, file and line, and what kustomize builds."""
    project.write("imagelint.yaml", POLICY)
    project.write("base.yaml", f"{base}\n{HELD}")
    project.write("kustomization.yaml", f"resources: [base.yaml]\n{text}\n")
    done = project.run("check", "--format", "json")
    findings = json.loads(done.stdout)["findings"]
    told = [(one["path"], one["line"]) for one in findings if one["rule"] == "unresolved-reference"]
    return told, Builds.of(program, project.root).outputs["."] or ""


CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\ndata: {kind: Pod}"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (patch(states("Pod"), more=ALLOWED), "Pod"),
        (patch(states("Pod"), "name: a", ALLOWED), "Pod"),
        (patch(states("Pod", ANNOTATED)), "Pod"),
        (patch("- {op: replace, path: /kind, value: Pod}"), "Pod"),
        (patch("- {op: add, path: /kind, value: Pod}", "name: a"), "Pod"),
        (patch("- {op: copy, from: /data/kind, path: /kind}"), "Pod"),
        (patch(f"- {{op: replace, path: '', value: {WHOLE}}}"), "Pod"),
        (patch("- {op: replace, path: /kind, value: Unheard}"), "Unheard"),
        (patch("- {op: replace, path: /apiVersion, value: example.com/v1}"), "ConfigMap"),
        (replaced("Pod"), "Pod"),
        (replaced("Pod", "name: a"), "Pod"),
        (replaced("example.com/v1", field="apiVersion"), "ConfigMap"),
        (COPIED, "Pod"),
        (transformer("ValueAddTransformer", ADDED.replace("KIND", "Pod")), "Pod"),
        (transformer("PrefixTransformer", "prefix: My, fieldSpecs: [{path: kind}]"), "MyConfigMap"),
        (
            transformer(
                "PatchTransformer",
                f"target: {{kind: ConfigMap}}, {ALLOWED}, patch: {json.dumps(states('Pod'))}",
            ),
            "Pod",
        ),
    ],
)
def test_another_kind_is_told(project: Project, program: Tool, text: str, kind: str) -> None:
    told, built = found(project, text, CONFIG_MAP, program)
    assert f"kind: {kind}\n" in built
    assert "evil.io/x" in built
    assert "kind: ConfigMap\n" not in built or "apiVersion: example.com/v1" in built
    assert told == [("kustomization.yaml", 2)]


@pytest.mark.parametrize(
    ("text", "base"),
    [
        (patch(states("ConfigMap"), more=ALLOWED), CONFIG_MAP),
        (patch(states("Pod")), CONFIG_MAP),  # without the option the kind stays
        (patch(states("Pod"), more="options: {allowKindChange: false}"), CONFIG_MAP),
        (patch("- {op: replace, path: /kind, value: ConfigMap}"), CONFIG_MAP),
        (patch("- {op: replace, path: /kind, value: Secret}"), CONFIG_MAP),
        (patch("- {op: test, path: /kind, value: ConfigMap}"), CONFIG_MAP),
        (patch("- {op: replace, path: /apiVersion, value: v1}"), CONFIG_MAP),
        (replaced("ConfigMap"), CONFIG_MAP),
        (replaced("v1", field="apiVersion"), CONFIG_MAP),
        (transformer("ValueAddTransformer", ADDED.replace("KIND", "ConfigMap")), CONFIG_MAP),
    ],
)
def test_the_same_kind_is_not(project: Project, program: Tool, text: str, base: str) -> None:
    told, built = found(project, text, base, program)
    assert built
    assert told == []


@pytest.mark.parametrize(
    ("kind", "operation", "is_told"),
    [
        ("batch/v1beta1 CronJob", "/apiVersion batch/v1", False),
        ("extensions/v1beta1 Ingress", "/apiVersion networking.k8s.io/v1", False),
        ("apps/v1 Deployment", "/kind StatefulSet", False),
        ("example.com/v1 Widget, group: example.com", "/kind Gadget", False),
        ("example.com/v1 Widget", "/apiVersion example.org/v1", False),
        ("apps/v1 Deployment", "/kind Unheard", True),
        ("v1 ConfigMap", "/kind Deployment", True),
        ("networking.k8s.io/v1 Ingress", "/kind Widget", True),
    ],
)
def test_kinds_whose_images_are_seen_alike(
    project: Project, program: Tool, kind: str, operation: str, *, is_told: bool
) -> None:
    version, _, target = kind.partition(" ")
    name = target.partition(",")[0]
    path, _, value = operation.partition(" ")
    text = patch(f"- {{op: replace, path: {path}, value: {value}}}", f"kind: {target}")
    told, built = found(project, text, f"apiVersion: {version}\nkind: {name}", program)
    assert f"{path[1:]}: {value}\n" in built
    assert bool(told) is is_told


def test_a_file_that_changes_the_kind(project: Project, program: Tool) -> None:
    project.write("p.txt", states("Pod"))
    entry = "{path: p.txt, target: {kind: ConfigMap}, options: {allowKindChange: true}}"
    told, built = found(project, f"patches: [{entry}]", CONFIG_MAP, program)
    assert "kind: Pod\n" in built
    assert told == [("p.txt", 2)]


def test_what_changes_the_kind_holds_images(project: Project, program: Tool) -> None:
    """The image of the new Pod is selected by a name that must not change."""
    project.git("init", "-q")
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{image: nginx:1}]}\n"
    project.write("pod.yaml", pod)
    text = patch("- {op: replace, path: /kind, value: Pod}")
    text += "\nimages: [{name: nginx, newTag: '2'}]"
    found(project, text, CONFIG_MAP, program)
    project.write("base.yaml", f"{CONFIG_MAP}\n{HELD}".replace("evil.io/x", "nginx:1"))
    own = project.read("kustomization.yaml").replace("[base.yaml]", "[base.yaml, pod.yaml]")
    project.write("kustomization.yaml", own)
    before = Builds.of(program, project.root)
    assert (before.outputs["."] or "").count("image: nginx:2") == 2
    project.git("add", "-A")
    assert "cannot be fixed safely" in project.run("fix").stdout
    assert Builds.of(program, project.root) == before
