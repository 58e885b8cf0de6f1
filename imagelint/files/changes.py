"""What has changed since a commit, and which files that affects.

A file is skipped only if the merge base has the very same bytes under its name, the links in its
path lead where they led, and nothing that decides about it has changed. So staged, unstaged,
untracked, renamed and ignored files need no special handling, nor do those of another repository:
whatever differs is linted.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from imagelint.files.git import GitError, ask_git
from imagelint.files.paths import chart_folder, followed, relative_to
from imagelint.files.tree import LINK, SUBMODULE, Entry, Tree, commit_of, is_shallow, repository_at
from imagelint.kubernetes.objects import CHART_FILE
from imagelint.model.errors import FileError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Changes"]

_SHA1_DIGITS = 40


class Changes:
    """The difference between the merge base with ``ref`` and the files on the disk."""

    def __init__(self, ref: str, cwd: str) -> None:
        """Call git; raises ``UsageError`` with what to do if it fails."""
        option = f"--changed-since {ref}"
        root = repository_at(cwd, option)
        self._ref = ref
        self._root = os.path.realpath(root)
        self._base = Tree(root, _merge_base(root, ref, option), ref)
        self._submodules: dict[str, Tree] = {}
        self._different: dict[str, bool] = {}
        self._ways: dict[str, str | None] = {}
        """By folder: its real path; None if a link in its path has changed."""
        self.reason = f"not changed since {ref}"

    def concern(self, path: str, policies: Iterable[str]) -> bool:
        """Whether a file, given by its absolute path, must be linted.

        ``policies`` are the files of its policy, as far as they count.
        """
        deciding = list(policies)
        chart = chart_folder(path)
        if chart is not None:
            deciding.append(os.path.join(chart, CHART_FILE))
        return (
            not self.is_same(path)
            or any(self._is_different(one) for one in deciding)
            or ("templates" in path.split(os.sep) and self.deleted_above(path, CHART_FILE))
        )

    def deleted_at(self, path: str) -> bool:
        """Whether something at or below an absolute path was deleted and nothing exists there now.

        The path as given counts, too: a folder in it may now be a link.
        """
        names = {relative_to(self._root, path), self._name(path)}
        return any(
            one == name or one.startswith(f"{name}/")
            for name in names
            for one in self._base.entries
        )

    def deleted_above(self, path: str, base_name: str) -> bool:
        """Whether a file of that name was deleted from a folder above ``path``."""
        places = (os.path.join(folder, base_name) for folder in _above(path))
        return any(
            self._name(place) in self._base.entries and not os.path.lexists(place)
            for place in places
        )

    def _is_different(self, path: str) -> bool:
        """Whether a deciding file is new, changed or deleted.

        Outside of the repository this is unknown, and a file that never existed is not a change.
        """
        if path not in self._different:
            is_known = self._name(path) is not None and (
                os.path.lexists(path) or self._entry(path) is not None
            )
            self._different[path] = is_known and not self.is_same(path)
        return self._different[path]

    def is_same(self, path: str) -> bool:
        """Whether the target of an absolute path is unchanged, and the links in the path."""
        folder, _, name = path.rpartition(os.sep)
        if folder not in self._ways:
            drive, rest = os.path.splitdrive(folder)
            self._ways[folder] = followed(drive + os.sep, rest, self._is_same_link)
        above = self._ways[folder]
        place = None if above is None else followed(above, name, self._is_same_link)
        entry = None if place is None else self._entry(place)
        return place is not None and entry is not None and _is_as_in(entry, place)

    def then(self, path: str) -> bytes | None:
        """Return the earlier bytes at an absolute path, None if there was no file."""
        name = self._name(path)
        if name not in self._base.entries:
            return None
        try:
            return self._base.content(name, path)
        except FileError:  # a broken link
            return None

    def _is_same_link(self, path: str) -> bool:
        """Whether a link is unchanged; outside of the repository this is unknown."""
        if self._name(path) is None:
            return True
        entry = self._entry(path)
        return entry is not None and _is_as_in(entry, path)

    def _entry(self, path: str) -> Entry | None:
        """Return the earlier entry at an absolute path, also in a submodule."""
        name = self._name(path)
        if name is None:
            return None
        entry = self._base.entries.get(name)
        parts = name.split("/")
        for end in range(1, len(parts)):
            folder = "/".join(parts[:end])
            holder = self._base.entries.get(folder)
            if holder is not None and holder.mode == SUBMODULE:
                return self._submodule(folder, holder.digest).get("/".join(parts[end:]))
        return entry

    def _submodule(self, folder: str, commit: str) -> dict[str, Entry]:
        if folder not in self._submodules:
            place = os.path.join(self._root, folder.replace("/", os.sep))
            self._submodules[folder] = Tree(place, commit, self._ref)
        try:
            return self._submodules[folder].entries
        except FileError:  # that commit is missing: all of it may be new
            return {}

    def _name(self, path: str) -> str | None:
        """Return git's name for an absolute path, None outside of the repository."""
        folder, base_name = os.path.split(path)
        real = os.path.join(os.path.realpath(folder), base_name)
        if not real.startswith(self._root.rstrip(os.sep) + os.sep):
            return None
        return os.path.relpath(real, self._root).replace(os.sep, "/")


def _merge_base(root: str, ref: str, option: str) -> str:
    commit, head = commit_of(root, ref, option), commit_of(root, "HEAD", option)
    try:
        return ask_git(root, "merge-base", commit, head).decode().split()[0]
    except GitError as error:
        reason = f"HEAD and {ref} have no commit in common"
        if is_shallow(root):
            reason = (
                f"the history here is too short to tell where HEAD left {ref};"
                " fetch the rest (`git fetch --unshallow`, fetch-depth: 0)"
            )
        message = f"{option}: {reason}"
        raise UsageError(message) from error


def _above(path: str) -> Iterator[str]:
    while (folder := os.path.dirname(path)) != path:
        yield folder
        path = folder


def _is_as_in(entry: Entry, path: str) -> bool:
    """Whether a file or link has the content of this hash in git.

    Line endings may differ: git may have converted them at checkout.
    """
    is_link = os.path.islink(path)
    if is_link != (entry.mode == LINK):
        return False
    try:
        if is_link:
            return _has_digest(os.fsencode(os.readlink(path)), entry.digest)
        if not os.path.isfile(path):
            return False
        with open(path, "rb") as file:
            data = file.read()
    except OSError:
        return False
    return _has_digest(data, entry.digest) or (
        b"\r\n" in data and _has_digest(data.replace(b"\r\n", b"\n"), entry.digest)
    )


def _has_digest(data: bytes, expected: str) -> bool:
    kind = "sha1" if len(expected) == _SHA1_DIGITS else "sha256"
    digest = hashlib.new(kind, b"blob %d\0" % len(data), usedforsecurity=False)
    digest.update(data)
    return digest.hexdigest() == expected
