"""What git ignores in the folders of a run, and which repositories it does not answer for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from imagelint.files.git import GitError, ask_git, is_repository, kept_below, repository_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["Ignored"]


def _as_they_stand(_root: str) -> bytes | None:
    """Have no patterns but those of the files that stand there."""
    return None


class Ignored:
    """Asks git what it ignores; nothing outside of repositories."""

    def __init__(self, patterns: Callable[[str], bytes | None] = _as_they_stand) -> None:
        """Take what gives the patterns for a repository (``--policy-from``).

        They serve instead of all ``.gitignore`` in it; None: those serve as they stand.
        """
        self._patterns = patterns
        self._kept: dict[str, frozenset[str] | None] = {}
        self.refusals: dict[str, str] = {}
        """By root: what git said of repositories for which it does not answer."""

    def below(self, folder: str) -> frozenset[str]:
        """Return the absolute paths at or below ``folder`` of untracked files that git ignores.

        A folder in which all is ignored stands for its content. Where that is ``folder`` itself
        or one above it, the answer is empty: who names an ignored folder wants to see it.
        Repositories below have to be asked for themselves.
        """
        root = repository_of(folder)
        if root is None or not is_repository(root) or root in self.refusals:
            return frozenset()
        try:
            names = _names(root, folder, self._patterns(root))
        except GitError as error:
            self.refusals[root] = error.whole
            return frozenset()
        paths = {os.path.join(root, name.rstrip("/").replace("/", os.sep)) for name in names}
        inside = folder + os.sep
        if any(inside.startswith(path + os.sep) for path in paths):
            return frozenset()
        return frozenset(paths)

    def kept(self, folder: str) -> frozenset[str] | None:
        """Return what :func:`kept_below` does of the repository around ``folder``, asked once."""
        root = repository_of(folder)
        if root is None:
            return frozenset()
        if root not in self._kept:
            self._kept[root] = kept_below(root)
        return self._kept[root]


def _names(root: str, folder: str, patterns: bytes | None) -> list[str]:
    if patterns is None:
        return _listed(root, folder, ["--exclude-standard"])
    import tempfile  # noqa: PLC0415 - for policies of a commit alone

    sources = [f"--exclude-from={path}" for path in _own_excludes(root)]
    file, place = tempfile.mkstemp(prefix="imagelint-")
    try:
        with os.fdopen(file, "wb") as written:
            written.write(patterns)
        return _listed(root, folder, [*sources, f"--exclude-from={place}"])  # the last one wins
    finally:
        os.unlink(place)


def _listed(root: str, folder: str, sources: Iterable[str]) -> list[str]:
    below = os.path.relpath(folder, root).replace(os.sep, "/")
    where = f":(top,literal){below}" if below != "." else ":(top)"
    options = ("--others", "--ignored", "--directory", "-z", *sources)
    names = ask_git(root, "ls-files", *options, "--", where)
    return [os.fsdecode(name) for name in names.split(b"\0") if name]


def _own_excludes(root: str) -> Iterator[str]:
    """Yield the files of patterns that are whoever's who runs this, and no commit's."""
    try:
        own = ask_git(root, "config", "--type=path", "--get", "core.excludesFile")
        path = os.fsdecode(own).rstrip("\n")
    except GitError:  # there is no such setting
        home = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
        path = os.path.join(home, "git", "ignore")
    place = os.fsdecode(ask_git(root, "rev-parse", "--git-path", "info/exclude")).rstrip("\n")
    for one in (path, place):
        file = os.path.join(root, one)
        if os.path.isfile(file):
            yield file
