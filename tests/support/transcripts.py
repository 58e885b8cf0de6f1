"""Pages with ``console`` blocks: what stands behind ``$`` is run, what stands below it is expected.

A page says in a comment where its commands run: ``<!-- run in: demo -->`` is a copy of that
folder of ``fixtures``, committed to a git repository, and anything else an empty one. All blocks
of a page are one session of a shell. ``...`` stands for anything in a line, and on a line of its
own for any number of lines.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.support.project import ROOT
from tests.support.repository import QUIET, Repository

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Step", "folder_of", "matches", "programs", "run", "steps"]

_FOLDER = re.compile(r"<!-- run in: (.+) -->")
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_END = "=== end of a step ==="
_OTHERS = ("helm", "kustomize", "kubectl", "pre-commit")


@dataclass(frozen=True)
class Step:
    """A command and what it is to print, stdout and stderr as they come."""

    command: str
    expected: str


def steps(page: str) -> list[Step]:
    """Return the commands of a page, in order."""
    found: list[Step] = []
    for block in _BLOCK.findall(page):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, expected = part.partition("\n")
            found.append(Step(command, expected))
    return found


def folder_of(page: str) -> str | None:
    """Return where the commands of a page run."""
    match = _FOLDER.search(page)
    return None if match is None else match.group(1)


def programs(page: str) -> list[str]:
    """Return the programs beside imagelint, git and the shell that a page needs."""
    words = {word for step in steps(page) for word in re.findall(r"[\w-]+", step.command)}
    return [name for name in _OTHERS if name in words]


def run(page: str, folder: Path) -> list[str]:
    """Run the commands of a page in a new repository below ``folder``; return what each prints."""
    root = folder / "repository"
    name = folder_of(page)
    case = ROOT / "fixtures" / (name or "-")
    source = case / "input" if (case / "input").is_dir() else case
    if source.is_dir():
        shutil.copytree(source, root)
    repository = Repository.new(root)
    repository.commit()
    program = folder / "bin/imagelint"
    program.parent.mkdir()
    program.write_text(
        f"#!/bin/sh\nexport PYTHONPATH={shlex.quote(str(ROOT))}\n"
        f'exec {shlex.quote(sys.executable)} -m imagelint "$@"\n',
        encoding="utf-8",
    )
    program.chmod(0o755)
    lines = []
    for step in steps(page):  # $? is that of the step before
        lines += [f"{step.command}", "code=$?", f"echo '{_END}'", "(exit $code)"]
    done = subprocess.run(
        ["bash", "-c", "exec 2>&1\n" + "\n".join(lines)],
        cwd=root,
        env={
            **os.environ,
            **QUIET,
            **{f"HELM_{kind}_HOME": str(folder / kind) for kind in ("CACHE", "CONFIG", "DATA")},
            "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
            "GITHUB_ACTIONS": "",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    return done.stdout.decode().split(f"{_END}\n")[:-1]


def matches(expected: str, printed: str) -> bool:
    """Whether what was printed is what a page shows."""
    pattern = ""
    for line in expected.splitlines():
        if line == "...":
            pattern += r"(?:[^\n]*\n)*"
        else:
            pattern += r"[^\n]*".join(re.escape(part) for part in line.split("...")) + r"\n"
    return re.fullmatch(pattern, printed) is not None
