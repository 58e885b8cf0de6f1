"""Golden cases: every folder of ``fixtures/`` that has an ``input/``, found by name.

A case is checked and repaired as a user would, through the command line. What comes of it
stands beside the input: ``check.txt``, ``check.json``, ``images.json``, ``fix.txt`` and the
repaired files under ``fixed/``. After a wanted change, ``IMAGELINT_GOLDEN=write pytest
tests/test_golden.py`` writes them anew, for review in the diff.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
CASES = sorted(path.parent.name for path in FIXTURES.glob("*/input"))
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


def _compare(golden: Path, text: str) -> None:
    if WRITE:
        golden.write_bytes(text.encode())
    assert golden.read_bytes().decode() == text


@pytest.mark.parametrize("case", CASES)
def test_golden(case: str, tmp_path: Path) -> None:
    folder = FIXTURES / case
    work = tmp_path / "input"
    shutil.copytree(folder / "input", work)
    before = _files(work)
    _compare(folder / "check.txt", _run(work, "check"))
    _compare(folder / "check.json", _run(work, "check", "--format", "json"))
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
