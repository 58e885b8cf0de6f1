"""Killed, or interrupted, at every step of a write: the file is the old one or the new one."""

from __future__ import annotations

import os
import signal
import stat
from itertools import count
from typing import TYPE_CHECKING

import pytest

from imagelint import files
from tests.faults.steps import DONE, fork, in_child, traced

if TYPE_CHECKING:
    from pathlib import Path

OLD, NEW = b"image: old\r\n" * 1000, b"image: new\n" * 3000


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file to rewrite, with all that can belong to it."""
    monkeypatch.setattr("os.fsync", lambda _: None)  # the power stays on, and disks are slow
    path = tmp_path / "a.yaml"
    path.write_bytes(OLD)
    path.chmod(0o640)
    if hasattr(os, "setxattr"):
        try:
            os.setxattr(path, "user.note", b"mine")
        except OSError:
            return path
    return path


def rewrite(path: Path) -> None:
    files.rewrite(str(path), path.name, NEW, OLD)


def left_beside(path: Path) -> list[str]:
    return [name for name in os.listdir(path.parent) if name != path.name]


@pytest.mark.slow
@fork
def test_killed_at_every_step(file: Path) -> None:
    seen = set()
    for step in count(1):
        file.write_bytes(OLD)

        def act(step: int = step) -> None:
            traced(lambda: rewrite(file), step, lambda: os.kill(os.getpid(), signal.SIGKILL))

        code = in_child(act)
        content = file.read_bytes()
        left = left_beside(file)
        assert content in {OLD, NEW}, step
        assert stat.S_IMODE(file.stat().st_mode) == 0o640, step
        assert len(left) <= (content == OLD), (step, left)
        assert len(files.clear_leftovers(str(file.parent))) == len(left), step
        assert left_beside(file) == [], step
        seen.add((code, content == NEW, bool(left)))
        if code == DONE:
            break
    killed = -signal.SIGKILL
    # Before there is anything beside it, with it beside, after the replacement; and the end.
    assert seen == {
        (killed, False, False),
        (killed, False, True),
        (killed, True, False),
        (DONE, True, False),
    }


def interrupt() -> None:
    raise KeyboardInterrupt


# What was just opened when the interrupt came is closed by the garbage collection.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_interrupted_at_every_step(file: Path) -> None:
    seen = set()
    for step in count(1):
        file.write_bytes(OLD)
        try:
            traced(lambda: rewrite(file), step, interrupt)
        except KeyboardInterrupt:
            done = False
        else:
            done = True
        content = file.read_bytes()
        assert content in {OLD, NEW}, step
        assert left_beside(file) == [], step
        seen.add((done, content == NEW))
        if done:
            break
    assert seen == {(False, False), (False, True), (True, True)}
    assert step > 100
