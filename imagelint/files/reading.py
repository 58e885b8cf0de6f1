"""Reading: files, folders and stdin, with errors that name the file and the reason."""

from __future__ import annotations

import os
import re
import stat
import sys
from operator import attrgetter
from typing import TYPE_CHECKING, TypeAlias, cast

from imagelint.files.guard import open_inside
from imagelint.model.errors import FileError, UsageError

if TYPE_CHECKING:
    from io import BufferedReader

__all__ = [
    "MAX_SIZE",
    "STAND_IN_MAX",
    "Identity",
    "has_git",
    "identity",
    "is_blank",
    "is_file",
    "is_folder",
    "listing_of",
    "read",
    "read_stdin",
    "stand_in",
]

Identity: TypeAlias = tuple[int, int]
"""Device and inode."""

MAX_SIZE = 50_000_000
"""Bytes of the largest file that is read unless it is named."""
STAND_IN_MAX = 1024
"""Bytes of the largest file that may be a Git LFS pointer (according to its specification)."""
_LFS = (
    rb"version (?:https?://git-lfs\.github\.com/spec/v1|https://hawser\.github\.com/spec/v1"
    rb"|http://git-media\.io/v/2)\r?\n(?:ext-\S+ \S+\r?\n)*oid sha256:[0-9a-f]{64}\r?\n"
    rb"size [0-9]+\s*\Z"
)
_ANNEX = rb"/annex/objects/[^\n]+\s*\Z"
_STAND_INS = {
    _LFS: "a Git LFS pointer, whose content is not here (`git lfs pull` fetches it)",
    _ANNEX: "a git-annex pointer, whose content is not here (`git annex get` fetches it)",
}
_PIECE = 1 << 20
_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0)
# White space, NUL (UTF-16's other half) and the bytes of byte order marks.
_BLANK = b" \t\r\n\0\xef\xbb\xbf\xff\xfe"


def read(
    path: str, shown: str, root: str | None = None, limit: int | None = None
) -> tuple[bytes, Identity]:
    """Return the bytes of a file and its identity; raise ``FileError`` with the name to show.

    ``path`` and ``root`` are absolute. Files outside of ``root`` are not read (see ``guard.py``),
    nor files of more than ``limit`` bytes; None sets no bound.
    """
    try:
        file = os.open(path, _READ) if root is None else open_inside(path, shown, root)
        try:
            status = os.fstat(file)
            if limit is not None and status.st_size > limit:
                message = f"larger than {limit:,} bytes, and not read (see --max-file-size)"
                raise FileError(shown, message)
            return _all_of(file, status.st_size), (status.st_dev, status.st_ino)
        finally:
            os.close(file)
    except OSError as error:
        raise FileError(shown, error.strerror or str(error)) from error


def stand_in(data: bytes) -> str | None:
    """Return what the bytes are if they only represent its content (such as Git LFS pointers)."""
    if len(data) > STAND_IN_MAX or not data.startswith((b"version ", b"/annex/")):
        return None

    return next((what for pattern, what in _STAND_INS.items() if re.match(pattern, data)), None)


def _all_of(file: int, size: int) -> bytes:
    """Read a file that should hold ``size`` bytes; it is faster without a buffer."""
    data = os.read(file, size + 1)
    if len(data) == size and size:
        return data
    pieces = [data]
    while pieces[-1]:
        pieces.append(os.read(file, _PIECE))
    return b"".join(pieces)


def identity(path: str) -> Identity:
    """Return what all names of a file share: links to it, and hard links."""
    status = os.stat(path)
    return status.st_dev, status.st_ino


def read_stdin() -> bytes:
    """Return all of standard input; raise ``UsageError`` if there is none."""
    if sys.stdin is None:
        message = "standard input is closed"
        raise UsageError(message)
    # In pieces: within one call, Ctrl-C between two reads would wait for the next one. A file comes
    # in one piece.
    stdin = cast("BufferedReader", sys.stdin.buffer)
    piece = max(_PIECE, _size_of(stdin) + 1)
    return b"".join(iter(lambda: stdin.read1(piece), b""))


def _size_of(stream: BufferedReader) -> int:
    """Return the size in bytes of a file behind a stream; 0 if it is not a file."""
    try:
        status = os.fstat(stream.fileno())
    except OSError:  # a substitute without a descriptor
        return 0
    return status.st_size if stat.S_ISREG(status.st_mode) else 0


def is_blank(data: bytes) -> bool:
    """Whether there is nothing but white space, as a failed command leaves on a pipe."""
    return not data.lstrip(_BLANK)  # to strip an end as well would copy all of it


def listing_of(folder: str) -> list[os.DirEntry[str]] | OSError:
    """Return what stands in a folder, by name."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=attrgetter("name"))
    except OSError as error:
        return error


def has_git(listing: list[os.DirEntry[str]] | OSError) -> bool:
    """Whether ``.git`` is in a listing."""
    return not isinstance(listing, OSError) and ".git" in [entry.name for entry in listing]


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether this is a folder, or a link to one."""
    try:
        return entry.is_dir()
    except OSError:  # a link that points to itself
        return False


def is_file(entry: os.DirEntry[str]) -> bool:
    """Whether this is a regular file, or a link to one."""
    try:
        return entry.is_file()
    except OSError:
        return False
