"""Shell completion: the scripts, and what they complete in the real shells."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from imagelint.cli.main import _COMMANDS
from imagelint.formats import FORMATS
from imagelint.rules import built_in
from tests.support.needs import path_of
from tests.support.project import CLEAN, ERROR, ROOT, Project

if TYPE_CHECKING:
    from pathlib import Path

SHELLS = ("bash", "zsh", "fish")
RULES = sorted(built_in.RULES)


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_for_each_shell(project: Project, shell: str) -> None:
    done = project.run("completion", shell)
    assert done.exit_code == CLEAN
    assert done.stderr == ""
    assert f"_IMAGELINT_COMPLETE={shell}_complete" in done.stdout


def test_another_shell(project: Project) -> None:
    done = project.run("completion", "tcsh")
    assert done.exit_code == ERROR
    assert all(shell in done.stderr for shell in SHELLS)


def completions(work: Project, *words: str) -> list[str]:
    """Ask as the script for bash does; return ``TYPE,VALUE`` lines."""
    done = work.spawn(
        env={
            "_IMAGELINT_COMPLETE": "bash_complete",
            "COMP_WORDS": shlex.join(["imagelint", *words]),
            "COMP_CWORD": str(len(words)),
        }
    )
    assert done.stderr == b""
    return done.stdout.decode().splitlines()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([""], [f"plain,{name}" for name in _COMMANDS]),
        (["ch"], ["plain,check"]),
        (["check", "--sta"], ["plain,--statistics"]),
        (["check", "--format", ""], [f"plain,{name}" for name in ("auto", *FORMATS)]),
        (["check", "--format", "s"], ["plain,sarif"]),
        (["images", "--format", "j"], ["plain,json"]),
        (["check", "--fail-on", "w"], ["plain,warning"]),
        (["check", "--env", ""], ["plain,dev", "plain,prod"]),
        (["explain", "x", "--env", "p"], ["plain,prod"]),
        (["check", "--policy", "broken.yaml", "--env", ""], []),
        (["explain", "un"], [f"plain,{rule}" for rule in RULES if rule.startswith("un")]),
        (["check", "pro"], ["file,pro"]),
        (["check", "--policy", "x"], ["file,x"]),
        (["check", "--show-policy", "x"], ["file,x"]),
        (["completion", "z"], ["plain,zsh"]),
    ],
)
def test_what_is_completed(work: Project, words: list[str], expected: list[str]) -> None:
    work.write("broken.yaml", "version: 1\n")
    done = completions(work, *words)
    assert sorted(filter(None, done)) == sorted(expected)


def on_path(tmp_path: Path) -> dict[str, str]:
    """Put an ``imagelint`` where a shell finds it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    script = f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m imagelint "$@"\n'
    (folder / "imagelint").write_text(script, encoding="utf-8")
    (folder / "imagelint").chmod(0o755)
    path = os.pathsep.join([str(folder), os.environ["PATH"]])
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}


ASK = {
    "bash": (
        'COMP_WORDS=(imagelint explain float) COMP_CWORD=2; {script}\n'
        '_imagelint_completion imagelint; echo "${{COMPREPLY[@]}}"'
    ),
    # zsh completes in an interactive shell alone: what it would ask is asked instead.
    "zsh": (
        "autoload -U compinit; compinit -u -D; {script}\n"
        '(( $+functions[_imagelint_completion] )) && echo "${{_comps[imagelint]}}"'
    ),
    "fish": "{script}\ncomplete --do-complete 'imagelint explain float'",
}  # fmt: skip


@pytest.mark.parametrize(
    ("shell", "expected"),
    [("bash", "floating-tag"), ("zsh", "_imagelint_completion"), ("fish", "floating-tag")],
)
def test_in_the_real_shell(work: Project, tmp_path: Path, shell: str, expected: str) -> None:
    program = path_of(shell)
    script = work.run("completion", shell).stdout
    check = subprocess.run([program, "-n"], input=script, text=True, check=False)
    assert check.returncode == 0
    done = subprocess.run(
        [program, "-c", ASK[shell].format(script=script)],
        capture_output=True,
        text=True,
        check=False,
        cwd=work.root,
        env=on_path(tmp_path),
    )
    assert done.stdout.split() == [expected], done.stderr
