"""Where policies are read from: the working folder, or a commit (``files/commit.py``).

Everything that decides (the policy, what it extends, what it suppresses) must be read through
one of these, so that ``--policy-from`` applies to all of it.
"""

from __future__ import annotations

import os
from enum import Enum
from typing import TYPE_CHECKING, Protocol

from imagelint.files.paths import is_below
from imagelint.files.reading import read
from imagelint.model.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Kind", "OnDisk", "Origin"]


class Kind(Enum):
    """The type of a directory entry; a link is not followed."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"


class Origin(Protocol):
    """A place from which policies are read. Paths are absolute."""

    def exists(self, path: str) -> bool:
        """Whether there is a file of that name."""
        ...

    def is_on_disk(self, path: str) -> bool:
        """Whether the file of that name is read from the disk as it is."""
        ...

    def is_top(self, folder: str) -> bool:
        """Whether the search for a policy ends at this folder."""
        ...

    def read(self, path: str, shown: str, root: str | None) -> bytes:
        """Return the bytes of a file, which must be in ``root`` if given; raise ``FileError``."""
        ...

    def children(self, folder: str) -> Iterable[tuple[str, Kind]]:
        """Return the entries of a folder, by name; none if the folder does not exist."""
        ...


class OnDisk:
    """The files on the disk."""

    def __init__(self, cwd: str | None = None) -> None:
        """Keep the working folder: only inside of a submodule is that its own repository."""
        self._cwd = cwd

    def exists(self, path: str) -> bool:
        """Whether there is a file of that name, a broken link included."""
        return os.path.lexists(path)

    def is_on_disk(self, path: str) -> bool:  # noqa: ARG002 - as origins are asked
        """Whether the file of that name is read from the disk as it is: always."""
        return True

    def is_top(self, folder: str) -> bool:
        """Whether this is the root of the file system, or of a repository other than a submodule.

        A submodule may contain a policy, which must not loosen that of the linted repository. If
        the working folder is inside of the submodule, the submodule is the top.
        """
        if os.path.dirname(folder) == folder:
            return True
        git = os.path.join(folder, ".git")
        if not self.exists(git):
            return False
        is_around = self._cwd is not None and is_below(self._cwd, folder)
        return is_around or not _is_of_submodule(git)

    def read(self, path: str, shown: str, root: str | None) -> bytes:
        """Return the bytes of a file, which must be in ``root`` if given."""
        return read(path, shown, root)[0]

    def children(self, folder: str) -> Iterable[tuple[str, Kind]]:
        """Return the entries of a folder."""
        try:
            with os.scandir(folder) as found:
                return [(entry.name, _kind(entry)) for entry in found]
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            raise FileError(folder, f"cannot be read: {error.strerror}") from error


def _is_of_submodule(git: str) -> bool:
    """Whether this is the ``.git`` file of a submodule (a worktree has one, too)."""
    if os.path.islink(git) or not os.path.isfile(git):
        return False
    text = read(git, git)[0].decode("utf-8", "surrogateescape")
    return text.startswith("gitdir:") and "/modules/" in text.replace(os.sep, "/")


def _kind(entry: os.DirEntry[str]) -> Kind:
    if entry.is_symlink():
        return Kind.LINK
    return Kind.FOLDER if entry.is_dir() else Kind.FILE
