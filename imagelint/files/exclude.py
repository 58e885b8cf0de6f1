"""What is to be left out on purpose: ``exclude:`` of a file's policy, and ``--exclude``."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

from imagelint.errors import UsageError
from imagelint.files.paths import absolute, relative_to
from imagelint.globs import InvalidPattern, PathPatterns
from imagelint.values import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imagelint.files.policies import GoverningPolicy, Policies

__all__ = ["Exclusion"]

_BELOW = ("/", "**")
"""How a glob ends that fits whatever is below a folder; ``**`` stands alone in its segment."""
_ANY_NAME = "_"
_BY_OPTION = "excluded by --exclude"


class _Folder(NamedTuple):
    """What decides about a folder and the files in it, found out once.

    To ask its policy for each file anew took a third of the time of a walk.
    """

    reason: str | None
    """Why all of it is excluded."""
    asked: tuple[tuple[PathPatterns, str, str], ...] = ()
    """Globs for files, what stands in front of a file's name as they see it, and why one that
    fits is out. Those for all that is below a folder need not be asked again for each file."""
    has_globs: bool = False
    """Whether there are any, of either sort."""


class Exclusion:
    """Says of an absolute path why it is excluded, or None; a folder has a ``/`` behind it.

    The globs of a policy are relative to its folder, those of ``--exclude`` to the working
    folder. A folder is excluded when everything below it is (``vendor/**``, ``vendor/``).
    """

    def __init__(self, policies: Policies, texts: Iterable[str], cwd: str) -> None:
        """Take the globs of ``--exclude``; one without wildcards may name a folder."""
        self._policies = policies
        self._cwd = cwd
        self._folders: dict[str, _Folder] = {}
        try:
            self._given = PathPatterns.parse(_completed(text, cwd) for text in texts)
        except InvalidPattern as error:
            message = f"--exclude: {error}"
            raise UsageError(message) from error

    def __call__(self, path: str) -> str | None:
        """Return the reason for leaving ``path`` out; raises what finding its policy raises."""
        if path.endswith("/"):
            return self._of_folder(path.rstrip("/") or os.sep).reason
        folder, _, name = path.rpartition(os.sep)
        known = self._folders.get(folder) or self._of_folder(os.path.dirname(path))
        if known.reason is not None:
            return known.reason
        for globs, above, reason in known.asked:
            if globs.matches(above + name):
                return reason
        return None

    def _of_folder(self, folder: str) -> _Folder:
        known = self._folders.get(folder)
        if known is None:
            known = self._folders[folder] = self._look_at(folder)
        return known

    def _look_at(self, folder: str) -> _Folder:
        """Ask the folders above first: what they exclude need not have a policy that serves."""
        asked: list[tuple[PathPatterns, str, str]] = []
        above = known = None
        if not self._policies.is_top(folder):
            parent = folder.rpartition(os.sep)[0]  # 5 times faster than dirname
            known = self._folders.get(parent)
            if known is None:
                parent = os.path.dirname(folder)
                known = self._of_folder(parent)
            if known.reason is not None:
                return known
            above = self._policies.for_folder(parent)
            if not known.has_globs and self._policies.for_folder(folder) is above:
                return known
        if self._given.patterns:
            below = relative_to(self._cwd, folder)
            if _covers(self._given, below):
                return _Folder(_BY_OPTION)
            asked.append((_by_name(self._given), _in_front(below), _BY_OPTION))
        if above is not None and (reason := _excluded_by(above, folder)) is not None:
            return _Folder(reason)
        governing = self._policies.for_folder(folder)
        if governing is not above and (reason := _excluded_by(governing, folder)) is not None:
            return _Folder(reason)
        if governing.policy.exclude.patterns:
            reason = f"excluded by {governing.shown}"
            in_front = _in_front(governing.match_path(folder))
            asked.append((_by_name(governing.policy.exclude), in_front, reason))
        needed = tuple(one for one in asked if one[0].patterns)
        return _Folder(None, needed, has_globs=bool(asked))


def _excluded_by(governing: GoverningPolicy, folder: str) -> str | None:
    globs = governing.policy.exclude
    if globs.patterns and _covers(globs, governing.match_path(folder)):
        return f"excluded by {governing.shown}"
    return None


def _in_front(folder: str) -> str:
    """Return what stands in front of the names in a relative folder."""
    return "" if folder == "." else f"{folder}/"


def _covers(globs: PathPatterns, folder: str) -> bool:
    """Whether everything below a relative folder fits."""
    return _split(globs)[0].matches(f"{_in_front(folder)}{_ANY_NAME}")


def _by_name(globs: PathPatterns) -> PathPatterns:
    """Return the globs that some files in a folder fit and some do not."""
    return _split(globs)[1]


@cache
def _split(globs: PathPatterns) -> tuple[PathPatterns, PathPatterns]:
    """Tell globs that fit all that is below a folder, or nothing, from others."""
    below = tuple(one for one in globs.patterns if one.text.endswith(_BELOW))
    others = tuple(one for one in globs.patterns if not one.text.endswith(_BELOW))
    return PathPatterns(below), PathPatterns(others)


def _completed(text: str, cwd: str) -> str:
    """Read ``./vendor`` and ``vendor`` as ``vendor/**`` where that is a folder."""
    below = relative_to(cwd, absolute(text, cwd)) if text else text
    if below.startswith("../") or below == ".":
        return text
    return f"{below}/**" if os.path.isdir(os.path.join(cwd, below)) else below
