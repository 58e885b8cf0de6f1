"""Fix over many files: what waits for the disk, in which order it is told, and what stops it."""

from __future__ import annotations

import errno
import os
import threading
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import BAD, ERROR, GOOD, Project

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = [f"{name}.yaml" for name in "abcdef"]
INTERRUPTED = 130


@pytest.fixture
def files(work: Project) -> Project:
    for name in NAMES:
        work.write(name, BAD)
    return work


def on_sync(monkeypatch: pytest.MonkeyPatch, act: Callable[[int], None]) -> None:
    """Do something each time a file is brought to the disk, with the number of the time."""
    real, lock, calls = os.fsync, threading.Lock(), 0

    def fsync(file: int) -> None:
        nonlocal calls
        with lock:
            calls += 1
            number = calls
        act(number)
        real(file)

    monkeypatch.setattr("imagelint.files.writing.os.fsync", fsync)


def contents(work: Project) -> list[str]:
    """Return what is in the files, and see that nothing stands beside them."""
    assert sorted(os.listdir(work.root)) == [".git", *NAMES, "imagelint.yaml"]
    return [(work.root / name).read_text() for name in NAMES]


def test_one_that_cannot_be_written_stops_no_other(
    files: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def act(number: int) -> None:
        if number == 2:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    on_sync(monkeypatch, act)
    done = files.run("fix")
    assert done.exit_code == ERROR
    assert sorted(contents(files)) == sorted([BAD, *[GOOD] * 5])
    (kept,) = (name for name in NAMES if (files.root / name).read_text() == BAD)
    assert f"error: {kept}: not written: Input/output error\n" in done.stderr
    assert f"{kept}:" in done.stdout
    assert "Rewrote 5 files" in done.stdout


def test_an_interrupt_leaves_each_file_old_or_new(
    files: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def act(number: int) -> None:
        if number == 3:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        on_sync(patch, act)
        assert files.run("fix").exit_code == INTERRUPTED
    found = contents(files)
    assert set(found) <= {BAD, GOOD}
    assert BAD in found
    assert files.run("fix").exit_code == 0
    assert contents(files) == [GOOD] * 6


def test_they_are_told_in_their_order(files: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the disk is done with the first one last."""
    others = threading.Event()

    def act(number: int) -> None:
        if number == 1:
            others.wait(60)
        elif number == 3:
            others.set()

    on_sync(monkeypatch, act)
    done = files.run("fix")
    assert done.exit_code == 0
    assert contents(files) == [GOOD] * 6
    assert "Rewrote 6 files: a.yaml, b.yaml, c.yaml, d.yaml, e.yaml and 1 more" in done.stdout


def test_no_threads_can_be_had(files: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        message = "can't start new thread"
        raise RuntimeError(message)

    monkeypatch.setattr("threading.Thread.start", refuse)
    done = files.run("fix")
    assert done.exit_code == 0, done.stderr
    assert contents(files) == [GOOD] * 6
