"""The real tools on the other side of a pipe: helm, kustomize, kubectl."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from tests.support.needs import missing
from tests.support.project import ROOT

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["FIXTURES", "Tool", "tool"]

FIXTURES = ROOT / "fixtures"


@dataclass(frozen=True)
class Tool:
    """A program, run so that it sees nothing of whoever runs the tests, and ``imagelint``."""

    program: str
    home: Path

    def run(
        self, *arguments: str, cwd: Path | None = None, stdin: bytes = b"", **variables: str
    ) -> subprocess.CompletedProcess[bytes]:
        """Run it; ``variables`` are added to its environment."""
        return subprocess.run(
            [self.program, *arguments],
            cwd=cwd or self.home,
            input=stdin,
            capture_output=True,
            env={**self.environment(), **variables},
            check=False,
        )

    def environment(self) -> dict[str, str]:
        """Return an environment with ``imagelint`` first on PATH and homes of its own."""
        folder = self.home / "bin"
        folder.mkdir(exist_ok=True)
        script = folder / "imagelint"
        script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m imagelint "$@"\n')
        script.chmod(0o755)
        homes = {
            f"HELM_{name}_HOME": str(self.home / name.lower())
            for name in ("CACHE", "CONFIG", "DATA")
        }
        path = f"{folder}{os.pathsep}{os.environ['PATH']}"
        return {**os.environ, **homes, "PYTHONPATH": str(ROOT), "PATH": path}


def tool(name: str, version: str, home: Path) -> Tool:
    """Return a tool whose version begins so, to be run in ``home``; skip or fail without it."""
    return Tool(_found(name, version) or missing(f"{name} {version}x"), home)


_VERSION_ARGUMENTS = {
    "helm": ("version", "--template", "{{.Version}}"),
    "kustomize": ("version",),
    "kubectl": ("version", "--client", "--output=json"),
}


@cache
def _found(name: str, version: str) -> str | None:
    """Look for NAME and NAMEx, x being the major version: Helm 3 and 4 live side by side."""
    for candidate in (name, f"{name}{version.removeprefix('v')[:1]}"):
        program = shutil.which(candidate)
        if program is None:
            continue
        command = [program, *_VERSION_ARGUMENTS[name]]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode == 0 and version in done.stdout:
            return program
    return None
