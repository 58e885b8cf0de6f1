"""Policies and ignore patterns as they are in a commit, so that no change affects them."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from imagelint.files.origin import Kind, OnDisk
from imagelint.files.paths import displayed
from imagelint.files.tree import LINK, SUBMODULE, Tree, commit_of, repository_at
from imagelint.model.errors import FileError
from imagelint.model.namedtuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["AtCommit", "Difference", "patterns_at_root"]

_BOM = b"\xef\xbb\xbf"


class Difference(NamedTuple):
    """A deciding file that differs from the commit; None where it does not exist."""

    shown: str
    then: bytes | None
    now: bytes | None
    is_link: bool = False
    """Whether it is now a link, which may lead anywhere."""


class AtCommit:
    """The files of the working folder's repository as in a commit; others from the disk."""

    def __init__(self, ref: str, cwd: str) -> None:
        """Find the commit; raises ``UsageError`` with what to fetch if it is missing."""
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

    def is_on_disk(self, path: str) -> bool:
        """Whether the path is not part of the commit's repository."""
        return self._name(path) is None

    def is_top(self, folder: str) -> bool:
        """Whether this is the root; a repository inside (a submodule) has no policy of its own."""
        if self._name(folder) is None and folder != self._root:
            return self._disk.is_top(folder)
        return folder == self._root

    def read(self, path: str, shown: str, root: str | None) -> bytes:
        """Return the bytes in the commit; links are followed inside of it."""
        name = self._name(path)
        if name is None:
            return self._disk.read(path, shown, root)
        self._asked.add(path)
        return self._tree.content(name, shown)

    def children(self, folder: str) -> Iterable[tuple[str, Kind]]:
        """Return the entries of a folder in the commit; its links are not followed."""
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

    def ignored(self, root: str) -> bytes | None:
        """Return the patterns of all ``.gitignore`` files of a repository, as in the commit.

        A submodule is read at the commit that it had then; a repository that is new inside of this
        one has no patterns. None: it is another repository, whose files on the disk are used.
        """
        real = os.path.realpath(root)
        name = self._name(real)
        if real == self._root:
            return _ignored_by(self._tree)
        if name is None:
            return None
        entry = self._tree.entries.get(name)
        if entry is None or entry.mode != SUBMODULE:
            return b""
        try:
            return _ignored_by(Tree(root, entry.digest, self._tree.ref))
        except FileError:  # that commit is missing
            return b""

    def differences(self) -> tuple[Difference, ...]:
        """Return which of the files read here differ from the working folder."""
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


def _ignored_by(tree: Tree) -> bytes:
    names = [
        name
        for name, entry in tree.entries.items()
        if entry.mode not in (LINK, SUBMODULE) and name.rpartition("/")[2] == ".gitignore"
    ]
    return patterns_at_root((name.rpartition("/")[0], data) for name, data in tree.contents(names))


def patterns_at_root(files: Iterable[tuple[str, bytes]]) -> bytes:
    """Combine several ``.gitignore`` files into one with the same meaning at the root.

    ``files`` yields the folder of each, with ``/`` and empty for the root, and its bytes. Deeper
    files override others, as in git: the last matching pattern decides.
    """
    lines = []
    for folder, data in sorted(files, key=lambda one: (one[0].count("/") + bool(one[0]), one[0])):
        prefix = re.sub(rb"[\\*?\[]", rb"\\\g<0>", os.fsencode(folder))
        for line in data.removeprefix(_BOM).split(b"\n"):
            pattern = line.removesuffix(b"\r")
            if pattern.strip(b" !/") and not pattern.startswith(b"#"):
                lines.append(_moved(prefix, pattern) if prefix else pattern)
    return b"\n".join([*lines, b""])


def _moved(prefix: bytes, pattern: bytes) -> bytes:
    """Return a pattern of a folder as a pattern of the root."""
    sign, body = (b"!", pattern[1:]) if pattern.startswith(b"!") else (b"", pattern)
    is_anchored = b"/" in body.rstrip(b" ")[:-1]
    way = b"/" if is_anchored else b"/**/"
    return sign + b"/" + prefix + way + body.removeprefix(b"/")
