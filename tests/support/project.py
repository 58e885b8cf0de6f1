"""A folder to work in, and the command line to run in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from imagelint.cli.main import cli

ROOT = Path(__file__).resolve().parents[2]

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
  - name: main
    image: IMAGE
"""


def pod(image: str = "nginx:1.25") -> str:
    """Return a Pod that runs ``image``."""
    return POD.replace("IMAGE", image)


POLICY = """\
version: 1
harbor:
  host: h.io
  projects: {docker.io: hub, quay.io: quay}
environments:
  dev:
    match: {paths: ["dev/**"]}
    allow: ["*"]
  prod:
    match: {paths: ["prod/**"]}
    allow: [h.io]
default: prod
rules: {floating-tag: "off"}
"""
CLEAN, FINDINGS, ERROR = 0, 1, 2
GOOD, BAD = pod("h.io/hub/nginx:1.25"), pod("nginx:1.25")


# Before click 8.2, stderr was mixed into stdout unless told otherwise.
_SEPARATE: dict[str, Any] = (
    {"mix_stderr": False} if "mix_stderr" in signature(CliRunner).parameters else {}
)
_RUNNER = CliRunner(**_SEPARATE)


@dataclass(frozen=True)
class Project:
    """A working folder below which nothing but the test's own files lies."""

    root: Path

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a file, folders included; text is written as it is, in UTF-8."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def read(self, name: str) -> str:
        """Read a file's text as it is."""
        return (self.root / name).read_bytes().decode()

    def run(self, *arguments: str, stdin: str | bytes | None = None) -> Result:
        """Run a command line in this process; nothing it raises gets past the CLI."""
        return _RUNNER.invoke(cli, arguments, input=stdin, prog_name="imagelint")

    def spawn(
        self, *arguments: str | bytes, stdin: bytes = b"", **extra: Any
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a command line as users do: ``python -m imagelint``."""
        command = [sys.executable, "-m", "imagelint", *arguments]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **extra.pop("env", {})}
        return subprocess.run(
            command,
            cwd=self.root,
            input=stdin,
            capture_output=True,
            env=environment,
            check=False,
            **extra,
        )

    def git(self, *arguments: str) -> None:
        """Run git, undisturbed by the configuration of whoever runs the tests."""
        quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        subprocess.run(
            ["git", *arguments],
            cwd=self.root,
            env={**os.environ, **quiet},
            check=True,
            capture_output=True,
        )


def rules_in(report: str) -> list[str]:
    """Return the rules of the findings in a JSON report."""
    return [finding["rule"] for finding in json.loads(report)["findings"]]
