"""The other programs: how each is made to do its least, and what it says of itself.

Each entry is a program that does part of imagelint's work: it reads the same files, and checks
one thing about images or nothing at all.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from benchmarks.measure import Sample

__all__ = ["PEERS", "Peer", "stops", "version"]

_CONFIG: Final = os.path.join(os.path.dirname(os.path.abspath(__file__)), "config")


@dataclass(frozen=True, slots=True)
class Peer:
    """A program on PATH; its command is ``argv`` with the folder behind it."""

    name: str
    argv: tuple[str, ...]
    version: tuple[str, ...]
    """What makes it print its version."""


def stops(sample: Sample) -> str | None:
    """Return why a program ended before its work was done, if it did.

    conftest ends at the first file that it cannot read, those in Python with a traceback.
    """
    if "Error: running test: " in sample.stderr:
        return "stops at a file that it cannot read"
    if "Traceback (most recent call last)" in sample.stderr:
        raised = re.findall(r"^(?:\w+\.)*(\w+)(?::|$)", sample.stderr, re.MULTILINE)
        return f"stops with a traceback ({raised[-1] if raised else 'unknown'})"
    return None


PEERS: Final = (
    Peer("grep", ("grep", "-rEc", "image:"), ("grep", "--version")),
    Peer(
        "kubeconform",
        (
            *("kubeconform", "-n", "2", "-ignore-missing-schemas"),
            *("-schema-location", os.path.join(_CONFIG, "no-schemas")),
        ),
        ("kubeconform", "-v"),
    ),
    Peer(
        "kube-linter",
        ("kube-linter", "lint", "--do-not-auto-add-defaults", "--include", "latest-tag"),
        ("kube-linter", "version"),
    ),
    Peer(
        "conftest",
        ("conftest", "test", "--policy", os.path.join(_CONFIG, "conftest")),
        ("conftest", "--version"),
    ),
    Peer(
        "yamllint",
        ("yamllint", "-c", os.path.join(_CONFIG, "yamllint.yaml")),
        ("yamllint", "--version"),
    ),
    Peer(
        "checkov",
        (
            *("checkov", "--framework", "kubernetes", "--check", "CKV_K8S_14"),
            *("--skip-download", "--quiet", "--compact", "-d"),
        ),
        ("checkov", "--version"),
    ),
)


def version(argv: tuple[str, ...]) -> str:
    """Return the version that a program prints, or that Go noted when it was built."""
    program = shutil.which(argv[0])
    if program is None:
        return "missing"
    printed = _output([program, *argv[1:]])
    found = re.search(r"v?\d+(?:\.\d+)+[\w.+-]*", printed)
    if found is not None and "dev" not in printed.split("\n", 1)[0].lower():
        return found.group()
    if shutil.which("go") is not None:
        built = re.search(
            r"^\tmod\t\S+\t(\S+)", _output(["go", "version", "-m", program]), re.MULTILINE
        )
        if built is not None:
            return built.group(1)
    return printed.split("\n", 1)[0] or "unknown"


def _output(argv: list[str]) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    return (done.stdout + done.stderr).strip("\n")
