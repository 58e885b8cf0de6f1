"""Whether two renderings differ only as they should: in images, their copies and hashes. Pure."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Final

from imagelint.model.namedtuple import NamedTuple
from imagelint.model.source import shown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

__all__ = ["Differences", "compare", "told"]

_HASH: Final = re.compile(r"(?<![0-9a-z])[0-9a-f]{8,128}(?![0-9a-z])")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/]{8,}={0,2}")
_SHOWN_MAX: Final = 120
_KINDS: Final = ("images", "copies", "hashes", "random", "other")


class Differences(NamedTuple):
    """The lines, from 0, that differ."""

    images: tuple[int, ...] = ()
    copies: tuple[int, ...] = ()
    """The text of an image or of a value, elsewhere."""
    hashes: tuple[int, ...] = ()
    """Hashes of texts that have changed."""
    random: tuple[int, ...] = ()
    """What differs between any two renderings."""
    other: tuple[int, ...] = ()
    """What should not differ."""
    is_other_shape: bool = False
    """Whether lines are new or gone."""

    @property
    def is_fine(self) -> bool:
        """Whether nothing differs that should not."""
        return not self.other and not self.is_other_shape


def compare(
    before: str,
    after: str,
    replaced: Mapping[str, str],
    sites: Collection[int],
    again: str | None = None,
) -> Differences:
    """Compare renderings; ``replaced`` are the texts that should become others.

    ``sites`` are the lines, from 0, of the images that should change. ``again`` is another
    rendering of the same as ``before``, which shows what is random.
    """
    old, new = before.split("\n"), after.split("\n")
    if len(old) != len(new):
        return Differences(is_other_shape=True)
    random = set()
    if again is not None:
        other = again.split("\n")
        if len(other) != len(old):
            return Differences(is_other_shape=True)
        random = {number for number, line in enumerate(other) if line != old[number]}
    expected = _Expected(replaced)
    kinds: dict[str, list[int]] = {kind: [] for kind in _KINDS}
    for number, (one, two) in enumerate(zip(old, new, strict=True)):
        if one == two:
            continue
        if number in sites:
            kind = "images" if expected.is_one(one, two) else "other"
        elif expected.is_one(one, two):
            kind = "copies"
        elif _masked(one) == _masked(two):
            kind = "hashes"
        else:
            kind = "random" if number in random else "other"
        kinds[kind].append(number)
    images, copies, hashes, chance, rest = map(tuple, kinds.values())
    return Differences(images, copies, hashes, chance, rest)


def told(lines: Iterable[int], before: str, after: str) -> str:
    """Return one of the lines that differ, as text for a message."""
    number = next(iter(lines))
    old, new = (text.split("\n")[number].strip() for text in (before, after))
    return f"{shown(old, _SHOWN_MAX)} → {shown(new, _SHOWN_MAX)}"


class _Expected:
    """Texts that should become others."""

    def __init__(self, replaced: Mapping[str, str]) -> None:
        self._replaced = replaced
        longest = sorted(replaced, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest)) or r"(?!)")

    def is_one(self, old: str, new: str) -> bool:
        """Whether a line becomes another one as it should, in one of its places or in all."""
        if self._all_in(old) == new:
            return True
        matches = self._pattern.finditer(old)
        if any(old[: m.start()] + self._replaced[m[0]] + old[m.end() :] == new for m in matches):
            return True
        return self._is_encoded(old, new)

    def _all_in(self, text: str) -> str:
        return self._pattern.sub(lambda match: self._replaced[match[0]], text)

    def _is_encoded(self, old: str, new: str) -> bool:
        """Whether the only difference is a text in base64 that becomes another as it should."""
        ones, twos = _BASE64.findall(old), _BASE64.findall(new)
        if _BASE64.sub("", old) != _BASE64.sub("", new) or len(ones) != len(twos):
            return False
        changed = [(one, two) for one, two in zip(ones, twos, strict=True) if one != two]
        texts = [(_decoded(one), _decoded(two)) for one, two in changed]
        return bool(texts) and all(
            one is not None and two is not None and self._all_in(one) == two for one, two in texts
        )


def _decoded(text: str) -> str | None:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None


def _masked(line: str) -> str:
    """Return a line with a mark of the same length in place of each hash."""
    return _HASH.sub(lambda match: "#" * len(match[0]), line)
