"""What is there to be copied, and the action's metadata, as the tools made for them see it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from imagelint.formats import FORMATS
from tests.support.needs import needs, needs_git
from tests.support.project import BAD, FINDINGS, GOOD, POLICY
from tests.support.repository import QUIET, Repository

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
OPEN = POLICY.replace("allow: [h.io]", 'allow: ["*"]')

SCHEMAS = {
    "vendor.github-actions": ROOT / "action.yml",
    "vendor.github-workflows": EXAMPLES / "github.yaml",
    "vendor.gitlab-ci": EXAMPLES / "gitlab-ci.yaml",
}

WORKFLOW = """\
name: the action itself
on: pull_request
permissions: {}
jobs:
  lint:
    runs-on: ubuntu-latest
    steps:
      - id: images
        uses: ./action
        with:
          paths: .
INPUTS
      - run: echo "$RESULT"
        env:
          RESULT: OUTPUTS
"""


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    """Run a tool that finds nothing wrong; return what it prints."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_nothing_is_forgotten() -> None:
    names = {path.name for path in EXAMPLES.iterdir()}
    assert names == {"github.yaml", "gitlab-ci.yaml", "plain.sh"}


@needs("check-jsonschema")
@pytest.mark.parametrize("schema", SCHEMAS)
def test_the_published_schemas(schema: str) -> None:
    run("check-jsonschema", "--builtin-schema", schema, SCHEMAS[schema])


@needs("zizmor")
@pytest.mark.parametrize("name", ["action.yml", "examples/github.yaml"])
def test_zizmor(name: str) -> None:
    run("zizmor", "--offline", "--persona", "pedantic", ROOT / name)


@needs("actionlint")
def test_actionlint_of_the_example() -> None:
    run("actionlint", "-no-color", "-shellcheck=", EXAMPLES / "github.yaml")


@needs("actionlint")
@pytest.mark.parametrize("slip", ["", "inputs", "outputs"])
def test_actionlint_of_the_action(slip: str, tmp_path: Path) -> None:
    """A workflow that uses every input and output there is; one more is an error."""
    action: dict[str, Any] = YAML(typ="safe").load((ROOT / "action.yml").read_text())
    (tmp_path / "action").mkdir()
    shutil.copy(ROOT / "action.yml", tmp_path / "action/action.yml")
    inputs = [*action["inputs"], *(["no-such"] if slip == "inputs" else [])]
    outputs = [*action["outputs"], *(["no-such"] if slip == "outputs" else [])]
    given = "\n".join(f"          {name}: x" for name in inputs if name != "paths")
    taken = " ".join(f"${{{{ steps.images.outputs.{name} }}}}" for name in outputs)
    workflow = tmp_path / ".github/workflows/x.yaml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text(WORKFLOW.replace("INPUTS", given).replace("OUTPUTS", taken))
    Repository.new(tmp_path)
    done = subprocess.run(
        ["actionlint", "-no-color", "-shellcheck="],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == (1 if slip else 0), done.stdout + done.stderr
    assert ("no-such" in done.stdout) is bool(slip)


@pytest.mark.parametrize("script", sorted((ROOT / "action").glob("*.sh")), ids=lambda one: one.name)
def test_the_scripts_are_what_bash_takes(script: Path) -> None:
    run("bash", "-n", script)


# --- the scripts of the examples ---------------------------------------------------------


@pytest.fixture
def clone(tmp_path: Path) -> Repository:
    """A clone, with ``imagelint`` on its PATH, of a repository whose ``topic`` opens the gate."""
    origin = Repository.new(tmp_path / "origin")
    origin.write("imagelint.yaml", POLICY)
    origin.write("prod/old.yaml", BAD)
    origin.commit()
    origin.git("checkout", "-q", "-b", "topic")
    origin.write("imagelint.yaml", OPEN)
    origin.write("prod/new.yaml", BAD)
    origin.write("prod/good.yaml", GOOD)
    origin.commit()
    folder = tmp_path / "clone"
    origin.git("clone", "-q", "--single-branch", "--branch=topic", str(origin.root), str(folder))
    program = tmp_path / "bin/imagelint"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m imagelint "$@"\n'
    )
    program.chmod(0o755)
    return Repository(folder)


def shell(clone: Repository, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    path = f"{clone.root.parent / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        command,
        cwd=clone.root,
        env={**os.environ, **QUIET, "PATH": path, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@needs_git
def test_plain(clone: Repository) -> None:
    done = shell(clone, "sh", str(EXAMPLES / "plain.sh"))
    assert done.returncode == 0, done.stderr
    clone.git("fetch", "-q", "origin", "main:refs/remotes/origin/main")
    done = shell(clone, "sh", str(EXAMPLES / "plain.sh"), "origin/main")
    assert done.returncode == FINDINGS, done.stderr
    assert "imagelint.yaml is changed since origin/main" in done.stderr
    report = json.loads(clone.read("imagelint-report.json"))
    assert {one["path"] for one in report["findings"]} == {"prod/new.yaml"}


@needs_git
@pytest.mark.skipif("gitlab" not in FORMATS, reason="the format gitlab is missing")
def test_gitlab(clone: Repository) -> None:
    jobs: dict[str, Any] = YAML(typ="safe").load((EXAMPLES / "gitlab-ci.yaml").read_text())
    (script,) = jobs["imagelint"]["script"]
    assert shell(clone, "sh", "-euc", script).returncode == 0
    branch = {"CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main"}
    done = shell(clone, "sh", "-euc", script, **branch)
    assert done.returncode == FINDINGS, done.stderr
    report = json.loads(clone.read("gl-code-quality-report.json"))
    assert {one["location"]["path"] for one in report} == {"prod/new.yaml"}
