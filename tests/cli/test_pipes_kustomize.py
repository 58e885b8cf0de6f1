"""Kustomize on the other side: its output on stdin, and imagelint as its function."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.support.project import CLEAN, FINDINGS, Project
from tests.support.tools import FIXTURES, Tool, tool

if TYPE_CHECKING:
    from pathlib import Path

FUNCTIONS = ("build", "--enable-alpha-plugins", "--enable-exec")
REPAIRED = ("quay.io/shop/web:v1.4.1", "busybox:1.36")


@pytest.fixture
def kustomize(tmp_path: Path) -> Tool:
    return tool("kustomize", "v5.", tmp_path)


@pytest.fixture
def kubectl(tmp_path: Path) -> Tool:
    return tool("kubectl", "v1.", tmp_path)


@pytest.fixture
def overlays(tmp_path: Path) -> Path:
    """The overlays of the fixtures, with no policy above them but their own."""
    shutil.copytree(FIXTURES / "overlays", tmp_path / "overlays")
    (tmp_path / "overlays/.git").mkdir()
    return tmp_path / "overlays"


def built(kustomize: Tool, folder: Path) -> str:
    done = kustomize.run("build", str(folder))
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


def repaired(text: str) -> str:
    for image in REPAIRED:
        host = "harbor.myco.com/" if "/" in image else "harbor.myco.com/docker.io/"
        assert text.count(image) == 1
        text = text.replace(image, host + image)
    return text


# --- kustomize build | imagelint -----------------------------------------------------------


def _is_linted_and_repaired(text: str, project: Project) -> None:
    done = project.run("check", "-", "--env", "prod", stdin=text)
    assert done.exit_code == FINDINGS
    assert "Found 2 errors in 3 images" in done.stdout
    assert "in Deployment/web spec.template.spec.initContainers[0].image (prod)" in done.stdout
    done = project.run("fix", "-", stdin=text)
    assert (done.exit_code, done.stdout) == (CLEAN, repaired(text))


def test_what_kustomize_builds(kustomize: Tool, overlays: Path, project: Project) -> None:
    _is_linted_and_repaired(built(kustomize, overlays / "prod"), project)


def test_what_kubectl_builds(kubectl: Tool, overlays: Path, project: Project) -> None:
    done = kubectl.run("kustomize", str(overlays / "prod"))
    assert done.returncode == 0, done.stderr
    _is_linted_and_repaired(done.stdout.decode(), project)


def test_a_failed_build_is_no_clean_run(kustomize: Tool) -> None:
    command = f'"{kustomize.program}" build missing | imagelint check -; exit "${{PIPESTATUS[1]}}"'
    done = Tool("bash", kustomize.home).run("-c", command)
    assert done.returncode == 2
    assert b"nothing came on stdin" in done.stderr


# --- kustomize build --enable-exec ---------------------------------------------------------


def test_a_transformer_repairs(kustomize: Tool, overlays: Path) -> None:
    done = kustomize.run(*FUNCTIONS, str(overlays / "repaired"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode() == repaired(built(kustomize, overlays / "prod"))


def test_a_function_that_only_reports_stops_the_build(kustomize: Tool, overlays: Path) -> None:
    done = kustomize.run(*FUNCTIONS, str(overlays / "checked"))
    assert done.returncode != 0
    assert done.stdout == b""
    said = [line for line in done.stderr.decode().splitlines() if line.startswith("error: ")]
    assert [line.partition(":")[2].split(":")[0].strip() for line in said] == [
        "Deployment/prod/web spec.template.spec.containers[0].image",
        "Deployment/prod/web spec.template.spec.initContainers[0].image",
    ]


def test_it_lets_pass_what_another_one_repaired(kustomize: Tool, overlays: Path) -> None:
    kustomization = overlays / "checked/kustomization.yaml"
    kustomization.write_text(kustomization.read_text().replace("../prod", "../repaired"))
    done = kustomize.run(*FUNCTIONS, str(overlays / "checked"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode() == repaired(built(kustomize, overlays / "prod"))


def test_the_policy_above_the_kustomization_decides(kustomize: Tool, overlays: Path) -> None:
    (overlays / "imagelint.yaml").write_text(
        "version: 1\nenvironments: {open: {match: {paths: ['checked/*']}, allow: ['*']},"
        " prod: {allow: [h.io]}}\ndefault: prod\n"
    )
    done = kustomize.run(*FUNCTIONS, str(overlays / "checked"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode() == built(kustomize, overlays / "prod")
    done = kustomize.run(*FUNCTIONS, str(overlays / "repaired"))
    assert done.returncode != 0  # there is no Harbor in this policy


def test_a_mistake_in_the_settings_is_named(kustomize: Tool, overlays: Path) -> None:
    function = overlays / "checked/imagelint-fn.yaml"
    function.write_text(function.read_text().replace("fix:", "fixx:"))
    done = kustomize.run(*FUNCTIONS, str(overlays / "checked"))
    assert done.returncode != 0
    assert b'functionConfig.spec.fixx: unknown key; did you mean "fix"?' in done.stderr
