"""What has changed since a commit, and which files that concerns.

A file is left out only if the merge base has the very same bytes under its name, the links on the
way there lead where they led, and nothing that decides about it has changed. So staged, unstaged,
untracked, renamed and ignored files need no care of their own, nor do those of another repository:
what differs is linted.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from imagelint.files.git import GitError, ask_git
from imagelint.files.paths import chart_folder, relative_to
from imagelint.files.tree import LINK, SUBMODULE, Entry, Tree, commit_of, is_shallow, repository_at
from imagelint.model.errors import FileError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Changes"]

_CHART = "Chart.yaml"
_LINKS_MAX = 40  # as the kernel has it
_SHA1_DIGITS = 40


class Changes:
    """The difference between where HEAD left ``ref`` and the files as they are."""

    def __init__(self, ref: str, cwd: str) -> None:
        """Ask git; raises ``UsageError`` with what to do where it cannot answer."""
        option = f"--changed-since {ref}"
        root = repository_at(cwd, option)
        self._ref = ref
        self._root = os.path.realpath(root)
        self._base = Tree(root, _merge_base(root, ref, option), ref)
        self._submodules: dict[str, Tree] = {}
        self._different: dict[str, bool] = {}
        self._ways: dict[str, str | None] = {}
        """By folder: where it is, without links; None where a link on the way is another one."""
        self.reason = f"not changed since {ref}"

    def concern(self, path: str, policies: Iterable[str]) -> bool:
        """Whether a file, given by its absolute path, has to be linted.

        ``policies`` are the files that make its policy, as far as they count.
        """
        deciding = list(policies)
        chart = chart_folder(path)
        if chart is not None:
            deciding.append(os.path.join(chart, _CHART))
        return (
            not self.is_same(path)
            or any(self._is_different(one) for one in deciding)
            or ("templates" in path.split(os.sep) and self.deleted_above(path, _CHART))
        )

    def deleted_at(self, path: str) -> bool:
        """Whether something stood at or below an absolute path where nothing stands now.

        By its name as it is given, too: a folder in it may be a link that was none.
        """
        names = {relative_to(self._root, path), self._name(path)}
        return any(
            one == name or one.startswith(f"{name}/")
            for name in names
            for one in self._base.entries
        )

    def deleted_above(self, path: str, base_name: str) -> bool:
        """Whether a file of that name is gone from a folder that ``path`` is below."""
        places = (os.path.join(folder, base_name) for folder in _above(path))
        return any(
            self._name(place) in self._base.entries and not os.path.lexists(place)
            for place in places
        )

    def _is_different(self, path: str) -> bool:
        """Whether a file that decides is new, changed or gone.

        Outside of the repository nobody knows, and one that never was is no change.
        """
        if path not in self._different:
            is_known = self._name(path) is not None and (
                os.path.lexists(path) or self._entry(path) is not None
            )
            self._different[path] = is_known and not self.is_same(path)
        return self._different[path]

    def is_same(self, path: str) -> bool:
        """Whether what an absolute path leads to is as it was, and the links on the way there."""
        folder, _, name = path.rpartition(os.sep)
        if folder not in self._ways:
            self._ways[folder] = self._led_to(folder or os.sep)
        above = self._ways[folder]
        place = None if above is None else self._followed(above, name)
        entry = None if place is None else self._entry(place)
        return place is not None and entry is not None and _is_as_in(entry, place)

    def then(self, path: str) -> bytes | None:
        """Return the bytes that stood at an absolute path, None where no file did."""
        name = self._name(path)
        if name not in self._base.entries:
            return None
        try:
            return self._base.content(name, path)
        except FileError:  # a link that led nowhere
            return None

    def _led_to(self, folder: str) -> str | None:
        """Return where an absolute folder is, without links, if those are as they were."""
        drive, rest = os.path.splitdrive(folder)
        return self._followed(drive + os.sep, rest)

    def _followed(self, place: str, rest: str) -> str | None:
        """Follow a path from a place without links; None if a link on the way is another one."""
        names = rest.split(os.sep)[::-1]
        links = 0
        while names:
            name = names.pop()
            if name == os.pardir:
                place = os.path.dirname(place)
            elif name not in ("", os.curdir):
                there = os.path.join(place, name)
                if not os.path.islink(there):
                    place = there
                    continue
                links += 1
                if links > _LINKS_MAX or not self._is_same_link(there):
                    return None
                target = os.readlink(there)
                place = os.sep if os.path.isabs(target) else place
                names += os.path.splitdrive(target)[1].split(os.sep)[::-1]
        return place

    def _is_same_link(self, path: str) -> bool:
        """Whether a link is as it was; outside of the repository nobody knows."""
        if self._name(path) is None:
            return True
        entry = self._entry(path)
        return entry is not None and _is_as_in(entry, path)

    def _entry(self, path: str) -> Entry | None:
        """Return what stood at an absolute path, also in a submodule."""
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
        except FileError:  # that commit is not here: all of it may be new
            return {}

    def _name(self, path: str) -> str | None:
        """Return the name by which git knows an absolute path, None outside of the repository."""
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
    """Whether a file or link has the content that git knows by this hash.

    Line endings apart: git may have converted them while checking out.
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
