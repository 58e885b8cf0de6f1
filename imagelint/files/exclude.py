"""What is to be left out on purpose: ``exclude:`` of a file's policy, and ``--exclude``."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

from imagelint.errors import UsageError
from imagelint.files.paths import absolute, relative_to
from imagelint.globs import InvalidPattern, PathPattern, PathPatterns

if TYPE_CHECKING:
    from collections.abc import Iterable

    from imagelint.files.policies import Policies

__all__ = ["Exclusion"]

_EVERYTHING = "**"
_BY_OPTION = "excluded by --exclude"


class Exclusion:
    """Says of an absolute path why it is excluded, or None; a folder has a ``/`` behind it.

    The globs of a policy are relative to its folder, those of ``--exclude`` to the working
    folder. A folder is excluded when everything below it is (``vendor/**``, ``vendor/``).
    """

    def __init__(self, policies: Policies, texts: Iterable[str], cwd: str) -> None:
        """Take the globs of ``--exclude``; one without wildcards may name a folder."""
        self._policies = policies
        self._cwd = cwd
        self._reasons: dict[str, str | None] = {}
        try:
            self._given = PathPatterns.parse(_completed(text, cwd) for text in texts)
        except InvalidPattern as error:
            message = f"--exclude: {error}"
            raise UsageError(message) from error

    def __call__(self, path: str) -> str | None:
        """Return the reason for leaving ``path`` out; raises what finding its policy raises."""
        if path.endswith("/"):
            return self._of_folder(path.rstrip("/") or os.sep)
        reason = self._of_folder(os.path.dirname(path))
        if reason is not None:
            return reason
        if self._given.patterns and self._given.matches(relative_to(self._cwd, path)):
            return _BY_OPTION
        governing = self._policies.for_file(path)
        if governing.policy.exclude.patterns and governing.policy.exclude.matches(
            governing.match_path(path)
        ):
            return f"excluded by {governing.shown}"
        return None

    def _of_folder(self, folder: str) -> str | None:
        """Ask the folders above first: what they exclude need not have a policy that serves."""
        if folder in self._reasons:
            return self._reasons[folder]
        parent = os.path.dirname(folder)
        is_top = self._policies.is_top(folder)
        reason = None if is_top else self._of_folder(parent)
        given = self._given
        if reason is None and given.patterns and _covers(given, relative_to(self._cwd, folder)):
            reason = _BY_OPTION
        for owner in (folder,) if is_top else (parent, folder):
            if reason is None:
                governing = self._policies.for_folder(owner)
                globs = governing.policy.exclude
                if globs.patterns and _covers(globs, governing.match_path(folder)):
                    reason = f"excluded by {governing.shown}"
        self._reasons[folder] = reason
        return reason


def _covers(globs: PathPatterns, folder: str) -> bool:
    """Whether everything below a relative folder fits."""
    everything = any(one.text == _EVERYTHING for one in globs.patterns)
    return everything or _of_folders(globs).matches(folder)


@cache
def _of_folders(globs: PathPatterns) -> PathPatterns:
    """Return globs for the folders below which everything fits one of ``globs``."""
    folders = ((one.text.removesuffix("**"), one.anchor) for one in globs.patterns)
    return PathPatterns(
        tuple(
            PathPattern.parse(text[:-1], anchor)
            for text, anchor in folders
            if text.endswith("/") and text != "/"
        )
    )


def _completed(text: str, cwd: str) -> str:
    """Read ``./vendor`` and ``vendor`` as ``vendor/**`` where that is a folder."""
    below = relative_to(cwd, absolute(text, cwd)) if text else text
    if below.startswith("../") or below == ".":
        return text
    return f"{below}/**" if os.path.isdir(os.path.join(cwd, below)) else below
