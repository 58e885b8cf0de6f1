"""Policies, and what is ignored, as a commit has them: no change can touch that."""

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

    def is_on_disk(self, path: str) -> bool:
        """Whether what stands under that name is no part of the commit's repository."""
        return self._name(path) is None

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

    def ignored(self, root: str) -> bytes | None:
        """Return the patterns of all ``.gitignore`` of a repository, as the commit has them.

        Of a submodule as well, at the commit that it had then; a repository that is new inside of
        this one has no say. None: the repository is another one, and has what stands there.
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
        except FileError:  # that commit is not here
            return b""

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


def _ignored_by(tree: Tree) -> bytes:
    names = [
        name
        for name, entry in tree.entries.items()
        if entry.mode not in (LINK, SUBMODULE) and name.rpartition("/")[2] == ".gitignore"
    ]
    return patterns_at_root((name.rpartition("/")[0], data) for name, data in tree.contents(names))


def patterns_at_root(files: Iterable[tuple[str, bytes]]) -> bytes:
    """Make of several ``.gitignore`` a single one, which says the same at the root.

    ``files`` gives the folder of each, with ``/`` and empty for the root, and its bytes. What is
    deeper wins, as in git: of the patterns in one file the last one that fits decides.
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
    """Return a pattern of a folder's as one of the root's."""
    sign, body = (b"!", pattern[1:]) if pattern.startswith(b"!") else (b"", pattern)
    is_anchored = b"/" in body.rstrip(b" ")[:-1]
    way = b"/" if is_anchored else b"/**/"
    return sign + b"/" + prefix + way + body.removeprefix(b"/")
