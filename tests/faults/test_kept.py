"""What a repair keeps: everything that belongs to the file, and every byte but the images."""

from __future__ import annotations

import os
import stat
import struct
from typing import TYPE_CHECKING

import pytest

from tests.support.project import BAD, CLEAN, GOOD

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.project import Project

attributes = pytest.mark.skipif(
    not hasattr(os, "setxattr"), reason="Python sets no extended attributes on this platform"
)

COMMENT = "# é日\u2028 # no line of ours\n" * 50


def state(path: Path) -> dict[str, object]:
    """Return what has to stay."""
    status = path.stat()
    names = os.listxattr(path) if hasattr(os, "listxattr") else []
    return {
        "mode": stat.S_IMODE(status.st_mode),
        "owner": (status.st_uid, status.st_gid),
        "attributes": {name: os.getxattr(path, name) for name in names},
    }


def set_attribute(path: Path, name: str, value: bytes) -> None:
    try:
        os.setxattr(path, name, value)
    except OSError as error:
        pytest.skip(f"{name}: {error.strerror}")


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o664, 0o755, 0o1644, 0o4755, 0o2755])
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_the_mode(work: Project, mode: int, umask: int) -> None:
    place = work.write("a.yaml", BAD)
    place.chmod(mode)
    before = os.umask(umask)
    try:
        assert work.run("fix").exit_code == CLEAN
    finally:
        os.umask(before)
    assert place.read_text() == GOOD
    assert stat.S_IMODE(place.stat().st_mode) == mode


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_encoding_and_all_other_bytes(work: Project, encoding: str, end: str) -> None:
    head = "\ufeff" if encoding in {"utf-16-le", "utf-16-be"} else ""
    text = f"{head}{COMMENT}{BAD}{COMMENT}  \n\n---\n{BAD}# no end".replace("\n", end)
    place = work.write("a.yaml", text.encode(encoding))
    assert work.run("fix").exit_code == CLEAN
    repaired = text.replace("nginx:1.25", "h.io/hub/nginx:1.25")
    assert place.read_bytes() == repaired.encode(encoding)


@attributes
def test_extended_attributes(work: Project) -> None:
    place = work.write("a.yaml", BAD)
    set_attribute(place, "user.note", b"mine")
    set_attribute(place, "user.empty", b"")
    set_attribute(place, "user.binary", bytes(range(256)))
    before = state(place)
    assert work.run("fix").exit_code == CLEAN
    assert place.read_text() == GOOD
    assert state(place) == before


def access_list(*entries: tuple[int, int, int]) -> bytes:
    """Write an access list as Linux keeps it: (tag, permissions, id) each."""
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


NOBODY = 0xFFFFFFFF
OWNER, USER, GROUP, MASK, OTHER = 0x01, 0x02, 0x04, 0x10, 0x20


@attributes
def test_an_access_list(work: Project) -> None:
    place = work.write("a.yaml", BAD)
    entries = [(OWNER, 6, NOBODY), (USER, 6, 1234), (GROUP, 4, NOBODY), (MASK, 6, NOBODY)]
    set_attribute(place, "system.posix_acl_access", access_list(*entries, (OTHER, 0, NOBODY)))
    before = state(place)
    assert before["mode"] == 0o660
    assert work.run("fix").exit_code == CLEAN
    assert place.read_text() == GOOD
    assert state(place) == before


@attributes
def test_an_access_list_of_the_folder_is_not_inherited(work: Project) -> None:
    place = work.write("sub/a.yaml", BAD)
    place.chmod(0o640)
    entries = [(OWNER, 7, NOBODY), (USER, 7, 1234), (GROUP, 5, NOBODY), (MASK, 7, NOBODY)]
    value = access_list(*entries, (OTHER, 5, NOBODY))
    set_attribute(place.parent, "system.posix_acl_default", value)
    before = state(place)
    assert before["attributes"] == {}
    assert work.run("fix").exit_code == CLEAN
    assert place.read_text() == GOOD
    assert state(place) == before


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away"
)
def test_the_owner(work: Project) -> None:
    place = work.write("a.yaml", BAD)
    os.chown(place, 1234, 4321)
    place.chmod(0o4750)
    before = state(place)
    assert work.run("fix").exit_code == CLEAN
    assert place.read_text() == GOOD
    assert state(place) == before


def test_the_group_of_the_file_and_not_of_the_folder(work: Project) -> None:
    groups = {*os.getgroups(), os.getegid()} - {os.getegid()} or {os.getegid()}
    place = work.write("sub/a.yaml", BAD)
    before = state(place)
    os.chown(place.parent, -1, min(groups))
    place.parent.chmod(0o2775)
    assert work.run("fix").exit_code == CLEAN
    assert state(place) == before
