"""What a program under ``tools/`` has made, and whether it would make it again."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.support.project import ROOT

__all__ = ["assert_fresh"]


def assert_fresh(tool: str) -> None:
    """Fail, with what is stale, where ``python TOOL`` has something to write."""
    done = subprocess.run(
        [sys.executable, tool, "--check"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
