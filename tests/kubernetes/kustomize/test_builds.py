"""Generated kustomizations, built by kustomize itself: no image of a build goes unseen.

What is built from files that are clean by themselves has every image from Harbor, or imagelint
has said of some file that it names the other one, or that only the build can tell.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imagelint.engine.linter import Linter
from imagelint.kubernetes.context import Context
from imagelint.kubernetes.kustomize.kustomization import read_kustomization
from imagelint.kubernetes.kustomize.model import FileRole
from imagelint.kubernetes.readers import views
from imagelint.model.source import Source
from imagelint.rules.built_in import RULES
from imagelint.yaml.nodes import Mapping
from imagelint.yaml.parser import parse_yaml
from tests.support.policies import policy
from tests.support.tools import Tool, tool
from tests.support.trees import catalogue, examined

if TYPE_CHECKING:
    from collections.abc import Mapping as MappingType

    from imagelint.model.finding import Finding

Json = Any
POLICY = """\
version: 1
harbor: {host: harbor.myco.com, projects: {docker.io: docker.io}}
environments: {prod: {allow: [harbor.myco.com]}}
default: prod
"""
GOOD = "harbor.myco.com/docker.io/nginx:1.27.0"
BASE = f"""
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, annotations: {{q: "evil.io/annotated:1"}}}}
spec:
  selector: {{matchLabels: {{a: b}}}}
  template:
    metadata: {{labels: {{a: b}}}}
    spec:
      initContainers: [{{name: i, image: {GOOD}}}]
      containers: [{{name: c, image: {GOOD}}}, {{name: d, image: {GOOD}}}]
---
apiVersion: batch/v1
kind: CronJob
metadata: {{name: job}}
spec:
  schedule: "* * * * *"
  jobTemplate: {{spec: {{template: {{spec: {{containers: [{{name: c, image: {GOOD}}}]}}}}}}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: cm}}
data: {{i: "evil.io/from-data:1"}}
"""


@pytest.fixture(scope="module")
def kustomize(tmp_path_factory: pytest.TempPathFactory) -> Tool:
    return tool("kustomize", "v5.", tmp_path_factory.mktemp("home"))


# --- what is generated -----------------------------------------------------------------

IMAGES = st.sampled_from([GOOD, "evil.io/a:1", "evil.io/b:2", "quay.io/c@sha256:" + "a" * 64])
WORKLOADS = [
    ("Deployment", "web", ("spec", "template", "spec")),
    ("CronJob", "job", ("spec", "jobTemplate", "spec", "template", "spec")),
]


@st.composite
def spelled(draw: st.DrawFn, name: str) -> str:
    """A field's name in some mixture of cases."""
    odd = {"s": "\u017f", "k": "\u212a"}
    letters = [draw(st.sampled_from([one, one, one.upper(), odd.get(one, one)])) for one in name]
    return "".join(letters)


@st.composite
def texts(draw: st.DrawFn, value: Json) -> str:
    """A patch as JSON, or as YAML in one of two styles."""
    style = draw(st.sampled_from(["json", "indented", "yaml"]))
    if style == "json":
        return json.dumps(value)
    return json.dumps(value, indent=1) if style == "indented" else block(value)


def block(value: Json, indent: str = "") -> str:
    """Write a value in block style."""
    if isinstance(value, dict) and value:
        lines = [f"{indent}{json.dumps(key)}:{below(one, indent)}" for key, one in value.items()]
        return "\n".join(lines)
    if isinstance(value, list) and value:
        return "\n".join(f"{indent}-{below(one, indent)}" for one in value)
    return indent + json.dumps(value)


def below(value: Json, indent: str) -> str:
    if isinstance(value, dict | list) and value:
        return "\n" + block(value, indent + "  ")
    return " " + json.dumps(value)


@st.composite
def merges(draw: st.DrawFn) -> tuple[Json, Json]:
    """A target (or None) and a strategic merge patch."""
    kind, name, path = draw(st.sampled_from(WORKLOADS))
    has_target = draw(st.booleans())
    container = {"name": draw(st.sampled_from(["c", "e"])), "image": draw(IMAGES)}
    node: Json = {draw(st.sampled_from(["containers", "initContainers"])): [container]}
    for key in reversed(path):
        node = {key: node}
    group = {"Deployment": "apps/v1", "CronJob": "batch/v1"}[kind]
    stated = draw(st.sampled_from(["ConfigMap", "Deployment", "Widget"])) if has_target else kind
    head = {"apiVersion": "v1" if stated != kind else group, "kind": stated}
    patch = {**head, "metadata": {"name": name}, **node}
    kinds = st.sampled_from([kind, f"{kind}|Pod", f"^{kind}$", kind[:4] + ".*"])
    return ({"kind": draw(kinds)} if has_target else None), patch


@st.composite
def operations(draw: st.DrawFn) -> tuple[Json, Json]:
    """A target and JSON 6902 operations."""
    kind, name, path = draw(st.sampled_from(WORKLOADS))
    start = "/" + "/".join(path)
    image = draw(IMAGES)
    container = {"name": "n", "image": image}
    choices: list[Json] = [
        {"op": "replace", "path": f"{start}/containers/0/image", "value": image},
        {"op": "add", "path": f"{start}/containers/-", "value": container},
        {"op": "replace", "path": f"{start}/containers", "value": [container]},
        {"op": "add", "path": f"{start}/initContainers", "value": [container]},
        {"op": "replace", "path": start, "value": {"containers": [container]}},
        {"op": "replace", "path": "/" + path[0], "value": wrapped(path[1:], container)},
        {"op": "add", "path": f"{start}/volumes", "value": [volume(image)]},
        {"op": "test", "path": "/kind", "value": kind},
        {"op": "add", "path": "/metadata/annotations", "value": {"x": image}},
    ]
    if kind == "Deployment":
        copied = {"from": "/metadata/annotations/q", "path": f"{start}/containers/0/image"}
        choices += [{"op": op, **copied} for op in ("copy", "move")]
    target: Json = {"kind": draw(st.sampled_from([kind, kind[:3] + ".+"]))}
    if draw(st.booleans()):
        target["name"] = name
    return target, draw(st.lists(st.sampled_from(choices), min_size=1, max_size=2))


def wrapped(path: tuple[str, ...], container: Json) -> Json:
    node: Json = {"containers": [container]}
    for key in reversed(path):
        node = {key: node}
    return {"schedule": "* * * * *", "selector": {"matchLabels": {"a": "b"}}, **node}


def volume(image: str) -> Json:
    return {"name": "v", "image": {"reference": image}}


@st.composite
def entries(draw: st.DrawFn) -> Json:
    """An item of ``images``."""
    entry: dict[str, str] = {}
    name = draw(st.sampled_from([GOOD.partition(":")[0], "evil.io/a", "other"]))
    for key, value in (
        ("name", name),
        ("newName", draw(st.sampled_from(["evil.io/new", "harbor.myco.com/x"]))),
        ("newTag", draw(st.sampled_from(["1", "2"]))),
    ):
        if draw(st.booleans()) or key == "name":
            entry[draw(spelled(key))] = value
    return entry


@st.composite
def repositories(draw: st.DrawFn) -> dict[str, str]:
    """Files of one kustomization, by name."""
    files = {"d.yaml": BASE}
    root: dict[str, Json] = {"resources": ["d.yaml"]}
    for _ in range(draw(st.integers(1, 3))):
        add_something(draw, root, files)
    style = draw(st.sampled_from(["json", "yaml"]))
    files["kustomization.yaml"] = json.dumps(root) if style == "json" else block(root)
    return files


def add_something(draw: st.DrawFn, root: dict[str, Json], files: dict[str, str]) -> None:
    what = draw(st.sampled_from(["images", "merge", "json", "old", "transformer", "replacement"]))
    if what == "images":
        key = draw(spelled(draw(st.sampled_from(["images", "imageTags"]))))
        root[key] = draw(st.lists(entries(), min_size=1, max_size=2))
    elif what == "replacement":
        root.setdefault("replacements", []).append(draw(replacements()))
    elif what == "transformer":
        root.setdefault("transformers", []).append(draw(transformers()))
    else:
        target, patch = draw(merges() if what == "merge" else operations())
        text = draw(texts(patch))
        item: dict[str, Json] = {} if target is None else {"target": target}
        in_file = draw(st.booleans())
        if what == "old" and "name" in target:
            key, name = "patchesJson6902", "patch"
        else:
            key, name = "patches", "patch"
        if in_file:
            path = f"p{len(files)}.{draw(st.sampled_from(['yaml', 'json', 'patch']))}"
            files[path] = text
            item["path"] = path
        else:
            item[draw(spelled(name))] = text
        root.setdefault(key, []).append(item)


@st.composite
def replacements(draw: st.DrawFn) -> Json:
    target = {
        "select": {"kind": "Deployment"},
        "fieldPaths": [
            draw(
                st.sampled_from(
                    [
                        "spec.template.spec.containers.0.image",
                        "spec.template.spec.containers.[name=c].image",
                        "spec.template.spec.containers.*.image",
                        "metadata.annotations.q",
                    ]
                )
            )
        ],
    }
    source: Json = draw(
        st.sampled_from(
            [
                {"source": {"kind": "ConfigMap", "name": "cm", "fieldPath": "data.i"}},
                {"source": {"kind": "Deployment", "fieldPath": "metadata.annotations.q"}},
                {"sourceValue": "evil.io/static:1"},
            ]
        )
    )
    return {**source, "targets": [target]}


@st.composite
def transformers(draw: st.DrawFn) -> str:
    path = "spec/template/spec/containers/image"
    target, patch = draw(operations())
    written = draw(texts(patch))
    what: Json = draw(
        st.sampled_from(
            [
                {"kind": "PatchTransformer", "target": target, "patch": written},
                {"kind": "PrefixTransformer", "prefix": "evil.io/", "fieldSpecs": [{"path": path}]},
                {
                    "kind": "ImageTagTransformer",
                    "imageTag": {"name": GOOD.partition(":")[0], "newName": "evil.io/tagged"},
                },
            ]
        )
    )
    return block({"apiVersion": "builtin", "metadata": {"name": "t"}, **what})


# --- the law ---------------------------------------------------------------------------


def roles_of(text: str) -> dict[str, tuple[FileRole, ...]]:
    """Return what a kustomization takes its files for."""
    tree = parse_yaml(text)
    assert isinstance(tree.root, Mapping)
    found: dict[str, tuple[FileRole, ...]] = {}
    for entry in read_kustomization(tree.root, views(tree)[0]).paths:
        found[entry.path] = (*found.get(entry.path, ()), FileRole(entry.role, entry.target))
    return found


def findings_in(files: MappingType[str, str]) -> list[Finding]:
    """Lint all files, each in its roles."""
    linter = Linter(policy(POLICY), RULES, catalogue())
    roles = roles_of(files["kustomization.yaml"])
    return [
        finding
        for name, text in files.items()
        for finding in linter.lint(
            Source(name, text.encode()), name, context=Context(roles.get(name, ()))
        ).findings
    ]


@given(repositories())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_image_of_a_build_goes_unseen(kustomize: Tool, files: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            Path(folder, name).write_text(text, encoding="utf-8")
        done = kustomize.run("build", folder)
    if done.returncode:
        return
    built = {
        str(site.value.value)
        for item in examined(done.stdout)
        for site in item.extract.sites
        if not str(site.value.value).startswith("harbor.myco.com/")
    }
    findings = findings_in(files)
    if any(finding.rule == "unresolved-reference" for finding in findings):
        return
    named = {repository(str(finding.image)) for finding in findings}
    unseen = [one for one in built if repository(one) not in named]
    assert not unseen, json.dumps(files, indent=1)


def repository(image: str) -> str:
    """Return an image without its tag and its digest, which kustomize may take from elsewhere."""
    head, slash, name = image.rpartition("/")
    return head + slash + name.partition("@")[0].partition(":")[0]
