"""Wildcards over names and paths, compiled once: what ``*``, ``?`` and ``**`` mean in a policy.

Registries are no business of this module: a pattern for images is parsed, never matched as
text (``patterns/harbor.py``). No file system here: a path is a text with ``/`` in it.
"""

from __future__ import annotations

import posixpath
import re
from functools import cache
from typing import TYPE_CHECKING, final

from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import as_yaml, shown

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["InvalidPattern", "NamePattern", "PathPattern", "PathPatterns"]

_ANY_NAME = "[^/]*"
_ANY_FOLDERS = "(?:[^/]+/)*"


class InvalidPattern(ValueError):  # noqa: N818 - reads like InvalidReference, which it stands beside
    """A text is no pattern of the wanted kind; ``str()`` says what to write instead."""


@final
class NamePattern(NamedTuple):
    """A pattern for one name (a namespace, a label's value, a tag): ``*`` any run, ``?`` one.

    Everything else stands for itself, case included.
    """

    text: str
    """As written."""

    @staticmethod
    def parse(text: str) -> NamePattern:
        """Read a pattern; raises :class:`InvalidPattern` where it is empty."""
        if not text:
            message = 'a pattern is empty; write a name, or "*" for any'
            raise InvalidPattern(message)
        return NamePattern(text)

    def __str__(self) -> str:
        """Return the pattern as written."""
        return self.text

    def matches(self, name: str) -> bool:
        """Whether the whole of ``name`` fits."""
        text = self.text
        if "*" not in text and "?" not in text:
            return name == text
        return _name_regex(text).fullmatch(name) is not None


@final
class PathPattern(NamedTuple):
    """A glob for a relative path with ``/``; the whole path has to fit, case included.

    ``*`` is any run within a segment, ``?`` one character within it, ``**`` alone between
    slashes any number of folders, also none; behind the last slash ``**`` is everything
    below, and a trailing slash means the same (``prod/`` is ``prod/**``). Brackets and
    backslashes stand for themselves.
    """

    text: str
    """As written."""
    anchor: str = ""
    """The folder of the paths to be matched, as seen from the folder that the glob is relative to.

    Empty where they are the same; the base of a policy may stand elsewhere (``..``, ``teams/a``).
    """

    @staticmethod
    def parse(text: str, anchor: str = "") -> PathPattern:
        """Read a glob; raises :class:`InvalidPattern` for one that could never match."""
        segments = _segments(text)
        bare = [segment for segment in segments if segment not in ("", ".")]
        if segments != bare:
            better = as_yaml("/".join(bare) or "**")
            message = f"{shown(text) or 'an empty text'} is no relative path; write {better}"
            raise InvalidPattern(message)
        if any("**" in segment and segment != "**" for segment in segments):
            message = f"** stands alone between slashes: write * within a name in {shown(text)}"
            raise InvalidPattern(message)
        return PathPattern(text, anchor)

    def matches(self, path: str) -> bool:
        """Whether the whole of ``path`` fits."""
        if self.anchor:
            path = posixpath.normpath(f"{self.anchor}/{path}")
        return _piece(self.text) in path and _path_regex(self.text).fullmatch(path) is not None


@final
class PathPatterns(NamedTuple):
    """Several path globs, of which one has to fit: ``exclude:``, ``--exclude``, ``paths:``."""

    patterns: tuple[PathPattern, ...] = ()

    @staticmethod
    def parse(texts: Iterable[str], anchor: str = "") -> PathPatterns:
        """Read globs; raises :class:`InvalidPattern` at the first bad one."""
        return PathPatterns(tuple(PathPattern.parse(text, anchor) for text in texts))

    def matches(self, path: str) -> bool:
        """Whether any of the globs fits ``path``."""
        return self.first_match(path) is not None

    def first_match(self, path: str) -> str | None:
        """Return the first glob that fits, as written, or None."""
        for pattern in self.patterns:
            if pattern.matches(path):
                return pattern.text
        return None


def _segments(text: str) -> list[str]:
    return (text + "**" if text.endswith("/") else text).split("/")


@cache
def _name_regex(text: str) -> re.Pattern[str]:
    """Compile a pattern for names when one is to be matched: most runs match few."""
    return re.compile(_wildcards(text, ".*", "."), re.DOTALL)


@cache
def _piece(text: str) -> str:
    """Return what of a glob is in every path that fits.

    To look for it takes a tenth of the time, and most paths fit no glob.
    """
    plain = (piece for segment in _segments(text) for piece in re.split(r"[*?]+", segment))
    return max(plain, key=len)


@cache
def _path_regex(text: str) -> re.Pattern[str]:
    """Compile the regex of a glob, segment by segment."""
    *folders, last = _segments(text)
    pieces: list[str] = []
    for segment in folders:
        if segment != "**":
            pieces.append(_wildcards(segment, _ANY_NAME, "[^/]") + "/")
        elif pieces[-1:] != [_ANY_FOLDERS]:  # "**/**" is "**", and two in a row would be slow
            pieces.append(_ANY_FOLDERS)
    pieces.append(".+" if last == "**" else _wildcards(last, _ANY_NAME, "[^/]"))
    return re.compile("".join(pieces), re.DOTALL)


def _wildcards(text: str, any_run: str, any_one: str) -> str:
    """Turn ``*`` and ``?`` into regexes; a run of stars is one star, or it would be slow."""
    pieces = re.split(r"(\*+|\?)", text)
    return "".join(
        any_run if piece[:1] == "*" else any_one if piece == "?" else re.escape(piece)
        for piece in pieces
    )
