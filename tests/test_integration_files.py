"""The files that other tools read: the pre-commit hooks and the GitHub Action."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[1]
_POD = "apiVersion: v1\nkind: Pod\nspec: {containers: [{name: c, image: nginx:1}]}\n"


def _load(name: str) -> Any:
    return YAML(typ="safe").load((ROOT / name).read_text(encoding="utf-8"))


HOOKS: list[dict[str, Any]] = _load(".pre-commit-hooks.yaml")
ACTION: dict[str, Any] = _load("action.yml")


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_the_entry_of_a_hook_runs(hook: dict[str, Any], tmp_path: Path) -> None:
    assert hook["language"] == "python"
    assert hook["types_or"] == ["yaml", "json"]
    pod = tmp_path / "pod.yaml"
    pod.write_text(_POD, encoding="utf-8")
    program, *arguments = shlex.split(hook["entry"])
    assert program == "imagelint"
    done = subprocess.run(
        [sys.executable, "-m", program, *arguments, "pod.yaml"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    is_fix = hook["id"] == "imagelint-fix"
    assert hook.get("require_serial", False) is is_fix
    assert done.returncode == (0 if is_fix else 1)
    assert ("harbor.myco.com" in pod.read_text(encoding="utf-8")) is is_fix


def _lint_step(tmp_path: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """Run the action's own shell, with imagelint where its first step would install it."""
    folder = tmp_path / "runner/imagelint/bin"
    folder.mkdir(parents=True)
    script = f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m imagelint "$@"\n'
    (folder / "imagelint").write_text(script, encoding="utf-8")
    (folder / "imagelint").chmod(0o755)
    step = next(step for step in ACTION["runs"]["steps"] if step["name"] == "Lint")
    environment = {**os.environ, "RUNNER_TEMP": str(tmp_path / "runner")}
    for variable, expression in step["env"].items():
        name = expression.removeprefix("${{ inputs.").removesuffix(" }}")
        environment[variable] = inputs.get(name, ACTION["inputs"][name]["default"])
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", step["run"]],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_action_lints(tmp_path: Path) -> None:
    (tmp_path / "a pod.yaml").write_text(_POD, encoding="utf-8")
    done = _lint_step(tmp_path)
    assert done.returncode == 1, done.stderr
    assert "unapproved-registry" in done.stdout


@pytest.mark.parametrize(
    ("inputs", "code"),
    [
        ({"environment": "dev"}, 0),
        ({"fail-on": "never"}, 0),
        ({"paths": "a pod.yaml\n"}, 1),
        ({"paths": "missing.yaml"}, 2),
        ({"paths": "--help"}, 2),
        ({"policy": "missing.yaml"}, 2),
        ({"environment": "$(touch injected)"}, 2),
    ],
)
def test_the_inputs_of_the_action(inputs: dict[str, str], code: int, tmp_path: Path) -> None:
    (tmp_path / "a pod.yaml").write_text(_POD, encoding="utf-8")
    done = _lint_step(tmp_path, **inputs)
    assert done.returncode == code, done.stderr
    assert not (tmp_path / "injected").exists()


def test_inputs_reach_the_shell_by_environment_only() -> None:
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step["run"]
        assert step["shell"] == "bash"
