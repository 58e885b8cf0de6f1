"""Golden cases: every folder of ``fixtures/`` that has an ``input/``, found by name.

A case is checked and repaired as a user would, through the command line. What comes of it
stands beside the input: ``check.txt`` and a file for each other format (``check.json``,
``check.sarif``, ...), ``images.json``, ``fix.txt`` and the repaired files under ``fixed/``.
After a wanted change, ``IMAGELINT_GOLDEN=write pytest tests/cli/test_golden.py`` writes them anew,
for review in the diff.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from imagelint.formats import FORMATS

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
CASES = sorted(path.parent.name for path in FIXTURES.glob("*/input"))
GOLDEN = {
    "concise": "check.concise.txt",
    "github": "check.github.txt",
    "sarif": "check.sarif",
    "gitlab": "check.gitlab.json",
    "junit": "check.junit.xml",
    "markdown": "check.md",
}
WRITE = os.environ.get("IMAGELINT_GOLDEN") == "write"


def _run(folder: Path, *arguments: str) -> str:
    environment = {key: value for key, value in os.environ.items() if key != "COLUMNS"}
    done = subprocess.run(
        [sys.executable, "-m", "imagelint", *arguments],
        cwd=folder,
        capture_output=True,
        check=False,
        env=environment,
    )
    errors = done.stderr.decode()
    assert "internal error" not in errors, errors
    text = done.stdout.decode() + "".join(f"stderr: {line}\n" for line in errors.splitlines())
    return f"{text}exit {done.returncode}\n"


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _read(path: Path) -> str:
    return path.read_bytes().decode()


def _compare(golden: Path, text: str) -> None:
    if WRITE:
        golden.write_bytes(text.encode())
    assert _read(golden) == text


@pytest.mark.parametrize("case", CASES)
def test_golden(case: str, tmp_path: Path) -> None:
    folder = FIXTURES / case
    work = tmp_path / "input"
    shutil.copytree(folder / "input", work)
    before = _files(work)
    _compare(folder / "check.txt", _run(work, "check"))
    _compare(folder / "check.json", _run(work, "check", "--format", "json"))
    others = {name: tmp_path / golden for name, golden in GOLDEN.items()}
    targets = [f"--format={name}={path}" for name, path in others.items()]
    assert _run(work, "check", "--format", "text", *targets) == _read(folder / "check.txt")
    for path in others.values():
        _compare(folder / path.name, _read(path))
    _compare(folder / "images.json", _run(work, "images", "--format", "json"))
    assert _files(work) == before, "check and images write nothing"

    _compare(folder / "fix.txt", _run(work, "fix"))
    after = _files(work)
    changed = {name: data for name, data in after.items() if before.get(name) != data}
    if WRITE:
        shutil.rmtree(folder / "fixed", ignore_errors=True)
        for name, data in changed.items():
            path = folder / "fixed" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    assert changed == _files(folder / "fixed")
    assert set(after) == set(before)

    _run(work, "fix")
    assert _files(work) == after, "a second fix changes nothing"


def test_there_are_cases() -> None:
    assert len(CASES) >= 8


def test_every_format_has_its_golden_file() -> None:
    assert {"text", "json", *GOLDEN} == set(FORMATS)
