"""What a killed process leaves beside a file: the next ``fix`` takes it away, and nothing else."""

from __future__ import annotations

import fcntl
import os
import threading
from typing import TYPE_CHECKING

import pytest

from imagelint import files
from imagelint.files import temporary
from tests.support.project import BAD, CLEAN, GOOD

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.project import Project

NAME = ".imagelint-0123456789abcdef"


def test_a_later_fix_takes_it_away_and_says_so(work: Project) -> None:
    work.write("a.yaml", GOOD)  # nothing is to be repaired
    work.write(f"sub/{NAME}", "dead")
    work.write("sub/b.yaml", GOOD)
    done = work.run("fix")
    assert done.exit_code == CLEAN
    assert done.stderr == f"note: removed sub/{NAME}, which a killed process left behind\n"
    assert os.listdir(work.root / "sub") == ["b.yaml"]


def test_it_is_looked_for_where_a_link_leads(work: Project) -> None:
    work.write("elsewhere/a.txt", BAD)
    work.write(f"elsewhere/{NAME}", "dead")
    (work.root / "a.yaml").symlink_to("elsewhere/a.txt")
    assert work.run("fix", "a.yaml").exit_code == CLEAN
    assert os.listdir(work.root / "elsewhere") == ["a.txt"]


@pytest.mark.parametrize("arguments", [["check"], ["fix", "--diff"], ["images"], ["fix", "-"]])
def test_whoever_writes_nothing_removes_nothing(work: Project, arguments: list[str]) -> None:
    work.write("a.yaml", GOOD)
    work.write(NAME, "dead")
    work.run(*arguments, stdin=GOOD)
    assert NAME in os.listdir(work.root)


def test_a_living_process_keeps_its_own(work: Project) -> None:
    place = work.write("a.yaml", BAD)
    with open(work.write(NAME, "alive"), "rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert work.spawn("fix").returncode == CLEAN
        assert work.read(NAME) == "alive"
    assert place.read_text() == GOOD
    assert work.spawn("fix").returncode == CLEAN
    assert NAME not in os.listdir(work.root)


@pytest.mark.parametrize(
    "name",
    [
        ".imagelint-0123456789abcde",
        ".imagelint-0123456789abcdef0",
        ".imagelint-0123456789ABCDEF",
        ".imagelint-0123456789abcdeg",
        ".imagelint-0123456789abcdef.yaml",
        "imagelint-0123456789abcdef",
        "0123456789abcdef",
        ".imagelint-.imagelint-0123456",
        ".imagelint-",
        ".imagelint-01234567\n9abcdef",
    ],
)
def test_another_name_is_somebody_elses(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"mine")
    assert files.clear_leftovers(str(tmp_path)) == ()
    assert os.listdir(tmp_path) == [name]


def _link(place: Path) -> None:
    (place.parent / "target").write_bytes(b"mine")
    place.symlink_to("target")


def _socket(place: Path) -> None:
    os.mknod(place, 0o140600)


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo, _link, _socket])
def test_what_is_no_file_stays(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / NAME)
    before = sorted(os.listdir(tmp_path))
    assert files.clear_leftovers(str(tmp_path)) == ()
    assert sorted(os.listdir(tmp_path)) == before


def test_what_belongs_to_somebody_else_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / NAME
    place.write_bytes(b"theirs")
    monkeypatch.setattr("imagelint.files.temporary.os.geteuid", lambda: place.stat().st_uid + 1)
    assert files.clear_leftovers(str(tmp_path)) == ()
    monkeypatch.setattr("imagelint.files.temporary.os.geteuid", lambda: 0)  # root clears up
    assert files.clear_leftovers(str(tmp_path)) == (str(place),)


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert files.clear_leftovers(str(tmp_path / "no")) == ()


def test_without_locks_nothing_is_taken_for_dead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / NAME).write_bytes(b"?")
    monkeypatch.setattr(temporary, "HAS_LOCKS", False)
    assert files.clear_leftovers(str(tmp_path)) == ()


def test_what_was_replaced_since_it_was_opened_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / NAME
    place.write_bytes(b"dead")
    real = temporary.lock

    def lock(*rest: object, **named: object) -> None:
        place.unlink()
        place.write_bytes(b"new")
        real(*rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(temporary, "lock", lock)
    assert files.clear_leftovers(str(tmp_path)) == ()
    assert place.read_bytes() == b"new"


def test_a_new_one_is_made_again_if_it_is_cleared_before_it_is_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = temporary.lock
    cleared: list[tuple[str, ...]] = []

    def lock(*rest: object, **named: object) -> None:
        if not cleared:
            cleared.append(())  # the clearing locks too
            cleared.append(files.clear_leftovers(str(tmp_path)))
        real(*rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(temporary, "lock", lock)
    path = temporary.new_path(str(tmp_path))
    with temporary.create(path) as file:
        assert cleared == [(), (path,)]
        assert os.path.samestat(os.fstat(file.fileno()), os.stat(path))
        assert files.clear_leftovers(str(tmp_path)) == ()
    assert files.clear_leftovers(str(tmp_path)) == (path,)


def test_clearing_and_writing_at_the_same_time(tmp_path: Path) -> None:
    place = tmp_path / "a.yaml"
    contents = [b"0", b"1"]
    place.write_bytes(contents[0])
    done = threading.Event()
    taken: list[str] = []

    def clear() -> None:
        while not done.is_set():
            taken.extend(files.clear_leftovers(str(tmp_path)))

    cleaner = threading.Thread(target=clear)
    cleaner.start()
    try:
        for number in range(200):
            old, new = contents[number % 2], contents[1 - number % 2]
            files.rewrite(str(place), "a.yaml", new, old)
            assert place.read_bytes() == new
    finally:
        done.set()
        cleaner.join()
    assert os.listdir(tmp_path) == ["a.yaml"]
