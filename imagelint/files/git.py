"""Asking git: the only code that runs it, and what it ignores.

A repository may come from anywhere, so what its configuration names is not run: no monitor, no
hooks, only commands that neither convert nor show content, and no fetching of what a partial
clone lacks, for the configuration names the programs and hosts that would be asked.
"""

from __future__ import annotations

import os

__all__ = [
    "LEFT_OUT",
    "GitError",
    "ask_git",
    "holds_repository",
    "ignored_below",
    "kept_below",
    "repository_of",
    "tracked_below",
]

# A hook's git points these at the repository it runs for, which need not be ours.
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
"""Names of folders that tools make: untracked files in them are left out."""


def holds_repository(folder: str) -> bool:
    """Whether a folder holds ``.git`` itself (a folder or a file)."""
    return os.path.lexists(os.path.join(folder, ".git"))


def repository_of(folder: str) -> str | None:
    """Return the nearest folder from ``folder`` upwards that holds ``.git`` (folder or file)."""
    while True:
        if holds_repository(folder):
            return folder
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent


class GitError(Exception):
    """git is missing or says no; ``str()`` is the first line that it said."""


def ask_git(root: str, *arguments: str) -> bytes:
    """Run git in the repository at ``root`` and return what it prints; raise ``GitError``."""
    import subprocess  # noqa: PLC0415 - costs 10 ms, and only work in a repository needs it

    environment = {key: value for key, value in os.environ.items() if key not in _POINTERS}
    environment |= {"GIT_NO_LAZY_FETCH": "1", "GIT_ALLOW_PROTOCOL": "none"}
    environment |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    command = ["git", "-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}"]
    command += ["-C", root, "--no-pager", *arguments]
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and no option comes from outside
            command, env=environment, capture_output=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        message = f"git {arguments[0]} took longer than {_SECONDS} seconds"
        raise GitError(message) from error
    except OSError as error:
        message = f"git cannot be run: {error.strerror or error}"
        raise GitError(message) from error
    if done.returncode != 0:
        lines = done.stderr.decode("utf-8", "replace").strip().split("\n")
        said = next((line for line in lines if not line.startswith("warning:")), lines[0])
        raise GitError(said or f"git {arguments[0]} failed ({done.returncode})")
    return done.stdout


def ignored_below(folder: str) -> frozenset[str]:
    """Return the absolute paths at or below ``folder`` of untracked files that git ignores.

    A folder in which all is ignored stands for its content. Where that is ``folder`` itself
    or one above it, the answer is empty: who names an ignored folder wants to see it.
    Repositories below have to be asked for themselves.
    """
    root = repository_of(folder)
    if root is None:
        return frozenset()
    names = _ls_files(root, os.path.relpath(folder, root).replace(os.sep, "/"))
    paths = {os.path.join(root, name.rstrip("/").replace("/", os.sep)) for name in names}
    inside = folder + os.sep
    if any(inside.startswith(path + os.sep) for path in paths):
        return frozenset()
    return frozenset(paths)


def kept_below(folder: str) -> frozenset[str]:
    """Return the tracked files in folders that are left out by name, in the folder's repository.

    Absolute paths, of the files and of all folders around them: whoever has committed a file wants
    it to be deployed, whatever its folder is called.
    """
    root = repository_of(folder)
    if root is None:
        return frozenset()
    places = (f":(top,glob)**/{name}/**" for name in sorted(LEFT_OUT - {".git"}))
    try:
        names = ask_git(root, "ls-files", "-z", "--", *places)
    except GitError:
        return frozenset()
    found: set[str] = set()
    for name in names.split(b"\0"):
        path = os.path.join(root, os.fsdecode(name).replace("/", os.sep)) if name else root
        while path not in found and path != root:
            found.add(path)
            path = os.path.dirname(path)
    return frozenset(found)


def tracked_below(root: str) -> frozenset[str]:
    """Return the absolute paths of the tracked files of the repository at ``root``."""
    try:
        names = ask_git(root, "ls-files", "-z")
    except GitError:  # without git nothing can be brought back
        return frozenset()
    found = (os.fsdecode(name) for name in names.split(b"\0") if name)
    return frozenset(os.path.join(root, name.replace("/", os.sep)) for name in found)


def _ls_files(root: str, below: str) -> list[str]:
    options = ("--others", "--ignored", "--exclude-standard", "--directory", "-z")
    where = f":(top,literal){below}" if below != "." else ":(top)"
    try:
        names = ask_git(root, "ls-files", *options, "--", where)
    except GitError:  # without git nothing is ignored
        return []
    return [os.fsdecode(name) for name in names.split(b"\0") if name]
