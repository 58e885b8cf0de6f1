"""Placeholders in the text of an image: where they are, and what is known about the image anyway.

A placeholder behind the registry leaves the registry known: ``ghcr.io/a/b:${TAG}`` comes from
ghcr.io, whatever ``TAG`` is. No I/O.
"""

from __future__ import annotations

import re
from typing import Final

from imagelint.model.namedtuple import NamedTuple
from imagelint.model.reference import ImageReference
from imagelint.patterns.images import HUB

__all__ = ["Partial", "partial_of", "placeholder_in", "placeholders"]

# Placeholders that tools fill in: none is ever part of a valid reference, except inside a tag.
# The closing marks may be missing: a truncated template is not an image either.
_MARKED: Final = r"""(?xs)
      \$? \{\{ .*? (?: \}\} | \Z )    # Go templates, Helm, Jinja, GitHub Actions
    | \$\( [^()]* \)?                 # $(VAR): Kubernetes, Tekton, make
    | \$\{ [^{}]* \}?                 # ${VAR}, ${VAR:-default}: shell, envsubst, Flux
    | \$ [A-Za-z_][A-Za-z0-9_]*       # $VAR
    | \A ko://                        # built and filled in by ko
    | \{ [^{}]* \}?                   # {IMAGE}: Python, Rust
    | < [^<>]+ >                      # <your-image>
    | \[ [A-Z][A-Z0-9_-]* \]          # [IMAGE]
    | \(\( [^()]* \)\)                # ((image)): Concourse
    | @@? [A-Za-z_][A-Za-z0-9_.-]* @@?  # @@IMAGE@@, @IMAGE@: autotools, CMake
    | (?P<mark> [%#]) [A-Za-z_][A-Za-z0-9_]* (?P=mark)  # %IMAGE%, #IMAGE#
    | __ [A-Za-z0-9]+ (?: _[A-Za-z0-9]+ )* __
    """
_CAPITALS: Final = r"(?<![A-Za-z0-9_-])[A-Z][A-Z0-9_-]*(?![A-Za-z0-9_-])"
_FILL_IN: Final = (
    r"REPLACE|CHANGE|FILL|INSERT|PLACEHOLDER|SUBSTITUTE|TODO|FIXME|TBD|YOUR|[A-Z0-9]_[A-Z0-9]"
    r"|\b(?:IMAGE|IMG|REGISTRY|REPO|REPOSITORY|TAG|VERSION|DIGEST|PROJECT|ACCOUNT|ORG|NAMESPACE"
    r"|USER|USERNAME)\b"
)
_KO: Final = "ko://"
_DIGEST: Final = "sha256:"
_HEX: Final = 64


class Partial(NamedTuple):
    """An image whose registry is known although its text has placeholders.

    ``reference`` has a stand-in for each of them. The stand-ins consist of letters and digits
    that are nowhere else in the text.
    """

    reference: ImageReference
    stand_ins: tuple[tuple[str, str], ...]
    """Each stand-in with the placeholder for which it stands."""

    @property
    def hides_name(self) -> bool:
        """Whether a placeholder decides about the repository, and not only about tag and digest."""
        return any(one in self.reference.path for one, _ in self.stand_ins)

    @property
    def hides_tag(self) -> bool:
        """Whether tag or digest may be set by a placeholder."""
        _, _, tag, digest = self.reference
        if tag is None and digest is None:
            return True
        written = f"{tag}@{digest}"
        return any(one in written for one, _ in self.stand_ins)

    @property
    def parent(self) -> str | None:
        """The part of the path above the first placeholder; None if the repository is known."""
        known: list[str] = []
        for component in self.reference.path.split("/"):
            if any(one in component for one, _ in self.stand_ins):
                return "/".join(known)
            known.append(component)
        return None

    def adds_to_name(self, other: ImageReference) -> bool:
        """Whether another name of the image completes a name that may not be a short one."""
        path = self.reference.path
        is_short = self.reference.registry == HUB and "/" not in path
        return self.hides_name and is_short and other.path.endswith(f"library/{path}")

    def with_placeholders(self, text: str) -> str:
        """Return a text about the image with the placeholders instead of the stand-ins."""
        for one, placeholder in self.stand_ins:
            text = text.replace(one, placeholder)
        return text

    def written(self, reference: ImageReference) -> ImageReference:
        """Return another name of the image as one would write it, which no parser accepts."""
        domain, path, tag, digest = reference
        back = self.with_placeholders
        return ImageReference(
            domain,
            back(path),
            None if tag is None else back(tag),
            None if digest is None else back(digest),
        )


def placeholder_in(text: str) -> str | None:
    """Return the first placeholder in ``text``; None: it has none.

    A valid reference has no placeholder; ``ko://`` is never valid. Words in capitals count if they
    ask to be replaced (``REPLACE_ME``, ``YOUR-ORG``), look like a variable (``PROJECT_ID``) or name
    a part of an image (``IMAGE:TAG``).
    """
    found = next(iter(placeholders(text)), None)
    if found is None or ImageReference.parse_or_none(text) is not None:
        return None
    return text[slice(*found)]


def placeholders(text: str, *, with_words: bool | None = None) -> list[tuple[int, int]]:
    """Return the places of the placeholders in a text that is not a valid reference.

    Words in capitals count if there is no other placeholder, or as ``with_words`` says.
    """
    found = [match.span() for match in re.finditer(_MARKED, text)]
    if found if with_words is None else not with_words:
        return found
    more = [word for word in _words(text) if not any(_overlap(word, one) for one in found)]
    return sorted([*found, *more])


def partial_of(text: str) -> Partial | None:
    """Return what is known about an image with placeholders; None if its registry is not.

    The registry is known if the text before the first ``/`` has no placeholder. Without a ``/``,
    the image is Docker Hub's if its name has none.
    """
    if text.startswith(_KO):
        return None
    for with_words in (False, True):
        found = _partial(text, placeholders(text, with_words=with_words))
        if found is not None:
            return found if _knows_registry(found) else None
    return None


def _words(text: str) -> list[tuple[int, int]]:
    """Return the places of the words in capitals that are placeholders."""
    words = re.finditer(_CAPITALS, text)
    return [word.span() for word in words if re.search(_FILL_IN, word.group())]


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _partial(text: str, places: list[tuple[int, int]]) -> Partial | None:
    """Parse a text with stand-ins at some places; None if it is no image even then."""
    if not places:
        return None
    mark = "qz"
    while mark in text.lower():
        mark += "z"
    pieces: list[str] = []
    stand_ins: list[tuple[str, str]] = []
    end = 0
    for number, (start, stop) in enumerate(places):
        pieces.append(text[end:start])
        stand_in = f"{mark}{number}q"
        before = text[end:start]
        if before.endswith((f"@{_DIGEST}", "@")) and stop == len(text):
            stand_in = format(int.from_bytes(stand_in.encode(), "big"), f"0{_HEX}x")
            stand_in = stand_in if before.endswith(_DIGEST) else _DIGEST + stand_in
        stand_ins.append((stand_in, text[start:stop]))
        pieces.append(stand_in)
        end = stop
    reference = ImageReference.parse_or_none("".join([*pieces, text[end:]]))
    return None if reference is None else Partial(reference, tuple(stand_ins))


def _knows_registry(partial: Partial) -> bool:
    domain, path, *_ = partial.reference
    if domain == "" or (domain and _words(domain)):
        return False
    first = path.partition("/")[0] if domain is None else domain
    return not any(one in first for one, _ in partial.stand_ins)
