"""An entry of a kustomization → the file or folder that it names, or why it leads nowhere.

Kustomize looks for a file first, then for a folder with a kustomization, and treats everything else
as a URL to fetch (api/internal/target/kusttarget.go, accumulateResources). Paths that leave the
repository are not followed.
"""

from __future__ import annotations

import os
import re
import stat
from functools import cache
from typing import TYPE_CHECKING, Final

from imagelint.kubernetes.kustomize.model import Role
from imagelint.kubernetes.objects import KUSTOMIZATION_FILES
from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.kubernetes.kustomize.model import PathEntry

__all__ = ["BUILD", "Edge", "NotFollowedError", "follow", "kustomizations_in", "place_named"]
__all__ += ["without_links"]

_MAY_BE_FOLDERS: Final = frozenset(
    {Role.RESOURCE, Role.COMPONENT, Role.TRANSFORMER, Role.VALIDATOR, Role.GENERATOR}
)
_WITHOUT_IMAGES: Final = frozenset({Role.DATA, Role.VALUES, Role.CRD})
_REMOTE: Final = (
    r"(?i)^[a-z][a-z0-9+.-]*::?//|^[a-z]+::|^[\w.-]+@[\w.-]+:|[?&]ref="
    r"|^(?:[\w-]+\.)+[a-z]{2,}/[^/]+/[^/]+"
)
"""A URL, or ``github.com/org/repository``."""
BUILD: Final = "lint the build (`kustomize build . | imagelint check -`)"


class Edge(NamedTuple):
    """A file or a kustomization's folder that a kustomization includes."""

    entry: PathEntry
    path: str
    """Absolute, and without links below the root, as kustomize resolves it."""
    is_folder: bool
    named: str
    """The path as it is named, which may lead through links."""
    is_late: bool = False
    """Whether a plugin names it, which applies after the kustomization's own fields."""


class NotFollowedError(Exception):
    """An entry leads nowhere; ``str()`` says why, and what to do."""

    def __init__(self, message: str, *, is_error: bool = True, matters: bool = True) -> None:
        """``is_error``: otherwise it is a note; ``matters``: whether images may be missed."""
        super().__init__(message)
        self.is_error = is_error
        self.matters = matters


def follow(entry: PathEntry, folder: str, root: str) -> Edge:
    """Return where an entry of the kustomization in ``folder`` leads.

    ``root`` is the repository's. Raises :class:`NotFollowedError`.
    """
    named = place_named(entry, folder)
    name = shown(entry.path)
    mode = _mode_of(entry, named, name)
    path = without_links(named, root)
    if path is None:
        raise NotFollowedError(f"{name} is outside the repository, so it is not read")
    if stat.S_ISREG(mode):
        if entry.role is Role.COMPONENT:
            raise NotFollowedError(f"{name} is a file, where kustomize needs a folder")
        return Edge(entry, path, is_folder=False, named=named)
    if not stat.S_ISDIR(mode):
        raise NotFollowedError(f"{name} is not a regular file, so it is not read")
    if entry.role not in _MAY_BE_FOLDERS:
        raise NotFollowedError(f"{name} is a folder, where kustomize reads a file")
    found = len(list(kustomizations_in(path)))
    if found > 1:
        raise NotFollowedError(f"{name} has several kustomization files, which kustomize rejects")
    if not found:
        message = f"{name} has no kustomization file, so kustomize cannot build this"
        raise NotFollowedError(message, is_error=False)
    return Edge(entry, path, is_folder=True, named=named)


def without_links(path: str, root: str) -> str | None:
    """Return a path below ``root`` without links below it; None if it leads out of ``root``."""
    real, real_root = _real(path), _real_folder(root)
    return root + real.removeprefix(real_root) if _is_below(real, real_root) else None


def place_named(entry: PathEntry, folder: str) -> str:
    """Return the absolute path that an entry of the kustomization in ``folder`` names."""
    return os.path.normpath(os.path.join(folder, entry.path.replace("/", os.sep)))


def _mode_of(entry: PathEntry, path: str, name: str) -> int:
    """Return the type of the file at a path."""
    try:
        return os.stat(path).st_mode
    except (OSError, ValueError) as error:
        message = f"there is no {name} here, so kustomize cannot build this"
        if re.search(_REMOTE, entry.path) is not None:
            message = f"{name} is not in this repository, and its images are not seen: {BUILD}"
        matters = entry.role not in _WITHOUT_IMAGES
        raise NotFollowedError(message, is_error=False, matters=matters) from error


def _real(path: str) -> str:
    """Return a path without links; each folder is resolved once."""
    folder, _, name = path.rpartition(os.sep)
    if not name or os.path.islink(path):
        return os.path.realpath(path)
    return os.path.join(_real_folder(folder or os.sep), name)


_real_folder = cache(_real)


def _is_below(path: str, root: str) -> bool:
    return path == root or path.startswith(root.rstrip(os.sep) + os.sep)


def kustomizations_in(folder: str) -> Iterator[str]:
    """Yield the kustomization files in a folder, which should contain only one."""
    for name in sorted(KUSTOMIZATION_FILES):
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            yield path
