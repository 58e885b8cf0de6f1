"""What git ignores; the only code that runs git. Without git, or when it fails: nothing."""

from __future__ import annotations

import os

__all__ = ["ignored_below", "repository_of"]

# A hook's git points these at the repository it runs for, which need not be ours.
_POINTERS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR")
_SECONDS = 60


def repository_of(folder: str) -> str | None:
    """Return the nearest folder from ``folder`` upwards that holds ``.git`` (folder or file)."""
    while True:
        if os.path.lexists(os.path.join(folder, ".git")):
            return folder
        parent = os.path.dirname(folder)
        if parent == folder:
            return None
        folder = parent


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


def _ls_files(root: str, below: str) -> list[str]:
    import subprocess  # noqa: PLC0415 - costs 10 ms, and only a walk in a repository needs it

    environment = {key: value for key, value in os.environ.items() if key not in _POINTERS}
    environment["GIT_OPTIONAL_LOCKS"] = "0"
    command = [
        "git",
        # A repository that somebody unpacked may name a program to be run here.
        *("-c", "core.fsmonitor=false", "-C", root),
        *("ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z"),
        *("--", f":(top,literal){below}" if below != "." else ":(top)"),
    ]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command, no shell
            command, env=environment, capture_output=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return []
    if done.returncode != 0:
        return []
    return [os.fsdecode(name) for name in done.stdout.split(b"\0") if name]
