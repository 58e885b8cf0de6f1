"""Finding the files to lint: PATHs → files, and everything that was left out with its reason.

Nothing is opened here but folders.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from imagelint.files.git import ignored_below
from imagelint.files.paths import absolute, displayed
from imagelint.finding import Skipped
from imagelint.globs import InvalidPattern, PathPattern
from imagelint.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["Found", "FoundFile", "find"]

_SUFFIXES = (".yaml", ".yml", ".json")
_OTHER_NAMES = frozenset({"Kustomization"})  # kustomize reads it by this name too
_LEFT_OUT = frozenset(  # ruff's list
    {
        *(".bzr", ".direnv", ".eggs", ".git", ".git-rewrite", ".hg", ".ipynb_checkpoints"),
        *(".mypy_cache", ".nox", ".pants.d", ".pyenv", ".pytest_cache", ".pytype"),
        *(".ruff_cache", ".svn", ".tox", ".venv", ".vscode", "__pypackages__", "_build"),
        *("buck-out", "dist", "node_modules", "site-packages", "venv"),
    }
)
_MAGIC = frozenset("*?")


class FoundFile(NamedTuple):
    """A file to lint: ``path`` absolute, to open it; ``shown`` as findings name it."""

    path: str
    shown: str


class Found(NamedTuple):
    """What the PATHs of a command line came to; ``errors`` make the exit code 2."""

    files: tuple[FoundFile, ...]
    skipped: tuple[Skipped, ...]
    warnings: tuple[str, ...]
    errors: tuple[str, ...]


def find(paths: Iterable[str], cwd: str, excluded: Callable[[str], str | None]) -> Found:
    """Find the files that ``paths`` name: files, folders and globs that no shell expanded.

    ``excluded`` gets the absolute path of a file, or with a ``/`` behind it of a folder, and
    says why it is to be left out, or None. Each file comes once, sorted by path.
    """
    walk = _Walk(cwd, excluded)
    for path in paths:
        walk.take(path)
    files = sorted(walk.files.values(), key=lambda file: file.shown.split("/"))
    unread = [one for place, one in walk.skipped.items() if place not in walk.files]
    skipped = sorted(unread, key=lambda one: one.path.split("/"))
    return Found(tuple(files), tuple(skipped), tuple(walk.warnings), tuple(walk.errors))


class _Walk:
    """The state of one :func:`find`: what was found so far, by absolute path."""

    def __init__(self, cwd: str, excluded: Callable[[str], str | None]) -> None:
        self._cwd = cwd
        self._excluded = excluded
        self.files: dict[str, FoundFile] = {}
        self.skipped: dict[str, Skipped] = {}
        self.warnings: list[str] = []
        self.errors: list[str] = []

    def take(self, path: str) -> None:
        """Add what one PATH names."""
        place = absolute(path, self._cwd)
        shown = displayed(place, self._cwd)
        if not path:
            self.errors.append("an empty PATH names nothing")
        elif os.path.isdir(place):
            self._report_empty(shown, [self._add_or_skip(one) for one in self._below(place)])
        elif os.path.lexists(place):
            self._take_named(place, shown)
        elif _MAGIC.intersection(path):
            self._report_empty(shown, [self._add_or_skip(one) for one in self._glob(place)])
        else:
            self.errors.append(f"{shown}: no such file or folder")

    def _take_named(self, place: str, shown: str) -> None:
        """Add a file that was named itself: whatever it is called, and from a pipe too."""
        if not os.path.exists(place):
            self.errors.append(f"{shown}: the link points to a file that does not exist")
            return
        self._add_or_skip(place)

    def _report_empty(self, shown: str, added: list[bool]) -> None:
        if not added:
            self.warnings.append(f"{shown}: no manifests (.yaml, .yml, .json) found")
        elif not any(added):
            self.warnings.append(f"{shown}: every manifest in it is left out")

    def _add_or_skip(self, place: str) -> bool:
        """Add a file, or note why it is excluded; return whether it was added."""
        reason = self._excluded(place)
        if reason is not None:
            self._skip(place, reason)
            return False
        self.files[place] = FoundFile(place, displayed(place, self._cwd))
        return True

    def _skip(self, place: str, reason: str) -> None:
        self.skipped[place] = Skipped(displayed(place, self._cwd), reason)

    def _below(self, top: str) -> Iterator[str]:
        """Yield the manifests below a folder, however deep; folders are pruned first."""
        reason = self._excluded(top + "/")
        if reason is not None:
            self._skip(top, reason)
            return
        ignored = ignored_below(top)
        folders = [top]
        while folders:
            folder = folders.pop()
            entries = self._entries(folder)
            if folder != top and any(entry.name == ".git" for entry in entries):
                ignored |= ignored_below(folder)
            for entry in entries:
                reason = self._reason(entry, ignored)
                if reason is not None:
                    self._skip(entry.path, reason)
                elif entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                elif _is_manifest(entry.name):
                    yield entry.path

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as entries:
                return sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            self.errors.append(f"{displayed(folder, self._cwd)}: {error.strerror}")
            return []

    def _reason(self, entry: os.DirEntry[str], ignored: frozenset[str]) -> str | None:
        """Say why a walk leaves out a folder or manifest that nobody named, if it does."""
        if _is_folder(entry):
            if entry.name in _LEFT_OUT:
                return f"left out by name ({entry.name})"
            if entry.is_symlink():  # it may lead anywhere, and round in circles
                return "link to a folder"
            reason = self._excluded(entry.path + "/")
            if reason is not None:
                return reason
        elif not _is_manifest(entry.name):
            return None
        elif not _is_file(entry):
            return "broken link" if entry.is_symlink() else "not a regular file"
        return "ignored by git" if entry.path in ignored else None

    def _glob(self, pattern: str) -> Iterator[str]:
        """Yield the files that a glob names, and the manifests below the folders it names.

        The folder above the first special character is walked as always; so a glob never
        digs in ``node_modules`` unless it says so.
        """
        parts = pattern.split(os.sep)
        fixed = next(index for index, part in enumerate(parts) if _MAGIC.intersection(part))
        top = os.sep.join(parts[:fixed]) or os.sep
        if not os.path.isdir(top):
            return
        try:
            glob = PathPattern.parse("/".join(parts[fixed:]))
        except InvalidPattern as error:
            self.errors.append(str(error))
            return
        for place in self._below(top):
            names = os.path.relpath(place, top).split(os.sep)
            if any(glob.matches("/".join(names[: end + 1])) for end in range(len(names))):
                yield place


def _is_manifest(name: str) -> bool:
    return name.lower().endswith(_SUFFIXES) or name in _OTHER_NAMES


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that points to itself
        return False


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:
        return False
