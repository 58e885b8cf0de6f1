"""Calls to git, which only this module runs, and the files that git ignores.

A repository may come from anywhere, so imagelint runs nothing that its configuration names: no
monitor, no hooks, only commands that neither convert nor show content, and no fetching of what a
partial clone lacks, because the configuration names the programs and hosts for that.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from imagelint.model.namedtuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = [
    "LEFT_OUT",
    "GitError",
    "Ignored",
    "Index",
    "ask_git",
    "holds_repository",
    "index_of",
    "is_repository",
    "is_tracked",
    "kept_below",
    "may_be_sparse",
    "repository_of",
]

# A hook's git sets these to its own repository, which may be another one.
_POINTERS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR")
_SECONDS = 60
LEFT_OUT = frozenset(  # ruff's list
    {
        *(".bzr", ".direnv", ".eggs", ".git", ".git-rewrite", ".hg", ".ipynb_checkpoints"),
        *(".mypy_cache", ".nox", ".pants.d", ".pyenv", ".pytest_cache", ".pytype"),
        *(".ruff_cache", ".svn", ".tox", ".venv", ".vscode", "__pypackages__", "_build"),
        *("buck-out", "dist", "node_modules", "site-packages", "venv"),
    }
)
"""Folders that tools create: untracked files in them are skipped."""


def holds_repository(folder: str) -> bool:
    """Whether a folder itself contains ``.git`` (a folder or a file)."""
    return os.path.lexists(os.path.join(folder, ".git"))


def is_repository(root: str) -> bool:
    """Whether git can be asked about a folder with ``.git``; an empty ``.git`` is only a marker.

    git itself refuses a broken one (without a HEAD, a broken link).
    """
    try:
        with os.scandir(os.path.join(root, ".git")) as entries:
            return next(entries, None) is not None
    except OSError:  # a file, as in worktrees and submodules, or unreadable
        return holds_repository(root)


def repository_of(folder: str) -> str | None:
    """Return the nearest folder from ``folder`` upwards that contains ``.git``."""
    while True:
        if holds_repository(folder):
            return folder
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent


class GitError(Exception):
    """git is missing or fails; ``str()`` is the first line of its message."""

    def __init__(self, message: str, advice: str = "") -> None:
        """``advice`` is git's output after that line: usually what to do."""
        super().__init__(message)
        self.advice = advice

    @property
    def whole(self) -> str:
        """The whole message of git, in one line."""
        return f"{self}. {self.advice}" if self.advice else str(self)


def ask_git(root: str, *arguments: str, given: bytes | None = None) -> bytes:
    """Run git in the repository at ``root`` and return its output; raise ``GitError``.

    ``given`` is its stdin.
    """
    import subprocess  # noqa: PLC0415 - costs 10 ms, and only work in a repository needs it

    environment = {key: value for key, value in os.environ.items() if key not in _POINTERS}
    environment |= {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none"}
    # A broken repository must not be taken for part of one above it.
    environment |= {"GIT_CEILING_DIRECTORIES": os.path.dirname(os.path.abspath(root))}
    environment |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    command = ["git", "-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}"]
    command += ["-C", root, "--no-pager", *arguments]
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and no option comes from outside
            command,
            env=environment,
            input=given,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        message = f"git {arguments[0]} took longer than {_SECONDS} seconds"
        raise GitError(message) from error
    except OSError as error:
        message = f"git cannot be run: {error.strerror or error}"
        raise GitError(message, "Is it installed?") from error
    if done.returncode != 0:
        text = done.stderr.decode("utf-8", "replace").strip()
        lines = [line.strip() for line in text.split("\n") if not line.startswith("warning:")]
        said = lines[0] if lines else text.partition("\n")[0]
        advice = " ".join(filter(None, lines[1:]))
        raise GitError(said or f"git {arguments[0]} failed ({done.returncode})", advice)
    return done.stdout


def kept_below(root: str) -> frozenset[str] | None:
    """Return the tracked files in folders that are skipped by name, in the repository at ``root``.

    Absolute paths, of the files and of all folders around them: a committed file is meant to be
    deployed, whatever its folder is called. None if git fails: then any file may be tracked.
    """
    if not is_repository(root):
        return frozenset()
    places = (f":(top,glob)**/{name}/**" for name in sorted(LEFT_OUT - {".git"}))
    try:
        names = ask_git(root, "ls-files", "-z", "--", *places)
    except GitError:
        return None
    found: set[str] = set()
    for name in names.split(b"\0"):
        path = os.path.join(root, os.fsdecode(name).replace("/", os.sep)) if name else root
        while path not in found and path != root:
            found.add(path)
            path = os.path.dirname(path)
    return frozenset(found)


class Index(NamedTuple):
    """What git tracks in a repository, as absolute paths."""

    tracked: frozenset[str]
    submodules: frozenset[str]
    """The folders of submodules; they are tracked, too."""
    sparse: frozenset[str]
    """Files that a sparse checkout leaves out."""


def index_of(root: str) -> Index | None:
    """Return what is tracked in the repository at ``root``, None if git fails."""
    if not is_repository(root):
        return None
    try:
        lines = ask_git(root, "ls-files", "-s", "-t", "-z").split(b"\0")[:-1]
    except GitError:
        return None
    tracked, submodules, sparse = set(), set(), set()
    for line in lines:  # H 100644 HASH 0<tab>NAME
        head, _, name = line.partition(b"\t")
        path = os.path.join(root, os.fsdecode(name).replace("/", os.sep))
        tracked.add(path)
        if head.split(b" ")[1] == b"160000":
            submodules.add(path)
        if head.startswith(b"S "):
            sparse.add(path)
    return Index(frozenset(tracked), frozenset(submodules), frozenset(sparse))


def is_tracked(path: str, index: Callable[[str], Index | None] = index_of) -> bool:
    """Whether git tracks an absolute path; ``index`` returns what its repository tracks.

    If git fails it counts as tracked: it may come from a checkout. git knows it by its path without
    links to folders.
    """
    folder, name = os.path.split(path)
    root = repository_of(os.path.realpath(folder))
    if root is None or not is_repository(root):
        return False
    known, path = index(root), os.path.join(os.path.realpath(folder), name)
    return known is None or path in known.tracked


def may_be_sparse(root: str) -> bool:
    """Whether a sparse checkout of the repository at ``root`` was ever configured."""
    git = os.path.join(root, ".git")
    if os.path.isfile(git):  # in a worktree or a submodule: gitdir: PATH
        try:
            with open(git, encoding="utf-8", errors="surrogateescape") as file:
                git = os.path.join(root, file.readline().removeprefix("gitdir:").strip())
        except OSError:
            return False
    return os.path.isfile(os.path.join(git, "info", "sparse-checkout"))


def _as_they_stand(_root: str) -> bytes | None:
    """Use only the patterns of the files on the disk."""
    return None


class Ignored:
    """Finds what git ignores; nothing outside of repositories."""

    def __init__(self, patterns: Callable[[str], bytes | None] = _as_they_stand) -> None:
        """Keep the function that returns the patterns for a repository (``--policy-from``).

        They replace all its ``.gitignore`` files; None: use the files on the disk.
        """
        self._patterns = patterns
        self._kept: dict[str, frozenset[str] | None] = {}
        self.refusals: dict[str, str] = {}
        """By root: git's messages for repositories in which it fails."""

    def below(self, folder: str) -> frozenset[str]:
        """Return the absolute paths at or below ``folder`` of untracked files that git ignores.

        A folder in which everything is ignored represents its contents. If that is ``folder``
        itself or one above it, the result is empty: a user who names an ignored folder wants it
        linted. Repositories below need a call of their own.
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
        """Return :func:`kept_below` for the repository around ``folder``, computed once."""
        root = repository_of(folder)
        if root is None:
            return frozenset()
        if root not in self._kept:
            self._kept[root] = kept_below(root)
        return self._kept[root]


def _names(root: str, folder: str, patterns: bytes | None) -> list[str]:
    if patterns is None:
        return _listed(root, folder, ["--exclude-standard"])
    import tempfile  # noqa: PLC0415 - only for policies of a commit

    sources = [f"--exclude-from={path}" for path in _own_excludes(root)]
    try:
        with tempfile.TemporaryDirectory(prefix="imagelint-") as made:
            place = os.path.join(made, "patterns")
            with open(place, "wb") as file:
                file.write(patterns)
            return _listed(root, folder, [*sources, f"--exclude-from={place}"])  # the last one wins
    except OSError as error:
        message = f"the patterns of the commit cannot be written for git: {error.strerror}"
        raise GitError(message) from error


def _listed(root: str, folder: str, sources: Iterable[str]) -> list[str]:
    below = os.path.relpath(folder, root).replace(os.sep, "/")
    where = f":(top,literal){below}" if below != "." else ":(top)"
    options = ("--others", "--ignored", "--directory", "-z", *sources)
    names = ask_git(root, "ls-files", *options, "--", where)
    return [os.fsdecode(name) for name in names.split(b"\0") if name]


def _own_excludes(root: str) -> Iterator[str]:
    """Yield the user's own pattern files, which belong to no commit."""
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
