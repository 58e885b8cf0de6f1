"""Odd places: links, loops, folders and files that may not be written, owners, access lists."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults.steps import DONE, fork, in_child
from tests.support.project import BAD, CLEAN, ERROR, GOOD, POLICY, Project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOBODY = 65534


def error(work: Project, message: str, *arguments: str) -> None:
    """``fix`` must fail with this one error and change nothing."""
    before = {path: path.read_bytes() for path in work.root.rglob("*") if path.is_file()}
    done = work.run("fix", *arguments)
    assert done.exit_code == ERROR
    assert [line for line in done.stderr.splitlines() if line.startswith("error:")] == [message]
    assert {path: path.read_bytes() for path in work.root.rglob("*") if path.is_file()} == before


def test_the_target_of_a_link_is_repaired_and_the_link_stays(work: Project) -> None:
    target = work.write("real/a.txt", BAD)
    first, second = work.root / "a.yaml", work.root / "b.yaml"
    first.symlink_to("real/a.txt")
    second.symlink_to("a.yaml")
    assert work.run("fix").exit_code == CLEAN
    assert (os.readlink(first), os.readlink(second)) == ("real/a.txt", "a.yaml")
    assert target.read_text() == GOOD


def test_links_that_go_round(work: Project) -> None:
    (work.root / "a.yaml").symlink_to("b.yaml")
    (work.root / "b.yaml").symlink_to("a.yaml")
    (work.root / "self.yaml").symlink_to("self.yaml")
    (work.root / "sub").mkdir()
    (work.root / "sub/up").symlink_to("..")
    work.write("sub/good.yaml", BAD)
    done = work.run("fix", "--verbose")
    assert done.exit_code == CLEAN
    assert work.read("sub/good.yaml") == GOOD
    for name in ("a", "b", "self"):
        assert f"note: skipped {name}.yaml: broken link\n" in done.stderr
    message = "error: a.yaml: the link points to a file that does not exist"
    error(work, message, "a.yaml")


def test_a_second_hard_link(work: Project) -> None:
    os.link(work.write("a.yaml", BAD), work.root / "b.txt")
    reason = "it has 2 hard links, and replacing it would part them"
    error(work, f"error: a.yaml: not written: {reason}")


def _save(place: Path) -> None:
    place.write_text(BAD + "# saved meanwhile\n")


def _replace(place: Path) -> None:
    other = place.with_name("other")
    other.write_text(BAD)
    other.replace(place)


def _link(place: Path) -> None:
    os.link(place, place.with_name("other"))


def _chmod(place: Path) -> None:
    place.chmod(0o600)


@pytest.mark.parametrize("change", [_save, _replace, _link, _chmod])
def test_a_change_between_reading_and_writing(
    work: Project, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], None]
) -> None:
    place = work.write("a.yaml", BAD)
    place.chmod(0o644)
    real = os.fsync

    def changed(descriptor: int) -> None:
        real(descriptor)
        change(place)

    monkeypatch.setattr("imagelint.files.writing.os.fsync", changed)
    done = work.run("fix")
    assert done.exit_code == ERROR
    assert done.stderr.startswith("error: a.yaml: not written: it changed after it was read\n")
    assert place.read_text().startswith(BAD)
    assert not list(work.root.glob(".imagelint-*"))
    assert "unapproved-registry" in done.stdout  # it is what is in the file


def test_a_file_that_is_gone_meanwhile(work: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    place = work.write("a.yaml", BAD)
    monkeypatch.setattr("imagelint.files.writing.os.fsync", lambda _: place.unlink(missing_ok=True))
    done = work.run("fix")
    assert done.exit_code == ERROR
    assert done.stderr.startswith("error: a.yaml: not written: No such file or directory\n")
    assert sorted(os.listdir(work.root)) == [".git", "imagelint.yaml"]


def test_a_file_that_another_process_holds(work: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl  # noqa: PLC0415 - not on Windows

    monkeypatch.setattr("imagelint.files.writing._TRIES", 2)
    with open(work.write("a.yaml", BAD), "rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        error(work, "error: a.yaml: not written: another process has locked it")
    assert work.run("fix").exit_code == CLEAN


# --- what others may not do: as somebody who is not root --------------------------------


@pytest.fixture
def shared() -> Iterator[Project]:
    """A project where everybody may go, below folders that everybody may pass."""
    root = Path(tempfile.mkdtemp(prefix="imagelint-test-"))
    root.chmod(0o777)
    project = Project(root)
    (root / ".git").mkdir()
    project.write("imagelint.yaml", POLICY)
    yield project
    shutil.rmtree(root)


def as_nobody(act: Callable[[], None]) -> None:
    """Do something, in a process of its own, as a user who is not root."""

    def less() -> None:
        if os.geteuid() == 0:
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
        act()

    assert in_child(less) == DONE


def own(*paths: Path) -> None:
    """Give files to the user of :func:`as_nobody`."""
    if os.geteuid() == 0:
        for path in paths:
            os.chown(path, NOBODY, NOBODY)


@fork
@pytest.mark.parametrize(
    ("file_mode", "folder_mode", "reason"),
    [
        (0o444, 0o755, "it is read-only"),
        (0o644, 0o555, "no file can be made beside it (Permission denied)"),
        (0o444, 0o555, "it is read-only"),
    ],
)
def test_what_is_read_only(shared: Project, file_mode: int, folder_mode: int, reason: str) -> None:
    place = shared.write("sub/a.yaml", BAD)
    place.chmod(file_mode)
    place.parent.chmod(folder_mode)
    own(place, place.parent)

    def act() -> None:
        os.chdir(shared.root)
        error(shared, f"error: sub/a.yaml: not written: {reason}")

    as_nobody(act)
    assert os.listdir(place.parent) == ["a.yaml"]
    place.parent.chmod(0o755)


@fork
def test_permission_that_is_lost_between_two_steps(
    shared: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = shared.write("sub/a.yaml", BAD)
    own(place, place.parent)
    real = os.fsync

    def locked(descriptor: int) -> None:
        real(descriptor)
        place.parent.chmod(0o555)

    def act() -> None:
        os.chdir(shared.root)
        monkeypatch.setattr("imagelint.files.writing.os.fsync", locked)
        done = shared.run("fix")
        assert done.exit_code == ERROR
        [left] = [name for name in os.listdir("sub") if name != "a.yaml"]
        assert done.stderr.startswith(
            "error: sub/a.yaml: not written: it cannot be replaced (Permission denied);"
            f" {left} is left beside it, for the next fix\n"
        )
        assert place.read_text() == BAD
        monkeypatch.undo()
        place.parent.chmod(0o755)
        assert shared.run("fix").exit_code == CLEAN
        assert os.listdir("sub") == ["a.yaml"]
        assert place.read_text() == GOOD

    as_nobody(act)


@fork
@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away"
)
def test_an_owner_who_cannot_be_kept(shared: Project) -> None:
    place = shared.write("a.yaml", BAD)
    place.chmod(0o666)  # anybody may write it, and nobody may make another one root's

    def act() -> None:
        os.chdir(shared.root)
        error(shared, "error: a.yaml: not written: its owner and group cannot be kept")

    as_nobody(act)
    assert (place.stat().st_uid, stat.S_IMODE(place.stat().st_mode)) == (0, 0o666)
