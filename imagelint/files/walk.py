"""Find the files to lint: PATHs → files, and everything that was skipped, with the reason.

It opens only folders.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from imagelint.files.git import LEFT_OUT, Ignored, repository_of
from imagelint.files.paths import (
    BROKEN_LINK,
    LINK_TO_FOLDER,
    MAGIC,
    Found,
    FoundFile,
    Listener,
    above_glob,
    absolute,
    by_segments,
    displayed,
    in_order,
    is_below,
    is_manifest,
)
from imagelint.files.reading import has_git, is_file, is_folder, listing_of
from imagelint.model.finding import Skipped
from imagelint.model.namedtuple import NamedTuple
from imagelint.patterns.globs import InvalidPattern, PathPattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["find"]

_BY_GIT = "ignored by git"
_UNTRACKED = "untracked, in a folder left out by name"
_NOBODY = Listener()
_LINKS_MAX = 10_000
"""How many links to folders a run follows: links behind links multiply."""


class _Behind(NamedTuple):
    """A folder that is reached through one or several links."""

    there: str
    """Its real path: as git knows it."""
    links: tuple[str, ...]
    """The folders that contain those links, also as real paths."""


def find(
    paths: Iterable[str],
    cwd: str,
    excluded: Callable[[str], str | None],
    ignored: Ignored | None = None,
    listener: Listener = _NOBODY,
) -> Found:
    """Find the files that ``paths`` name: files, folders and globs that no shell expanded.

    ``excluded`` is called with the absolute path of a file, or of a folder with a trailing ``/``,
    and returns why to skip it, or None. ``ignored`` knows what git ignores. Each file is returned
    once, sorted by path.
    """
    walk = _Walk(cwd, excluded, ignored or Ignored(), listener)
    for path in paths:
        walk.take(path)
    files = in_order(walk.files.values())
    unread = [one for place, one in walk.skipped.items() if place not in walk.files]
    skipped = sorted(unread, key=lambda one: by_segments(one.path))
    reasons = (BROKEN_LINK, LINK_TO_FOLDER)
    return Found(
        files,
        tuple(skipped),
        tuple(walk.warnings),
        tuple(walk.errors),
        frozenset(walk.links),
        {place: one for place, one in walk.skipped.items() if one.reason in reasons},
        tuple(walk.folders),
        tuple(walk.empty),
        tuple(walk.roots),
        tuple(walk.without),
    )


class _Added:
    """The result for one PATH: whether manifests were seen, and whether one was included."""

    seen = taken = False


class _Walk:
    """The state of one :func:`find`: what was found so far, by absolute path."""

    def __init__(
        self,
        cwd: str,
        excluded: Callable[[str], str | None],
        ignored: Ignored,
        listener: Listener,
    ) -> None:
        self._cwd = cwd
        self._excluded = excluded
        self._git = ignored
        self._tell, self._begin, self._follows = listener
        self._followed = 0
        """How many links to folders were followed."""
        self.files: dict[str, FoundFile] = {}
        self.skipped: dict[str, Skipped] = {}
        self.links: list[str] = []
        self.folders: list[str] = []
        self.empty: list[str] = []
        self.roots: dict[str, None] = {}
        self.without: list[str] = []
        self._pruned: list[str] = []
        """The excluded folders of the current PATH."""
        self.warnings: list[str] = []
        self.errors: list[str] = []

    def take(self, path: str) -> None:
        """Add what one PATH names."""
        place = absolute(path, self._cwd)
        shown = displayed(place, self._cwd)
        if not path:
            self.errors.append("an empty PATH names nothing")
        elif os.path.isdir(place):
            if not self._has_seen(shown, self._take_below(place)):
                self.without.append(shown)
        elif os.path.lexists(place):
            self._take_named(place, shown)
        elif MAGIC.intersection(path):
            if not self._has_seen(shown, self._take_glob(place)):
                self.errors.append(f"{shown}: no manifest (.yaml, .yml, .json) matches this glob")
        else:
            self.errors.append(f"{shown}: no such file or folder")

    def _take_named(self, place: str, shown: str) -> None:
        """Add a file that was named itself: whatever its name is, and also a pipe."""
        if not os.path.exists(place):
            self.errors.append(f"{shown}: the link points to a file that does not exist")
            return
        self._add_or_skip(place, shown, is_link=os.path.islink(place))

    def _has_seen(self, shown: str, added: _Added) -> bool:
        """Return whether there were manifests; warn if all of them were skipped."""
        if added.seen and not added.taken:
            self.warnings.append(f"{shown}: every manifest in it is left out")
        return added.seen

    def _add_or_skip(self, place: str, shown: str, *, is_link: bool) -> bool:
        """Add a file, or record why it is excluded; return whether it was added."""
        reason = self._excluded(place)
        if reason is not None:
            self.skipped[place] = Skipped(shown, reason)
            return False
        if place not in self.files:
            self.files[place] = FoundFile(place, shown)
            if is_link:  # it may lead anywhere: do not start on it yet
                self.links.append(place)
            else:
                self._begin(place)
        return True

    def _skip(self, place: str, reason: str) -> None:
        self.skipped[place] = Skipped(displayed(place, self._cwd), reason)

    def _take_below(self, top: str, is_wanted: Callable[[str], bool] | None = None) -> _Added:
        """Add the manifests below a folder, at any depth, by name; folders are pruned first."""
        self._pruned.clear()
        added = self._added_below(top, is_wanted)
        added.seen = added.seen or any(_holds_manifest(one, is_wanted) for one in self._pruned)
        return added

    def _added_below(self, top: str, is_wanted: Callable[[str], bool] | None) -> _Added:
        added = _Added()
        reason = self._excluded(top + "/")
        if reason is not None:
            self._skip(top, reason)
            self._pruned.append(top)
            return added
        self.folders.append(top)
        listing = listing_of(top)
        if not isinstance(listing, OSError):
            self._tell(top, [one.name for one in listing])
        ignored = self._entered(top, listing)
        everything: frozenset[str] | None = None
        nowhere: _Behind | None = None
        folders = [(*self._opened(displayed(top, self._cwd), listing), everything, nowhere)]
        while folders:
            entries, shown, only, behind = folders[-1]
            for entry in entries:  # continues after a subfolder
                place = entry.path if behind is None else f"{behind.there}{os.sep}{entry.name}"
                if is_folder(entry):
                    inside = self._behind(entry, place, behind)
                    kept = self._kept(entry, place, only, inside)
                    inner = self._listing_to_walk(entry, place, ignored, kept, inside)
                    if inner is not None:
                        name = self._shown(entry, shown)
                        folders.append((*self._opened(name, inner), kept, inside))
                        there = entry.path if inside is None else inside.there
                        if entry.is_symlink() and not _is_known(there, top):
                            ignored |= self._ignored(there)
                        ignored = self._entered(there, inner, ignored)
                        break
                elif is_manifest(entry.name) and (is_wanted is None or is_wanted(entry.path)):
                    reason = _why_not(entry, place, ignored, only)
                    if reason is not None:
                        self._skip(entry.path, reason)
                        continue
                    added.seen = True
                    name = self._shown(entry, shown)
                    is_link = behind is not None or entry.is_symlink()
                    added.taken |= self._add_or_skip(entry.path, name, is_link=is_link)
            else:
                folders.pop()
        return added

    def _entered(
        self,
        folder: str,
        listing: list[os.DirEntry[str]] | OSError,
        ignored: frozenset[str] | None = None,
    ) -> frozenset[str]:
        """Record a folder; return what is ignored in it: unchanged unless it is a repository."""
        if listing == []:
            self.empty.append(folder)
        if ignored is None or has_git(listing):
            return (ignored or frozenset()) | self._ignored(folder)
        return ignored

    def _ignored(self, folder: str) -> frozenset[str]:
        """Return what git ignores in a folder, below the one in which its repository begins."""
        root = repository_of(folder)
        if root is None:
            return frozenset()
        self.roots[root] = None
        return self._git.below(folder)

    def _behind(
        self, entry: os.DirEntry[str], place: str, behind: _Behind | None
    ) -> _Behind | None:
        """Return the real place of a folder that a followed link leads to, or that is below one.

        ``place`` is its path. A link to a folder around it, or around a link on the way to it, is a
        cycle, and is not followed.
        """
        if not entry.is_symlink():
            return None if behind is None else behind._replace(there=place)
        if not self._follows(entry.path):
            return None
        stands = os.path.realpath(os.path.dirname(entry.path))
        links = (stands,) if behind is None else (*behind.links, stands)
        there = os.path.realpath(entry.path)
        if any(is_below(link, there) for link in links):
            return None
        self._followed += 1
        if self._followed > _LINKS_MAX:
            if self._followed == _LINKS_MAX + 1:
                shown = displayed(entry.path, self._cwd)
                message = f"links to folders, more than {_LINKS_MAX:,}, are not followed from here"
                self.errors.append(f"{shown}: {message}; exclude some of them")
            return None
        return _Behind(there, links)

    def _kept(
        self,
        entry: os.DirEntry[str],
        place: str,
        only: frozenset[str] | None,
        inside: _Behind | None,
    ) -> frozenset[str] | None:
        """Return the paths that count in a folder: tracked ones, if it is skipped by name.

        None: all of them, also if git does not say which are tracked.
        """
        if entry.is_symlink():
            return None if inside is None else self._kept_behind(inside.there)
        if only is not None or entry.name not in LEFT_OUT:
            return only
        if entry.name == ".git":
            return frozenset()
        return self._git.kept(os.path.dirname(place))

    def _kept_behind(self, there: str) -> frozenset[str] | None:
        """Return what counts in a folder that a link leads to, wherever the link is."""
        root = repository_of(there)
        if root is None or LEFT_OUT.isdisjoint(there[len(root) :].split(os.sep)):
            return None
        return self._git.kept(there)

    def _shown(self, entry: os.DirEntry[str], above: str) -> str:
        """Return the name in findings of an entry of a folder, whose names follow ``above``.

        Joining the two takes a fourth of the time, and gives the same if everything is ASCII.
        """
        name = above + entry.name
        return name if name.isascii() else displayed(entry.path, self._cwd)

    def _opened(
        self, shown: str, listing: list[os.DirEntry[str]] | OSError
    ) -> tuple[Iterator[os.DirEntry[str]], str]:
        """Return the entries of a folder, and the text before their names."""
        if isinstance(listing, OSError):
            self.errors.append(f"{shown}: {listing.strerror}")
            return iter(()), shown
        return iter(listing), "" if shown == "." else shown.rstrip("/") + "/"

    def _listing_to_walk(
        self,
        entry: os.DirEntry[str],
        place: str,
        ignored: frozenset[str],
        kept: frozenset[str] | None,
        inside: _Behind | None,
    ) -> list[os.DirEntry[str]] | OSError | None:
        """Return the entries of a folder, or None if it is skipped, which is recorded."""
        listing: list[os.DirEntry[str]] | OSError | None = None
        reason: str | None
        there = place if inside is None else inside.there
        if kept is not None and there not in kept:
            by_name = entry.name in LEFT_OUT
            reason = f"left out by name ({entry.name})" if by_name else _UNTRACKED
        elif entry.is_symlink() and inside is None:  # it may lead anywhere
            reason = LINK_TO_FOLDER
        else:
            listing = listing_of(entry.path)
            if not isinstance(listing, OSError):
                self._tell(entry.path, [one.name for one in listing])
            reason = self._excluded(entry.path + "/")
            if reason is not None:
                self._pruned.append(entry.path)
            elif there in ignored:
                reason = _BY_GIT
        if reason is None:
            return listing
        if entry.name != ".git":  # it contains no manifests
            self._skip(entry.path, reason)
        return None

    def _take_glob(self, pattern: str) -> _Added:
        """Add the files that a glob matches, and the manifests below the folders it matches.

        The folder above the first special character is walked as always; so a glob never searches
        ``node_modules`` unless it names it.
        """
        top = above_glob(pattern)
        if not os.path.isdir(top):
            return _Added()
        try:
            glob = PathPattern.parse(pattern[len(top) :].strip(os.sep).replace(os.sep, "/"))
        except InvalidPattern as error:
            self.errors.append(str(error))
            added = _Added()
            added.seen = added.taken = True  # it is unknown what it would have matched
            return added

        def is_wanted(place: str) -> bool:
            names = os.path.relpath(place, top).split(os.sep)
            return any(glob.matches("/".join(names[: end + 1])) for end in range(len(names)))

        return self._take_below(top, is_wanted)


def _is_known(there: str, top: str) -> bool:
    """Whether git's answer for the walk's first folder covers what is behind a link."""
    return is_below(there, top) and repository_of(there) == repository_of(top)


def _holds_manifest(top: str, is_wanted: Callable[[str], bool] | None) -> bool:
    """Whether a file in a folder or below it has the name of a manifest."""
    for folder, _, names in os.walk(top):
        for name in filter(is_manifest, names):
            if is_wanted is None or is_wanted(os.path.join(folder, name)):
                return True
    return False


def _why_not(
    entry: os.DirEntry[str], place: str, ignored: frozenset[str], only: frozenset[str] | None
) -> str | None:
    """Return why a walk skips a manifest that nobody named, else None."""
    if only is not None and place not in only:
        return _UNTRACKED
    if not is_file(entry):
        return BROKEN_LINK if entry.is_symlink() else "not a regular file"
    return _BY_GIT if place in ignored else None
