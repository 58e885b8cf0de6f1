"""Whatever the system refuses, at whichever call: old or new, told truly, and nothing beside."""

from __future__ import annotations

import errno
import io
import os
import signal
import subprocess
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING

import pytest

from imagelint import files
from imagelint.model.errors import FileError
from tests.faults.broken import break_system
from tests.support.project import BAD, ERROR, GOOD, POLICY, Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

resource = pytest.importorskip("resource", reason="no limits for processes on this platform")

OLD, NEW = b"image: old\r\n", b"image: new\n" * 3000
ERRORS = [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EACCES, errno.EPERM, errno.EROFS]


def left_beside(path: Path) -> list[str]:
    return [name for name in os.listdir(path.parent) if name != path.name]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.yaml"
    path.write_bytes(OLD)
    return path


def rewrite(path: Path) -> str | None:
    """Rewrite it and return what is said, None when it was done."""
    try:
        files.rewrite(str(path), path.name, NEW, OLD)
    except FileError as error:
        return str(error)
    return None


@pytest.mark.parametrize("error", ERRORS, ids=errno.errorcode.get)
@pytest.mark.parametrize("for_good", [False, True], ids=["once", "for good"])
def test_any_call_may_fail(
    file: Path, monkeypatch: pytest.MonkeyPatch, error: int, *, for_good: bool
) -> None:
    broken: set[str] = set()
    for at in count(1):
        file.write_bytes(OLD)
        with monkeypatch.context() as patch:
            system = break_system(patch, at, error, for_good=for_good)
            said = rewrite(file)
        left = left_beside(file)
        assert file.read_bytes() == (NEW if said is None else OLD), system
        if said is not None:
            assert said.startswith("a.yaml: not written: "), said
            assert os.strerror(error) in said or "cannot be kept" in said or "locked" in said, said
            assert ("is left beside it" in said) == bool(left), said
        assert for_good or not left, system
        for name in left:
            assert name in str(said)
        assert len(files.clear_leftovers(str(file.parent))) == len(left)
        broken.update(system.failed)
        if not system.failed:
            break
    assert broken >= {"open", "write", "fsync", "chmod", "lstat", "replace", "flock"}
    assert said is None


@pytest.mark.parametrize("error", [errno.EXDEV, errno.EPERM, errno.EBUSY, errno.EOPNOTSUPP])
def test_no_replacing_on_this_file_system(
    file: Path, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr("imagelint.files.writing.os.replace", refuse)
    reason = f"a.yaml: not written: it cannot be replaced ({os.strerror(error)})"
    assert rewrite(file) == reason
    assert file.read_bytes() == OLD
    assert left_beside(file) == []


@pytest.mark.parametrize("limit", [0, 1, 4096, len(NEW) - 1])
def test_a_limit_on_the_size_of_files(work: Project, limit: int) -> None:
    comment = "# " + "x" * len(NEW) + "\n"
    place = work.write("a.yaml", BAD + comment)

    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    # Else Python would cut off its own byte code, for all tests to come.
    no_code = {"PYTHONDONTWRITEBYTECODE": "1"}
    done = work.spawn("fix", preexec_fn=limited, env=no_code)
    assert done.returncode == ERROR
    assert done.stderr == b"error: a.yaml: not written: File too large\n"
    assert place.read_text() == BAD + comment
    assert sorted(os.listdir(work.root)) == [".git", "a.yaml", "imagelint.yaml"]
    assert work.spawn("fix").returncode == 0
    assert place.read_text() == GOOD + comment


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB, where we may mount one."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("only root mounts a file system")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def fill(path: Path) -> None:
    """Write until there is no room."""
    with open(path, "wb", buffering=0) as file, suppress(OSError):
        while file.write(b"x" * 4096):
            pass


def test_a_full_disk(small_disk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (small_disk / ".git").mkdir()
    monkeypatch.chdir(small_disk)
    disk = Project(small_disk)
    disk.write("imagelint.yaml", POLICY)
    place = disk.write("a.yaml", BAD + "#" * 20_000)
    fill(small_disk / "filler")
    done = disk.run("fix")
    assert done.exit_code == ERROR
    assert "error: a.yaml: not written: No space left on device\n" in done.stderr
    assert place.read_text() == BAD + "#" * 20_000
    os.unlink(small_disk / "filler")
    assert sorted(os.listdir(small_disk)) == [".git", "a.yaml", "imagelint.yaml"]
    assert disk.run("fix").exit_code == 0
    assert place.read_text() == GOOD + "#" * 20_000


def test_a_new_file_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.BytesIO):
        """A file on a full disk."""

        def write(self, _: object) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    place = tmp_path / "new"
    real = open

    def opened(path: str, mode: str) -> Full:
        real(path, mode).close()
        return Full()

    monkeypatch.setattr("imagelint.files.writing.open", opened, raising=False)
    with pytest.raises(FileError, match="new: No space left on device"):
        files.write_new(str(place), "new", b"1", overwrite=False)
    assert not place.exists()
    place.write_bytes(b"0")
    with pytest.raises(FileError, match="new: File exists"):
        files.write_new(str(place), "new", b"1", overwrite=False)
    assert place.read_bytes() == b"0"
