"""What a type checker makes of the public API for those who use it."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from tests.support.project import ROOT

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """\
from imagelint import Finding, ImageReference, Policy, Severity, fix, lint

found: list[Finding] = lint(b"", policy=Policy.parse(b""), environment=None)
data: bytes = fix(b"", path="a.yaml")
"""
BAD = """\
import imagelint
from imagelint import Fidning

imagelint.lnit(b"")
"""


def test_names_that_are_none_are_errors(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text(GOOD)
    (tmp_path / "bad.py").write_text(BAD)
    command = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "good.py", "bad.py"]
    environment = {"MYPYPATH": str(ROOT), "PATH": ""}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    errors = [line for line in done.stdout.splitlines() if ": error: " in line]
    assert [line.rpartition("[")[2] for line in errors] == ["attr-defined]", "attr-defined]"]
    assert all(line.startswith("bad.py:") for line in errors)
