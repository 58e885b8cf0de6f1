"""The rule files and the CRDs that a policy names by globs, only below its own folder."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from imagelint.files.git import index_of, may_be_sparse, repository_of
from imagelint.files.origin import Kind
from imagelint.files.paths import is_manifest
from imagelint.model.source import shown
from imagelint.patterns.globs import InvalidPattern, NamePattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.files.origin import Origin

__all__ = ["crd_files", "left_out", "rule_files"]


def rule_files(origin: Origin, folder: str, glob: str) -> tuple[str, ...]:
    """Return the absolute paths of the files that a glob matches, relative to ``folder``; sorted.

    ``*`` and ``?`` match within a name. Raises :class:`InvalidPattern` for a path out of the folder
    (``..``, a link), and for ``**``, which would make every run search a whole repository.
    """
    *folders, last = _names_in(glob, "rule files", "rules/*.yaml")
    places = _folders_at(origin, folder, folders)
    found = (path for place in places for path in _named(origin, place, last, Kind.FILE))
    return tuple(sorted(found))


def crd_files(origin: Origin, folder: str, glob: str) -> tuple[str, ...]:
    """Return the files that a glob matches, and the manifests below the folders that it matches.

    Raises :class:`InvalidPattern` as :func:`rule_files` does, also for a link below a folder.
    """
    *folders, last = _names_in(glob.removesuffix("/"), "CRDs", "charts/*/crds")
    places = _folders_at(origin, folder, folders)
    found = [path for place in places for path in _named(origin, place, last, Kind.FILE)]
    work = [path for place in places for path in _named(origin, place, last, Kind.FOLDER)]
    while work:
        place = work.pop()
        work += _named(origin, place, "*", Kind.FOLDER)
        found += filter(is_manifest, _named(origin, place, "*", Kind.FILE))
    return tuple(sorted(found))


def _names_in(glob: str, what: str, example: str) -> list[str]:
    """Return the names of a path; none of them may lead out of the folder, or search it all."""
    names = glob.split("/")
    if ".." in names or os.path.isabs(glob):
        message = f"{shown(glob)}: {what} stand in the policy's folder or below it"
        raise InvalidPattern(message)
    if names[-1] == "" or "**" in glob:
        message = f"{shown(glob)}: name the files, as in {example}"
        raise InvalidPattern(message)
    return names


def _folders_at(origin: Origin, folder: str, names: list[str]) -> list[str]:
    places = [folder]
    for name in names:
        places = [path for place in places for path in _named(origin, place, name, Kind.FOLDER)]
    return places


def left_out(folder: str, glob: str, *, with_below: bool = False) -> list[str]:
    """Return the files that a glob names and a sparse checkout leaves out, as absolute paths.

    ``with_below``: the glob may also name a folder, for all that is below it.
    """
    root = repository_of(folder)
    index = index_of(root) if root is not None and may_be_sparse(root) else None
    if index is None:
        return []
    patterns = [NamePattern.parse(name) for name in glob.removesuffix("/").split("/")]

    def is_named(path: str) -> bool:
        names = os.path.relpath(path, folder).split(os.sep)
        pairs = zip(patterns, names, strict=False)
        is_there = len(names) == len(patterns) or (with_below and len(names) > len(patterns))
        return is_there and all(one.matches(name) for one, name in pairs)

    return sorted(path for path in index.sparse if is_named(path) and not os.path.lexists(path))


def _named(origin: Origin, folder: str, pattern: str, wanted: Kind) -> Iterator[str]:
    names = NamePattern.parse(pattern)
    for name, kind in origin.children(folder):
        if not names.matches(name):
            continue
        path = os.path.join(folder, name)
        if kind is Kind.LINK:
            message = f"{shown(path)} is a symbolic link; name the file or folder itself"
            raise InvalidPattern(message)
        if kind is wanted:
            yield path
