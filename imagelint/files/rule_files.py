"""The rule files that a policy names by globs, only below its own folder."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from imagelint.files.git import index_of, may_be_sparse, repository_of
from imagelint.files.origin import Kind
from imagelint.model.source import shown
from imagelint.patterns.globs import InvalidPattern, NamePattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.files.origin import Origin

__all__ = ["left_out", "rule_files"]


def rule_files(origin: Origin, folder: str, glob: str) -> tuple[str, ...]:
    """Return the absolute paths of the files that a glob matches, relative to ``folder``; sorted.

    ``*`` and ``?`` match within a name. Raises :class:`InvalidPattern` for a path out of the folder
    (``..``, a link), and for ``**``, which would make every run search a whole repository.
    """
    *folders, last = glob.split("/")
    if ".." in (*folders, last) or os.path.isabs(glob):
        message = f"{shown(glob)}: rule files stand in the policy's folder or below it"
        raise InvalidPattern(message)
    if last == "" or "**" in glob:
        message = f"{shown(glob)}: name the files, as in rules/*.yaml"
        raise InvalidPattern(message)
    places = [folder]
    for name in folders:
        places = [path for place in places for path in _named(origin, place, name, Kind.FOLDER)]
    found = (path for place in places for path in _named(origin, place, last, Kind.FILE))
    return tuple(sorted(found))


def left_out(folder: str, glob: str) -> list[str]:
    """Return the rule files that a sparse checkout leaves out, as absolute paths."""
    root = repository_of(folder)
    index = index_of(root) if root is not None and may_be_sparse(root) else None
    if index is None:
        return []
    patterns = [NamePattern.parse(name) for name in glob.split("/")]

    def is_named(path: str) -> bool:
        names = os.path.relpath(path, folder).split(os.sep)
        pairs = zip(patterns, names, strict=False)
        return len(names) == len(patterns) and all(one.matches(name) for one, name in pairs)

    return sorted(path for path in index.sparse if is_named(path) and not os.path.lexists(path))


def _named(origin: Origin, folder: str, pattern: str, wanted: Kind) -> Iterator[str]:
    names = NamePattern.parse(pattern)
    for name, kind in origin.children(folder):
        if not names.matches(name):
            continue
        path = os.path.join(folder, name)
        if kind is Kind.LINK:
            message = f"{shown(path)} is a symbolic link; rule files are read where they stand"
            raise InvalidPattern(message)
        if kind is wanted:
            yield path
