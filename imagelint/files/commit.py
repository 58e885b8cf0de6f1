"""Policies as a commit has them, which a change cannot touch (``--policy-from``)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from imagelint.files.origin import Kind, OnDisk
from imagelint.files.paths import displayed
from imagelint.files.tree import LINK, SUBMODULE, Tree, commit_of, repository_at
from imagelint.model.namedtuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["AtCommit", "Difference"]


class Difference(NamedTuple):
    """A file that decides and is not as in the commit; None where it does not exist."""

    shown: str
    then: bytes | None
    now: bytes | None
    is_link: bool = False
    """Whether a link stands there now, which leads wherever its author likes."""


class AtCommit:
    """The files of the working folder's repository as a commit has them; others as they are."""

    def __init__(self, ref: str, cwd: str) -> None:
        """Take the commit; raises ``UsageError`` with what to fetch where it is missing."""
        option = f"--policy-from {ref}"
        self._cwd = cwd
        self._root = repository_at(cwd, option)
        self._tree = Tree(self._root, commit_of(self._root, ref, option), ref)
        self._disk = OnDisk(cwd)
        self._asked: set[str] = set()

    def exists(self, path: str) -> bool:
        """Whether the commit has a file of that name."""
        name = self._name(path)
        if name is None:
            return self._disk.exists(path)
        self._asked.add(path)
        return name in self._tree.entries

    def is_top(self, folder: str) -> bool:
        """Whether this is the root; a repository inside (a submodule) has no say of its own."""
        if self._name(folder) is None and folder != self._root:
            return self._disk.is_top(folder)
        return folder == self._root

    def read(self, path: str, shown: str, root: str | None) -> bytes:
        """Return the bytes that the commit has; links are followed inside of it."""
        name = self._name(path)
        if name is None:
            return self._disk.read(path, shown, root)
        self._asked.add(path)
        return self._tree.content(name, shown)

    def children(self, folder: str) -> Iterable[tuple[str, Kind]]:
        """Return what the commit has in a folder; its links are links, wherever they lead."""
        name = self._name(folder)
        if name is None and folder != self._root:
            return self._disk.children(folder)
        prefix = "" if name is None else f"{name}/"
        found: dict[str, Kind] = {}
        for path, entry in self._tree.entries.items():
            if path.startswith(prefix):
                child, slash, _ = path[len(prefix) :].partition("/")
                plain = Kind.LINK if entry.mode in (LINK, SUBMODULE) else Kind.FILE
                found[child] = Kind.FOLDER if slash else plain
        return found.items()

    def differences(self) -> tuple[Difference, ...]:
        """Return what of all that was asked for is not as in the working folder."""
        found = []
        for path in sorted(self._asked):
            shown = displayed(path, self._cwd)
            name = self._name(path) or ""
            then = self._tree.content(name, shown) if self.exists(path) else None
            if os.path.islink(path):
                found.append(Difference(shown, then, None, is_link=True))
                continue
            is_file = os.path.isfile(path)
            now = self._disk.read(path, shown, self._root) if is_file else None
            if then != now:
                found.append(Difference(shown, then, now))
        return tuple(found)

    def _name(self, path: str) -> str | None:
        below = os.path.relpath(path, self._root)
        is_outside = below == os.pardir or below.startswith(os.pardir + os.sep)
        return None if is_outside or below == os.curdir else below.replace(os.sep, "/")
