"""Finding the files to lint: PATHs → files, and everything that was left out with its reason.

Nothing is opened here but folders.
"""

from __future__ import annotations

import os
from operator import attrgetter
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
_BY_GIT = "ignored by git"


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


def _unheard(_folder: str, _names: Iterable[str]) -> None:
    """Have no use for what stands in a folder."""


def find(
    paths: Iterable[str],
    cwd: str,
    excluded: Callable[[str], str | None],
    tell: Callable[[str, Iterable[str]], None] = _unheard,
) -> Found:
    """Find the files that ``paths`` name: files, folders and globs that no shell expanded.

    ``excluded`` gets the absolute path of a file, or with a ``/`` behind it of a folder, and
    says why it is to be left out, or None; before it is asked for a folder below another, ``tell``
    gets the names that stand in it. Each file comes once, sorted by path.
    """
    walk = _Walk(cwd, excluded, tell)
    for path in paths:
        walk.take(path)
    files = sorted(walk.files.values(), key=lambda file: file.shown.split("/"))
    unread = [one for place, one in walk.skipped.items() if place not in walk.files]
    skipped = sorted(unread, key=lambda one: one.path.split("/"))
    return Found(tuple(files), tuple(skipped), tuple(walk.warnings), tuple(walk.errors))


class _Walk:
    """The state of one :func:`find`: what was found so far, by absolute path."""

    def __init__(
        self,
        cwd: str,
        excluded: Callable[[str], str | None],
        tell: Callable[[str, Iterable[str]], None],
    ) -> None:
        self._cwd = cwd
        self._excluded = excluded
        self._tell = tell
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
        folders = [(top, _listing(top))]
        while folders:
            folder, entries = folders.pop()
            if isinstance(entries, OSError):
                self.errors.append(f"{displayed(folder, self._cwd)}: {entries.strerror}")
                continue
            if folder != top and any(entry.name == ".git" for entry in entries):
                ignored |= ignored_below(folder)
            for entry in entries:
                if _is_folder(entry):
                    listing = self._listing_to_walk(entry, ignored)
                    if listing is not None:
                        folders.append((entry.path, listing))
                elif _is_manifest(entry.name):
                    reason = _why_not(entry, ignored)
                    if reason is None:
                        yield entry.path
                    else:
                        self._skip(entry.path, reason)

    def _listing_to_walk(
        self, entry: os.DirEntry[str], ignored: frozenset[str]
    ) -> list[os.DirEntry[str]] | OSError | None:
        """Return what stands in a folder, or None if it is left out, which is noted."""
        listing: list[os.DirEntry[str]] | OSError | None = None
        reason: str | None
        if entry.name in _LEFT_OUT:
            reason = f"left out by name ({entry.name})"
        elif entry.is_symlink():  # it may lead anywhere, and round in circles
            reason = "link to a folder"
        else:
            listing = _listing(entry.path)
            if not isinstance(listing, OSError):
                self._tell(entry.path, [one.name for one in listing])
            reason = self._excluded(entry.path + "/")
            if reason is None and entry.path in ignored:
                reason = _BY_GIT
        if reason is None:
            return listing
        self._skip(entry.path, reason)
        return None

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


def _listing(folder: str) -> list[os.DirEntry[str]] | OSError:
    """Return what stands in a folder, by name."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=attrgetter("name"))
    except OSError as error:
        return error


def _is_manifest(name: str) -> bool:
    return name.lower().endswith(_SUFFIXES) or name in _OTHER_NAMES


def _why_not(entry: os.DirEntry[str], ignored: frozenset[str]) -> str | None:
    """Say why a walk leaves out a manifest that nobody named, if it does."""
    if not _is_file(entry):
        return "broken link" if entry.is_symlink() else "not a regular file"
    return _BY_GIT if entry.path in ignored else None


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
