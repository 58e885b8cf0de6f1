"""The hooks file: what it declares runs. The real pre-commit runs it in test_pre_commit.py."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
_POD = "apiVersion: v1\nkind: Pod\nspec: {containers: [{name: c, image: nginx:1}]}\n"


def _load(name: str) -> Any:
    return YAML(typ="safe").load((ROOT / name).read_text(encoding="utf-8"))


HOOKS: list[dict[str, Any]] = _load(".pre-commit-hooks.yaml")


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_the_entry_of_a_hook_runs(hook: dict[str, Any], tmp_path: Path) -> None:
    assert hook["language"] == "python"
    wanted = {"a.yaml", "b/c.YML", "d.json", "Kustomization", "k/Kustomization"}
    others = {"a.txt", "yaml", "a.yaml.tmpl", "k/MyKustomization"}
    assert {name for name in wanted | others if re.search(hook["files"], name)} == wanted
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
    assert hook["require_serial"] is True  # one report, and one process that writes
    assert done.returncode == (0 if is_fix else 1)
    assert ("harbor.myco.com" in pod.read_text(encoding="utf-8")) is is_fix
