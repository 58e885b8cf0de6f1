"""What stands in a folder, of which anything may go wrong."""

from __future__ import annotations

import os
from operator import attrgetter

__all__ = ["has_git", "is_file", "is_folder", "listing_of"]


def listing_of(folder: str) -> list[os.DirEntry[str]] | OSError:
    """Return what stands in a folder, by name."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=attrgetter("name"))
    except OSError as error:
        return error


def has_git(listing: list[os.DirEntry[str]] | OSError) -> bool:
    """Whether ``.git`` is in a listing."""
    return not isinstance(listing, OSError) and ".git" in [entry.name for entry in listing]


def is_folder(entry: os.DirEntry[str]) -> bool:
    """Whether this is a folder, or a link to one."""
    try:
        return entry.is_dir()
    except OSError:  # a link that points to itself
        return False


def is_file(entry: os.DirEntry[str]) -> bool:
    """Whether this is a regular file, or a link to one."""
    try:
        return entry.is_file()
    except OSError:
        return False
