from __future__ import annotations

import errno
import io
import os
import stat
from typing import TYPE_CHECKING, Any

import pytest

from imagelint import files
from imagelint.model.errors import FileError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.project import Project

not_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may do everything"
)


class TestRewrite:
    OLD, NEW = b"old\r\n", b"new"

    @pytest.fixture
    def file(self, project: Project) -> Path:
        return project.write("a.yaml", self.OLD)

    def rewrite(self, path: Path) -> None:
        files.rewrite(str(path), path.name, self.NEW, self.OLD)

    def refused(self, path: Path, reason: str) -> None:
        before = path.read_bytes()
        with pytest.raises(FileError, match=f"^{path.name}: not written: .*{reason}"):
            self.rewrite(path)
        assert path.read_bytes() == before
        self.nothing_is_left(path)

    def nothing_is_left(self, path: Path) -> None:
        assert not list(path.parent.glob(".imagelint-*"))

    @pytest.mark.parametrize("mode", [0o644, 0o600, 0o755, 0o664])
    def test_the_bytes_change_and_the_mode_stays(self, file: Path, mode: int) -> None:
        file.chmod(mode)
        self.rewrite(file)
        assert file.read_bytes() == self.NEW
        assert stat.S_IMODE(file.stat().st_mode) == mode
        self.nothing_is_left(file)

    def test_a_call_may_write_less(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        class Slow(io.FileIO):
            def write(self, data: Any) -> int:
                return super().write(data[:2])

        monkeypatch.setattr("imagelint.files.temporary.os.fdopen", lambda *rest: Slow(*rest[:2]))
        self.rewrite(file)
        assert file.read_bytes() == self.NEW

    def test_a_link_stays_a_link(self, file: Path) -> None:
        link = file.parent / "sub" / "link.yaml"
        link.parent.mkdir()
        link.symlink_to("../a.yaml")
        self.rewrite(link)
        assert link.is_symlink()
        assert file.read_bytes() == self.NEW
        self.nothing_is_left(link)

    def test_a_second_hard_link_is_refused(self, file: Path) -> None:
        os.link(file, file.parent / "b.yaml")
        self.refused(file, "2 hard links")

    def test_a_file_that_changed_meanwhile_is_refused(self, file: Path) -> None:
        file.write_bytes(b"saved by somebody")
        self.refused(file, "it changed after it was read")

    def test_a_file_that_is_gone(self, file: Path) -> None:
        file.unlink()
        with pytest.raises(FileError, match="No such file"):
            self.rewrite(file)

    def test_a_pipe_is_refused(self, project: Project) -> None:
        pipe = project.root / "pipe"
        os.mkfifo(pipe)
        with pytest.raises(FileError, match="not a regular file"):
            self.rewrite(pipe)

    @not_root
    def test_a_read_only_file_is_refused(self, file: Path) -> None:
        file.chmod(0o444)
        self.refused(file, "read-only")

    @not_root
    def test_a_read_only_folder_is_refused(self, file: Path) -> None:
        file.parent.chmod(0o555)
        try:
            self.refused(file, "no file can be made beside it")
        finally:
            file.parent.chmod(0o755)

    @pytest.mark.skipif(
        not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away"
    )
    def test_the_owner_stays(self, file: Path) -> None:
        os.chown(file, 1234, 4321)
        self.rewrite(file)
        assert (file.stat().st_uid, file.stat().st_gid) == (1234, 4321)

    def test_an_owner_that_cannot_be_kept_is_refused(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = os.fstat

        def other_owner(descriptor: int) -> os.stat_result:
            values = list(real(descriptor))
            values[4] += 1
            return os.stat_result(values)

        def refuse(*_: object) -> None:
            raise PermissionError(errno.EPERM, "no")

        monkeypatch.setattr("imagelint.files.writing.os.fstat", other_owner)
        monkeypatch.setattr("imagelint.files.writing.os.chown", refuse)
        with pytest.raises(FileError, match="its owner and group cannot be kept"):
            self.rewrite(file)
        monkeypatch.undo()
        assert file.read_bytes() == self.OLD
        self.nothing_is_left(file)

    @pytest.mark.skipif(not hasattr(os, "setxattr"), reason="no extended attributes here")
    def test_extended_attributes_stay(self, file: Path) -> None:
        try:
            os.setxattr(file, "user.note", b"mine")
        except OSError as error:
            pytest.skip(f"the file system has none: {error}")
        self.rewrite(file)
        assert os.getxattr(file, "user.note") == b"mine"

    @pytest.mark.skipif(not hasattr(os, "setxattr"), reason="no extended attributes here")
    def test_an_extended_attribute_that_cannot_be_kept_is_refused(
        self, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def attributes(file: str | int) -> dict[str, bytes]:
            return {} if isinstance(file, int) else {"security.label": b"x"}

        def refuse(*_: object) -> None:
            raise PermissionError(errno.EPERM, "no")

        monkeypatch.setattr("imagelint.files.writing._attributes", attributes)
        monkeypatch.setattr("imagelint.files.writing.os.setxattr", refuse)
        self.refused(file, "extended attribute security.label cannot be kept")

    @pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left"), KeyboardInterrupt()])
    def test_whatever_happens_nothing_is_left_behind(
        self, file: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
    ) -> None:
        def fail(_: int) -> None:
            raise error

        monkeypatch.setattr("imagelint.files.writing.os.fsync", fail)
        with pytest.raises((FileError, KeyboardInterrupt)):
            self.rewrite(file)
        assert file.read_bytes() == self.OLD
        self.nothing_is_left(file)


def test_a_file_of_ours_is_there_until_the_next_one_is(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    place = project.root / "baseline"
    files.write_whole(str(place), "baseline", b"1")
    files.write_whole(str(place), "baseline", b"2")
    assert place.read_bytes() == b"2"
    monkeypatch.setattr("imagelint.files.writing.os.fsync", fail)
    with pytest.raises(FileError, match="baseline: not written: No space left on device"):
        files.write_whole(str(place), "baseline", b"3")
    assert place.read_bytes() == b"2"
    assert sorted(os.listdir(project.root)) == [".git", "baseline"]


def test_a_new_file_does_not_overwrite(project: Project) -> None:
    place = project.root / "r.json"
    files.write_new(str(place), "r.json", b"1", overwrite=False)
    with pytest.raises(FileError, match=r"r\.json: File exists"):
        files.write_new(str(place), "r.json", b"2", overwrite=False)
    files.write_new(str(place), "r.json", b"2", overwrite=True)
    assert place.read_bytes() == b"2"
