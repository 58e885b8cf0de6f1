"""Helm on the other side: its output on stdin, and imagelint as its post-renderer."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from ruamel.yaml import YAML

from imagelint.model.version import VERSION
from tests.support.project import CLEAN, ERROR, FINDINGS, ROOT, Project
from tests.support.tools import FIXTURES, Tool, tool

if TYPE_CHECKING:
    from pathlib import Path

CHART = str(FIXTURES / "charts/shop")
POST_RENDERER = ("--post-renderer", "imagelint")
ARGUMENTS = ("fix", "-", "--allow-empty", "--fail-on", "never")
TEMPLATES = {
    ("Deployment/demo-web", "shop/templates/web.yaml"),
    ("StatefulSet/demo-cache", "shop/charts/cache/templates/cache.yaml"),
    ("Job/demo-migrate", "shop/templates/migrate.yaml"),
    ("Pod/demo-smoke", "shop/templates/tests/smoke.yaml"),
}
REPAIRED = ("busybox:1.36", "quay.io/shop/web:v1.4.1")
REPAIRED_HOOKS = ("gcr.io/shop/migrate:v1.4.1", "ghcr.io/shop/smoke:v2")
LEFT_ALONE = "image: registry.internal:5000/cache:7\n"


@pytest.fixture
def helm3(tmp_path: Path) -> Tool:
    return tool("helm", "v3.", tmp_path)


@pytest.fixture
def helm4(tmp_path: Path) -> Tool:
    """Helm 4 with our plugin, and one that passes on what it gets."""
    helm = tool("helm", "v4.", tmp_path)
    plugins = tmp_path / "data/plugins"
    for name, command in (("imagelint", None), ("cat", "cat")):
        shutil.copytree(ROOT / "helm4-plugin", plugins / name)
        if command is not None:
            lines = "".join(
                f"{line.replace('imagelint', command)}\n"
                for line in (plugins / name / "plugin.yaml").read_text().splitlines()
                if "args:" not in line
            )
            (plugins / name / "plugin.yaml").write_text(lines)
    return helm


@pytest.fixture(params=["v3.", "v4."])
def helm(request: pytest.FixtureRequest, tmp_path: Path) -> Tool:
    return tool("helm", request.param, tmp_path)


def passed_on(arguments: tuple[str, ...]) -> list[str]:
    """Return arguments as Helm wants them for a post-renderer: each behind an option."""
    return [part for one in arguments for part in ("--post-renderer-args", one)]


def rendered(helm: Tool, *arguments: str, chart: str = CHART) -> str:
    done = helm.run("template", "demo", chart, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


def documents(text: str) -> list[str]:
    return [part.strip() for part in text.split("\n---\n")]


def repaired(text: str, *images: str) -> str:
    for image in images:
        host = "harbor.myco.com/" if "/" in image else "harbor.myco.com/docker.io/"
        assert text.count(image) == 1
        text = text.replace(image, host + image)
    return text


# --- helm template | imagelint ---------------------------------------------------------


def test_the_golden_case_is_what_helm_writes(helm3: Tool) -> None:
    golden = (FIXTURES / "helm/input/rendered.yaml").read_text()
    now = rendered(helm3, "--include-crds")
    assert sorted(documents("\n" + now)) == sorted(documents("\n" + golden))  # hooks: any order


def test_findings_name_their_templates(helm: Tool, project: Project) -> None:
    text = rendered(helm, "--include-crds")
    done = project.run("check", "-", "--format", "json", stdin=text)
    assert done.exit_code == FINDINGS
    found = json.loads(done.stdout)["findings"]
    assert {
        (f"{one['object']['kind']}/{one['object']['name']}", one["template"]) for one in found
    } == TEMPLATES


def test_a_filter_repairs_hooks_as_well(helm: Tool, project: Project) -> None:
    text = rendered(helm)
    done = project.run("fix", "-", "--fail-on", "never", stdin=text)
    assert done.exit_code == CLEAN
    assert done.stdout == repaired(text, *REPAIRED, *REPAIRED_HOOKS)


def test_a_failed_helm_is_no_clean_run(helm: Tool) -> None:
    command = (
        f'"{helm.program}" template demo missing | imagelint check -; exit "${{PIPESTATUS[1]}}"'
    )
    done = Tool("bash", helm.home).run("-c", command)
    assert done.returncode == ERROR
    assert b"nothing came on stdin" in done.stderr


@pytest.mark.parametrize("cut", [1, 30])
def test_a_helm_that_was_killed_is_no_clean_run(helm: Tool, project: Project, cut: int) -> None:
    done = project.run("check", "-", "--env", "dev", stdin=rendered(helm).rstrip()[:-cut])
    assert done.exit_code == ERROR
    assert "ends in mid-line" in done.stderr


# --- Helm 3 -------------------------------------------------------------------------------


def test_a_post_renderer_of_helm_3(helm3: Tool) -> None:
    now = rendered(helm3, *POST_RENDERER, *passed_on(ARGUMENTS))
    assert LEFT_ALONE in now
    before = rendered(helm3)
    # Helm 3 does not hand its hooks to post-renderers, and prints them in any order.
    assert sorted(documents("\n" + now)) == sorted(documents("\n" + repaired(before, *REPAIRED)))
    without = rendered(helm3, "--no-hooks", *POST_RENDERER, *passed_on(ARGUMENTS))
    assert without == repaired(rendered(helm3, "--no-hooks"), *REPAIRED)
    assert now.count("helm.sh/hook") == before.count("helm.sh/hook")


@pytest.mark.parametrize("more", [("--fail-on", "error"), ("--policy", "missing.yaml")])
def test_helm_3_fails_when_asked_to(helm3: Tool, more: tuple[str, ...]) -> None:
    arguments = passed_on((*ARGUMENTS, *more))
    done = helm3.run("template", "demo", CHART, *POST_RENDERER, *arguments)
    assert done.returncode != 0
    assert done.stdout == b""
    assert b"while running post render" in done.stderr
    assert (b"registry.internal" in done.stderr) or (b"missing.yaml" in done.stderr)


def empty_chart(folder: Path) -> str:
    (folder / "empty/templates").mkdir(parents=True)
    (folder / "empty/Chart.yaml").write_text("apiVersion: v2\nname: empty\nversion: 1.0.0\n")
    (folder / "empty/templates/a.yaml").write_text("{{- if false }}\nkind: Pod\n{{- end }}\n")
    return str(folder / "empty")


def test_a_chart_that_renders_nothing(helm3: Tool) -> None:
    chart = empty_chart(helm3.home)
    now = rendered(helm3, *POST_RENDERER, *passed_on(ARGUMENTS), chart=chart)
    assert now == "# imagelint: there was nothing to repair\n"


# --- Helm 4 -------------------------------------------------------------------------------


def test_a_post_renderer_of_helm_4(helm4: Tool) -> None:
    now = rendered(helm4, *POST_RENDERER)
    before = rendered(helm4, "--post-renderer", "cat")
    # Helm names the templates by annotations of its own, and takes them off again.
    assert now.count("# Source: shop/") == before.count("# Source: shop/") == 5
    assert "postrenderer.helm.sh" not in now
    assert sorted(documents("\n" + now)) == sorted(
        documents("\n" + repaired(before, *REPAIRED, *REPAIRED_HOOKS))
    )
    without = rendered(helm4, "--no-hooks", *POST_RENDERER)
    expected = rendered(helm4, "--no-hooks", "--post-renderer", "cat")
    assert without == repaired(expected, *REPAIRED)
    assert LEFT_ALONE in now


@pytest.mark.parametrize("more", [("--fail-on", "error"), ("--policy", "missing.yaml")])
def test_helm_4_fails_when_asked_to(helm4: Tool, more: tuple[str, ...]) -> None:
    report = helm4.home / "report.txt"
    arguments = passed_on((*more, "--output", str(report)))
    done = helm4.run("template", "demo", CHART, *POST_RENDERER, *arguments)
    assert done.returncode != 0
    assert done.stdout == b""
    assert b'plugin "imagelint" exited with error' in done.stderr  # Helm 4 tells no more
    assert report.exists() is ("--fail-on" in more)
    if report.exists():  # what Helm 4 hands over has no comments, but annotations
        assert "= from shop/charts/cache/templates/cache.yaml" in report.read_text()


def test_an_empty_answer_is_none(helm4: Tool) -> None:
    chart = empty_chart(helm4.home)
    done = helm4.run("template", "demo", chart, "--post-renderer", "cat")
    assert done.returncode != 0
    assert b"produced empty output" in done.stderr
    assert rendered(helm4, *POST_RENDERER, chart=chart).strip() == ""


# --- the plugin, by its contract -------------------------------------------------------------


PLUGIN: dict[str, Any] = YAML(typ="safe").load(
    (ROOT / "helm4-plugin/plugin.yaml").read_text(encoding="utf-8")
)
STREAM = """\
apiVersion: v1
kind: Pod
metadata:
  name: a
  annotations:
    postrenderer.helm.sh/postrender-filename: 'shop/templates/a.yaml'
spec:
  containers:
  - image: nginx:1.25
---
apiVersion: v1
kind: Pod
metadata:
  name: b
  annotations: {postrenderer.helm.sh/postrender-filename: 'shop/templates/b.yaml'}
spec:
  containers:
  - image: registry.internal:5000/b
"""


def test_the_plugin_says_what_it_is() -> None:
    assert (PLUGIN["apiVersion"], PLUGIN["type"]) == ("v1", "postrenderer/v1")
    assert PLUGIN["version"] == VERSION
    [command] = PLUGIN["runtimeConfig"]["platformCommand"]
    assert command["command"] == "imagelint"
    assert tuple(command["args"]) == ARGUMENTS


@pytest.mark.parametrize(
    ("more", "code"), [((), CLEAN), (("--fail-on", "error"), FINDINGS), (("--env", "x"), ERROR)]
)
def test_the_command_of_the_plugin(project: Project, more: tuple[str, ...], code: int) -> None:
    [command] = PLUGIN["runtimeConfig"]["platformCommand"]
    done = subprocess.run(
        [sys.executable, "-m", command["command"], *command["args"], *more],
        cwd=project.root,
        input=STREAM.encode(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == code
    expected = "" if code == ERROR else STREAM.replace("nginx", "harbor.myco.com/docker.io/nginx")
    assert done.stdout.decode() == expected


@pytest.mark.parametrize("stdin", [b"", b"\n", b" \n\n"])
def test_there_is_always_an_answer(project: Project, stdin: bytes) -> None:
    done = project.spawn(*ARGUMENTS, stdin=stdin)
    assert done.returncode == CLEAN
    assert done.stdout == b"# imagelint: there was nothing to repair\n"
    assert project.spawn(*ARGUMENTS, stdin=done.stdout).stdout == done.stdout
