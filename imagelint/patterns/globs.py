"""Wildcards over names and paths: what ``*``, ``?`` and ``**`` mean in a policy.

Image patterns are in ``patterns/images.py``: they are parsed, never matched as text. This module
does not read the file system: a path is a text with ``/`` in it.
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


class InvalidPattern(ValueError):
    """A text is not a valid pattern of its kind; ``str()`` says what to write instead."""


@final
class NamePattern(NamedTuple):
    """A pattern for one name (namespace, label value, tag).

    ``*`` matches any run of characters, ``?`` one character; the rest matches literally, with case.
    """

    text: str
    """As written."""

    @staticmethod
    def parse(text: str) -> NamePattern:
        """Parse a pattern; raises :class:`InvalidPattern` if it is empty."""
        if not text:
            message = 'a pattern is empty; write a name, or "*" for any'
            raise InvalidPattern(message)
        return NamePattern(text)

    def __str__(self) -> str:
        """Return the pattern as written."""
        return self.text

    def matches(self, name: str) -> bool:
        """Whether the whole of ``name`` matches."""
        text = self.text
        if "*" not in text and "?" not in text:
            return name == text
        return _name_regex(text).fullmatch(name) is not None


@final
class PathPattern(NamedTuple):
    """A glob for a relative path with ``/``; it must match the whole path, case included.

    ``*`` matches any run within a segment, ``?`` one character of it. ``**`` as a whole segment
    matches any number of folders, also none; as the last segment it matches everything below. A
    trailing slash means the same (``prod/`` is ``prod/**``). Brackets and backslashes match
    literally.
    """

    text: str
    """As written."""
    anchor: str = ""
    """The folder of the matched paths, relative to the folder of the glob.

    Empty if they are the same; a base policy may be in another folder (``..``, ``teams/a``).
    """

    @staticmethod
    def parse(text: str, anchor: str = "") -> PathPattern:
        """Parse a glob; raises :class:`InvalidPattern` if it could never match."""
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
        """Whether the whole of ``path`` matches."""
        if self.anchor:
            path = posixpath.normpath(f"{self.anchor}/{path}")
        return _piece(self.text) in path and _path_regex(self.text).fullmatch(path) is not None


@final
class PathPatterns(NamedTuple):
    """Several path globs, of which one must match: ``exclude:``, ``--exclude``, ``paths:``."""

    patterns: tuple[PathPattern, ...] = ()

    @staticmethod
    def parse(texts: Iterable[str], anchor: str = "") -> PathPatterns:
        """Parse globs; raises :class:`InvalidPattern` at the first bad one."""
        return PathPatterns(tuple(PathPattern.parse(text, anchor) for text in texts))

    def matches(self, path: str) -> bool:
        """Whether any of the globs matches ``path``."""
        return self.first_match(path) is not None

    def first_match(self, path: str) -> str | None:
        """Return the first glob that matches, as written, or None."""
        for pattern in self.patterns:
            if pattern.matches(path):
                return pattern.text
        return None


def _segments(text: str) -> list[str]:
    return (text + "**" if text.endswith("/") else text).split("/")


@cache
def _name_regex(text: str) -> re.Pattern[str]:
    """Compile a name pattern on first use: most runs need few of them."""
    return re.compile(_wildcards(text, ".*", "."), re.DOTALL)


@cache
def _piece(text: str) -> str:
    """Return a literal text that every matching path contains.

    Searching for it takes a tenth of the time of the regex, and most paths match no glob.
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
        elif pieces[-1:] != [_ANY_FOLDERS]:  # "**/**" is "**", and two in a row would backtrack
            pieces.append(_ANY_FOLDERS)
    pieces.append(".+" if last == "**" else _wildcards(last, _ANY_NAME, "[^/]"))
    return re.compile("".join(pieces), re.DOTALL)


def _wildcards(text: str, any_run: str, any_one: str) -> str:
    """Translate ``*`` and ``?`` to regex; a run of stars becomes one, or it would backtrack."""
    pieces = re.split(r"(\*+|\?)", text)
    return "".join(
        any_run if piece[:1] == "*" else any_one if piece == "?" else re.escape(piece)
        for piece in pieces
    )
