"""Temporary files: created beside what they replace, locked while in use, removed when dead.

A killed process leaves its temporary file behind, but not its lock (``flock``): a file with our
name pattern and our owner but without a lock is dead, and :func:`clear_leftovers` removes it.
Without locks (Windows, some network file systems) no file counts as dead.
"""

from __future__ import annotations

import contextlib
import os
import stat
from typing import TYPE_CHECKING

if os.name == "posix":
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Iterable
    from io import FileIO

__all__ = ["HAS_LOCKS", "are_leftovers", "clear_leftovers", "create", "has_leftovers", "lock"]
__all__ += ["new_path", "remove"]

HAS_LOCKS = os.name == "posix"
_PREFIX = ".imagelint-"
_RANDOM = 8  # bytes, written in hex
_HEX = frozenset("0123456789abcdef")
# O_NOFOLLOW and O_NONBLOCK: a file of that name may have become a link or a pipe.
_CREATE = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_LOOK = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


def new_path(folder: str) -> str:
    """Return an unused path in ``folder``; nothing is created yet."""
    return os.path.join(folder, _PREFIX + os.urandom(_RANDOM).hex())


def create(path: str) -> FileIO:
    """Create a new file, readable only by us and locked until it is closed; ``OSError`` on failure.

    It has no buffer.
    """
    while True:
        with contextlib.ExitStack() as opened:
            file = opened.enter_context(os.fdopen(os.open(path, _CREATE, 0o600), "wb", 0))
            with contextlib.suppress(OSError):  # no locks here: it never counts as dead
                lock(file, wait=True)
            if _is_named(path, os.fstat(file.fileno())):
                opened.pop_all()
                return file
        # Another process has removed it before it was locked.


def lock(file: FileIO, *, wait: bool) -> None:
    """Lock an open file against other imagelint processes.

    Raises ``BlockingIOError`` if another one holds the lock and ``wait`` is not set, and another
    ``OSError`` if the file system has no locks.
    """
    if HAS_LOCKS:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))


def remove(path: str) -> bool:
    """Remove a file of ours if it exists; return whether it is gone."""
    with contextlib.suppress(OSError):
        os.unlink(path)
    return not os.path.lexists(path)


def clear_leftovers(folder: str) -> tuple[str, ...]:
    """Remove the temporary files of dead processes from a folder; return their paths.

    Files that are in use, are not regular, belong to another user (root removes all of them) or
    cannot be removed are kept.
    """
    paths = (os.path.join(folder, name) for name in sorted(_ours_in(folder)))
    return tuple(path for path in paths if _is_cleared(path))


def has_leftovers(folder: str) -> bool:
    """Whether there are temporary files in a folder, of dead processes or of live ones."""
    return bool(_ours_in(folder))


def are_leftovers(names: Iterable[str]) -> bool:
    """Whether one of the names in a folder is that of a temporary file."""
    return any(map(_is_ours, names))


def _ours_in(folder: str) -> list[str]:
    try:
        return [name for name in os.listdir(folder) if _is_ours(name)]
    except OSError:
        return []


def _is_ours(name: str) -> bool:
    if not name.startswith(_PREFIX):
        return False
    random = name.removeprefix(_PREFIX)
    return len(random) == 2 * _RANDOM == len(name) - len(_PREFIX) and _HEX.issuperset(random)


def _is_cleared(path: str) -> bool:
    """Remove a file if it is dead; hold its lock meanwhile, so that nobody starts to use it."""
    try:
        if not HAS_LOCKS or not _is_removable(os.lstat(path)):
            return False
        with os.fdopen(os.open(path, _LOOK), "rb", 0) as file:
            lock(file, wait=False)
            status = os.fstat(file.fileno())
            if not _is_removable(status) or not _is_named(path, status):
                return False
            os.unlink(path)
    except OSError:
        return False
    return True


def _is_removable(status: os.stat_result) -> bool:
    return stat.S_ISREG(status.st_mode) and os.geteuid() in {0, status.st_uid}


def _is_named(path: str, status: os.stat_result) -> bool:
    """Whether the path still names the file with that status."""
    try:
        return os.path.samestat(os.lstat(path), status)
    except FileNotFoundError:
        return False
