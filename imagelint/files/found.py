"""What a walk finds, as values, and what the names of files say."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from imagelint.model.namedtuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from imagelint.model.finding import Skipped

__all__ = ["BROKEN_LINK", "LINK_TO_FOLDER", "MAGIC", "SUFFIXES", "Found", "FoundFile", "Listener"]
__all__ += ["above_glob", "by_segments", "in_order", "is_manifest"]

SUFFIXES = (".yaml", ".yml", ".json")
_OTHER_NAMES = frozenset({"Kustomization"})  # kustomize reads it by this name too
MAGIC = frozenset("*?")
"""The special characters of a glob."""
BROKEN_LINK = "broken link"
LINK_TO_FOLDER = "link to a folder"


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
    links: frozenset[str]
    """The paths of those files that are links."""
    unfollowed: Mapping[str, Skipped]
    """Links among what was skipped, broken or to a folder, by absolute path."""
    folders: tuple[str, ...]
    """The folders that were walked, with all below them."""
    empty: tuple[str, ...]
    """The folders in which nothing stands."""
    roots: tuple[str, ...]
    """The repositories that the walks came by."""
    without: tuple[str, ...]
    """The folders among the PATHs, as shown, that have no manifest, not even an excluded one."""


def _unheard(_folder: str, _names: Iterable[str]) -> None:
    """Have no use for what stands in a folder."""


def _untold(_path: str) -> None:
    """Have no use for a file before all are found."""


def _no_link(_path: str) -> bool:
    """Follow no link to a folder."""
    return False


class Listener(NamedTuple):
    """Who hears of what a walk sees, and says which links it follows."""

    folder: Callable[[str, Iterable[str]], None] = _unheard
    """Gets the names that stand in a folder: of one below another before it is asked whether that
    is excluded, of the first one after that."""
    file: Callable[[str], None] = _untold
    """Gets the path of each file as it is found."""
    follows: Callable[[str], bool] = _no_link
    """Says of a link to a folder whether what is behind it stands at the link's place, too."""


def in_order(files: Iterable[FoundFile]) -> tuple[FoundFile, ...]:
    """Return files in the order in which they are reported."""
    return tuple(sorted(files, key=lambda one: by_segments(one.shown)))


def by_segments(path: str) -> str:
    """Return what sorts paths as the lists of their segments do, and three times as fast."""
    return path.replace("/", "\0")


def above_glob(pattern: str) -> str:
    """Return the folder above the first special character of an absolute path, or the path."""
    parts = pattern.split(os.sep)
    fixed = next((index for index, part in enumerate(parts) if MAGIC.intersection(part)), None)
    return os.sep.join(parts[:fixed]) or os.sep


def is_manifest(name: str) -> bool:
    """Whether a walk takes a file of that name."""
    return name.lower().endswith(SUFFIXES) or name in _OTHER_NAMES
