"""Which images an entry of ``images`` selects, and how it changes them, as in kustomize.

Kustomize builds a regular expression from an entry's name (api/internal/image/image.go,
IsImageMatched). This module compiles none: in a literal name only ``.`` has another meaning than
itself, which is any one character.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from imagelint.model.namedtuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Names", "Setting", "applied", "is_literal", "matches", "split_image"]

_LITERAL: Final = r"[A-Za-z0-9._/:@-]+"
_TAIL: Final = r"(?::[A-Za-z0-9_.{}-]*)?(?:@sha256:[A-Za-z0-9_.{}-]*)?"
"""What may follow the name: a tag, a digest, or both."""
_TAG_CHARS: Final = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.{}-"
_DIGEST: Final = "@sha256:"
_ANY: Final = "."


def is_literal(name: str) -> bool:
    """Whether a name is literal, so that this module knows what it matches."""
    return re.fullmatch(_LITERAL, name) is not None


def matches(image: str, name: str) -> bool:
    """Whether an entry with a literal ``name`` selects ``image``."""
    size = len(name)
    if len(image) < size or re.compile(_TAIL).fullmatch(image, size) is None:
        return False
    return image.startswith(name) or all(
        one in (char, _ANY) and (one != _ANY or char != "\n")
        for char, one in zip(image, name, strict=False)
    )


def split_image(image: str) -> tuple[str, str, str]:
    """Return name, tag and digest as kustomize splits them (Split in the same file).

    The name ends at the first ``:`` or ``@`` after the first ``/``.
    """
    start = max(image.find("/"), 0)
    at, colon = image.find("@", start), image.find(":", start)
    if colon >= 0 and (at < 0 or colon < at):
        end = len(image) if at < 0 else at
        return image[:colon], image[colon + 1 : end], image[end + 1 :]
    return (image, "", "") if at < 0 else (image[:at], "", image[at + 1 :])


class Setting(NamedTuple):
    """What an entry writes; an empty text writes nothing."""

    name: str = ""
    tag: str = ""
    digest: str = ""
    suffix: str = ""

    @property
    def is_steady(self) -> bool:
        """Whether applying it twice has the same result as applying it once."""
        return not self.suffix and split_image(self.name)[0] == self.name

    def of(self, image: str) -> str:
        """Return a selected image after one application (filters/imagetag/updater.go)."""
        name, tag, digest = split_image(image)
        if self.tag or self.digest:
            tag, digest = self.tag, self.digest
        elif self.suffix:
            tag, digest = tag + self.suffix, ""
        name = self.name or name
        return name + (tag and f":{tag}") + (digest and f"@{digest}")


def applied(setting: Setting, name: str, image: str, times: int) -> str:
    """Return an image after an entry with this name has applied ``times`` times.

    Kustomize searches twice, in all lists of containers and in the fields of ``configurations``
    (ImageTagTransformer.go), so each entry applies twice to most images: a suffix is added twice.
    """
    for _ in range(times):
        if not matches(image, name):
            break
        image = setting.of(image)
    return image


class Names:
    """Literal names; finds those that select an image with a few look-ups."""

    def __init__(self, names: Iterable[str]) -> None:
        """Index these names; only literal ones are allowed."""
        self._names = frozenset(names)
        self._dots: dict[int, set[tuple[int, ...]]] = {}
        """By the length of names: sets of positions at which some match any character."""
        for name in self._names:
            places = tuple(place for place, char in enumerate(name) if char == _ANY)
            if places:
                self._dots.setdefault(len(name), set()).add(places)
        self._known: dict[str, tuple[str, ...]] = {}

    def of(self, image: str) -> tuple[str, ...]:
        """Return the names that select ``image``, in no particular order."""
        known = self._known.get(image)
        if known is None:
            heads = set(_heads(image))
            known = self._known[image] = tuple({name for head in heads for name in self._of(head)})
        return known

    def _of(self, head: str) -> Iterator[str]:
        if head in self._names:
            yield head
        for places in self._dots.get(len(head), ()):
            masked = _masked(head, places)
            if masked != head and masked in self._names and "\n" not in head:
                yield masked


def _heads(image: str) -> Iterator[str]:
    """Yield the image without each tail that a name need not match."""
    yield image
    head = image.rstrip(_TAG_CHARS)
    if head.endswith(":"):
        yield head[:-1]
    if head.endswith(_DIGEST):
        head = head.removesuffix(_DIGEST)
        yield head
        head = head.rstrip(_TAG_CHARS)
        if head.endswith(":"):
            yield head[:-1]


def _masked(text: str, places: tuple[int, ...]) -> str:
    """Return the text with dots at some positions."""
    pieces, done = [], 0
    for place in places:
        pieces.append(text[done:place])
        done = place + 1
    return _ANY.join((*pieces, text[done:]))
