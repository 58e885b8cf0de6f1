"""The imagelint that is measured: this tree, installed as users install it, or what one names."""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import Final

from benchmarks.measure import environment

__all__ = ["Build", "BuildError", "installed", "named"]

ROOT: Final = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_PACKED: Final = ("imagelint", "rules", "pyproject.toml")


class BuildError(Exception):
    """There is no imagelint to measure; the message says why."""


@dataclass(frozen=True, slots=True)
class Build:
    """An imagelint and the Python that runs it."""

    name: str
    argv: tuple[str, ...]
    python: str
    version: str
    python_version: str


def installed() -> Build:
    """Install this tree, with its byte code, into an environment below ``build/``."""
    tag = f"{sys.version_info.major}.{sys.version_info.minor}-{_digest()[:12]}"
    folder = os.path.join(ROOT, "build", "benchmarks", f"venv-{tag}")
    program = os.path.join(folder, "bin", "imagelint")
    if not os.path.exists(program):
        _run([sys.executable, "-m", "venv", "--clear", folder])
        pip = os.path.join(folder, "bin", "pip")
        _run([pip, "install", "--quiet", "--disable-pip-version-check", ROOT])
    return _build("imagelint", (program,))


def named(commands: list[str]) -> list[Build]:
    """Return the builds that command lines name: ``imagelint``, or ``imagelint 1`` and so on."""
    names = [f"imagelint {number}" for number in range(1, len(commands) + 1)]
    if len(commands) == 1:
        names = ["imagelint"]
    return [
        _build(name, tuple(shlex.split(one))) for name, one in zip(names, commands, strict=True)
    ]


def _build(name: str, argv: tuple[str, ...]) -> Build:
    program = shutil.which(argv[0]) if argv else None
    if program is None:
        raise BuildError(f"--imagelint: {shlex.join(argv) or 'nothing'} is no program")
    argv = (os.path.abspath(program), *argv[1:])
    version = _run([*argv, "--version"]).split()[-1]
    python = _interpreter(argv[0])
    asked = "import platform; print(platform.python_version())"
    return Build(name, argv, python, version, _run([python, "-c", asked]).strip())


def _interpreter(program: str) -> str:
    """Return the Python that runs a program: itself, the one of its first line, or ours."""
    if os.path.basename(program).startswith("python"):
        return program
    with open(program, "rb") as file:
        words = file.readline(300).decode(errors="replace").split()
    python = words[0].removeprefix("#!") if words and words[0].startswith("#!") else ""
    return python if os.path.basename(python).startswith("python") else sys.executable


def _digest() -> str:
    """Return the SHA-256 of what goes into the package."""
    digest = hashlib.sha256()
    for packed in _PACKED:
        place = os.path.join(ROOT, packed)
        paths = [place]
        for top, folders, names in os.walk(place):
            folders.sort()
            paths += (os.path.join(top, name) for name in sorted(names))
        for path in paths:
            if os.path.isfile(path) and not path.endswith(".pyc"):
                with open(path, "rb") as file:
                    digest.update(f"{os.path.relpath(path, ROOT)}\0".encode() + file.read())
    return digest.hexdigest()


def _run(argv: list[str]) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, check=False, env=environment())
    if done.returncode != 0:
        raise BuildError(
            f"{shlex.join(argv)} failed; name a command with --imagelint instead\n{done.stderr}"
        )
    return done.stdout
