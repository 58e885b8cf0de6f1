"""Fix over many files: what waits for the disk, in which order it is told, and what stops it."""

from __future__ import annotations

import errno
import os
import pickle
from typing import TYPE_CHECKING

import pytest

from imagelint.run.fixing import propose
from imagelint.run.linting import Linting
from imagelint.run.run import Request, Run
from tests.support.project import BAD, ERROR, GOOD, Project

if TYPE_CHECKING:
    from collections.abc import Callable

    from imagelint.model.report import FileResult

NAMES = [f"{name}.yaml" for name in "abcdef"]
INTERRUPTED = 130


@pytest.fixture
def files(work: Project) -> Project:
    for name in NAMES:
        work.write(name, BAD)
    return work


def on_sync(monkeypatch: pytest.MonkeyPatch, act: Callable[[int], None]) -> None:
    """Do something each time a file is brought to the disk, with the number of the time."""
    real, calls = os.fsync, 0

    def fsync(file: int) -> None:
        nonlocal calls
        calls += 1
        act(calls)
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


def test_each_is_on_the_disk_before_it_has_its_name(
    work: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With more files than wait together, and some between that stay as they are."""
    for number in range(100):
        work.write(f"{number:03}.yaml", GOOD if number % 3 == 0 else BAD)
    real_sync, real_replace = os.fsync, os.replace
    synced: list[int] = []
    named: list[int] = []

    def fsync(file: int) -> None:
        real_sync(file)
        synced.append(os.fstat(file).st_ino)

    def replace(source: str, target: str) -> None:
        named.append(os.stat(source).st_ino)
        assert named[-1] in synced
        real_replace(source, target)

    monkeypatch.setattr("imagelint.files.writing.os.fsync", fsync)
    monkeypatch.setattr("imagelint.files.writing.os.replace", replace)
    done = work.run("fix")
    assert done.exit_code == 0, done.stderr
    assert sorted(named) == sorted(synced)
    assert len(named) == 66
    assert all((work.root / f"{number:03}.yaml").read_text() == GOOD for number in range(100))
    assert "Rewrote 66 files: 001.yaml, 002.yaml, 004.yaml, 005.yaml, 007.yaml and " in done.stdout


def test_what_goes_from_process_to_process_is_small(work: Project) -> None:
    """However large the file: a pipe holds no more than a megabyte, and memory is dear."""
    work.write("large.yaml", BAD + ("# " + "x" * 77 + "\n") * 10_000)
    run = Run(Request(("large.yaml",), fixes=True, inventory=False))
    (one,) = run.inputs
    found = propose(run.linting, one)
    assert found.fix is not None
    assert len(found.fix.edits) == 1
    assert len(pickle.dumps(found)) < 3000


@pytest.mark.parametrize("arguments", [["fix"], ["fix", "--diff"]])
def test_a_file_that_changes_meanwhile_is_left_as_it_is(
    work: Project, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    """What is told is what it holds then, where it is linted once more."""
    path = work.write("a.yaml", BAD)
    real = Linting.light

    def light(linting: Linting, result: FileResult) -> FileResult:
        path.write_text(BAD + "# more\n", encoding="utf-8")
        return real(linting, result)

    monkeypatch.setattr(Linting, "light", light)
    done = work.run(*arguments)
    assert done.exit_code == ERROR
    assert "it changed after it was read" in done.stderr
    assert path.read_text(encoding="utf-8") == BAD + "# more\n"
    assert ("a.yaml:" in done.stdout) is (arguments == ["fix"])
